"""The registry of batches against the tables: what a crash left unfinished is finished, and nothing counts before it is whole."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max

from trueup.accounts.rules import Actor
from trueup.events.recording import Change, record
from trueup.kit.errors import Conflict
from trueup.kit.text import text
from trueup.ledger.engine.lock import write_lock
from trueup.ledger.engine.place import OutOfOrder, Place
from trueup.ledger.engine.table import Damaged, NewFile, VendorTable, mend_log
from trueup.ledger.models import Batch, BatchPart

_log = logging.getLogger(__name__)


def configured_place() -> Place:
    """Where the settings put the ledger."""
    options: dict[str, str] = getattr(settings, "TRUEUP_LEDGER_OPTIONS", {})
    return Place(settings.TRUEUP_LEDGER_URL, settings.TRUEUP_HOME, settings.TRUEUP_MEMORY_LIMIT, settings.TRUEUP_THREADS, dict(options))


def vendor_ids() -> list[int]:
    """The vendors that have a table."""
    return sorted(BatchPart.objects.values_list("vendor_id", flat=True).distinct())


def recover(place: Place) -> None:
    """Make tables and registry agree. Only under the write lock, outside of a transaction.

    Raises Conflict where a table holds a batch the registry does not know: then the database is older than the ledger. Raises OSError
    where a batch cannot be finished. A table that cannot be used and has nothing to be finished holds up no other: it is left as it is,
    and nothing is stored in it (`check_whole`) or read from it (`open_settled`) before it was seen to be whole.
    """
    newest = Batch.objects.aggregate(last=Max("id"))["last"] or 0
    for vendor_id, last in _last_parts().items():
        try:
            _recover_table(place, vendor_id, last=last, newest=newest)
        except OSError as error:
            if BatchPart.objects.filter(vendor_id=vendor_id, batch__status=Batch.COMMITTING).exists():
                raise
            _log.error("the ledger of the vendor %s cannot be used: %s", vendor_id, error)
    for batch in Batch.objects.filter(status=Batch.COMMITTING).order_by("id"):
        finish(batch)


def _recover_table(place: Place, vendor_id: int, *, last: int, newest: int) -> None:
    mend_log(place, vendor_id)
    table = VendorTable.open_or_create(place, vendor_id)
    check_known(table, newest)
    if table.last_batch < last:
        _commit_again(table)


def check_known(table: VendorTable, newest: int) -> None:
    """Raise Conflict if the table holds a batch after `newest`, the last one the database knows."""
    if table.last_batch > newest:
        raise Conflict(
            text(
                "the ledger holds batch {batch}, which the database does not know: it seems to have been restored from an older "
                "copy than the ledger. Nothing was stored; restore both from copies of the same moment",
                batch=str(table.last_batch),
            )
        )


def check_whole(table: VendorTable) -> None:
    """Raise OutOfOrder if the table lacks a batch: it could not be used when the ledger was recovered."""
    if table.last_batch < _last_stored(table.vendor_id):
        raise OutOfOrder(f"the ledger of the vendor {table.vendor_id} lacks batches that were stored")


def _last_parts() -> dict[int, int]:
    return dict(BatchPart.objects.values("vendor_id").annotate(last=Max("batch_id")).values_list("vendor_id", "last"))


def _commit_again(table: VendorTable) -> None:
    parts = BatchPart.objects.filter(vendor_id=table.vendor_id, batch_id__gt=table.last_batch).order_by("batch_id")
    for part in parts:
        files = [NewFile(**file) for file in part.files]
        if table.place.is_local and not all(Path(table.uri(file.path)).exists() for file in files):
            raise Conflict(
                text(
                    "the ledger lacks files of batch {batch}: it seems to have been restored from an older copy than the database. "
                    "Nothing was stored; restore both from copies of the same moment",
                    batch=str(part.batch_id),
                )
            )
        commit_part(table, part)


def commit_part(table: VendorTable, part: BatchPart) -> None:
    """Put a batch's files of one vendor into its table."""
    table.append([NewFile(**file) for file in part.files], batch_id=part.batch_id)


def finish(batch: Batch) -> None:
    """The batch is in all its tables: say so, and tell the history."""
    replayed = not batch.digest
    changes = [Change("stored", None, batch.stored), Change("refused", None, batch.refused), Change("unmapped", None, batch.unmapped)]
    changes += [Change("source", None, batch.source.code), Change("key", None, batch.key), Change("digest", None, batch.digest or None)]
    with transaction.atomic(durable=True):
        if not Batch.objects.filter(pk=batch.pk, status=Batch.COMMITTING).update(status=Batch.STORED):
            return
        record(
            account_id=batch.account_id, kind="usage_replayed" if replayed else "usage_imported", at=batch.received_at,
            actor=_actor(batch), subject="batch", subject_id=batch.pk, changes=changes, note=batch.file_name,
        )  # fmt: skip
    batch.status = Batch.STORED


def _actor(batch: Batch) -> Actor:
    kinds = {"person": "person", "client": "client"}
    kind = kinds.get(batch.actor_kind, "system")
    return Actor(kind, batch.actor_name, batch.actor_id)  # type: ignore[arg-type]  # one of the three by construction


def known_until() -> datetime | None:
    """Up to when everything recorded is in the tables; None before the first batch.

    Reading no later than this makes a batch visible in all vendors' tables at once.
    """
    last: datetime | None = Batch.objects.filter(status=Batch.STORED).aggregate(last=Max("recorded_at"))["last"]
    return last


def settle(place: Place) -> None:
    """Before reading: finish what a dead process left. Does nothing while a living one is at work, or inside a transaction."""
    if connection.in_atomic_block or not Batch.objects.filter(status=Batch.COMMITTING).exists():
        return
    with write_lock(place.home, wait=False) as held:
        if held:
            recover(place)


def open_settled(place: Place, vendor_id: int) -> VendorTable | None:
    """A vendor's table that holds every batch the registry calls stored; None if it has none.

    Raises Conflict inside a transaction if the table was damaged: mending it cannot be part of one. Raises OSError where it cannot be
    read: no usage is never an answer then.
    """
    last = _last_stored(vendor_id)
    if not last:
        return None
    table = _open(place, vendor_id)
    if table is not None and table.last_batch >= last:
        return table
    if connection.in_atomic_block:
        raise Conflict(text("the ledger was damaged and has to be mended first: run any `trueup usage` command"))
    with write_lock(place.home):
        recover(place)
    table = VendorTable.open(place, vendor_id)
    if table is None:
        raise OutOfOrder(f"the ledger of the vendor {vendor_id} is gone")
    check_whole(table)
    return table


def _last_stored(vendor_id: int) -> int:
    parts = BatchPart.objects.filter(vendor_id=vendor_id, batch__status=Batch.STORED)
    return parts.order_by("-batch_id").values_list("batch_id", flat=True).first() or 0


def _open(place: Place, vendor_id: int) -> VendorTable | None:
    try:
        return VendorTable.open(place, vendor_id)
    except Damaged:  # a log entry cut short
        return None
