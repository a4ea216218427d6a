"""What programs page through: the records that count, the batches, the names nobody knows. Each page begins after a place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, Max, Min, Q

from trueup.accounts.queries import refs
from trueup.accounts.rules import Viewer
from trueup.catalog.models import Service
from trueup.kit.errors import NotFound
from trueup.kit.period import Month
from trueup.kit.text import text
from trueup.ledger.engine.reading import Reading, open_month
from trueup.ledger.engine.registry import configured_place, known_until, settle, vendor_ids
from trueup.ledger.models import Batch, BatchPart, UnmappedRecord
from trueup.ledger.queries import UnmappedName, UsageRow, restrict, wanted_ids


class RecordPlace(NamedTuple):
    """Where a record stands among those of a month. The numbers are of use here only."""

    vendor_id: int
    day: date
    msp_id: int
    customer_id: int
    service_id: int


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """Which records of a month; None: all of them."""

    msp: str | None = None
    customer: str | None = None
    service: str | None = None
    day: date | None = None


def usage_after(
    viewer: Viewer, month: Month, wanted: RecordFilter, *, as_of: datetime | None, after: RecordPlace | None, limit: int
) -> list[tuple[UsageRow, RecordPlace]]:
    """Up to `limit` records of a month that counted at `as_of` (None: now), by vendor, day, MSP, customer and service.

    Raises NotFound for an MSP, customer or service the viewer does not see.
    """
    conditions = wanted_ids(viewer, msp=wanted.msp, customer=wanted.customer, service=wanted.service)
    if wanted.day is not None:
        conditions.append(f"day = DATE '{wanted.day.isoformat()}'")
    codes = dict(Service.objects.visible_to(viewer).values_list("id", "code"))
    settle(configured_place())
    as_of = as_of or known_until()
    found: list[tuple[UsageRow, RecordPlace]] = []
    for vendor_id in vendor_ids() if codes else []:
        if len(found) == limit or (after is not None and vendor_id < after.vendor_id):
            continue
        with open_month(month, as_of=as_of, vendor_id=vendor_id) as reading:
            here = after if after is not None and after.vendor_id == vendor_id else None
            found += _records(reading, viewer, conditions, codes, after=here, limit=limit - len(found))
    return found


def _records(
    reading: Reading, viewer: Viewer, conditions: Sequence[str], codes: dict[int, str], *, after: RecordPlace | None, limit: int
) -> list[tuple[UsageRow, RecordPlace]]:
    if not reading.has_records:
        return []
    where = [*conditions, *restrict(reading, viewer), f"service_id IN ({', '.join(map(str, sorted(codes)))})"]
    if after is not None:
        place = f"DATE '{after.day.isoformat()}', {after.msp_id:d}, {after.customer_id:d}, {after.service_id:d}"
        where.append(f"(day, msp_id, customer_id, service_id) > ({place})")
    rows: list[tuple[Any, ...]] = []
    for first, end in _stretches(after.day if after else reading.month.first_day, reading.month.end):
        days = [f"day >= DATE '{first.isoformat()}'", f"day < DATE '{end.isoformat()}'"]
        rows += reading.connection.execute(
            "SELECT day, msp_id, customer_id, service_id, provisioned_units, used_units, allocated_credits, recorded_at "  # noqa: S608
            f"FROM winning WHERE {' AND '.join([*where, *days])} "
            f"ORDER BY day, msp_id, customer_id, service_id LIMIT {limit - len(rows):d}"
        ).fetchall()
        if len(rows) == limit:
            break
    names = refs(Viewer.system(), {row[1] for row in rows} | {row[2] for row in rows})
    return [
        (
            UsageRow(day, names[msp_id], names[customer_id], codes[service_id], *figures),
            RecordPlace(reading.vendor_id, day, msp_id, customer_id, service_id),
        )
        for day, msp_id, customer_id, service_id, *figures in rows
    ]


def _stretches(first: date, end: date) -> Iterator[tuple[date, date]]:
    """Days one after the other, more and more at once: a page of a large account ends on the first, one of a small reads few times."""
    length = 1
    while first < end:
        until = min(first + timedelta(days=length), end)
        yield first, until
        first, length = until, 2 * length


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch as far as a viewer may know it. Of one that another account delivered, a vendor learns its own records: the rest is None."""

    id: int
    source: str
    status: str
    received_at: datetime
    recorded_at: datetime
    stored: int
    """Records; of another account's batch those of the viewer's services."""
    refused: int | None
    unmapped: int | None
    key: str | None
    file_name: str | None
    delivered_by: str | None
    replayed: bool
    """Whether it holds records that waited for a name."""


