"""The files of a batch, and of a compaction: sorted Parquet, one per vendor and day."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from trueup.kit.progress import Progress
from trueup.kit.text import text
from trueup.ledger.durable import flush_files, make_folder
from trueup.ledger.engine.duck import count, file_list, literal
from trueup.ledger.engine.place import Place
from trueup.ledger.engine.table import NewFile, StoredFile, Tier, VendorTable

if TYPE_CHECKING:
    import duckdb

_ROW_GROUP = 122_880  # rows
_FORMAT = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROW_GROUP}"
_ORDER = "msp_id, service_id, customer_id"
_COLUMNS = "day, msp_id, customer_id, service_id, provisioned_units, used_units, allocated_credits, recorded_at, batch_id"


def write_batch(
    connection: duckdb.DuckDBPyConnection, place: Place, *, batch_id: int, recorded_at: datetime, progress: Progress
) -> dict[int, list[NewFile]]:
    """Write the table `accepted` (which is sorted) as the files of a batch, by vendor; on the disk when this returns."""
    days = connection.execute("SELECT vendor_id, day, count(*) FROM accepted GROUP BY ALL ORDER BY ALL").fetchall()
    total = sum(int(row[2]) for row in days)
    progress.start(text("Writing"), total)
    at = literal(recorded_at.astimezone(UTC).isoformat(sep=" "))
    select = (
        "SELECT day, msp_id, customer_id, service_id, provisioned_units, used_units, allocated_credits, "
        f"TIMESTAMPTZ {at} AS recorded_at, {batch_id}::BIGINT AS batch_id, NULL::TIMESTAMPTZ AS superseded_at"
    )
    written: dict[int, list[NewFile]] = {}
    if place.is_local and total <= _ROW_GROUP:
        for vendor_id in sorted({int(row[0]) for row in days}):
            written[vendor_id] = _write_days(connection, place, vendor_id, select)
    else:
        for vendor_id, day, rows in days:
            of_day = f"{select} FROM accepted WHERE vendor_id = {vendor_id} AND day = DATE '{day}'"
            file = _write(connection, place, int(vendor_id), day=day, tier="tail", select=of_day, rows=int(rows))
            written.setdefault(int(vendor_id), []).append(file)
            progress.advance(int(rows))
    _flush(place, written)
    progress.finish()
    return written


def _write_days(connection: duckdb.DuckDBPyConnection, place: Place, vendor_id: int, select: str) -> list[NewFile]:
    """All days of a small batch in one statement: a statement per day is most of the time such an import takes."""
    folder = Path(place.table_uri(vendor_id))
    folder.mkdir(parents=True, exist_ok=True)
    partitioned = f"{select}, day AS p_day, 'tail' AS p_tier FROM accepted WHERE vendor_id = {vendor_id}"
    options = f"{_FORMAT}, PARTITION_BY (p_day, p_tier), APPEND, FILENAME_PATTERN '{{uuid}}', RETURN_STATS"
    found = connection.execute(f"COPY ({partitioned}) TO {literal(str(folder))} ({options})").fetchall()
    paths = [(Path(row[0]).relative_to(folder), int(row[1]), int(row[2])) for row in found]
    return [NewFile(path.as_posix(), path.parts[0].removeprefix("p_day="), size, rows) for path, rows, size in sorted(paths)]


def write_clean(connection: duckdb.DuckDBPyConnection, table: VendorTable, days: Mapping[date, list[StoredFile]]) -> dict[date, NewFile]:
    """Write all records of each day, each with the moment it was superseded; on the disk when this returns."""
    written = {day: _write_clean(connection, table, day, files) for day, files in days.items()}
    _flush(table.place, {table.vendor_id: list(written.values())})
    return written


def _write_clean(connection: duckdb.DuckDBPyConnection, table: VendorTable, day: date, files: list[StoredFile]) -> NewFile:
    source = f"read_parquet({file_list([table.uri(file.path) for file in files])}, hive_partitioning = false)"
    newer = "LEAD(recorded_at) OVER (PARTITION BY customer_id, service_id ORDER BY recorded_at, batch_id)"
    select = f"SELECT {_COLUMNS}, {newer} AS superseded_at FROM {source} ORDER BY {_ORDER}, recorded_at"
    rows = count(connection, f"SELECT count(*) FROM {source}")
    return _write(connection, table.place, table.vendor_id, day=day, tier="clean", select=select, rows=rows)


def _write(
    connection: duckdb.DuckDBPyConnection, place: Place, vendor_id: int, *, day: date, tier: Tier, select: str, rows: int
) -> NewFile:
    path = f"p_day={day.isoformat()}/p_tier={tier}/{uuid.uuid4().hex}.parquet"
    uri = f"{place.table_uri(vendor_id)}/{path}"
    if place.is_local:
        Path(uri).parent.mkdir(parents=True, exist_ok=True)  # flushed with the files
    connection.execute(f"COPY ({select}) TO {literal(uri)} ({_FORMAT})")
    size = Path(uri).stat().st_size if place.is_local else count(connection, f"SELECT size FROM read_blob({literal(uri)})")
    return NewFile(path, day.isoformat(), size, rows)


def _flush(place: Place, written: dict[int, list[NewFile]]) -> None:
    if place.is_local:
        make_folder(Path(place.url))
        files = [Path(place.table_uri(vendor_id)) / file.path for vendor_id, of_vendor in written.items() for file in of_vendor]
        flush_files(files, root=Path(place.url))
