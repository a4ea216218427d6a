"""What waits for somebody, the last cycles in figures, and one cycle as a whole."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from django.db.models import Count, Min, Q, QuerySet

from trueup.accounts.queries import installation
from trueup.accounts.rules import Right, Tier, Viewer
from trueup.cycles.models import month_in, of_month
from trueup.cycles.queries import CycleView, SourceCalendar, cycle_view, cycles, source_calendar
from trueup.events.snapshot import snapshot
from trueup.kit.errors import NotAllowed
from trueup.kit.period import Month, local_date
from trueup.kit.quantity import ZERO, Quantity, round_half_up
from trueup.kit.text import text
from trueup.ledger.queries import unmapped_counts
from trueup.reports.columns import ExactSum
from trueup.reports.models import Generation, Report
from trueup.reports.queries.lists import readable
from trueup.reports.rules.workflow import EDITABLE, Status


class Waiting(StrEnum):
    """What can wait for somebody."""

    REJECTED = "rejected"
    TO_PREPARE = "to_prepare"
    TO_REVIEW = "to_review"
    UNMAPPED_NAMES = "unmapped_names"
    MISSING_DAYS = "missing_days"


@dataclass(frozen=True, slots=True)
class WaitingItem:
    """Something of one kind that waits, of one cycle.

    `count` are reports, names or days. `msp` and `msp_name` are there where it is one report. `deadline` is the earliest of
    reports to prepare, `since` the earliest submission of reports to review, `stake` the units these are about (rules.tally).
    """

    kind: Waiting
    count: int
    month: Month | None = None
    msp: str | None = None
    msp_name: str | None = None
    on_behalf: bool = False
    deadline: datetime | None = None
    since: datetime | None = None
    stake: Quantity | None = None
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CycleFigures:
    """A cycle in figures. Units are added up over all lines, whatever they count: a measure of size, for one's own months only."""

    month: Month
    reports: int
    chargeable: Quantity
    provisioned: Quantity
    over_provisioned: Quantity

    @property
    def over_provisioned_percent(self) -> Decimal:
        """Over-provisioned units (of lines that know their used units) in percent of all provisioned ones, one decimal, half up."""
        return round_half_up(self.over_provisioned * 100 / self.provisioned, 1) if self.provisioned else ZERO


@dataclass(frozen=True, slots=True)
class DeadlineAhead:
    """How many reports that wait for their MSP have the same deadline; `overdue`: the clock is about to submit them."""

    at: datetime
    reports: int
    overdue: bool


@dataclass(frozen=True, slots=True)
class CycleRow:
    """A month of the calendar and how many reports, of those the viewer sees, are in which status; in figures, if they were asked for."""

    view: CycleView
    reports: dict[Status, int]
    figures: CycleFigures | None = None


@dataclass(frozen=True, slots=True)
class CycleAdjustment:
    """The adjustments of one month in one cycle, and how many of them, of those the viewer sees, are in which status."""

    month: Month
    reports: dict[Status, int]


@dataclass(frozen=True, slots=True)
class CyclePage:
    """One cycle as a whole. `generated`: whether all its reports are there; until then `reports` counts those made so far."""

    view: CycleView
    reports: dict[Status, int]
    generated: bool
    deadlines: tuple[DeadlineAhead, ...]
    sources: tuple[SourceCalendar, ...]

    @property
    def total(self) -> int:
        """All reports of the cycle."""
        return sum(self.reports.values())


def waiting(viewer: Viewer, *, now: datetime) -> list[WaitingItem]:
    """What waits for the viewer, the most urgent first: deadlines, then reviews (the longest waiting first), then names and days.

    Only what the viewer has the right to do something about.
    """
    with snapshot():
        items = [*_reports_waiting(viewer), *_names_waiting(viewer), *_days_waiting(viewer, now)]
    kinds = list(Waiting)
    late = datetime.max.replace(tzinfo=now.tzinfo)
    return sorted(items, key=lambda item: (item.deadline is None, item.deadline or late, kinds.index(item.kind), item.since or late))


