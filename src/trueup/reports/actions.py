"""The verbs of the workflow. Each is one transaction: the report is locked, the rule is asked, the change and its event are written."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from django.db import transaction

from trueup.accounts.queries import installation
from trueup.accounts.rules import SYSTEM, Actor, Viewer
from trueup.events.recording import Change
from trueup.kit.errors import Conflict, Invalid, Problem
from trueup.kit.period import Month, instant_text
from trueup.kit.quantity import plain
from trueup.kit.text import plural, text
from trueup.reports.access import parties, tell, to_change, write
from trueup.reports.measuring import count_up, state_of
from trueup.reports.models import Report, ReportLine
from trueup.reports.rules.checks import read_comment, read_reason, require_submittable
from trueup.reports.rules.copies import copied_terms
from trueup.reports.rules.happenings import REJECTED_LINE
from trueup.reports.rules.lateness import (
    approves_itself,
    automatic_submission,
    deadline,
    fate,
    manual_submission,
    next_reminder,
)
from trueup.reports.rules.lines import Outcome, read_chargeable
from trueup.reports.rules.workflow import EDITABLE, Status, Submission, Verb, require_right


@dataclass(frozen=True, slots=True)
class LineEdit:
    """What somebody changes in one line; None leaves a value as it is, empty text takes it back (chargeable: to the default)."""

    service: str
    chargeable: str | None = None
    comment: str | None = None
    reason: str | None = None


@transaction.atomic(durable=True)
def save_draft(
    viewer: Viewer, month: Month, msp: str, edits: Sequence[LineEdit], *, now: datetime, expected_version: int | None = None
) -> None:
    """Save what was edited; a draft may be incomplete.

    With `expected_version` a report that has changed since is a Conflict. Raises Invalid with every edit that cannot be
    saved (the place of a problem is the service and the field): then none of them is. Raises NotFound, NotAllowed, Conflict.
    """
    report = to_change(viewer, month, msp, Verb.SAVE_DRAFT, expected_version=expected_version)
    lines = {line.service_code: line for line in report.lines.all()}
    changes: list[Change] = []
    problems: list[Problem] = []
    edited: dict[str, ReportLine] = {}
    for edit in edits:
        line = lines.get(edit.service)
        if line is None:
            problems.append(_no_line(edit.service))
        elif edit.service in edited:
            problems.append(_problem_of(edit.service, "service", text("is edited twice"), "twice"))
        else:
            edited[edit.service] = line
            changes += _edit(line, edit, problems)
    if problems:
        several = plural("{count} value cannot be saved", "{count} values cannot be saved", len(problems))
        raise Invalid(problems[0].message if len(problems) == 1 else several, problems)
    if changes:
        ReportLine.objects.bulk_update(edited.values(), _EDITED)
        count_up(report, lines.values())
        write(report)
        tell(report, viewer.actor, "draft_saved", now, changes)


def _require_lines(lines: Mapping[str, ReportLine], services: Iterable[str], field: str) -> None:
    """Raise Invalid for every service without a line; the place of a problem is the field and the service."""
    lost = [replace(_no_line(service), at=(field, service)) for service in dict.fromkeys(services) if service not in lines]
    if lost:
        raise Invalid(lost[0].message, lost)


def _no_line(service: str) -> Problem:
    return Problem("", text("the report has no line for a service “{service}”", service=service), "unknown_service", (service, "service"))


def _problem_of(service: str, field: str, message: str, code: str) -> Problem:
    return Problem(text("line {service}", service=service), message, code, (service, field))


_EDITED = ("saved_chargeable", "chargeable", "comment", "reason")


def _edit(line: ReportLine, edit: LineEdit, problems: list[Problem]) -> list[Change]:
    """Change a line in memory; what cannot be read becomes a problem."""
    before = (line.saved_chargeable, line.chargeable, line.comment, line.reason)
    wrong = list(_read_into(line, edit))
    if wrong:
        problems += wrong
        return []
    line.chargeable = state_of(line).chargeable
    changes = [
        Change("chargeable", plain(before[1]), plain(line.chargeable), of=line.service_code),
        Change("comment", before[2] or None, line.comment or None, of=line.service_code),
        Change("reason", before[3] or None, line.reason or None, of=line.service_code),
    ]
    return [change for change in changes if change.before != change.after]


def _read_into(line: ReportLine, edit: LineEdit) -> Iterator[Problem]:
    """Put into a line, in memory, what somebody typed; each value that cannot be read is a problem."""
    units = partial(read_chargeable, default=line.default_chargeable, decimals=line.decimals)
    fields = (
        ("chargeable", edit.chargeable, "saved_chargeable", units),
        ("comment", edit.comment, "comment", read_comment),
        ("reason", edit.reason, "reason", read_reason),
    )
    for field, typed, column, read in fields:
        if typed is not None:
            try:
                setattr(line, column, read(typed))
            except Invalid as error:
                yield _problem_of(line.service_code, field, error.message, "not_readable")


@transaction.atomic(durable=True)
def submit(viewer: Viewer, month: Month, msp: str, *, now: datetime, comment: str = "", expected_version: int | None = None) -> Status:
    """Submit a report for review; by its terms it may be approved at once. Returns where it is then.

    With `expected_version` a report that has changed since is a Conflict.
    Raises Invalid with every blocking issue, NotFound, NotAllowed, Conflict.
    """
    report = to_change(viewer, month, msp, Verb.SUBMIT, expected_version=expected_version)
    lines = list(report.lines.order_by("position", "service_code"))
    require_submittable([state_of(line) for line in lines], copied_terms(report.terms))
    changes = []
    if said := read_comment(comment):
        changes.append(Change("report_comment", report.comment or None, said))
        report.comment = said
    kind = manual_submission(Status(report.status))
    return _put_under_review(report, lines, kind, changes, actor=viewer.actor, event="submitted", now=now)


@transaction.atomic(durable=True)
def auto_submit(viewer: Viewer, report_id: int, *, now: datetime) -> bool:
    """Submit the last saved draft of a report whose deadline has passed, with penalties (source: docs/workflow.md, Penalty).

    False, and nothing changed, if it is not (or not any more) due. Raises NotAllowed for anybody but the clock.
    """
    report = Report.objects.select_for_update(of=("self",)).get(pk=report_id)
    require_right(viewer, Verb.AUTO_SUBMIT, None, parties(report))
    if report.status not in EDITABLE or report.deadline_at > now:
        return False
    lines = list(report.lines.all())
    changes = [change for line in lines for change in _meet_fate(line, report)]
    ReportLine.objects.bulk_update(lines, ["outcome", "chargeable"])
    count_up(report, lines)
    kind = automatic_submission([Outcome(line.outcome) for line in lines])
    report.may_require_review = report.may_require_review or kind == Submission.AUTOMATIC_WITH_PENALTY
    _put_under_review(report, lines, kind, changes, actor=viewer.actor, event="automatically_submitted", now=now)
    return True


def _meet_fate(line: ReportLine, report: Report) -> list[Change]:
    """Charge a line what it charges at the deadline, in memory."""
    before = line.chargeable
    line.outcome, line.chargeable = fate(state_of(line), copied_terms(report.terms))
    changes = []
    if before != line.chargeable:
        changes.append(Change("chargeable", plain(before), plain(line.chargeable), of=line.service_code))
    if line.outcome == Outcome.PENALTY:
        changes.append(Change("penalty", before=False, after=True, of=line.service_code))
    return changes


def _put_under_review(
    report: Report, lines: Sequence[ReportLine], kind: Submission, changes: Sequence[Change], *, actor: Actor, event: str, now: datetime
) -> Status:
    """Move a report under review, and on to approved where its terms say that nobody needs to look."""
    moved = [Change("status", report.status, Status.UNDER_REVIEW), Change("submission", None, kind)]
    report.status, report.submission = Status.UNDER_REVIEW, kind
    report.submitted_at, report.next_reminder_at = now, None
    approves = approves_itself(copied_terms(report.terms), [state_of(line) for line in lines], report.comment)
    tell(report, actor, event, now, [*moved, *changes])
    if approves:
        _approve(report, SYSTEM, "automatically_approved", now, "")
    write(report)
    return Status(report.status)


@transaction.atomic(durable=True)
def approve(viewer: Viewer, month: Month, msp: str, *, now: datetime, comment: str = "", expected_version: int | None = None) -> None:
    """Approve a report under review: it never changes again.

    With `expected_version` nobody approves what they have not seen. Raises NotFound, NotAllowed, Conflict, Invalid.
    """
    report = to_change(viewer, month, msp, Verb.APPROVE, expected_version=expected_version)
    _approve(report, viewer.actor, "approved", now, read_comment(comment))
    write(report)


def _approve(report: Report, actor: Actor, event: str, now: datetime, comment: str) -> None:
    changes = [Change("status", report.status, Status.APPROVED)]
    if comment:
        changes.append(Change("review_comment", None, comment))
    report.status, report.approved_at = Status.APPROVED, now
    tell(report, actor, event, now, changes)


@transaction.atomic(durable=True)
def reject(
    viewer: Viewer, month: Month, msp: str, *, now: datetime, comment: str, lines: Sequence[str] = (), expected_version: int | None = None
) -> None:
    """Send a report back, with a reason: its draft is as it was before penalties, and a new deadline runs.

    `lines` are the services the reviewer points at; the report shows them until it is submitted again.
    With `expected_version` a report that has changed since is a Conflict.
    Raises Invalid without a reason or for a line it does not have, NotFound, NotAllowed, Conflict.
    """
    report = to_change(viewer, month, msp, Verb.REJECT, expected_version=expected_version)
    reason = read_comment(comment)
    if not reason:
        raise _needed("reason", text("a rejection needs a reason: say in a comment what has to be changed"))
    terms = copied_terms(report.terms)
    due = deadline(now, terms.resubmit_within_days, installation_zone=installation().time_zone, msp_zone=report.time_zone)
    own = {line.service_code: line for line in report.lines.all()}
    _require_lines(own, lines, "lines")
    changes = [
        Change("status", report.status, Status.REJECTED),
        Change("submission", report.submission or None, None),
        Change("review_comment", None, reason),
        Change("deadline", instant_text(report.deadline_at), instant_text(due.at)),
        *(Change(REJECTED_LINE, before=False, after=True, of=service) for service in dict.fromkeys(lines)),
        *(change for line in own.values() for change in _back_to_draft(line)),
    ]
    ReportLine.objects.bulk_update(own.values(), ["outcome", "chargeable"])
    count_up(report, own.values())
    report.status, report.submission, report.submitted_at = Status.REJECTED, "", None
    report.deadline_day, report.deadline_at = due
    report.next_reminder_at = next_reminder(due.day, terms, msp_zone=report.time_zone, after=now)
    write(report)
    tell(report, viewer.actor, "rejected", now, changes)


def _needed(field: str, message: str) -> Invalid:
    """That a field may not be empty."""
    return Invalid(message, [Problem("", message, "missing", (field,))])


def _back_to_draft(line: ReportLine) -> list[Change]:
    """Take back what the clock charged, in memory."""
    before, penalty = line.chargeable, line.outcome == Outcome.PENALTY
    line.outcome = Outcome.AS_SAVED
    line.chargeable = state_of(line).chargeable
    changes = []
    if before != line.chargeable:
        changes.append(Change("chargeable", plain(before), plain(line.chargeable), of=line.service_code))
    if penalty:
        changes.append(Change("penalty", before=True, after=False, of=line.service_code))
    return changes


@transaction.atomic(durable=True)
def waive(viewer: Viewer, month: Month, msp: str, service: str, *, now: datetime, reason: str, expected_version: int | None = None) -> None:
    """Take the penalty from one line of a report under review; it charges what the MSP had saved.

    With `expected_version` a report that has changed since is a Conflict.
    Raises Invalid without a reason or for a line it does not have, Conflict for a line without a penalty, NotFound, NotAllowed.
    """
    report = to_change(viewer, month, msp, Verb.WAIVE, expected_version=expected_version)
    why = read_comment(reason)
    if not why:
        raise _needed("reason", text("a waiver needs a reason"))
    lines = {line.service_code: line for line in report.lines.all()}
    _require_lines(lines, [service], "service")
    line = lines[service]
    if line.outcome != Outcome.PENALTY:
        raise Conflict(text("the line {service} carries no penalty; nothing was changed", service=service))
    before = line.chargeable
    line.outcome = Outcome.WAIVED
    line.chargeable = state_of(line).chargeable
    line.save()
    changes = [
        Change("penalty", before=True, after=False, of=service),
        Change("chargeable", plain(before), plain(line.chargeable), of=service),
        Change("waiver_reason", None, why, of=service),
    ]
    count_up(report, lines.values())
    write(report)
    tell(report, viewer.actor, "penalty_waived", now, changes)


@transaction.atomic(durable=True)
def remind(viewer: Viewer, report_id: int, *, now: datetime) -> bool:
    """Record that the people of a report are to be reminded; False if it is not (or not any more) due.

    Of reminders that were missed the last one counts: nobody is reminded twice at once.
    """
    report = Report.objects.select_for_update(of=("self",)).get(pk=report_id)
    due = report.next_reminder_at
    if due is None or due > now or report.status not in EDITABLE:
        return False
    terms = copied_terms(report.terms)
    report.next_reminder_at = next_reminder(report.deadline_day, terms, msp_zone=report.time_zone, after=now)
    write(report)
    tell(report, viewer.actor, "reminded", now, [Change("deadline", None, instant_text(report.deadline_at))])
    return True
