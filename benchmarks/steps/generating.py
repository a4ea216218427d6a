"""Generating the reports of a cycle, against copying the same rows into the same tables."""

import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import duckdb
import psycopg
from django.db import connection as database

from benchmarks.steps.ingestion import AFTER, OCTOBER, take_in_file
from benchmarks.steps.network import build, service_code
from benchmarks.steps.postgres import connect, copy_file
from benchmarks.world import SERVICES
from trueup.accounts.rules import Viewer
from trueup.cycles.actions import close
from trueup.reports.generating import generate
from trueup.reports.models import ReportLine

_WRITTEN = {"reports_report": "TRUE", "reports_reportline": "TRUE", "events_event": "subject = 'report'"}
"""The tables a generation writes, and which of their rows."""


def prepare(folder: str, msps: int) -> None:
    """MSPs with one customer each, and usage of all services on one day."""
    build(customers=msps, msps=msps)
    file = Path(folder) / "usage.csv"
    with duckdb.connect() as connection:
        codes = ", ".join(f"('{service_code(number)}')" for number in range(SERVICES))
        connection.execute(
            f"""COPY (SELECT DATE '2026-10-15' AS day, format('customer-{{:07d}}', number) AS customer, code AS service,
                5 + hash(number, code) % 100 AS provisioned_units, 3 + hash(number, code) % 90 AS used_units
                FROM range({msps}) AS customers(number), (VALUES {codes}) AS codes(code)) TO '{file}' (HEADER)"""
        )
    take_in_file(file, AFTER)
    with database.cursor() as cursor:
        cursor.execute("ANALYZE")


def generate_all() -> dict[str, float]:
    """Close and generate: seconds of generating, with reading the ledger and writing the history."""
    cycle = close(Viewer.system(), OCTOBER, now=AFTER)
    began = time.perf_counter()
    reports = generate(Viewer.system(), cycle, now=AFTER + timedelta(minutes=1))
    took = time.perf_counter() - began
    return {"seconds": took, "reports": reports, "lines": ReportLine.objects.count()}


def copy_the_same(folder: str, repeat: int) -> dict[str, list[float]]:
    """COPY the reports, their lines and their history into tables with the same indexes and foreign keys; seconds."""
    return {"seconds": copy_rows(_WRITTEN, folder, repeat)}


def copy_rows(written: Mapping[str, str], folder: str, repeat: int) -> list[float]:
    """COPY some rows of tables into tables with the same indexes and foreign keys; seconds."""
    times = []
    with connect() as connection:
        files = {table: _unload(connection, folder, table, rows) for table, rows in written.items()}
        for _ in range(repeat):
            for table in files:
                _clone(connection, table)
            began = time.perf_counter()
            for table, file in files.items():
                copy_file(connection, file, f"copy_of_{table}")
            times.append(time.perf_counter() - began)
            for table in reversed(files):
                connection.execute(f"DROP TABLE copy_of_{table}".encode())
    return times


def _unload(connection: psycopg.Connection, folder: str, table: str, rows: str) -> Path:
    file = Path(folder) / f"{table}.csv"
    copied = f"COPY (SELECT * FROM {table} WHERE {rows} ORDER BY id) TO STDOUT (FORMAT csv)"
    with connection.cursor() as cursor, file.open("wb") as out, cursor.copy(copied.encode()) as copy:
        for block in copy:
            out.write(block)
    return file


def _clone(connection: psycopg.Connection, table: str) -> None:
    connection.execute(f"CREATE TABLE copy_of_{table} (LIKE {table} INCLUDING ALL)".encode())
    found = connection.execute(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' AND conrelid = %s::regclass", [table]
    ).fetchall()
    for (definition,) in found:
        connection.execute(f"ALTER TABLE copy_of_{table} ADD {definition}".encode())
