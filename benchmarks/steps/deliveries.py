"""The files of a month, made by DuckDB from hashes: the same on every machine.

Each customer has three services on each day. Provisioned units change a few times a month, used units every day; a fifth of the
services is counted with three decimals. A file comes twice where PostgreSQL is compared: as it is delivered (`.csv`, names) and as
PostgreSQL takes it (`.rows`, ids, credits computed), so that the baseline has nothing to look up or to check.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from benchmarks.steps.network import FIRST_CUSTOMER, FIRST_MSP, WITHOUT_CREDITS, msp_sizes
from benchmarks.world import DAYS, SERVICES

CORRECTIONS = "corrections"
WHOLE = "whole"
AGAIN = "again"
_CORRECTED_PERCENT = 2
_DAYS_AGAIN = 3
_TO_AUGUST = 61  # days from the first of August to the first of October


def write(folder: str, customers: int, msps: int, with_rows: bool) -> None:
    """One file per day of October, and one with corrections of 2 % of the rows."""
    target = Path(folder)
    target.mkdir(parents=True)
    with _connected(customers, msps) as connection:
        for day in range(1, DAYS + 1):
            _write(connection, target / f"day-{day:02}", _day(day), batch=day, with_rows=with_rows)
        corrected = (
            f"SELECT * FROM ({_day(day, salt=1)}) AS day WHERE hash(customer, service, {day}) % 100 < {_CORRECTED_PERCENT}"
            for day in range(1, DAYS + 1)
        )
        _write(connection, target / CORRECTIONS, " UNION ALL ".join(corrected), batch=DAYS + 1, with_rows=with_rows)


def write_whole(folder: str, customers: int, msps: int) -> None:
    """A month as one file: August, with the days of October."""
    with _connected(customers, msps) as connection:
        days = " UNION ALL ".join(_day(day) for day in range(1, DAYS + 1))
        moved = f"SELECT * REPLACE ((day - INTERVAL {_TO_AUGUST} DAY)::DATE AS day) FROM ({days}) AS october"
        _write(connection, Path(folder) / WHOLE, moved, batch=0, with_rows=False)


def write_again(folder: str, customers: int, msps: int) -> None:
    """A file that delivers three whole days anew, with other figures."""
    with _connected(customers, msps) as connection:
        days = " UNION ALL ".join(_day(day, salt=2) for day in range(DAYS - _DAYS_AGAIN + 1, DAYS + 1))
        _write(connection, Path(folder) / AGAIN, days, batch=DAYS + 2, with_rows=False)


@contextmanager
def _connected(customers: int, msps: int) -> Iterator[duckdb.DuckDBPyConnection]:
    with TemporaryDirectory() as spill, duckdb.connect(config={"memory_limit": "2GB", "temp_directory": spill}) as connection:
        _customers(connection, customers, msps)
        yield connection


def _customers(connection: duckdb.DuckDBPyConnection, customers: int, msps: int) -> None:
    connection.execute("CREATE TABLE sizes (msp BIGINT, size BIGINT)")
    sizes = ", ".join(f"({number}, {size})" for number, size in enumerate(msp_sizes(customers, msps)))
    connection.execute(f"INSERT INTO sizes VALUES {sizes}")
    connection.execute(
        "CREATE TABLE customers AS SELECT msp, (row_number() OVER (ORDER BY msp)) - 1 AS number FROM sizes, UNNEST(range(size))"
    )


def _day(day: int, *, salt: int = 0) -> str:
    """The records of one day. A customer's three services are 7 and 13 apart, so they are never the same; each fifth has decimals."""
    return f"""
        SELECT day, msp, customer, service, thousandths / 1000 AS provisioned,
               CASE WHEN service < {SERVICES - 1}
                    THEN (thousandths * (100 - (hash(customer, service, {day}, {salt}) % 35)::BIGINT) // 100 // step * step) / 1000
               END AS used
        FROM (
            SELECT DATE '2026-10-{day:02}' AS day, msp, number AS customer, (number * 11 + pick) % {SERVICES} AS service,
                   (CASE WHEN (number * 11 + pick) % 5 = 4 THEN 1 ELSE 1000 END)::BIGINT AS step,
                   (1 + {salt} + (hash(number, pick) % 400)::BIGINT + ({day} + (hash(number) % 31)::BIGINT) // 9) * 1000
                   + CASE WHEN (number * 11 + pick) % 5 = 4 THEN (hash(number, {day}) % 1000)::BIGINT ELSE 0 END AS thousandths
            FROM customers, (VALUES (0), (7), (13)) AS picks(pick)
        ) AS counted"""


def _write(connection: duckdb.DuckDBPyConnection, path: Path, select: str, *, batch: int, with_rows: bool) -> None:
    """The file, in the order in which a feed lists its customers: not that of the ledger."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE delivery AS SELECT * FROM ({select}) AS rows ORDER BY day, hash(customer)")
    amounts = ", ".join(f"rtrim(rtrim({name}::VARCHAR, '0'), '.') AS {name}_units" for name in ("provisioned", "used"))
    connection.execute(
        f"""COPY (SELECT day, format('customer-{{:07d}}', customer) AS customer, format('service-{{:02d}}', service) AS service,
            {amounts}, NULL AS allocated_credits FROM delivery) TO '{path}.csv' (HEADER)"""
    )
    if not with_rows:
        return
    allocated = f"CASE WHEN service < {WITHOUT_CREDITS} THEN round(provisioned::DECIMAL(18,3) * (1 + service) / 4, 6) END"
    connection.execute(
        f"""COPY (SELECT day, {FIRST_MSP} + msp, {FIRST_CUSTOMER} + customer, 1 + service, provisioned, used, {allocated},
            TIMESTAMPTZ '2026-11-01 00:00:00+00' + INTERVAL ({batch}) SECOND, {batch} FROM delivery)
            TO '{path}.rows' (FORMAT csv, HEADER false)"""
    )
