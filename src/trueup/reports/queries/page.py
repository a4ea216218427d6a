"""All of a report that its page shows, at one moment and in a fixed number of reads."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from trueup.accounts.rules import Tier, Viewer
from trueup.cycles.models import of_month, of_usage
from trueup.events.snapshot import snapshot
from trueup.kit.issue import Issue, Severity
from trueup.kit.period import Month
from trueup.kit.quantity import ZERO, Credits, Quantity
from trueup.reports.access import parties, to_read
from trueup.reports.measuring import state_of
from trueup.reports.models import Report, ReportLine
from trueup.reports.queries.one import (
    Forecast,
    ForecastLine,
    HistoryEntry,
    LineView,
    ReportView,
    forecast_of,
    history_of,
    line_view,
    lines_of,
    report_view,
)
from trueup.reports.rules.copies import copied_terms
from trueup.reports.rules.happenings import REJECTED_LINE
from trueup.reports.rules.remarks import Differences, differences
from trueup.reports.rules.tally import units_at_stake
from trueup.reports.rules.workflow import EDITABLE, Status, Verb, verbs_for


@dataclass(frozen=True, slots=True)
class Previous:
    """What the same service of the same MSP came to last month (or in what is adjusted), and what was said of it."""

    provisioned: Quantity
    used: Quantity | None
    chargeable: Quantity
    comment: str
    reason: str


@dataclass(frozen=True, slots=True)
class PageLine:
    """A line and what stands beside it. `forecast` is None once the report is submitted; `rejected`: the reviewer pointed at it."""

    view: LineView
    previous: Previous | None
    forecast: ForecastLine | None
    differences: Differences
    rejected: bool


@dataclass(frozen=True, slots=True)
class UnitTotals:
    """The lines of a group that count the same unit, added up."""

    unit: str
    decimals: int
    lines: int
    provisioned: Quantity
    default: Quantity
    chargeable: Quantity


@dataclass(frozen=True, slots=True)
class GroupTotals:
    """A solution group of a report: totals for each unit, for units of different kinds have no sum; credits, None if it has none."""

    group: str
    group_name: str
    lines: int
    units: tuple[UnitTotals, ...]
    credits: Credits | None


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a report came back; `services` are the lines the reviewer pointed at."""

    by: str
    at: datetime
    reason: str
    services: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReportPage:
    """A report, what may be done with it, and what it is compared with.

    `stake`: the units a review is about. `previous_cycle`: that of the report before, or of what is adjusted; None if the viewer sees
    none. `forecast`: only while the report waits for the MSP. `rejection`: only until it is submitted again.
    """

    report: ReportView
    verbs: frozenset[Verb]
    lines: tuple[PageLine, ...]
    groups: tuple[GroupTotals, ...]
    blocking: tuple[Issue, ...]
    forecast: Forecast | None
    stake: Quantity
    previous_cycle: Month | None
    rejection: Rejection | None
    history: tuple[HistoryEntry, ...]

    @property
    def may_prepare(self) -> bool:
        """Whether the viewer may edit and submit it now."""
        return Verb.SAVE_DRAFT in self.verbs

    @property
    def may_review(self) -> bool:
        """Whether the viewer may approve or reject it now."""
        return Verb.APPROVE in self.verbs

    @property
    def may_regenerate(self) -> bool:
        """Whether the viewer may have it measured anew now."""
        return Verb.REGENERATE in self.verbs

    def history_of(self, service: str) -> tuple[HistoryEntry, ...]:
        """The steps that changed one line, each with its changes of that line alone."""
        return tuple(_only(entry, service) for entry in self.history if any(change.get("service") == service for change in entry.changes))


@dataclass(frozen=True, slots=True)
class LineNow:
    """What is saved of a line that somebody else changed, and who changed it last and when. `saved` None: the default."""

    service: str
    service_name: str
    unit: str
    decimals: int
    saved: Quantity | None
    as_saved: Quantity
    chargeable: Quantity
    comment: str
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What happened to a report since somebody saw it, oldest first, and the lines it changed as they are now."""

    version: int
    status: Status
    entries: tuple[HistoryEntry, ...]
    lines: tuple[LineNow, ...]


def report_page(viewer: Viewer, month: Month, msp: str, *, now: datetime) -> ReportPage:
    """Everything the page of a report shows, but for its days and customers. Raises NotFound, NotAllowed."""
    with snapshot():
        found = to_read(viewer, month, msp)
        rows = lines_of(found)
        earlier = _earlier(viewer, found)
        before = _lines_before(earlier) if earlier else None
        history = tuple(history_of(found))
    terms = copied_terms(found.terms)
    states = [state_of(row) for row in rows]
    views = tuple(line_view(row, state, terms) for row, state in zip(rows, states, strict=True))
    status = Status(found.status)
    forecast = forecast_of(found, states, terms, now=now) if status in EDITABLE else None
    rejection = _rejection(history) if status == Status.REJECTED else None
    fates = {line.service: line for line in forecast.lines} if forecast else {}
    lines = []
    for view, state in zip(views, states, strict=True):
        past = before.get(view.service) if before is not None else None
        charged = None if before is None else past.chargeable if past else ZERO
        rejected = rejection is not None and view.service in rejection.services
        lines.append(PageLine(view, past, fates.get(view.service), differences(state, view.issues, terms, charged), rejected))
    return ReportPage(
        report=report_view(found, terms, views),
        verbs=verbs_for(viewer, status, parties(found)),
        lines=tuple(lines),
        groups=tuple(_groups(views)),
        blocking=tuple(issue for view in views for issue in view.issues if issue.severity == Severity.BLOCKING),
        forecast=forecast,
        stake=found.stake,
        previous_cycle=earlier.cycle.month if earlier else None,
        rejection=rejection,
        history=history,
    )


def stake_of(line: LineView) -> Quantity:
    """The units of a line that its review is about, as `rules.tally` counts them; in the line's own unit."""
    return units_at_stake(line.outcome, line.chargeable, saved=line.as_saved, default=line.default_chargeable)


