"""Lists of reports: all somebody sees, and what is due."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, OuterRef, QuerySet

from trueup.accounts.models import Account
from trueup.accounts.queries import access_of, installation
from trueup.accounts.rules import Tier, Viewer
from trueup.cycles.models import of_month
from trueup.events.models import Event
from trueup.events.snapshot import snapshot
from trueup.kit.errors import NotAllowed
from trueup.kit.page import Page
from trueup.kit.period import Month, local_date
from trueup.kit.quantity import ZERO, Quantity
from trueup.reports.models import Report, ReportLine
from trueup.reports.queries.one import ReportSummary, summary_of
from trueup.reports.rules.workflow import EDITABLE, Status, Submission, prepared_on_behalf


def report_list(
    viewer: Viewer, *, cycle: Month | None = None, status: str | None = None, distributor: str | None = None
) -> list[ReportSummary]:
    """The reports a viewer sees, the latest cycle first, then by MSP.

    Raises NotAllowed, with the reason, for an MSP without access to usage reports.
    """
    reports = readable(viewer).select_related("cycle")
    if cycle is not None:
        reports = reports.filter(of_month(cycle))
    if status is not None:
        reports = reports.filter(status=Status(status))
    if distributor is not None:
        reports = reports.filter(distributor_ref=distributor)
    return [summary_of(report) for report in reports.order_by("-cycle__first_day", "msp_ref", "pk")]


def readable(viewer: Viewer) -> QuerySet[Report]:
    """The reports a viewer sees. Raises NotAllowed, with the reason, for an MSP that has none because it has no access."""
    reports = Report.objects.visible_to(viewer)
    if viewer.tier == Tier.MSP and viewer.account_id is not None:
        reports = reports.filter(has_access=True)  # as it was when each was generated
        if not reports.exists():
            _require_access(viewer.account_id)
    return reports


def without_reports(account_ids: Collection[int]) -> set[int]:
    """Of some accounts those whose programs read no report and no month: MSPs that have none because they have no access. For the clock."""
    msps = Account.objects.filter(pk__in=account_ids, tier=Tier.MSP).select_related("region", "type")
    own = Report.objects.filter(msp=OuterRef("pk"), has_access=True)
    return {msp.pk for msp in msps.exclude(Exists(own)) if not access_of(msp).granted}


def _require_access(msp_id: int) -> None:
    """Tell an MSP why it has no list of reports."""
    access = access_of(Account.objects.select_related("region", "type").get(pk=msp_id))
    if not access.granted:
        raise NotAllowed(prepared_on_behalf(access.reason))


@dataclass(frozen=True, slots=True)
class GroupChargeable:
    """What a solution group of a report charges, in one billing unit: a group with several units has several of these."""

    group: str
    group_name: str
    unit: str
    decimals: int
    chargeable: Quantity


@dataclass(frozen=True, slots=True)
class LastAct:
    """Who acted last on a report (reminders apart), what the event is called, and when."""

    actor: str
    event: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report in the list of an MSP. `days_left` counts from today in its time zone to the last day to submit: 0 is that day,
    None once it is submitted."""

    cycle: Month
    msp: str
    msp_name: str
    status: Status
    submission: Submission | None
    flags: tuple[str, ...]
    deadline: datetime
    time_zone: str
    days_left: int | None
    chargeable: tuple[GroupChargeable, ...]
    last: LastAct | None


def report_rows(
    viewer: Viewer, *, now: datetime, months: int = 12, year: int | None = None, page: int = 1, per_page: int = 50
) -> Page[ReportRow]:
    """The reports of the last months, or of one year, the latest first.

    Raises NotAllowed, with the reason, for an MSP without access to usage reports.
    """
    with snapshot():
        found = readable(viewer)
        if year is not None:
            found = found.filter(cycle__first_day__year=year)
        else:
            found = found.filter(cycle__first_day__gte=months_back(now, months).first_day)
        ordered = found.select_related("cycle").defer("terms").order_by("-cycle__first_day", "msp_ref", "pk")
        reports = Page.of(ordered.count(), page, per_page, lambda start, stop: list(ordered[start:stop]))
        ids = [report.pk for report in reports.items]
        charged, acts = _charged(ids), _last_acts(ids)
    return reports.with_items([_report_row(report, charged[report.pk], acts.get(report.pk), now) for report in reports.items])


def report_years(viewer: Viewer) -> list[int]:
    """The years of which the viewer has reports, the latest first. Raises NotAllowed as `report_rows`."""
    days = readable(viewer).order_by("-cycle__first_day").values_list("cycle__first_day", flat=True).distinct()
    return list(dict.fromkeys(day.year for day in days))


def months_back(now: datetime, months: int) -> Month:
    """The first of the last months, as the installation has them."""
    return Month.of(_months_before(local_date(now, installation().time_zone), months))


def _months_before(today: date, months: int) -> date:
    """The first day of the month so many months before this one."""
    year, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    return date(year, month + 1, 1)


def _charged(report_ids: list[int]) -> dict[int, tuple[GroupChargeable, ...]]:
    """What each report charges, per group and unit, in the order of its lines."""
    sums: dict[int, dict[tuple[str, str, str, int], Quantity]] = {report_id: {} for report_id in report_ids}
    lines = ReportLine.objects.filter(report_id__in=report_ids).order_by("report_id", "position", "service_code")
    rows = lines.values_list("report_id", "group_code", "group_name", "unit", "decimals", "chargeable")
    for report_id, group, name, unit, decimals, charged in rows:
        place = (group, name, unit, decimals)
        sums[report_id][place] = sums[report_id].get(place, ZERO) + charged
    return {report_id: tuple(GroupChargeable(*key, charged) for key, charged in own.items()) for report_id, own in sums.items()}


def _last_acts(report_ids: list[int]) -> dict[int, LastAct]:
    """Who acted last on each report."""
    events = Event.objects.filter(subject="report", subject_id__in=report_ids).exclude(kind="reminded").order_by("chain", "sequence")
    return {report_id: LastAct(who, kind, at) for report_id, who, kind, at in events.values_list("subject_id", "actor_name", "kind", "at")}


def _report_row(report: Report, charged: tuple[GroupChargeable, ...], last: LastAct | None, now: datetime) -> ReportRow:
    summary = summary_of(report)
    left = (report.deadline_day - local_date(now, report.time_zone)).days
    return ReportRow(
        summary.cycle,
        summary.msp,
        summary.msp_name,
        summary.status,
        Submission(report.submission) if report.submission else None,
        summary.flags,
        summary.deadline,
        report.time_zone,
        max(left, 0) if summary.status in EDITABLE else None,
        charged,
        last,
    )


def counts(viewer: Viewer, month: Month) -> dict[str, int]:
    """How many reports of a cycle are in which status; statuses without any are 0."""
    found = Counter(Report.objects.visible_to(viewer).filter(of_month(month)).values_list("status", flat=True))
    return {status.value: found[status] for status in Status}


def due_for_submission(*, now: datetime) -> list[int]:
    """The ids of reports whose deadline has passed, the longest overdue first. For the clock."""
    due = Report.objects.filter(status__in=EDITABLE, deadline_at__lte=now)
    return list(due.order_by("deadline_at", "pk").values_list("pk", flat=True))


def due_for_reminder(*, now: datetime) -> list[int]:
    """The ids of reports of which a reminder is due. For the clock."""
    due = Report.objects.filter(status__in=EDITABLE, next_reminder_at__lte=now)
    return list(due.order_by("next_reminder_at", "pk").values_list("pk", flat=True))
