"""The figures of a month: its lines, and the days and customers behind a line.

All take figures from the winning records as they were known at `as_of` (None: now). Units are those of the service.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, TypeAlias

from trueup.catalog.models import Service
from trueup.catalog.rules import MeasureName
from trueup.kit.errors import Invalid
from trueup.kit.period import Month
from trueup.kit.quantity import CREDIT_DECIMALS, ZERO, apportion
from trueup.ledger.engine import measures as sql
from trueup.ledger.engine.reading import open_month
from trueup.ledger.rules.measures import Figures, MeasuredService, averaged, percentile_position

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Part: TypeAlias = tuple[int, int, date | None, Decimal | None, Decimal | None, Decimal | None]
"""A row of a measure's SQL: MSP, service, chosen day, provisioned, used, credits."""

ROWS_AT_ONCE = 5_000
PERCENTILE_RECORDS_AT_ONCE = 1_000_000
"""So many records of `percentile_day` are ranked together, whole MSPs each time: it is what the memory for sorting depends on."""
PERCENTILE_SLICES = 16
"""In no more slices than about this many, whatever their size: each one has to compare the records of days not yet compacted anew."""


@dataclass(frozen=True, slots=True)
class LineFigures:
    """The measured figures of one line, and the chosen days: sorted, distinct, none for `volume` and `average`."""

    msp_id: int
    service_id: int
    provisioned: Decimal
    used: Decimal | None
    """None: unknown."""
    credits: Decimal | None
    """None: the service has none."""
    days: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class DayTotals:
    """What one service of one MSP came to on one day; 0 without records, None as in the line."""

    day: date
    provisioned: Decimal
    used: Decimal | None
    credits: Decimal | None


@dataclass(frozen=True, slots=True)
class CustomerShare:
    """One customer's part of a line; the shares of a line add up to it exactly."""

    customer_id: int
    provisioned: Decimal
    used: Decimal | None
    credits: Decimal | None


def month_lines(
    month: Month, *, as_of: datetime | None, services: Sequence[MeasuredService], msp_ids: Collection[int] | None = None
) -> Iterator[LineFigures]:
    """Every line of a month, sorted by MSP and service: one for each service an MSP has any record of.

    `services` are all services there are: the peak of a group is taken over the whole group. `msp_ids` leaves out other MSPs.
    Raises Invalid if there are records of a service that is not among `services`.
    """
    if msp_ids is not None and not msp_ids:
        return
    with ExitStack() as stack:
        streams = []
        for vendor_id in sorted({service.vendor_id for service in services}):
            reading = stack.enter_context(open_month(month, as_of=as_of, vendor_id=vendor_id))
            if reading.has_records:
                own = [service for service in services if service.vendor_id == vendor_id]
                streams.append(lines_in(reading.connection, month, own, msp_ids))
        yield from heapq.merge(*streams, key=attrgetter("msp_id", "service_id"))


def line_days(month: Month, *, as_of: datetime | None, msp_id: int, service_id: int) -> list[DayTotals]:
    """What a line came to on every day of the month. The days of a line of measure `volume` add up to it."""
    vendor_id = Service.objects.values_list("group__vendor_id", flat=True).get(pk=service_id)
    with open_month(month, as_of=as_of, vendor_id=vendor_id) as reading:
        return days_of(reading.connection, month, msp_id, service_id)


def msp_days(month: Month, *, as_of: datetime | None, msp_id: int, vendor_id: int) -> dict[int, list[DayTotals]]:
    """What every line of an MSP came to on every day of the month, by service id: `line_days` of all its lines in one reading."""
    with open_month(month, as_of=as_of, vendor_id=vendor_id) as reading:
        rows = reading.connection.execute(sql.DAYS_OF_MSP, [msp_id]).fetchall()
    return {service_id: _every_day(month, [row[1:] for row in own]) for service_id, own in groupby(rows, key=itemgetter(0))}


def line_customers(
    month: Month, *, as_of: datetime | None, msp_id: int, service_id: int, services: Sequence[MeasuredService]
) -> list[CustomerShare]:
    """The customers behind a line, by id: those of whom a record was counted. Their shares add up to the line exactly.

    `services` as in `month_lines`. Raises Invalid if the service is not among them.
    """
    service = next((one for one in services if one.service_id == service_id), None)
    if service is None:
        raise Invalid(f"service {service_id} is not among the measured services")
    with open_month(month, as_of=as_of, vendor_id=service.vendor_id) as reading:
        return customers_of(reading.connection, month, msp_id, service, services)