def _reports_waiting(viewer: Viewer) -> Iterator[WaitingItem]:
    """Reports to prepare, to correct or to review, together for each cycle."""
    found = _own(viewer).exclude(status=Status.APPROVED).values("cycle__first_day", "cycle__adjusts", "status", "has_access")
    sums = found.annotate(
        count=Count("pk"),
        ref=Min("msp_ref"),
        name=Min("msp_name"),
        due=Min("deadline_at"),
        since=Min("submitted_at"),
        units=ExactSum("stake"),
    )
    for one in sums.order_by("cycle__first_day", "cycle__adjusts", "status", "has_access"):
        status, on_behalf = Status(one["status"]), not one["has_access"]
        single = {"msp": one["ref"], "msp_name": one["name"]} if one["count"] == 1 else {}
        month, count = month_in(one["cycle__first_day"], one["cycle__adjusts"]), one["count"]
        if status == Status.UNDER_REVIEW and viewer.may(Right.REVIEW):
            yield WaitingItem(Waiting.TO_REVIEW, count, month, on_behalf=on_behalf, since=one["since"], stake=one["units"], **single)
        elif status in EDITABLE and _prepares(viewer, on_behalf=on_behalf):
            kind = Waiting.REJECTED if status == Status.REJECTED else Waiting.TO_PREPARE
            yield WaitingItem(kind, count, month, on_behalf=on_behalf, deadline=one["due"], **single)


def _prepares(viewer: Viewer, *, on_behalf: bool) -> bool:
    """Whether it is the viewer who prepares: the MSP itself, or its distributor where the MSP has no access."""
    return viewer.may(Right.PREPARE) and (viewer.sees_all or viewer.tier == (Tier.DISTRIBUTOR if on_behalf else Tier.MSP))


def _names_waiting(viewer: Viewer) -> Iterator[WaitingItem]:
    """Names in deliveries that nobody knows; the operator and the vendors map them."""
    if not viewer.may(Right.IMPORT_USAGE) or not (viewer.sees_all or viewer.tier == Tier.VENDOR):
        return
    if counts := unmapped_counts(viewer):
        yield WaitingItem(Waiting.UNMAPPED_NAMES, sum(counts.values()), sources=tuple(counts))


def _days_waiting(viewer: Viewer, now: datetime) -> Iterator[WaitingItem]:
    """Days of the running month that a source has missed."""
    if not viewer.may(Right.IMPORT_USAGE) or not (viewer.sees_all or viewer.tier in (Tier.VENDOR, Tier.DISTRIBUTOR)):
        return
    month = Month.of(local_date(now, installation().time_zone))
    gaps = [source for source in source_calendar(viewer, month, as_of=None, now=now) if source.missing]
    if gaps:
        yield WaitingItem(Waiting.MISSING_DAYS, sum(gap.missing for gap in gaps), month, sources=tuple(gap.source for gap in gaps))


def recent_cycles(viewer: Viewer, n: int = 12) -> list[CycleFigures]:
    """The last `n` cycles of which the viewer sees reports, the earliest first, in one read."""
    return _in_figures(_own(viewer), n)[::-1]


def _in_figures(reports: QuerySet[Report], n: int | None = None) -> list[CycleFigures]:
    """The last `n` cycles of some reports in figures, the latest first. Adjustments hold the figures of a month once more: left out."""
    found = reports.filter(cycle__adjusts=None).values("cycle__first_day").annotate(
        reports=Count("pk"),
        chargeable=ExactSum("total_chargeable"),
        provisioned=ExactSum("total_provisioned"),
        over=ExactSum("total_over_provisioned"),
    )  # fmt: skip
    return [
        CycleFigures(Month.of(one["cycle__first_day"]), one["reports"], one["chargeable"], one["provisioned"], one["over"])
        for one in found.order_by("-cycle__first_day")[:n]
    ]


def _own(viewer: Viewer) -> QuerySet[Report]:
    """The reports a viewer may look into: an MSP only those it had access to."""
    reports = Report.objects.visible_to(viewer)
    return reports.filter(has_access=True) if viewer.tier == Tier.MSP else reports


def cycle_list(viewer: Viewer) -> list[CycleRow]:
    """The calendar with its reports, the latest month first. Raises NotAllowed for an MSP."""
    _require_overview(viewer)
    return calendar(viewer)


