"""Reading a month of the ledger as it was known at a moment.

The contract with the SQL of the measures::

    with open_month(month, as_of=None, vendor_id=3) as reading:
        reading.connection.execute("SELECT ... FROM winning ...")

`reading.connection` is a DuckDB connection (UTC, memory limit, threads, temp folder under the home) with two relations, `winning` and
`received`, of the same columns:

    day DATE, msp_id BIGINT, customer_id BIGINT, service_id INTEGER, provisioned_units DECIMAL(18,6),
    used_units DECIMAL(18,6) or NULL, allocated_credits DECIMAL(18,6) or NULL, batch_id BIGINT, recorded_at TIMESTAMPTZ

`winning` holds at most one record per (day, customer_id, service_id): the one that counted at `reading.as_of`. `received` holds every
record recorded by then, also those superseded since. Both are views over the files, so a query pays for the columns it names only. They
exist, and are empty, where the vendor has no usage in that month, and are good inside the `with` block only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from trueup.kit.period import Month
from trueup.ledger.engine.duck import connect, file_list, literal
from trueup.ledger.engine.registry import configured_place, known_until, open_settled, settle
from trueup.ledger.engine.table import StoredFile, VendorTable

if TYPE_CHECKING:
    import duckdb

_COLUMNS = "day, msp_id, customer_id, service_id, provisioned_units, used_units, allocated_credits, batch_id, recorded_at"
_EMPTY = """
CREATE TEMP TABLE received (
    day DATE, msp_id BIGINT, customer_id BIGINT, service_id INTEGER, provisioned_units DECIMAL(18,6), used_units DECIMAL(18,6),
    allocated_credits DECIMAL(18,6), batch_id BIGINT, recorded_at TIMESTAMPTZ
);
CREATE TEMP VIEW winning AS FROM received"""


@dataclass(frozen=True)
class Reading:
    """A month of one vendor's usage, readable by SQL."""

    connection: duckdb.DuckDBPyConnection
    month: Month
    vendor_id: int
    as_of: datetime | None
    """What was recorded later than this is not seen; None: everything stored is."""
    has_records: bool
    """False: nothing of this month was ever stored for the vendor, so the caller may skip its queries."""


@contextmanager
def open_month(month: Month, *, as_of: datetime | None, vendor_id: int) -> Iterator[Reading]:
    """The records of a month; finishes interrupted imports first if nobody else is doing so."""
    place = configured_place()
    settle(place)
    until = known_until()
    bound = until if as_of is None or until is None else min(as_of, until)
    table = open_settled(place, vendor_id) if until is not None else None
    files = table.files(month.first_day, month.end) if table is not None else []
    with connect(place) as connection:
        if table is None or bound is None or not files:
            connection.execute(_EMPTY)
            yield Reading(connection, month, vendor_id, as_of, has_records=False)
            return
        connection.execute(f"CREATE TEMP VIEW winning AS {winning_sql(table, files, bound)}")
        connection.execute(f"CREATE TEMP VIEW received AS {received_sql(table, files, bound)}")
        yield Reading(connection, month, vendor_id, as_of, has_records=True)


def winning_sql(table: VendorTable, files: Sequence[StoredFile], as_of: datetime) -> str:
    """The records of these days' files (all of each day's) that counted at a moment.

    A clean file answers by its interval, a lone file of a batch by its time, as a batch holds a record once. Only a day with several
    files has to be compared; there the tail is newer than the clean file, as compaction took all there was.
    """
    at = _moment(as_of)
    days: dict[date, list[StoredFile]] = {}
    for file in files:
        days.setdefault(file.day, []).append(file)
    clean = [day[0] for day in days.values() if len(day) == 1 and day[0].tier == "clean"]
    lone = [day[0] for day in days.values() if len(day) == 1 and day[0].tier == "tail"]
    mixed = [file for day in days.values() if len(day) > 1 for file in day]
    parts = [_clean(table, clean, at)] if clean else []
    parts += [received_sql(table, lone, as_of)] if lone else []
    parts += _mixed(table, mixed, at) if mixed else []
    return " UNION ALL ".join(parts)


def received_sql(table: VendorTable, files: Sequence[StoredFile], as_of: datetime) -> str:
    """All records of these files recorded by a moment. A clean file keeps what was superseded, so nothing is missing of compacted days."""
    return f"SELECT {_COLUMNS} FROM {_parquet(table, files)} WHERE recorded_at <= {_moment(as_of)}"


def _moment(as_of: datetime) -> str:
    return f"TIMESTAMPTZ {literal(as_of.astimezone(UTC).isoformat(sep=' '))}"


def _clean(table: VendorTable, files: Sequence[StoredFile], at: str) -> str:
    return (
        f"SELECT {_COLUMNS} FROM {_parquet(table, files)} AS settled "
        f"WHERE recorded_at <= {at} AND (superseded_at IS NULL OR superseded_at > {at})"
    )


def _mixed(table: VendorTable, files: Sequence[StoredFile], at: str) -> list[str]:
    tail = [file for file in files if file.tier == "tail"]
    clean = [file for file in files if file.tier == "clean"]
    ranked = (
        f"SELECT {_COLUMNS}, row_number() OVER (PARTITION BY day, customer_id, service_id ORDER BY recorded_at DESC, batch_id DESC) "
        f"AS rank FROM {_parquet(table, tail)} WHERE recorded_at <= {at}"
    )
    parts = [f"SELECT {_COLUMNS} FROM ({ranked}) AS ranked WHERE rank = 1"]
    if clean:
        newer = (
            f"SELECT 1 FROM {_parquet(table, tail)} AS newer WHERE newer.recorded_at <= {at} AND newer.day = settled.day "
            "AND newer.customer_id = settled.customer_id AND newer.service_id = settled.service_id"
        )
        parts.append(f"{_clean(table, clean, at)} AND NOT EXISTS ({newer})")
    return parts


def _parquet(table: VendorTable, files: Sequence[StoredFile]) -> str:
    return f"read_parquet({file_list([table.uri(file.path) for file in files])}, hive_partitioning = false)"
