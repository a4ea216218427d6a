"""DuckDB connections of the ledger: in memory, bounded, in UTC."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from trueup.ledger.engine.place import Place


@contextmanager
def connect(place: Place) -> Iterator[duckdb.DuckDBPyConnection]:
    """A private in-memory database that spills to the scratch folder when it reaches the memory limit."""
    place.scratch.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(
        config={
            "memory_limit": place.memory_limit,
            "threads": str(place.threads),
            "temp_directory": str(place.scratch / uuid.uuid4().hex),
            "autoinstall_known_extensions": "false",  # nothing is ever downloaded
        }
    )
    try:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection
    finally:
        connection.close()


def text(value: str) -> str:
    """A string as an SQL literal (for file names, which cannot be parameters everywhere)."""
    return "'" + value.replace("'", "''") + "'"


def file_list(uris: list[str]) -> str:
    """A list of files as an SQL literal."""
    return "[" + ", ".join(text(uri) for uri in uris) + "]"


def count(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    """The one number a query answers."""
    row = connection.execute(sql).fetchone()
    return int(row[0]) if row and row[0] is not None else 0
