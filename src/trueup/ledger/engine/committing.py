"""Storing what was accepted: the whole batch, or nothing of it, whenever the process dies.

1. The files are written and flushed. Dying here leaves files nobody knows, which compaction sweeps up later.
2. One transaction writes the batch as `committing`, with its files: from here on whoever comes next finishes it.
3. Each vendor's table takes its files, naming the batch.
4. One transaction calls the batch `stored` and records the event.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max

from trueup.accounts.rules import Viewer
from trueup.kit.errors import Conflict
from trueup.kit.period import instant_text
from trueup.kit.progress import Progress
from trueup.kit.text import text
from trueup.ledger.engine.place import Place
from trueup.ledger.engine.registry import check_known, check_whole, commit_part, finish
from trueup.ledger.engine.table import NewFile, VendorTable
from trueup.ledger.engine.writing import write_batch
from trueup.ledger.models import Batch, BatchPart, LedgerClock, Source, SourceDay, UnmappedRecord

if TYPE_CHECKING:
    import duckdb

_TICK = timedelta(microseconds=1)
_BLOCK = 2_000


@dataclass(frozen=True)
class Draft:
    """A batch before it is stored."""

    source: Source
    key: str | None
    digest: str
    file_name: str
    stored: int
    refused: int
    unmapped: int


AT_ONCE = timedelta()
"""The patience of who does not expect that others import at the same time."""


def take_turn(now: datetime, patience: timedelta = AT_ONCE) -> datetime:
    """When an import that began at `now` is recorded: then, or with the last import that was quicker, up to `patience` later.

    Raises Conflict if the ledger holds something imported even later.
    """
    clock = LedgerClock.objects.filter(id=1).first()
    if clock is None or clock.last_at is None or clock.last_at <= now:
        return now
    if clock.last_at - now > patience:
        at = instant_text(clock.last_at)
        raise Conflict(text("the ledger already holds usage imported at {at}: an import cannot go back behind that", at=at))
    return clock.last_at


def commit_batch(
    connection: duckdb.DuckDBPyConnection, place: Place, draft: Draft, viewer: Viewer, *, now: datetime, progress: Progress,
    patience: timedelta = AT_ONCE, replayed: Callable[[Batch], None] | None = None,
) -> Batch:  # fmt: skip
    """Store the tables `accepted` and, where the draft says so, `unmapped`. Only under the write lock, after recovery."""
    now = take_turn(now, patience)
    clock, _ = LedgerClock.objects.get_or_create(id=1)
    recorded_at = max(now, clock.last_recorded_at + _TICK) if clock.last_recorded_at else now
    batch = Batch(
        id=(Batch.objects.aggregate(last=Max("id"))["last"] or 0) + 1, source=draft.source, key=draft.key, digest=draft.digest,
        file_name=draft.file_name[-255:], status=Batch.COMMITTING, received_at=now, recorded_at=recorded_at, stored=draft.stored,
        refused=draft.refused, unmapped=draft.unmapped, account_id=viewer.account_id, actor_kind=viewer.actor.kind,
        actor_name=viewer.actor.name, actor_id=viewer.actor.id,
    )  # fmt: skip
    written = write_batch(connection, place, batch_id=batch.pk, recorded_at=recorded_at, progress=progress)
    tables = {vendor_id: VendorTable.open_or_create(place, vendor_id) for vendor_id in written}
    for table in tables.values():
        check_known(table, batch.pk - 1)
        check_whole(table)
    with transaction.atomic(durable=True):
        batch.save(force_insert=True)
        parts = _save_parts(batch, written)
        LedgerClock.objects.filter(id=1).update(last_at=now, last_recorded_at=recorded_at)
        _save_unmapped(connection, batch)
        _save_days(connection, batch)
        if replayed is not None:
            replayed(batch)
    for part in parts:
        commit_part(tables[part.vendor_id], part)
    finish(batch)
    return batch


def _save_parts(batch: Batch, written: dict[int, list[NewFile]]) -> list[BatchPart]:
    parts = [BatchPart(batch=batch, vendor_id=vendor, files=[file.plain() for file in files]) for vendor, files in written.items()]
    return BatchPart.objects.bulk_create(parts)


def _save_days(connection: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    delivered = "SELECT day FROM accepted" + (" UNION SELECT on_day FROM unmapped" if batch.unmapped else "")
    days = connection.execute(f"SELECT DISTINCT day FROM ({delivered}) AS delivered ORDER BY day").fetchall()
    first = [SourceDay(source=batch.source, day=row[0], recorded_at=batch.recorded_at) for row in days]
    SourceDay.objects.bulk_create(first, ignore_conflicts=True, batch_size=_BLOCK)


def _save_unmapped(connection: duckdb.DuckDBPyConnection, batch: Batch) -> None:
    if not batch.unmapped:
        return
    found = connection.execute(
        """SELECT row, on_day, customer, service, provisioned_units, COALESCE(used_units, ''), COALESCE(allocated_credits, ''),
            COALESCE(customer_problem = 'unknown_customer', false), COALESCE(service_problem = 'unknown_service', false)
            FROM unmapped ORDER BY row"""
    )
    rows = iter(found.fetchone, None)
    while block := list(islice(rows, _BLOCK)):
        UnmappedRecord.objects.bulk_create([_unmapped(batch, row) for row in block])


def _unmapped(batch: Batch, row: tuple[Any, ...]) -> UnmappedRecord:
    number, day, customer, service, provisioned, used, allocated, customer_unknown, service_unknown = row
    return UnmappedRecord(
        batch=batch, source_id=batch.source_id, row=number, day=day, customer=_storable(customer), service=_storable(service),
        provisioned_units=provisioned, used_units=used, allocated_credits=allocated, customer_unknown=customer_unknown,
        service_unknown=service_unknown,
    )  # fmt: skip


def _storable(name: str) -> str:
    """PostgreSQL cannot keep a NUL in a text."""
    return name.replace("\0", "\ufffd")
