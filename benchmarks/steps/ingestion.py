"""Taking a month in, and compacting it."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.steps.deliveries import AGAIN, CORRECTIONS, WHOLE
from trueup.accounts.rules import Viewer
from trueup.kit.errors import Invalid
from trueup.kit.period import Month
from trueup.ledger.actions import compact, import_usage
from trueup.ledger.engine.registry import configured_place, open_settled, vendor_ids

OCTOBER = Month(2026, 10)
NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)
AFTER = NOVEMBER + timedelta(days=1)


def take_in(folder: str) -> dict[str, float]:
    """Import the days and then the corrections, file after file as `trueup usage import` does; seconds and rows."""
    files = [*sorted(Path(folder).glob("day-*.csv")), Path(folder) / f"{CORRECTIONS}.csv"]
    began = time.perf_counter()
    rows = sum(take_in_file(file, NOVEMBER + timedelta(minutes=number)) for number, file in enumerate(files))
    return {"seconds": time.perf_counter() - began, "rows": rows, "files": len(files)}


def take_in_again(folder: str) -> int:
    """Import three days once more; the rows."""
    return take_in_file(Path(folder) / f"{AGAIN}.csv", AFTER)


def take_in_whole(folder: str) -> dict[str, float]:
    """Import a month that is one file; seconds and rows."""
    began = time.perf_counter()
    rows = take_in_file(Path(folder) / f"{WHOLE}.csv", AFTER)
    return {"seconds": time.perf_counter() - began, "rows": rows}


def take_in_file(file: Path, now: datetime) -> int:
    """Import one file; the rows. Raises Invalid if any is refused."""
    result = import_usage(Viewer.system(), file, now=now)
    if result.refused_count:
        raise Invalid(f"{file.name}: {result.refused_count} rows were refused, see {result.refused_file}")
    return result.stored


def compact_month() -> dict[str, float]:
    """Compact all days; seconds, and the bytes of the files that are then the table."""
    began = time.perf_counter()
    days = compact(now=AFTER)
    return {"seconds": time.perf_counter() - began, "days": days, "bytes": _bytes()}


def _bytes() -> int:
    place = configured_place()
    tables = [table for vendor_id in vendor_ids() if (table := open_settled(place, vendor_id)) is not None]
    return sum(Path(table.uri(file.path)).stat().st_size for table in tables for file in table.files())
