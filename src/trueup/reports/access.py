"""Reaching a report: found for a viewer to read, locked for a verb, written back, told in the history."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import F, QuerySet

from trueup.accounts.rules import Actor, Viewer, kept_reason
from trueup.cycles.models import of_month
from trueup.events.queries import happened_to
from trueup.events.recording import Change, record
from trueup.kit.errors import NotFound, Stale
from trueup.kit.period import Month
from trueup.kit.text import text
from trueup.reports.models import Report
from trueup.reports.rules.happenings import changed_meanwhile
from trueup.reports.rules.workflow import Parties, Status, Verb, move, require_readable, require_right, right_of

CHANGED = text("somebody else has changed the report in the meantime; nothing was changed")
"""Where nothing more is known."""


def parties(report: Report) -> Parties:
    """Whose report it is."""
    return Parties(report.msp_id, report.distributor_id, report.has_access, kept_reason(report.access_reason))


def to_read(viewer: Viewer, month: Month, msp: str) -> Report:
    """The report of an MSP (by its ref) for a month, with its cycle.

    Raises NotFound for a stranger, NotAllowed, with the reason, for an MSP without access to usage reports.
    """
    report = _one(Report.objects.visible_to(viewer).select_related("cycle"), month, msp)
    require_readable(viewer, parties(report))
    return report


def to_change(viewer: Viewer, month: Month, msp: str, verb: Verb, *, expected_version: int | None = None) -> Report:
    """The report, with its cycle, locked until the end of the transaction, if the viewer may do this with it and the workflow has it.

    With `expected_version` one that has changed since is Stale, and says what happened.
    Raises NotFound, NotAllowed, Conflict: in this order, so that a stranger learns nothing and who may not do it not much.
    """
    report = _one(Report.objects.visible_to(viewer).select_related("cycle").select_for_update(of=("self",)), month, msp)
    require_right(viewer, verb, right_of(verb), parties(report))
    if expected_version is not None and expected_version != report.version:
        last = happened_to("report", report.pk).last()
        raise Stale(changed_meanwhile(last.kind, last.actor_name, last.at.astimezone(ZoneInfo(report.time_zone))) if last else CHANGED)
    move(Status(report.status), verb)
    return report


def _one(reports: QuerySet[Report], month: Month, msp: str) -> Report:
    report = reports.filter(of_month(month), msp_ref=msp).first()
    if report is None:
        raise NotFound(text("there is no report of “{msp}” for {month}", msp=msp, month=month))
    return report


def write(report: Report) -> None:
    """Write a changed report, if nobody else has written it since it was read. Raises Conflict."""
    values = {
        field.attname: getattr(report, field.attname)
        for field in Report._meta.concrete_fields  # noqa: SLF001 -- Django's documented way to a model's columns
        if not field.primary_key and field.attname != "version"
    }
    if not Report.objects.filter(pk=report.pk, version=report.version).update(version=F("version") + 1, **values):
        raise Stale(CHANGED)
    report.version += 1


def tell(report: Report, actor: Actor, kind: str, at: datetime, changes: Sequence[Change]) -> None:
    """Put an event into the history of a report, in the chain of its MSP."""
    record(account_id=report.msp_id, kind=kind, actor=actor, at=at, subject="report", subject_id=report.pk, changes=changes)
