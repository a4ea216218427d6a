"""Questions about the calendar."""

from dataclasses import dataclass
from datetime import date, datetime

from trueup.accounts.models import Installation
from trueup.accounts.queries import installation, paths
from trueup.accounts.rules import Tier, Viewer
from trueup.cycles.models import Cycle
from trueup.cycles.rules import CycleStatus, DayState, closes_at, day_state
from trueup.kit.errors import NotAllowed, NotFound
from trueup.kit.period import Month, local_date
from trueup.kit.text import text
from trueup.ledger.queries import expected_deliveries, missing_days, months_with_usage


@dataclass(frozen=True, slots=True)
class SourceCalendar:
    """One source, and what became of each day of a month."""

    source: str
    days: tuple[DayState, ...]

    @property
    def missing(self) -> int:
        """How many days are missing."""
        return self.days.count(DayState.MISSING)


@dataclass(frozen=True, slots=True)
class CycleView:
    """One month of the calendar; an open one has no `closed_at` and no `as_of`."""

    id: int | None
    month: Month
    status: CycleStatus
    closes_at: datetime
    closed_at: datetime | None
    as_of: datetime | None


def cycles(viewer: Viewer) -> list[CycleView]:
    """All months with usage and all closed ones, the latest first."""
    rows = {cycle.month: cycle for cycle in Cycle.objects.visible_to(viewer).calendar()}
    months = set(rows) | set(months_with_usage())
    settings = installation()
    return [_view(month, rows.get(month), settings) for month in sorted(months, reverse=True)]


def cycle_view(viewer: Viewer, month: Month) -> CycleView:
    """One month of the calendar. Raises NotFound for a month without usage that was never closed, and for an adjustment of one."""
    row = None if month.adjusted_in else Cycle.objects.visible_to(viewer).of(month).first()
    if row is None and month not in months_with_usage():
        raise NotFound(text("there is no cycle {month}: it has no usage and was not closed", month=month))
    return _view(month, row, installation())


def _view(month: Month, row: Cycle | None, settings: Installation) -> CycleView:
    due = closes_at(month, settings.close_grace_days, settings.time_zone)
    if row is None:
        return CycleView(None, month, CycleStatus.OPEN, due, None, None)
    return CycleView(row.pk, month, CycleStatus(row.status), due, row.closed_at, row.as_of)


def closed_cycle(viewer: Viewer, month: Month) -> Cycle:
    """A closed cycle, or the adjustment of an earlier month in one. Raises NotFound."""
    cycle = Cycle.objects.visible_to(viewer).of(month).filter(status=CycleStatus.CLOSED).first()
    if cycle is None:
        raise NotFound(text("the cycle {month} is not closed", month=month))
    return cycle


def months_to_close(*, now: datetime) -> list[Month]:
    """The open months whose close date has come, the earliest first: all since the first one that has usage or was closed.

    A month without usage is closed too: there may be MSPs who report zero.
    """
    settings = installation()
    closed = set(closed_months())
    known = closed | set(months_with_usage())
    due = []
    month = min(known, default=None)
    while month is not None and closes_at(month, settings.close_grace_days, settings.time_zone) <= now:
        if month not in closed:
            due.append(month)
        month = month.next()
    return due


def completeness(month: Month, *, as_of: datetime | None, until: date) -> dict[str, tuple[date, ...]]:
    """The missing days of each source that is expected daily, of the days of the month before `until`."""
    return missing_days(month, as_of=as_of, until=until)


def source_calendar(
    viewer: Viewer, month: Month, *, as_of: datetime | None, now: datetime, after: str | None = None, limit: int | None = None
) -> list[SourceCalendar]:
    """What became of every day of a month, for each source expected daily, by its code: to the operator of all sources, to vendors and
    distributors of those that ever delivered usage of their vendor.

    `as_of` is the pin of a closed month. At most `limit` of those behind the source `after`. Raises NotAllowed for others.
    """
    settings = installation()
    found = expected_deliveries(month, as_of=as_of, vendor_ids=_vendors_above(viewer, month), after=after, limit=limit)
    today = local_date(now, settings.time_zone)
    return [
        SourceCalendar(
            one.source,
            tuple(day_state(day, one.delivered.get(day), first=one.first_day, as_of=as_of, today=today) for day in month.days),
        )
        for one in found
    ]


def _vendors_above(viewer: Viewer, month: Month) -> list[int] | None:
    """The vendor a viewer belongs to in a month; None: all there are."""
    if viewer.account_id is None:
        return None
    if viewer.tier not in (Tier.VENDOR, Tier.DISTRIBUTOR):
        raise NotAllowed(text("only distributors and vendors see what the sources delivered"))
    return [paths([viewer.account_id], month.last_day)[viewer.account_id][0]]


def closed_months() -> list[Month]:
    """All closed months, the earliest first. For the clock."""
    return [cycle.month for cycle in Cycle.objects.calendar().filter(status=CycleStatus.CLOSED).order_by("first_day")]


def adjusted_months() -> list[Month]:
    """All adjustments of earlier months, in the order of the cycles they are settled in. For the clock."""
    return [cycle.month for cycle in Cycle.objects.exclude(adjusts=None).order_by("first_day", "adjusts")]
