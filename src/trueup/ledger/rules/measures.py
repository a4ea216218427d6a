"""The measures: how a month of daily values becomes the figures of a line.

The reference, written to be read. The engine computes the same figures from many records by the SQL in `engine/measures.py`; the two
must agree on every figure and every day. `docs/measures.md` says the same in words.

Units are those of the service, credits are credits; all are exact decimals.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_CEILING, Context, Decimal
from enum import StrEnum

from trueup.catalog.rules import Measure, MeasureName
from trueup.kit.period import Month
from trueup.kit.quantity import CREDIT_DECIMALS, ZERO, round_half_up


@dataclass(frozen=True)
class Record:
    """What is known of one customer's use of one service on one day."""

    day: date
    msp_id: int
    customer_id: int
    service_id: int
    provisioned: Decimal
    used: Decimal | None
    """None: unknown."""
    credits: Decimal | None
    """None: the service has no credits that day."""


@dataclass(frozen=True)
class Received:
    """A record as the ledger holds it: corrected ones stay."""

    record: Record
    recorded_at: datetime
    batch_id: int


@dataclass(frozen=True)
class MeasuredService:
    """A service and what is in force for it in the month."""

    service_id: int
    group_id: int
    vendor_id: int
    measure: Measure
    decimals: int
    """The decimals of its billing unit."""


@dataclass(frozen=True)
class Line:
    """What the figures of one line (one MSP, one service, one month) depend on."""

    month: Month
    records: Sequence[Record]
    """The MSP's winning records of the service in the month; at least one."""
    group: Sequence[Record]
    """The MSP's winning records of all services in the service's solution group, this one's included."""
    percentile: Decimal
    decimals: int


@dataclass(frozen=True)
class Figures:
    """What a line says, and the days it took that from."""

    provisioned: Decimal
    used: Decimal | None
    credits: Decimal | None
    days: tuple[date, ...]
    """Sorted, distinct; empty where no day was chosen."""


class Ranking(StrEnum):
    """What days are compared by."""

    CREDITS = "credits"
    USED = "used"
    PROVISIONED = "provisioned"


def winning(received: Iterable[Received], as_of: datetime | None = None) -> list[Record]:
    """Of each day, customer and service the record received last, as it was known at `as_of` (None: now)."""
    latest: dict[tuple[date, int, int], Received] = {}
    for one in sorted(received, key=lambda one: (one.recorded_at, one.batch_id)):
        if as_of is None or one.recorded_at <= as_of:
            latest[one.record.day, one.record.customer_id, one.record.service_id] = one
    return [one.record for one in latest.values()]


def ranked_by(records: Iterable[Record]) -> Ranking:
    """Credits if any record has them, else used if any knows it, else provisioned. Decided once, for the whole month."""
    records = list(records)
    if any(record.credits is not None for record in records):
        return Ranking.CREDITS
    if any(record.used is not None for record in records):
        return Ranking.USED
    return Ranking.PROVISIONED


def value_of(records: Iterable[Record], ranking: Ranking) -> Decimal:
    """What the records come to together: no credits count 0, unknown used counts as provisioned."""
    if ranking is Ranking.CREDITS:
        return sum((record.credits or ZERO for record in records), ZERO)
    if ranking is Ranking.USED:
        return sum((record.provisioned if record.used is None else record.used for record in records), ZERO)
    return sum((record.provisioned for record in records), ZERO)


def of_day(records: Iterable[Record], day: date) -> list[Record]:
    """The records of one day; a day without any totals 0."""
    return [record for record in records if record.day == day]


def by_customer(records: Iterable[Record]) -> dict[int, list[Record]]:
    """The records of each customer that has any."""
    customers: defaultdict[int, list[Record]] = defaultdict(list)
    for record in records:
        customers[record.customer_id].append(record)
    return dict(customers)


def peak_day(records: Sequence[Record], ranking: Ranking, month: Month) -> date:
    """The day with the highest total, the earliest of equals. All days of the month stand, also those without records."""
    return max(month.days, key=lambda day: value_of(of_day(records, day), ranking))  # max keeps the first of equals


def knows_used(line: Line) -> bool:
    """Whether any record of the line knows its used units; if none does, used is unknown in the line."""
    return any(record.used is not None for record in line.records)


def has_credits(line: Line) -> bool:
    """Whether any record of the line has credits; if none has, neither has the line."""
    return any(record.credits is not None for record in line.records)


def total(line: Line, counted: Sequence[Record], days: Iterable[date] = ()) -> Figures:
    """The counted records added up, as figures of the line."""
    return Figures(
        provisioned=value_of(counted, Ranking.PROVISIONED),
        used=value_of(counted, Ranking.USED) if knows_used(line) else None,
        credits=value_of(counted, Ranking.CREDITS) if has_credits(line) else None,
        days=tuple(sorted(set(days))),
    )


