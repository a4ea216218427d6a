"""When a month is over and may be closed."""

from datetime import date, datetime, time, timedelta
from enum import StrEnum

from trueup.kit.errors import Conflict
from trueup.kit.period import Month, at_time, instant_text
from trueup.kit.text import text


class CycleStatus(StrEnum):
    """A cycle is open while usage may still change it; closing happens once."""

    OPEN = "open"
    CLOSED = "closed"


class DayState(StrEnum):
    """What became of one day of a source that is expected daily."""

    DELIVERED = "delivered"
    LATE = "late"
    """Delivered after the month was pinned: the cycle does not know it."""
    MISSING = "missing"
    NOT_EXPECTED = "not_expected"
    """Before the first day the source ever delivered."""
    TO_COME = "to_come"


def day_state(day: date, delivered_at: datetime | None, *, first: date | None, as_of: datetime | None, today: date) -> DayState:
    """What became of a day. `first`: the first day the source ever delivered; `as_of`: the pin of a closed month, None while it is open."""
    if delivered_at is not None:
        return DayState.LATE if as_of is not None and delivered_at > as_of else DayState.DELIVERED
    if first is None or day < first:
        return DayState.NOT_EXPECTED
    return DayState.TO_COME if day >= today else DayState.MISSING


def close_date(month: Month, grace_days: int) -> date:
    """The day a cycle closes: the first of the next month plus the installation's grace days."""
    return month.end + timedelta(days=grace_days)


def closes_at(month: Month, grace_days: int, zone: str) -> datetime:
    """The instant a cycle closes: midnight (in the installation's time zone) that begins its close date."""
    return at_time(close_date(month, grace_days), time(0), zone)


def require_over(month: Month, *, grace_days: int, zone: str, now: datetime) -> None:
    """Raise Conflict while the close date has not come."""
    due = closes_at(month, grace_days, zone)
    if now < due:
        day, at = close_date(month, grace_days), instant_text(due)
        raise Conflict(text("the cycle {month} closes on {day} ({at}); it is too early to close it", month=month, day=day, at=at))
