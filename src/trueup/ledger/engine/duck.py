"""DuckDB connections of the ledger: in memory, bounded, in UTC.

Starting DuckDB takes longer than a small import, so a process starts it once; every `connect` is a session of its own in it.
"""

from __future__ import annotations

import atexit
import os
import shutil
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trueup.kit.errors import Conflict
from trueup.kit.text import text
from trueup.ledger.engine.place import OutOfOrder, Place

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class _Engine:
    """A running DuckDB and the folder it spills to. A process that was forked cannot use its parent's: threads are not inherited."""

    process: int
    connection: duckdb.DuckDBPyConnection
    folder: Path


_engines: dict[tuple[int, str, int, Path], _Engine] = {}
_starting = threading.Lock()


@contextmanager
def connect(place: Place) -> Iterator[duckdb.DuckDBPyConnection]:
    """A session with its own temporary tables; all of a process share the memory limit and spill to the scratch folder beyond it.

    Raises Conflict where even so the memory limit is too low, OutOfOrder where a disk, an object store or DuckDB itself fails.
    """
    key = (os.getpid(), place.memory_limit, place.threads, place.scratch)
    with _telling(key), _session(place, key) as session:
        yield session


@contextmanager
def _session(place: Place, key: tuple[int, str, int, Path]) -> Iterator[duckdb.DuckDBPyConnection]:
    with _starting:
        engine = _engines.get(key) or _engines.setdefault(key, _start(place))
        session = engine.connection.cursor()
    try:
        engine.folder.mkdir(parents=True, exist_ok=True)
        os.utime(engine.folder)  # what is old in the scratch folder is swept up
        session.execute("SET TimeZone = 'UTC'")
        yield session
    finally:
        session.close()


@contextmanager
def _telling(key: tuple[int, str, int, Path]) -> Iterator[None]:
    """What is no fault of the files that are read or written, in our own words: whoever works for the ledger tries it again."""
    import duckdb

    try:
        yield
    except (duckdb.FatalException, duckdb.InternalException) as error:
        _engines.pop(key, None)  # it answers nothing any more
        raise OutOfOrder(str(error)) from error
    except duckdb.IOException as error:  # also what an object store says
        raise OutOfOrder(str(error)) from error
    except duckdb.OutOfMemoryException as error:
        limit = key[1]
        raise Conflict(
            text("{limit} of memory are too little for this: raise TRUEUP_MEMORY_LIMIT, or lower TRUEUP_THREADS", limit=limit)
        ) from error


def _start(place: Place) -> _Engine:
    import duckdb

    folder = place.scratch / uuid.uuid4().hex
    config: dict[str, Any] = {
        "memory_limit": place.memory_limit,
        "threads": str(place.threads),
        "temp_directory": str(folder),
        "autoinstall_known_extensions": "false",  # nothing is ever downloaded
    }
    return _Engine(os.getpid(), duckdb.connect(config=config), folder)


@atexit.register
def _stop() -> None:
    for key in [key for key in _engines if key[0] == os.getpid()]:
        engine = _engines.pop(key)
        engine.connection.close()
        shutil.rmtree(engine.folder, ignore_errors=True)


def row_errors() -> tuple[type[Exception], ...]:
    """What DuckDB raises where a row of a file cannot be read."""
    import duckdb

    return duckdb.InvalidInputException, duckdb.ConversionException


def literal(value: str) -> str:
    """A string as an SQL literal (for file names, which cannot be parameters everywhere)."""
    return "'" + value.replace("'", "''") + "'"


def file_list(uris: list[str]) -> str:
    """A list of files as an SQL literal."""
    return "[" + ", ".join(literal(uri) for uri in uris) + "]"


def count(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    """The one number a query answers."""
    rows = connection.execute(sql).fetchall()  # to the end: DuckDB registers nothing beside an unfinished result
    return int(rows[0][0]) if rows and rows[0][0] is not None else 0