def calendar(viewer: Viewer, *, before: Month | None = None, limit: int | None = None, with_figures: bool = False) -> list[CycleRow]:
    """The same for everybody: an MSP counts its own reports. At most `limit` months, those `before` a month.

    Only the reports of these months are counted. Raises NotAllowed, with the reason, for an MSP without access.
    """
    seen = readable(viewer)
    views = [view for view in cycles(viewer) if before is None or view.month < before][:limit]
    if not views:
        return []
    first, last = views[-1].month.first_day, views[0].month.first_day
    asked = seen.filter(cycle__adjusts=None, cycle__first_day__gte=first, cycle__first_day__lte=last)
    counts = _counts(asked)
    figures = {one.month: one for one in _in_figures(asked)} if with_figures else {}
    nothing = (0, ZERO, ZERO, ZERO)
    return [
        CycleRow(
            view,
            _by_status(counts.get(view.month, {})),
            figures.get(view.month, CycleFigures(view.month, *nothing)) if with_figures else None,
        )
        for view in views
    ]


def _counts(reports: QuerySet[Report]) -> dict[Month, dict[Status, int]]:
    """How many reports of each cycle are in which status."""
    counts: dict[Month, dict[Status, int]] = {}
    for first_day, status, count in reports.order_by().values_list("cycle__first_day", "status").annotate(count=Count("pk")):
        counts.setdefault(Month.of(first_day), {})[Status(status)] = count
    return counts


def cycle_page(viewer: Viewer, month: Month, *, now: datetime) -> CyclePage:
    """One cycle as a whole. Raises NotFound for a month without usage that was never closed, NotAllowed for an MSP."""
    _require_overview(viewer)
    return cycle_as_seen(viewer, month, now=now)


def cycle_as_seen(viewer: Viewer, month: Month, *, now: datetime) -> CyclePage:
    """The same for everybody: an MSP counts its own report, and sees no sources.

    Raises NotFound as `cycle_page`, NotAllowed, with the reason, for an MSP without access.
    """
    seen = readable(viewer)
    view = cycle_view(viewer, month)  # asks the ledger, which may have to finish an import first: not within the snapshot
    with snapshot():
        found = seen.filter(of_month(month)).order_by()
        counts = {Status(status): count for status, count in found.values_list("status").annotate(count=Count("pk"))}
        ahead = found.filter(status__in=EDITABLE).values_list("deadline_at").annotate(count=Count("pk")).order_by("deadline_at")
        return CyclePage(
            view,
            _by_status(counts),
            view.id is not None and Generation.objects.filter(cycle_id=view.id).exists(),
            tuple(DeadlineAhead(at, count, overdue=at <= now) for at, count in ahead),
            () if viewer.tier == Tier.MSP else tuple(source_calendar(viewer, month, as_of=view.as_of, now=now)),
        )


def cycle_adjustments(viewer: Viewer, month: Month) -> list[CycleAdjustment]:
    """What was adjusted in a cycle of earlier months, and of the month itself in later cycles. Raises NotAllowed as `cycle_as_seen`."""
    concerned = Q(cycle__first_day=month.first_day) | Q(cycle__adjusts=month.first_day)
    rows = readable(viewer).filter(concerned).exclude(cycle__adjusts=None).order_by()
    counts: dict[Month, dict[Status, int]] = {}
    for first_day, adjusts, status, count in rows.values_list("cycle__first_day", "cycle__adjusts", "status").annotate(count=Count("pk")):
        counts.setdefault(month_in(first_day, adjusts), {})[Status(status)] = count
    return [CycleAdjustment(one, _by_status(counts[one])) for one in sorted(counts, key=lambda one: (one.cycle, one.usage))]


def _require_overview(viewer: Viewer) -> None:
    if not viewer.sees_all and viewer.tier not in (Tier.DISTRIBUTOR, Tier.VENDOR):
        raise NotAllowed(text("only distributors and vendors have an overview of the cycles"))


def _by_status(counts: dict[Status, int]) -> dict[Status, int]:
    return {status: counts.get(status, 0) for status in Status}
