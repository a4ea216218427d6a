"""Records that waited for a name, taken in again through the same checks as a file."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from pathlib import Path

from trueup.accounts.models import Account
from trueup.accounts.queries import installation
from trueup.accounts.rules import Tier, Viewer
from trueup.kit.chunks import chunks
from trueup.kit.period import local_date
from trueup.kit.progress import Silence
from trueup.ledger.engine.committing import Draft, commit_batch
from trueup.ledger.engine.delivery import Delivery, Kind
from trueup.ledger.engine.directory import load_directory
from trueup.ledger.engine.duck import connect, count
from trueup.ledger.engine.place import Place
from trueup.ledger.engine.staging import stage
from trueup.ledger.engine.validation import judge
from trueup.ledger.models import Batch, NameMapping, Source, UnmappedRecord

_BLOCK = 500


def replay(place: Place, viewer: Viewer, source: Source, sender: Account | None, mapping: NameMapping, *, now: datetime) -> Batch | None:
    """Store what waits in a source under the mapping's name, as one batch; None if nothing can be. Only under the write lock.

    `sender`: the account that delivered it (None: the operator). It may not reach further now than when it sent.
    Of records of the same day, customer and service the one delivered last is stored: the others would be superseded at once.
    """
    waiting = UnmappedRecord.objects.filter(source=source, batch__account=sender, replayed_by=None, **{mapping.kind: mapping.name})
    waiting = waiting.order_by("-id")
    scratch = place.scratch / uuid.uuid4().hex
    scratch.mkdir(parents=True)
    path = scratch / "waiting.ndjson"
    ids: list[int] = []
    with path.open("w", encoding="utf-8") as file:
        for record in waiting.iterator():  # the newest first: of two the first row counts
            ids.append(record.pk)
            file.write(json.dumps(_columns(record)) + "\n")
    try:
        return _store(place, viewer, source, sender, mapping, path=path, ids=ids, now=now) if ids else None
    finally:
        path.unlink()
        scratch.rmdir()


def _columns(record: UnmappedRecord) -> dict[str, str]:
    return {
        "day": record.day.isoformat(), "customer": record.customer, "service": record.service, "used_units": record.used_units,
        "provisioned_units": record.provisioned_units, "allocated_credits": record.allocated_credits,
    }  # fmt: skip


def _store(
    place: Place, viewer: Viewer, source: Source, sender: Account | None, mapping: NameMapping, *, path: Path, ids: list[int], now: datetime
) -> Batch | None:
    reach = viewer if sender is None else Viewer(viewer.actor, sender.pk, Tier(sender.tier), viewer.role)
    delivery = Delivery(path, Kind.NDJSON, "", 0, ())
    with connect(place) as connection:
        stage(connection, delivery, scratch=place.scratch, rewrite=False)
        load_directory(connection, reach, source_id=source.pk, small=True)
        judge(connection, today=local_date(now, installation().time_zone), keeps_unmapped=True)
        overtaken = "SELECT row FROM refusals GROUP BY row HAVING max(reason) = 'duplicate' AND min(reason) = 'duplicate'"
        rows = connection.execute(f"SELECT row FROM settled UNION SELECT row FROM ({overtaken}) ORDER BY row").fetchall()
        stored = count(connection, "SELECT count(*) FROM accepted")
        if not stored:
            return None
        done = [ids[int(row[0]) - 1] for row in rows]
        draft = Draft(source, None, "", f"replay of {mapping.name}", stored, 0, 0)
        return commit_batch(connection, place, draft, viewer, now=now, progress=Silence(), replayed=lambda batch: _mark(done, batch))


def _mark(ids: list[int], batch: Batch) -> None:
    for some in chunks(ids, _BLOCK):
        UnmappedRecord.objects.filter(pk__in=some).update(replayed_by=batch)
