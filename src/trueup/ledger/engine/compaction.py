"""Compaction: all files of a day become one clean file in which every record says when it was superseded.

The file is written without the lock; only the commit takes it, and only if the day's files are still those that were read.
"""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from datetime import date

from trueup.kit.progress import Progress
from trueup.ledger.engine.duck import connect
from trueup.ledger.engine.lock import write_lock
from trueup.ledger.engine.place import Place
from trueup.ledger.engine.registry import open_settled, recover, vendor_ids
from trueup.ledger.engine.table import Overtaken, StoredFile, VendorTable
from trueup.ledger.engine.writing import write_clean

_TRIES = 5
_RETENTION_HOURS = 7 * 24
"""Longer than any reader reads, and than any import takes from its first file to its commit."""


def compact_all(place: Place, progress: Progress) -> int:
    """Compact every day that has a tail; the number of days, counted per vendor."""
    done = 0
    for vendor_id in vendor_ids():
        table = open_settled(place, vendor_id)
        days = sorted({file.day for file in table.files() if file.tier == "tail"}) if table is not None else []
        progress.start("Compacting", len(days))
        for day in days:
            done += _compact(place, vendor_id, day)
            progress.advance(1)
        progress.finish()
        if days:
            _sweep(place, vendor_id)
    _clear_scratch(place)
    return done


def _compact(place: Place, vendor_id: int, day: date) -> bool:
    """Whether this process compacted the day; not if another did, or deliveries for it kept coming in."""
    for _ in range(_TRIES):
        table = VendorTable.open(place, vendor_id)
        files = _files(table, day)
        if table is None or not any(file.tier == "tail" for file in files):
            return False
        with connect(place) as connection:
            clean = write_clean(connection, table, day, files)
        with write_lock(place.home):
            recover(place)
            current = VendorTable.open(place, vendor_id)
            if current is None or _files(current, day) != files:
                continue
            try:
                current.replace(day, files, clean)
            except Overtaken:  # somebody who lost the lock without knowing was faster
                continue
        return True
    return False


def _files(table: VendorTable | None, day: date) -> list[StoredFile]:
    return sorted((file for file in table.files() if file.day == day), key=lambda file: file.path) if table is not None else []


def _sweep(place: Place, vendor_id: int) -> None:
    with write_lock(place.home):
        recover(place)
        table = VendorTable.open(place, vendor_id)
        if table is not None:
            table.vacuum(_RETENTION_HOURS)


def _clear_scratch(place: Place) -> None:
    """What killed processes left; the machine's clock decides, as it dates files."""
    before = time.time() - _RETENTION_HOURS * 3600
    for path in place.scratch.glob("*") if place.scratch.exists() else ():
        with suppress(FileNotFoundError):  # the process it belongs to was faster
            if path.stat().st_mtime < before:
                shutil.rmtree(path, ignore_errors=True)
