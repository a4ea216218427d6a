"""What somebody is told to be kept survives a power failure: it is on the disk, and not only in the memory of the operating system.

For files, for the names in folders, and for what the database commits.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from django.db import connection


def flush(path: Path) -> None:
    """Return when a file, or the list of names of a folder, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def flush_files(files: Iterable[Path], *, root: Path) -> None:
    """Flush files and every folder from theirs up to (and with) `root`; disks do several at once."""
    found = set(files)
    folders = {folder for file in found for folder in file.parents if folder == root or root in folder.parents}
    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(flush, found))
        list(pool.map(flush, folders))


def make_folder(path: Path) -> None:
    """Make a folder and those above it, so that they are still there after a power failure."""
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(parents=True, exist_ok=True)
    for folder in reversed(missing):
        flush(folder.parent)


@contextmanager
def durable_commits() -> Iterator[None]:
    """What is committed inside is on the disk then; by itself SQLite lets the last transactions wait in memory.

    Around a transaction, not inside of one.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:  # inside a transaction SQLite refuses the change
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous")
        before = int(cursor.fetchone()[0])
        cursor.execute("PRAGMA synchronous=FULL")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA synchronous={before:d}")
