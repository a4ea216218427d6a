"""Time in the life of a report: deadlines, reminders, and what the clock does with those who forget."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from trueup.catalog.rules import AutoApprove, Penalty, TermsInForce
from trueup.kit.period import at_time, end_of_day, local_date
from trueup.kit.quantity import Quantity
from trueup.reports.rules.lines import LineState, Outcome, is_over_provisioned
from trueup.reports.rules.workflow import Status, Submission

REMINDER_TIME = time(9)
"""Reminders are due at this time of the day, in the MSP's time zone."""


class Deadline(NamedTuple):
    """The last day to submit, and the midnight (UTC) that ends it in the MSP's time zone."""

    day: date
    at: datetime


def deadline(now: datetime, days: int, *, installation_zone: str, msp_zone: str) -> Deadline:
    """`days` after the date of `now` in the installation's time zone (source: docs/workflow.md, Deadlines)."""
    day = local_date(now, installation_zone) + timedelta(days=days)
    return Deadline(day, end_of_day(day, msp_zone))


def next_reminder(day: date, terms: TermsInForce, *, msp_zone: str, after: datetime) -> datetime | None:
    """The first reminder (UTC) later than `after`, of a report due on `day`; None if there is none left."""
    due = (at_time(day - timedelta(days=before), REMINDER_TIME, msp_zone) for before in terms.reminder_days_before)
    return min((at for at in due if at > after), default=None)


class Fate(NamedTuple):
    """What becomes of a line: why, and the units charged."""

    outcome: Outcome
    chargeable: Quantity


def fate(line: LineState, terms: TermsInForce) -> Fate:
    """What a line charges if the clock submits the draft as it was last saved (source: docs/workflow.md, Penalty)."""
    if not line.comment:
        suspended = terms.penalty == Penalty.NONE or line.incomplete or line.agreed
        if is_over_provisioned(line.figures, terms) and not suspended:
            return Fate(Outcome.PENALTY, line.figures.provisioned)
        if line.as_saved != line.default:
            return Fate(Outcome.DEFAULT_RESTORED, line.default)
    return Fate(Outcome.AS_SAVED, line.as_saved)


def manual_submission(status: Status) -> Submission:
    """The kind of a submission by a person: after a rejection it is returned."""
    return Submission.RETURNED if status == Status.REJECTED else Submission.MANUAL


def automatic_submission(outcomes: Sequence[Outcome]) -> Submission:
    """The kind of a submission by the clock."""
    return Submission.AUTOMATIC_WITH_PENALTY if Outcome.PENALTY in outcomes else Submission.AUTOMATIC


def approves_itself(terms: TermsInForce, lines: Sequence[LineState], report_comment: str) -> bool:
    """Whether a report is approved at its submission without a person."""
    if terms.auto_approve == AutoApprove.NEVER:
        return False
    commented = bool(report_comment) or any(line.comment for line in lines)
    if commented or terms.auto_approve == AutoApprove.UNCOMMENTED:
        return not commented
    return all(line.outcome != Outcome.PENALTY and line.chargeable == line.default for line in lines)