def lines_in(
    connection: DuckDBPyConnection, month: Month, services: Sequence[MeasuredService], msp_ids: Collection[int] | None = None
) -> Iterator[LineFigures]:
    """The lines in `winning`, sorted by MSP and service.

    Computed at once; what is held until the last line is taken grows with the lines only.
    """
    _restrict(connection, msp_ids)
    _prepare(connection, month, services)
    connection.execute(
        "CREATE TEMP TABLE parts (msp_id BIGINT, service_id INTEGER, day DATE,"
        " provisioned DECIMAL(38, 6), used DECIMAL(38, 6), credits DECIMAL(38, 6))"
    )
    for measure in _measures_in_use(connection):
        if measure is MeasureName.PERCENTILE_DAY:
            _add_percentile_parts(connection)
        else:
            connection.execute(f"INSERT INTO parts {sql.PARTS[measure]}")
    connection.execute("DROP TABLE daily")
    parts = _rows(connection, "SELECT * FROM parts ORDER BY msp_id, service_id")
    return _lines_of(parts, {service.service_id: service for service in services}, len(month.days))


def days_of(connection: DuckDBPyConnection, month: Month, msp_id: int, service_id: int) -> list[DayTotals]:
    """What a line in `winning` came to on every day of the month."""
    return _every_day(month, connection.execute(sql.DAYS_OF_LINE, [msp_id, service_id]).fetchall())


def _every_day(month: Month, rows: Iterable[tuple[Any, ...]]) -> list[DayTotals]:
    """The days that have records as all days of the month."""
    found = {row[0]: row for row in rows}
    knows_used = any(knowing for *_, knowing in found.values())
    has_credits = any(row[3] is not None for row in found.values())
    totals = []
    for day in month.days:
        _, provisioned, used, allocated, _ = found.get(day, (day, ZERO, ZERO, ZERO, 0))
        totals.append(DayTotals(day, provisioned, used if knows_used else None, (allocated or ZERO) if has_credits else None))
    return totals


def customers_of(
    connection: DuckDBPyConnection, month: Month, msp_id: int, service: MeasuredService, services: Sequence[MeasuredService]
) -> list[CustomerShare]:
    """The customers behind a line in `winning`."""
    wide = service.measure.name is MeasureName.GROUP_PEAK_DAY
    needed = [one for one in services if one == service or (wide and one.group_id == service.group_id)]
    _restrict(connection, [msp_id], [one.service_id for one in needed])
    _prepare(connection, month, needed)
    if service.measure.name is MeasureName.PERCENTILE_DAY:
        connection.execute(f"CREATE TEMP TABLE customer_days AS {sql.CUSTOMER_DAYS}", [msp_id, msp_id])
        rows = connection.execute(sql.CUSTOMERS_ON_PERCENTILE_DAYS).fetchall()
        return sorted((CustomerShare(row[2], *row[4:]) for row in rows), key=attrgetter("customer_id"))
    parts = [part for part in connection.execute(sql.PARTS[service.measure.name]).fetchall() if part[1] == service.service_id]
    if not parts:
        return []
    sums = _line_sums(parts)
    shares = _shares(connection, msp_id, service.service_id, parts, sums)
    if service.measure.name is MeasureName.AVERAGE:
        return _apportioned(averaged(sums, len(month.days), service.decimals), shares, service.decimals)
    return shares


def _restrict(connection: DuckDBPyConnection, msp_ids: Collection[int] | None, service_ids: Collection[int] | None = None) -> None:
    """Make `counted`: what is asked for of `winning`, with bounds that let the reading skip parts of files."""
    where = ["TRUE"]
    if msp_ids is not None:
        where += [f"msp_id BETWEEN {min(msp_ids):d} AND {max(msp_ids):d}"]
    if msp_ids is not None and len(msp_ids) > 1:
        connection.execute("CREATE TEMP TABLE wanted AS SELECT UNNEST(?::BIGINT[]) AS msp_id", [list(msp_ids)])
        where += ["msp_id IN (SELECT msp_id FROM wanted)"]
    if service_ids is not None:
        where += [f"service_id IN ({', '.join(f'{service_id:d}' for service_id in service_ids)})"]
    # Whole numbers only: a view takes no parameters.
    connection.execute(f"CREATE TEMP VIEW counted AS SELECT * FROM winning WHERE {' AND '.join(where)}")  # noqa: S608


def _prepare(connection: DuckDBPyConnection, month: Month, services: Sequence[MeasuredService]) -> None:
    """Make the relations that the measures read. Raises Invalid for records of a service that is not measured."""
    connection.execute("CREATE TEMP TABLE calendar AS SELECT UNNEST(?::DATE[]) AS day", [list(month.days)])
    days = len(month.days)
    columns: list[list[int] | list[str]] = [
        [service.service_id for service in services],
        [service.group_id for service in services],
        [service.measure.name.value for service in services],
        [days + 1 - percentile_position(service.measure.percentile, days) for service in services],
    ]
    connection.execute(
        "CREATE TEMP TABLE measured AS SELECT UNNEST(?::INTEGER[]) AS service_id, UNNEST(?::BIGINT[]) AS group_id,"
        " UNNEST(?::VARCHAR[]) AS measure, UNNEST(?::INTEGER[]) AS from_top",
        columns,
    )
    connection.execute(f"CREATE TEMP TABLE daily AS {sql.DAILY}")
    connection.execute(f"CREATE TEMP TABLE lines AS {sql.LINES}")
    unmeasured = connection.execute(sql.UNMEASURED).fetchone()
    if unmeasured is not None and unmeasured[0] is not None:
        raise Invalid(f"there is usage of service {unmeasured[0]}, which is not among the measured services")


