"""Compaction: all files of a day become one clean file in which every record says when it was superseded.

The files of a portion of days are written without the lock; only their one commit takes it, and only for the days whose files are
still those that were read.
"""

from __future__ import annotations

import shutil
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from datetime import date

from trueup.kit.chunks import chunks
from trueup.kit.progress import Progress
from trueup.ledger.engine.duck import connect
from trueup.ledger.engine.lock import write_lock
from trueup.ledger.engine.place import Place
from trueup.ledger.engine.registry import open_settled, recover, vendor_ids
from trueup.ledger.engine.table import Overtaken, Replacement, StoredFile, VendorTable
from trueup.ledger.engine.writing import write_clean

_TRIES = 5
_DAYS_AT_ONCE = 31
"""Days of one commit: opening the table and flushing its log cost more than a small day."""
_RETENTION_HOURS = 7 * 24
"""Longer than any reader reads, and than any import takes from its first file to its commit."""


def compact_all(place: Place, progress: Progress) -> int:
    """Compact every day whose records have to be compared when they are read; the number of days, counted per vendor."""
    done = 0
    for vendor_id in vendor_ids():
        table = open_settled(place, vendor_id)
        days = sorted(_scattered(table))
        progress.start("Compacting", len(days))
        for portion in chunks(days, _DAYS_AT_ONCE):
            done += _compact(place, vendor_id, portion)
            progress.advance(len(portion))
        progress.finish()
        if days:
            _sweep(place, vendor_id)
    _clear_scratch(place)
    return done


def _scattered(table: VendorTable | None) -> dict[date, list[StoredFile]]:
    """The files of each day that has several: a lone file, of a batch or of a compaction, is read as it is."""
    days: dict[date, list[StoredFile]] = defaultdict(list)
    for file in sorted(table.files(), key=lambda file: file.path) if table is not None else ():
        days[file.day].append(file)
    return {day: files for day, files in days.items() if len(files) > 1}


def _compact(place: Place, vendor_id: int, days: Sequence[date]) -> int:
    """How many of the days this process compacted; not those another did, or for which deliveries kept coming in."""
    done = 0
    for _ in range(_TRIES):
        table = VendorTable.open(place, vendor_id)
        found = {day: files for day, files in _scattered(table).items() if day in days}
        if table is None or not found:
            break
        with connect(place) as connection:
            clean = write_clean(connection, table, found)
        done += _put_in_place(place, vendor_id, [Replacement(day, found[day], file) for day, file in clean.items()])
    return done


def _put_in_place(place: Place, vendor_id: int, replacements: list[Replacement]) -> int:
    """Commit those clean files whose days still have the files that were read; returns how many."""
    with write_lock(place.home):
        recover(place)
        current = VendorTable.open(place, vendor_id)
        present = _scattered(current)
        unchanged = [one for one in replacements if present.get(one.day) == one.removed]
        if current is None or not unchanged:
            return 0
        try:
            current.replace(unchanged)
        except Overtaken:  # somebody who lost the lock without knowing was faster
            return 0
        return len(unchanged)


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
