"""The files of a month, made by DuckDB from hashes: the same on every machine.

Each customer has three services on each day. Provisioned units change a few times a month, used units on most days. Each file comes
twice: as it is delivered (`.csv`, names) and as PostgreSQL takes it (`.rows`, ids, credits computed), so that the baseline has nothing
to look up or to check.
"""

from pathlib import Path

import duckdb

from benchmarks.steps.network import FIRST_CUSTOMER, FIRST_MSP, WITHOUT_CREDITS, msp_sizes
from benchmarks.world import DAYS, SERVICES

CORRECTIONS = "corrections"
AGAIN = "again"
_CORRECTED_PERCENT = 2
_DAYS_AGAIN = 3


def write(folder: str, customers: int, msps: int) -> int:
    """One file per day, one with the corrections of 2 % of the rows; the number of rows."""
    target = Path(folder)
    target.mkdir(parents=True)
    with duckdb.connect(config={"memory_limit": "2GB"}) as connection:
        _customers(connection, customers, msps)
        for day in range(1, DAYS + 1):
            _write(connection, target / f"day-{day:02}", _day(day), batch=day)
        corrected = " UNION ALL ".join(
            f"SELECT * FROM ({_day(day, salt=1)}) AS day WHERE hash(customer, service, {day}) % 100 < {_CORRECTED_PERCENT}"
            for day in range(1, DAYS + 1)
        )
        _write(connection, target / CORRECTIONS, corrected, batch=DAYS + 1)
        found = connection.execute("SELECT count(*) FROM read_csv(?, header = true, all_varchar = true)", [f"{folder}/*.csv"]).fetchone()
    return int(found[0]) if found else 0


def write_again(folder: str, customers: int, msps: int) -> None:
    """A file that delivers three whole days anew, with other figures."""
    with duckdb.connect(config={"memory_limit": "2GB"}) as connection:
        _customers(connection, customers, msps)
        days = " UNION ALL ".join(_day(day, salt=2) for day in range(DAYS - _DAYS_AGAIN + 1, DAYS + 1))
        _write(connection, Path(folder) / AGAIN, days, batch=DAYS + 2)


def _customers(connection: duckdb.DuckDBPyConnection, customers: int, msps: int) -> None:
    connection.execute("CREATE TABLE sizes (msp BIGINT, size BIGINT)")
    sizes = ", ".join(f"({number}, {size})" for number, size in enumerate(msp_sizes(customers, msps)))
    connection.execute(f"INSERT INTO sizes VALUES {sizes}")
    connection.execute(
        "CREATE TABLE customers AS SELECT msp, (row_number() OVER (ORDER BY msp)) - 1 AS number FROM sizes, UNNEST(range(size))"
    )


def _day(day: int, *, salt: int = 0) -> str:
    """The records of one day. A customer's three services are 7 and 13 apart, so they are never the same."""
    return f"""
        SELECT day, msp, customer, service, provisioned,
               CASE WHEN service < {SERVICES - 1} THEN greatest(provisioned - hash(customer, service, {day}, {salt}) % (1 + provisioned // 8), 0)
               END AS used
        FROM (
            SELECT DATE '2026-10-{day:02}' AS day, msp, number AS customer, (number * 11 + pick) % {SERVICES} AS service,
                   5 + {salt} + hash(number, pick) % 60 + ({day} + hash(number) % 31) // 9 AS provisioned
            FROM customers, (VALUES (0), (7), (13)) AS picks(pick)
        ) AS counted"""


def _write(connection: duckdb.DuckDBPyConnection, path: Path, select: str, *, batch: int) -> None:
    """Both files, in the order in which a feed lists its customers: not that of the ledger."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE delivery AS SELECT * FROM ({select}) AS rows ORDER BY day, hash(customer)")
    connection.execute(
        f"""COPY (SELECT day, format('customer-{{:07d}}', customer) AS customer, format('service-{{:02d}}', service) AS service,
            provisioned AS provisioned_units, used AS used_units, NULL AS allocated_credits FROM delivery) TO '{path}.csv' (HEADER)"""
    )
    connection.execute(
        f"""COPY (SELECT day, {FIRST_MSP} + msp, {FIRST_CUSTOMER} + customer, 1 + service, provisioned, used,
            CASE WHEN service < {WITHOUT_CREDITS} THEN provisioned * (1 + service) / 4::DECIMAL(9,2) END,
            TIMESTAMPTZ '2026-11-01 00:00:00+00' + INTERVAL ({batch}) SECOND, {batch} FROM delivery) TO '{path}.rows' (FORMAT csv, HEADER false)"""
    )