def group_peak_day(line: Line) -> Figures:
    """The totals of the day on which the whole solution group was highest."""
    day = peak_day(line.group, ranked_by(line.group), line.month)
    return total(line, of_day(line.records, day), [day])


def service_peak_day(line: Line) -> Figures:
    """The totals of the day on which this service was highest."""
    day = peak_day(line.records, ranked_by(line.records), line.month)
    return total(line, of_day(line.records, day), [day])


def own_maxima(line: Line) -> Figures:
    """Each figure its own highest daily total. The days are those of provisioned and of used."""
    day_of = {ranking: peak_day(line.records, ranking, line.month) for ranking in Ranking}
    highest = {ranking: value_of(of_day(line.records, day), ranking) for ranking, day in day_of.items()}
    used_days = [day_of[Ranking.USED]] if knows_used(line) else []
    return Figures(
        provisioned=highest[Ranking.PROVISIONED],
        used=highest[Ranking.USED] if knows_used(line) else None,
        credits=highest[Ranking.CREDITS] if has_credits(line) else None,
        days=tuple(sorted({day_of[Ranking.PROVISIONED], *used_days})),
    )


def percentile_position(percentile: Decimal, days: int) -> int:
    """The place, counted from 1 in ascending order, of a percentile (0 to 100) among that many days: the nearest rank."""
    exact = Context(prec=60)  # a percentile may be written with many digits; the product must not be rounded before the ceiling
    place = exact.divide(exact.multiply(percentile, Decimal(days)), Decimal(100)).to_integral_value(ROUND_CEILING)
    return min(max(int(place), 1), days)


def percentile_day_of(records: Sequence[Record], ranking: Ranking, line: Line) -> date:
    """The earliest of the days on which one customer's value is the one at the percentile's position."""
    values = {day: value_of(of_day(records, day), ranking) for day in line.month.days}
    chosen = sorted(values.values())[percentile_position(line.percentile, len(values)) - 1]
    return next(day for day, value in values.items() if value == chosen)


def percentile_day(line: Line) -> Figures:
    """Each customer on its own percentile day, added up."""
    ranking = ranked_by(line.records)
    counted: list[Record] = []
    days: list[date] = []
    for records in by_customer(line.records).values():
        day = percentile_day_of(records, ranking, line)
        counted += of_day(records, day)
        days.append(day)
    return total(line, counted, days)


def volume(line: Line) -> Figures:
    """The sum over all days."""
    return total(line, line.records)


def average(line: Line) -> Figures:
    """The sum over all days, divided by the days of the month: units to the unit's decimals, credits to 6."""
    return averaged(volume(line), len(line.month.days), line.decimals)


def averaged(sums: Figures, days: int, decimals: int) -> Figures:
    """Sums of a month as its average day."""
    return Figures(
        provisioned=round_half_up(sums.provisioned / days, decimals),
        used=None if sums.used is None else round_half_up(sums.used / days, decimals),
        credits=None if sums.credits is None else round_half_up(sums.credits / days, CREDIT_DECIMALS),
        days=sums.days,
    )


def last_day(line: Line) -> Figures:
    """The totals of the last day of the month."""
    day = line.month.last_day
    return total(line, of_day(line.records, day), [day])


MEASURES: Mapping[MeasureName, Callable[[Line], Figures]] = {
    MeasureName.GROUP_PEAK_DAY: group_peak_day,
    MeasureName.SERVICE_PEAK_DAY: service_peak_day,
    MeasureName.OWN_MAXIMA: own_maxima,
    MeasureName.PERCENTILE_DAY: percentile_day,
    MeasureName.VOLUME: volume,
    MeasureName.AVERAGE: average,
    MeasureName.LAST_DAY: last_day,
}


def lines_of(records: Iterable[Record], services: Sequence[MeasuredService], month: Month) -> dict[tuple[int, int], Figures]:
    """The figures of every line (MSP, service) that the winning records of the month make, by each service's measure."""
    by_id = {service.service_id: service for service in services}
    of_line: defaultdict[tuple[int, int], list[Record]] = defaultdict(list)
    of_group: defaultdict[tuple[int, int], list[Record]] = defaultdict(list)
    for record in records:
        of_line[record.msp_id, record.service_id].append(record)
        of_group[record.msp_id, by_id[record.service_id].group_id].append(record)
    figures = {}
    for (msp_id, service_id), own in sorted(of_line.items()):
        service = by_id[service_id]
        line = Line(month, own, of_group[msp_id, service.group_id], service.measure.percentile, service.decimals)
        figures[msp_id, service_id] = MEASURES[service.measure.name](line)
    return figures
