"""The one write lock of the ledger. It ends with the process that holds it, however that ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection
from filelock import FileLock, Timeout

from trueup.ledger.durable import durable_commits

_KEY = 7_823_614_501  # any number no other program takes as an advisory lock in this database


@contextmanager
def write_lock(home: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold the lock; False, at once, if another holds it and `wait` is off.

    On PostgreSQL it belongs to the session that also runs the transactions under it: whoever loses the lock with the session cannot
    go on writing either.
    """
    holder = _advisory(wait) if connection.vendor == "postgresql" else _file(home / "ledger.lock", wait)
    with holder as held:
        yield held


@contextmanager
def _advisory(wait: bool) -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)" if wait else "SELECT pg_try_advisory_lock(%s)", [_KEY])
        row = cursor.fetchone()
    held = wait or bool(row and row[0])
    try:
        yield held
    finally:
        if held and connection.connection is not None and not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_KEY])


@contextmanager
def _file(path: Path, wait: bool) -> Iterator[bool]:
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(timeout=-1 if wait else 0)
    except Timeout:
        yield False
        return
    try:
        with durable_commits():  # what the registry says must survive a power failure, as the ledger does
            yield True
    finally:
        lock.release()