def _measures_in_use(connection: DuckDBPyConnection) -> list[MeasureName]:
    return [MeasureName(name) for (name,) in connection.execute("SELECT DISTINCT measure FROM lines ORDER BY measure").fetchall()]


def _add_percentile_parts(connection: DuckDBPyConnection) -> None:
    """The one measure that needs the customers: MSP after MSP in slices, so that sorting them stays within the memory."""
    counts = connection.execute(sql.RECORDS_OF_PERCENTILE_DAY).fetchall()
    at_once = max(PERCENTILE_RECORDS_AT_ONCE, sum(records for _, records in counts) // PERCENTILE_SLICES)
    for first, last in slices(counts, at_once):
        connection.execute(f"CREATE TEMP TABLE customer_days AS {sql.CUSTOMER_DAYS}", [first, last])
        connection.execute(f"INSERT INTO parts {sql.PARTS[MeasureName.PERCENTILE_DAY]}")
        connection.execute("DROP TABLE customer_days")


def slices(counts: Iterable[tuple[int, int]], at_once: int) -> Iterator[tuple[int, int]]:
    """Ranges (first, last) of ids with about `at_once` records each; `counts` are sorted ids with their records."""
    first, last, records = None, 0, 0
    for one, count in counts:
        if first is not None and records + count > at_once:
            yield first, last
            first, records = None, 0
        first, last, records = one if first is None else first, one, records + count
    if first is not None:
        yield first, last


def _rows(connection: DuckDBPyConnection, text: str) -> Iterator[Part]:
    """A result row by row, fetched in small portions."""
    result = connection.execute(text)
    while rows := result.fetchmany(ROWS_AT_ONCE):
        yield from rows


def _lines_of(parts: Iterable[Part], services: dict[int, MeasuredService], days: int) -> Iterator[LineFigures]:
    """Parts, sorted by MSP and service, as lines."""
    for (msp_id, service_id), own in groupby(parts, key=itemgetter(0, 1)):
        figures = _line_sums(own)
        service = services[service_id]
        if service.measure.name is MeasureName.AVERAGE:
            figures = averaged(figures, days, service.decimals)
        yield LineFigures(msp_id, service_id, figures.provisioned, figures.used, figures.credits, figures.days)


def _line_sums(parts: Iterable[Part]) -> Figures:
    """The parts of one line added up. The day of a part that has credits alone is not one of the line's."""
    rows = list(parts)
    if len(rows) == 1:  # as nearly all lines have
        _, _, day, provisioned, used, allocated = rows[0]
        return Figures(provisioned or ZERO, used, allocated, () if day is None else (day,))
    days = {row[2] for row in rows if row[2] is not None and (row[3] is not None or row[4] is not None)}
    return Figures(
        provisioned=_sum(row[3] for row in rows) or ZERO,
        used=_sum(row[4] for row in rows),
        credits=_sum(row[5] for row in rows),
        days=tuple(sorted(days)),
    )


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """The known amounts added up; None if none is known."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known, ZERO) if known else None


def _shares(connection: DuckDBPyConnection, msp_id: int, service_id: int, parts: Sequence[Part], sums: Figures) -> list[CustomerShare]:
    """Each customer's figures on the chosen days, or of the month where none was chosen."""
    if parts[0][2] is None:
        rows = connection.execute(sql.CUSTOMERS_OF_MONTH, [msp_id, service_id]).fetchall()
    else:
        # The day of each figure; where a line has no such figure, a day that is read anyway.
        days = [next((part[2] for part in parts if part[column] is not None), parts[0][2]) for column in (3, 4, 5)]
        rows = connection.execute(sql.CUSTOMERS_ON_DAYS, [*days, msp_id, service_id, *days]).fetchall()
    return [
        CustomerShare(customer_id, provisioned, None if sums.used is None else used, None if sums.credits is None else allocated)
        for customer_id, provisioned, used, allocated in rows
    ]


def _apportioned(line: Figures, shares: Sequence[CustomerShare], decimals: int) -> list[CustomerShare]:
    """An average, which is rounded, shared out in proportion to each customer's sums."""
    figures = zip(
        apportion(line.provisioned, [share.provisioned for share in shares], decimals),
        _apportioned_or_none(line.used, [share.used for share in shares], decimals),
        _apportioned_or_none(line.credits, [share.credits for share in shares], CREDIT_DECIMALS),
        strict=True,
    )
    return [CustomerShare(share.customer_id, *own) for share, own in zip(shares, figures, strict=True)]


def _apportioned_or_none(total: Decimal | None, weights: Sequence[Decimal | None], decimals: int) -> Sequence[Decimal | None]:
    if total is None:
        return [None] * len(weights)
    return apportion(total, [weight or ZERO for weight in weights], decimals)
