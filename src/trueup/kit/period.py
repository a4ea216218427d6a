"""Months, days and instants. Periods are half-open; `…_at` is UTC, `…_date` a calendar date."""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from trueup.kit.errors import Invalid
from trueup.kit.text import text

BEGINNING = date(1, 1, 1)
"""In force since ever."""

FOREVER = date(9999, 12, 31)
"""In force without an end."""

_MONTH = re.compile(r"(\d{4})-(\d{2})")
_ADJUSTS = "-adjusts-"


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """One calendar month, the period of a cycle.

    A month whose usage came late is settled once more in a later cycle: `2026-11-adjusts-2026-10` is October, adjusted in November.
    `adjusted_in` is then the later month (year, month). It is another month than October itself: it is the key of other reports. Its
    days are those of its usage.
    """

    year: int
    month: int
    adjusted_in: tuple[int, ...] = ()

    @classmethod
    def adjusting(cls, cycle: "Month", usage: "Month") -> "Month":
        """A month (of usage) that is adjusted in a later cycle."""
        return cls(usage.year, usage.month, (cycle.year, cycle.month))

    @classmethod
    def parse_report(cls, typed: str) -> "Month":
        """Read the month of a report: `2026-10`, or `2026-11-adjusts-2026-10` of an adjustment. Raises Invalid."""
        cycle, adjusts, usage = typed.strip().partition(_ADJUSTS)
        if not adjusts:
            return cls.parse(typed)
        found = cls.adjusting(cls.parse(cycle), cls.parse(usage))
        if found.usage >= found.cycle or typed.strip() != str(found):
            raise Invalid(text("“{typed}” is not a month: a cycle adjusts an earlier month, like 2026-11-adjusts-2026-10", typed=typed))
        return found

    @classmethod
    def parse(cls, typed: str) -> "Month":
        """Read `2026-10`. Raises Invalid."""
        match = _MONTH.fullmatch(typed.strip())
        if not match or not 1 <= int(match[2]) <= 12 or not 1 <= int(match[1]) <= 9998:
            raise Invalid(text("“{typed}” is not a month: write it like 2026-10", typed=typed))
        return cls(int(match[1]), int(match[2]))

    @classmethod
    def of(cls, day: date) -> "Month":
        """The month a day lies in."""
        return cls(day.year, day.month)

    @property
    def cycle(self) -> "Month":
        """The month it is settled in: itself, or the later one that adjusts it."""
        year, month = self.adjusted_in or (self.year, self.month)
        return Month(year, month)

    @property
    def usage(self) -> "Month":
        """The month of the usage, however it is settled."""
        return Month(self.year, self.month)

    @property
    def first_day(self) -> date:
        """The first day of the month."""
        return date(self.year, self.month, 1)

    @property
    def end(self) -> date:
        """The day after the month: the half-open end."""
        return self.next().first_day

    @property
    def last_day(self) -> date:
        """The last day of the month."""
        return date(self.year, self.month, calendar.monthrange(self.year, self.month)[1])

    @property
    def days(self) -> tuple[date, ...]:
        """Every day of the month in order."""
        return tuple(date(self.year, self.month, n) for n in range(1, self.last_day.day + 1))

    def next(self) -> "Month":
        """The month after."""
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    def previous(self) -> "Month":
        """The month before."""
        return Month.of(self.first_day - timedelta(days=1))

    def __str__(self) -> str:
        written = f"{self.year:04d}-{self.month:02d}"
        return f"{self.cycle}{_ADJUSTS}{written}" if self.adjusted_in else written


def local_date(instant: datetime, zone: str) -> date:
    """The calendar date of an instant in a time zone."""
    return instant.astimezone(ZoneInfo(zone)).date()


def at_time(day: date, at: time, zone: str) -> datetime:
    """The instant (UTC) of a local time.

    A time that does not exist (clocks go forward) is taken by the offset before the change, a time
    that exists twice is the first of the two.
    """
    return datetime.combine(day, at, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def end_of_day(day: date, zone: str) -> datetime:
    """The instant (UTC) of the midnight that ends a day in a time zone."""
    return at_time(day + timedelta(days=1), time(0), zone)


def instant_text(instant: datetime) -> str:
    """Write an instant as ISO 8601 in UTC with Z; fractions only where there are any."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def parse_instant(typed: str) -> datetime:
    """Read an ISO 8601 instant with a time zone (`2026-11-06T23:00:00Z`). Raises Invalid."""
    try:
        instant = datetime.fromisoformat(typed.strip())
    except ValueError:
        raise Invalid(text("“{typed}” is not an instant: write it like 2026-11-06T23:00:00Z", typed=typed)) from None
    if instant.tzinfo is None:
        raise Invalid(text("“{typed}” has no time zone: write it like 2026-11-06T23:00:00Z", typed=typed))
    try:
        return instant.astimezone(UTC)
    except OverflowError:  # at the very ends of what there is of time
        raise Invalid(text("“{typed}” is not an instant: write it like 2026-11-06T23:00:00Z", typed=typed)) from None


def parse_zone(name: str) -> str:
    """Check the name of a time zone (`Europe/Berlin`). Raises Invalid."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Invalid(text("“{name}” is not a time zone: write it like Europe/Berlin", name=name)) from None
    return name
