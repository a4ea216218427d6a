"""One delivery on its way from a file to what will be stored: staged, matched, checked, all without the write lock."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from trueup.accounts.rules import Viewer
from trueup.kit.errors import Invalid
from trueup.kit.progress import Progress
from trueup.kit.text import text
from trueup.ledger.engine.delivery import Delivery
from trueup.ledger.engine.directory import load_directory, load_known
from trueup.ledger.engine.duck import connect, count, file_list, row_errors
from trueup.ledger.engine.place import Place
from trueup.ledger.engine.registry import open_settled, vendor_ids
from trueup.ledger.engine.staging import stage
from trueup.ledger.engine.validation import accept, judge, write_refusals
from trueup.ledger.models import Batch, Source, UnmappedRecord

if TYPE_CHECKING:
    import duckdb

_SMALL = 4 << 20  # bytes of a delivery that is cheap to read twice


@dataclass(frozen=True)
class Checked:
    """A delivery after its checks; the connection holds `accepted` and, where rows wait, `unmapped`."""

    connection: duckdb.DuckDBPyConnection
    accepted: int
    repeated: int
    unmapped: int
    refused: int
    """Rows, not problems."""
    refused_file: Path | None


@contextmanager
def checked(
    place: Place, delivery: Delivery, viewer: Viewer, *, source: Source, earlier: list[Batch], today: date, progress: Progress
) -> Iterator[Checked]:
    """Check a delivery; `earlier` are batches of the same content that left rows out."""
    scratch = place.scratch / uuid.uuid4().hex
    scratch.mkdir(parents=True)
    try:
        with connect(place) as connection:
            progress.start(text("Checking"), None)
            well_formed = _stage(connection, delivery, viewer, source, scratch)
            fast = not earlier and well_formed and _accepted(connection, today)
            if fast:
                result = _good(connection)
            else:
                result = _judged(connection, place, delivery, viewer, source=source, scratch=scratch, earlier=earlier, today=today)
            progress.finish()
            yield result
    finally:
        for file in scratch.glob("*"):
            file.unlink(missing_ok=True)
        scratch.rmdir()


def _stage(connection: duckdb.DuckDBPyConnection, delivery: Delivery, viewer: Viewer, source: Source, scratch: Path) -> bool:
    """Stage and load; False if the file is not well-formed and was not matched yet."""
    try:
        stage(connection, delivery, scratch=scratch, rewrite=False, as_is=True)
        load_directory(connection, viewer, source_id=source.pk, small=delivery.size <= _SMALL)
    except row_errors():
        return False
    return True


def _accepted(connection: duckdb.DuckDBPyConnection, today: date) -> bool:
    try:
        return accept(connection, today=today)
    except row_errors():
        return False


def _good(connection: duckdb.DuckDBPyConnection) -> Checked:
    accepted = count(connection, "SELECT count(*) FROM accepted")
    if not accepted:
        raise Invalid(text("the file holds no usage records"))
    return Checked(connection, accepted, 0, 0, 0, None)


def _judged(
    connection: duckdb.DuckDBPyConnection, place: Place, delivery: Delivery, viewer: Viewer, *, source: Source, scratch: Path,
    earlier: list[Batch], today: date,
) -> Checked:  # fmt: skip
    judge_it = partial(_judge, connection, place, delivery, viewer, source=source, scratch=scratch, earlier=earlier, today=today)
    try:
        judge_it(rewrite=False)
    except row_errors():
        judge_it(rewrite=True)
    if not count(connection, "SELECT count(*) FROM numbered"):
        raise Invalid(text("the file holds no usage records"))
    refused = count(connection, "SELECT count(DISTINCT row) FROM refusals")
    return Checked(
        connection,
        count(connection, "SELECT count(*) FROM accepted"),
        count(connection, "SELECT count(*) FROM settled WHERE known"),
        count(connection, "SELECT count(*) FROM unmapped"),
        refused,
        _refused_file(connection, place, delivery) if refused else None,
    )


def _judge(
    connection: duckdb.DuckDBPyConnection, place: Place, delivery: Delivery, viewer: Viewer, *, source: Source, scratch: Path,
    earlier: list[Batch], today: date, rewrite: bool,
) -> None:  # fmt: skip
    stage(connection, delivery, scratch=scratch, rewrite=rewrite)
    load_directory(connection, viewer, source_id=source.pk, small=delivery.size <= _SMALL)
    _load_earlier(connection, place, earlier)
    judge(connection, today=today, keeps_unmapped=source.keeps_unmapped)


def _load_earlier(connection: duckdb.DuckDBPyConnection, place: Place, earlier: list[Batch]) -> None:
    if not earlier:
        return
    ids = [batch.pk for batch in earlier]
    load_known(connection, UnmappedRecord.objects.filter(batch_id__in=ids).values_list("row").iterator())
    batches = ", ".join(str(pk) for pk in ids)
    for vendor_id in vendor_ids():
        table = open_settled(place, vendor_id)
        uris = [table.uri(file.path) for file in table.files()] if table is not None else []
        if uris:
            connection.execute(
                f"INSERT INTO known_records SELECT day, customer_id, service_id "
                f"FROM read_parquet({file_list(uris)}, hive_partitioning = false) WHERE batch_id IN ({batches})"
            )


def _refused_file(connection: duckdb.DuckDBPyConnection, place: Place, delivery: Delivery) -> Path:
    place.refused.mkdir(parents=True, exist_ok=True)
    path = place.refused / f"{delivery.path.stem[:80]}-{delivery.digest[:12]}-{uuid.uuid4().hex[:8]}.csv"
    write_refusals(connection, path)
    return path