def _earlier(viewer: Viewer, found: Report) -> Report | None:
    """The report of the month before, or what an adjustment adjusts, as far as the viewer sees it: another distributor's stays its own."""
    month = found.cycle.month
    before = of_usage(month) & Q(cycle__first_day__lt=month.cycle.first_day) if month.adjusted_in else of_month(month.previous())
    reports = Report.objects.visible_to(viewer).select_related("cycle").filter(before, msp_id=found.msp_id)
    if viewer.tier == Tier.MSP:
        reports = reports.filter(has_access=True)
    return reports.order_by("-cycle__first_day").first()


def _lines_before(earlier: Report) -> dict[str, Previous]:
    """Its lines by service."""
    rows = ReportLine.objects.filter(report=earlier)
    columns = rows.values_list("service_code", "provisioned", "used", "chargeable", "comment", "reason")
    return {
        service: Previous(provisioned, used, chargeable, comment, reason)
        for service, provisioned, used, chargeable, comment, reason in columns
    }


def _groups(lines: Sequence[LineView]) -> Iterable[GroupTotals]:
    """The groups in the order of the report."""
    for group, name in dict.fromkeys((line.group, line.group_name) for line in lines):
        own = [line for line in lines if (line.group, line.group_name) == (group, name)]
        known = [line.credits for line in own if line.credits is not None]
        units: dict[tuple[str, int], list[LineView]] = {}
        for line in own:
            units.setdefault((line.unit, line.decimals), []).append(line)
        totals = tuple(_totals(*unit, counted) for unit, counted in units.items())
        yield GroupTotals(group, name, len(own), totals, sum(known, ZERO) if known else None)


def _totals(unit: str, decimals: int, lines: Sequence[LineView]) -> UnitTotals:
    return UnitTotals(
        unit,
        decimals,
        len(lines),
        sum((line.provisioned for line in lines), ZERO),
        sum((line.default_chargeable for line in lines), ZERO),
        sum((line.chargeable for line in lines), ZERO),
    )


def _rejection(history: Sequence[HistoryEntry]) -> Rejection | None:
    """The last rejection the history tells of."""
    entry = next((entry for entry in reversed(history) if entry.event == "rejected"), None)
    if entry is None:
        return None
    reason = next((str(change["after"]) for change in entry.changes if change["field"] == "review_comment"), "")
    services = tuple(str(change["service"]) for change in entry.changes if change["field"] == REJECTED_LINE)
    return Rejection(entry.actor, entry.at, reason, services)


def _only(entry: HistoryEntry, service: str) -> HistoryEntry:
    return HistoryEntry(entry.at, entry.actor, entry.event, [change for change in entry.changes if change.get("service") == service])


def conflict(viewer: Viewer, month: Month, msp: str, *, since_version: int) -> Meanwhile:
    """What happened to a report since its version was `since_version`, for somebody whose own changes were not saved.

    Every version is told by one event of the history (the last of an approved report by two). Raises NotFound, NotAllowed.
    """
    with snapshot():
        found = to_read(viewer, month, msp)
        rows = lines_of(found)
        entries = history_of(found)[max(since_version, 0) :]
    last: dict[str, HistoryEntry] = {str(change["service"]): entry for entry in entries for change in entry.changes if "service" in change}
    return Meanwhile(
        found.version,
        Status(found.status),
        tuple(entries),
        tuple(_line_now(row, last[row.service_code]) for row in rows if row.service_code in last),
    )


def _line_now(row: ReportLine, entry: HistoryEntry) -> LineNow:
    return LineNow(
        service=row.service_code,
        service_name=row.service_name,
        unit=row.unit,
        decimals=row.decimals,
        saved=row.saved_chargeable,
        as_saved=state_of(row).as_saved,
        chargeable=row.chargeable,
        comment=row.comment,
        reason=row.reason,
        by=entry.actor,
        at=entry.at,
    )
