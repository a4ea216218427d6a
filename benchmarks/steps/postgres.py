"""The same month in PostgreSQL, in the best shape for the question: one table, and an index that holds all columns a close reads."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from benchmarks.steps.deliveries import CORRECTIONS
from benchmarks.world import SERVICES
from trueup.catalog.rules import MeasureName
from trueup.ledger.engine import measures

_CHUNK = 1 << 20
TABLE = """
CREATE TABLE usage (
    day DATE NOT NULL, msp_id BIGINT NOT NULL, customer_id BIGINT NOT NULL, service_id INTEGER NOT NULL,
    provisioned_units NUMERIC(18,6) NOT NULL, used_units NUMERIC(18,6), allocated_credits NUMERIC(18,6),
    recorded_at TIMESTAMPTZ NOT NULL, batch_id BIGINT NOT NULL
);
CREATE UNIQUE INDEX usage_latest ON usage (day, customer_id, service_id, recorded_at DESC, batch_id DESC)
    INCLUDE (msp_id, provisioned_units, used_units, allocated_credits);
CREATE INDEX usage_line ON usage (msp_id, service_id, day);
"""
_LATEST = """
SELECT DISTINCT ON (day, customer_id, service_id) day, msp_id, customer_id, service_id, provisioned_units, used_units, allocated_credits
FROM usage WHERE day >= DATE '2026-10-01' AND day < DATE '2026-11-01' AND recorded_at <= TIMESTAMPTZ '2026-12-01 00:00:00+00'
ORDER BY day, customer_id, service_id, recorded_at DESC, batch_id DESC
"""
_NONE_NEWER = """
SELECT * FROM usage AS u WHERE day >= DATE '2026-10-01' AND day < DATE '2026-11-01' AND recorded_at <= TIMESTAMPTZ '2026-12-01 00:00:00+00'
AND NOT EXISTS (SELECT 1 FROM usage AS n WHERE n.day = u.day AND n.customer_id = u.customer_id AND n.service_id = u.service_id
    AND n.recorded_at <= TIMESTAMPTZ '2026-12-01 00:00:00+00' AND (n.recorded_at, n.batch_id) > (u.recorded_at, u.batch_id))
"""
WAYS = {"DISTINCT ON": _LATEST, "NOT EXISTS": _NONE_NEWER}


def connect() -> psycopg.Connection:
    """To the world's own database."""
    return psycopg.connect(os.environ["TRUEUP_DATABASE_URL"], autocommit=True)


def copy_in(folder: str) -> dict[str, float]:
    """COPY the files of the month, each committed by itself, with the indexes in place; seconds, and bytes of table and indexes."""
    files = [*sorted(Path(folder).glob("day-*.rows")), Path(folder) / f"{CORRECTIONS}.rows"]
    with connect() as connection:
        connection.execute(TABLE)
        began = time.perf_counter()
        for file in files:
            copy_file(connection, file, "usage")
        took = time.perf_counter() - began
        row = connection.execute("SELECT pg_total_relation_size('usage'), count(*) FROM usage").fetchone()
        assert row is not None
        connection.execute("VACUUM ANALYZE usage")
    return {"seconds": took, "bytes": row[0], "rows": row[1]}


def copy_file(connection: psycopg.Connection, file: Path, table: str) -> None:
    """COPY a CSV without a header into a table."""
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN (FORMAT csv)".encode()) as copy, file.open("rb") as content:
        while block := content.read(_CHUNK):
            copy.write(block)


def close(repeat: int) -> dict[str, list[float]]:
    """Seconds of making the lines by `service_peak_day`, once to warm up; each way of finding the latest record."""
    with connect() as connection:
        connection.execute("SET max_parallel_workers_per_gather = 2")
        connection.execute("SET jit = off")
        _made_ready(connection)
        return {name: list(_closings(connection, way, repeat)) for name, way in WAYS.items()}


def _made_ready(connection: psycopg.Connection) -> None:
    connection.execute("CREATE TEMP TABLE calendar AS SELECT generate_series(DATE '2026-10-01', DATE '2026-10-31', '1 day')::date AS day")
    connection.execute(
        f"CREATE TEMP TABLE measured AS SELECT number AS service_id, number % 3 AS group_id, "
        f"'{MeasureName.SERVICE_PEAK_DAY}'::text AS measure, 5 AS from_top FROM generate_series(1, {SERVICES}) AS number"
    )
    connection.execute("ANALYZE calendar, measured")


def _closings(connection: psycopg.Connection, way: str, repeat: int) -> Iterator[float]:
    for number in range(repeat + 1):
        began = time.perf_counter()
        connection.execute(f"CREATE TEMP TABLE daily AS {measures.DAILY.replace('counted', f'({way}) AS counted')}".encode())
        connection.execute(f"CREATE TEMP TABLE lines AS {measures.LINES}".encode())
        connection.execute("ANALYZE daily, lines")
        connection.execute(measures.PARTS[MeasureName.SERVICE_PEAK_DAY].encode()).fetchall()
        if number:
            yield time.perf_counter() - began
        connection.execute("DROP TABLE daily, lines")