@dataclass(frozen=True, slots=True)
class BatchDetails:
    """A batch, and how many of its records are of which day."""

    batch: BatchRow
    days: tuple[tuple[date, int], ...]


def batches_after(viewer: Viewer, *, after: int | None, limit: int, source: str | None = None) -> list[BatchRow]:
    """Up to `limit` batches the viewer sees, the latest first, older than the batch `after`."""
    found = Batch.objects.visible_to(viewer).select_related("source").order_by("-id")
    if after is not None:
        found = found.filter(id__lt=after)
    if source is not None:
        found = found.filter(source__code=source)
    batches = list(found[:limit])
    own = _rows_of_vendor(viewer, [batch.pk for batch in batches if not _delivered(viewer, batch)])
    return [_batch_row(viewer, batch, own) for batch in batches]


def batch(viewer: Viewer, batch_id: int) -> BatchDetails:
    """One batch. Raises NotFound."""
    found = Batch.objects.visible_to(viewer).select_related("source").filter(pk=batch_id).first()
    if found is None:
        raise NotFound(text("there is no batch {batch}", batch=str(batch_id)))
    whole = _delivered(viewer, found)
    parts = BatchPart.objects.filter(batch=found)
    if not whole:
        parts = parts.visible_to(viewer)
    days: Counter[date] = Counter()
    for files in parts.values_list("files", flat=True):
        for file in files:
            days[date.fromisoformat(file["day"])] += file["rows"]
    row = _batch_row(viewer, found, {} if whole else {found.pk: days.total()})
    return BatchDetails(row, tuple(sorted(days.items())))


def _delivered(viewer: Viewer, batch: Batch) -> bool:
    """Whether the viewer may know all of it."""
    return viewer.sees_all or batch.account_id == viewer.account_id


def _rows_of_vendor(viewer: Viewer, batch_ids: Collection[int]) -> dict[int, int]:
    """How many records of these batches are of a vendor's services."""
    if not batch_ids:
        return {}
    parts = BatchPart.objects.visible_to(viewer).filter(batch_id__in=batch_ids).values_list("batch_id", "files")
    return {batch_id: sum(file["rows"] for file in files) for batch_id, files in parts}


def _batch_row(viewer: Viewer, batch: Batch, own: dict[int, int]) -> BatchRow:
    whole = _delivered(viewer, batch)
    return BatchRow(
        id=batch.pk,
        source=batch.source.code,
        status=batch.status,
        received_at=batch.received_at,
        recorded_at=batch.recorded_at,
        stored=batch.stored if whole else own.get(batch.pk, 0),
        refused=batch.refused if whole else None,
        unmapped=batch.unmapped if whole else None,
        key=batch.key if whole else None,
        file_name=batch.file_name if whole else None,
        delivered_by=batch.actor_name if whole else None,
        replayed=not batch.digest,
    )


class NamePlace(NamedTuple):
    """Where an unknown name stands: customers before services, each in the order in which they first came."""

    kind: str
    first_record: int


def unmapped_after(
    viewer: Viewer, *, after: NamePlace | None, limit: int, source: str | None = None
) -> list[tuple[UnmappedName, NamePlace]]:
    """Up to `limit` names records wait for."""
    waiting = UnmappedRecord.objects.visible_to(viewer).filter(replayed_by=None)
    if source is not None:
        waiting = waiting.filter(source__code=source)
    found: list[tuple[UnmappedName, NamePlace]] = []
    for kind in ("customer", "service"):
        if after is not None and kind < after.kind:
            continue
        beyond = Q(first_record__gt=after.first_record) if after is not None and after.kind == kind else Q()
        grouped = (
            waiting.filter(**{f"{kind}_unknown": True})
            .values_list("source__code", kind)
            .annotate(records=Count("id"), first=Min("day"), last=Max("day"), first_record=Min("id"))
            .filter(beyond)
            .order_by("first_record")
        )
        found += [
            (UnmappedName(code, kind, name, records, first, last), NamePlace(kind, first_record))
            for code, name, records, first, last, first_record in grouped[: limit - len(found)]
        ]
    return found
