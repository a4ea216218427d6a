"""The questions one may ask the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice

from django.db.models import Count, Exists, Max, Min, OuterRef, Q

from trueup.accounts.models import Account, Placement
from trueup.accounts.queries import refs
from trueup.accounts.rules import Tier, Viewer, no_account
from trueup.catalog.models import Service
from trueup.kit.errors import NotFound
from trueup.kit.period import Month
from trueup.kit.text import text
from trueup.ledger.engine.reading import Reading, open_month
from trueup.ledger.engine.registry import configured_place, known_until, open_settled, settle, vendor_ids
from trueup.ledger.figures import CustomerShare, DayTotals, LineFigures, line_customers, line_days, month_lines
from trueup.ledger.models import Batch, BatchPart, Source, SourceDay, UnmappedRecord
from trueup.ledger.rules.measures import MeasuredService

__all__ = [
    "CustomerShare",
    "DayTotals",
    "LineFigures",
    "MeasuredService",
    "SourceDeliveries",
    "UnmappedName",
    "UsageRow",
    "expected_deliveries",
    "incomplete_lines",
    "late_lines",
    "line_customers",
    "line_days",
    "missing_days",
    "month_lines",
    "months_recorded",
    "months_with_usage",
    "unmapped_counts",
    "unmapped_names",
    "usage_rows",
]

_BLOCK = 5_000


@dataclass(frozen=True)
class UsageRow:
    """One record that counts."""

    day: date
    msp: str
    customer: str
    service: str
    provisioned: Decimal
    used: Decimal | None
    credits: Decimal | None
    recorded_at: datetime


@dataclass(frozen=True)
class SourceDeliveries:
    """A source expected daily: the first day it ever delivered (None: none yet), and when each day of a month was first delivered."""

    source: str
    first_day: date | None
    delivered: Mapping[date, datetime]


@dataclass(frozen=True)
class UnmappedName:
    """A name nobody knows, and what waits for it."""

    source: str
    kind: str
    """`customer` or `service`."""
    name: str
    records: int
    first_day: date
    last_day: date


def usage_rows(
    viewer: Viewer, month: Month, *, msp: str | None = None, customer: str | None = None, service: str | None = None,
    as_of: datetime | None = None,
) -> Iterator[UsageRow]:  # fmt: skip
    """The records of a month that counted at `as_of` (None: now), by day, MSP, customer and service, as far as the viewer sees them.

    Raises NotFound for an MSP, customer or service the viewer does not see.
    """
    return _usage_rows(viewer, month, wanted_ids(viewer, msp=msp, customer=customer, service=service), as_of)


def wanted_ids(viewer: Viewer, *, msp: str | None, customer: str | None, service: str | None) -> list[str]:
    """The conditions of SQL that leave an MSP, a customer and a service. Raises NotFound for one the viewer does not see."""
    wanted = {
        "msp_id": _account_id(viewer, msp, Tier.MSP),
        "customer_id": _account_id(viewer, customer, Tier.CUSTOMER),
        "service_id": _service_id(viewer, service),
    }
    return [f"{column} = {value}" for column, value in wanted.items() if value is not None]


def _usage_rows(viewer: Viewer, month: Month, conditions: list[str], as_of: datetime | None) -> Iterator[UsageRow]:
    codes = dict(Service.objects.visible_to(viewer).values_list("id", "code"))
    settle(configured_place())
    as_of = as_of or known_until()  # one moment for all vendors
    for vendor_id in vendor_ids():
        with open_month(month, as_of=as_of, vendor_id=vendor_id) as reading:
            seen = restrict(reading, viewer)
            where = " AND ".join([*conditions, *seen]) or "true"
            found = reading.connection.execute(
                "SELECT day, msp_id, customer_id, service_id, provisioned_units, used_units, allocated_credits, recorded_at "  # noqa: S608
                f"FROM winning WHERE {where} ORDER BY day, msp_id, customer_id, service_id"
            )
            rows = iter(found.fetchone, None)
            while block := list(islice(rows, _BLOCK)):
                names = refs(Viewer.system(), {row[1] for row in block} | {row[2] for row in block})
                for day, msp_id, customer_id, service_id, *figures in block:
                    if service_id in codes:
                        yield UsageRow(day, names[msp_id], names[customer_id], codes[service_id], *figures)


def restrict(reading: Reading, viewer: Viewer) -> list[str]:
    """What a viewer sees: the customer's own records, the MSP's, or those of the MSPs that were the distributor's on the day."""
    if viewer.account_id is None:
        return []
    if viewer.tier in (Tier.MSP, Tier.CUSTOMER):
        return [f"{'msp_id' if viewer.tier == Tier.MSP else 'customer_id'} = {int(viewer.account_id)}"]
    reading.connection.execute("CREATE TEMP TABLE partners (msp_id BIGINT, from_date DATE, until_date DATE)")
    placed = Placement.objects.visible_to(viewer).filter(account__tier=Tier.MSP).values_list("account_id", "from_date", "until_date")
    rows = [list(row) for row in placed]
    if rows:
        reading.connection.executemany("INSERT INTO partners VALUES (?, ?, ?)", rows)
    return ["EXISTS (SELECT 1 FROM partners AS p WHERE p.msp_id = winning.msp_id AND day >= p.from_date AND day < p.until_date)"]


def _account_id(viewer: Viewer, ref: str | None, tier: Tier) -> int | None:
    if ref is None:
        return None
    found = Account.objects.visible_to(viewer).filter(ref=ref, tier=tier).first()
    if found is None:
        raise NotFound(no_account(ref, tier))
    return found.pk


def _service_id(viewer: Viewer, code: str | None) -> int | None:
    if code is None:
        return None
    found = Service.objects.visible_to(viewer).filter(code=code).first()
    if found is None:
        raise NotFound(text("there is no service “{code}”", code=code))
    return found.pk


def missing_days(month: Month, *, as_of: datetime | None, until: date | None = None) -> dict[str, tuple[date, ...]]:
    """The days of a month, before `until` if that is given, for which a source expected daily had delivered nothing at `as_of`.

    Counted from the first day the source ever delivered; a source without missing days is left out.
    """
    end = month.end if until is None else min(until, month.end)
    delivered = SourceDay.objects.filter(source__expected_daily=True)
    if as_of is not None:
        delivered = delivered.filter(recorded_at__lte=as_of)
    first = dict(delivered.values("source__code").annotate(first=Min("day")).values_list("source__code", "first"))
    there = set(delivered.filter(day__gte=month.first_day, day__lt=month.end).values_list("source__code", "day"))
    missing = {
        code: tuple(day for day in month.days if earliest <= day < end and (code, day) not in there) for code, earliest in first.items()
    }
    return {code: days for code, days in sorted(missing.items()) if days}


def expected_deliveries(
    month: Month, *, as_of: datetime | None, vendor_ids: Collection[int] | None = None, after: str | None = None, limit: int | None = None
) -> list[SourceDeliveries]:
    """What the sources expected daily delivered of a month, by source; `first_day` as it was known at `as_of`, the days as they are now.

    `vendor_ids` leaves out sources that never delivered usage of these vendors. At most `limit` of those behind the source `after`.
    Not scoped: the caller knows what its viewer may see.
    """
    sources = Source.objects.filter(expected_daily=True)
    if after is not None:
        sources = sources.filter(code__gt=after)
    if vendor_ids is not None:
        sources = sources.filter(Exists(BatchPart.objects.filter(batch__source=OuterRef("pk"), vendor_id__in=list(vendor_ids))))
    known = Q() if as_of is None else Q(days__recorded_at__lte=as_of)
    first = dict(sources.order_by("code").annotate(first=Min("days__day", filter=known)).values_list("code", "first")[:limit])
    days = SourceDay.objects.filter(source__code__in=list(first), day__gte=month.first_day, day__lt=month.end)
    delivered: dict[str, dict[date, datetime]] = {code: {} for code in first}
    for code, day, recorded_at in days.values_list("source__code", "day", "recorded_at"):
        delivered[code][day] = recorded_at
    return [SourceDeliveries(code, first[code], delivered[code]) for code in first]


def incomplete_lines(month: Month, *, as_of: datetime | None) -> set[tuple[int, int]]:
    """The lines (msp_id, service_id) fed by a source with missing days: with a record of the month from it by `as_of`, also one
    that was corrected since, be it by another source.
    """
    sources = Source.objects.filter(code__in=missing_days(month, as_of=as_of))
    batches = list(Batch.objects.filter(source__in=sources).values_list("id", flat=True))
    lines: set[tuple[int, int]] = set()
    for vendor_id in vendor_ids() if batches else []:
        with open_month(month, as_of=as_of, vendor_id=vendor_id) as reading:
            lines |= _lines_of(reading, batches)
    return lines


def _lines_of(reading: Reading, batches: Sequence[int]) -> set[tuple[int, int]]:
    if not reading.has_records:
        return set()
    reading.connection.execute("CREATE TEMP TABLE batches AS SELECT unnest($ids) AS batch_id", {"ids": list(batches)})
    found = reading.connection.execute(
        "SELECT DISTINCT msp_id, service_id FROM received WHERE batch_id IN (SELECT batch_id FROM batches)"
    ).fetchall()
    return {(int(msp_id), int(service_id)) for msp_id, service_id in found}


def months_recorded(*, after: datetime, until: datetime) -> set[Month]:
    """The months of which anything was recorded later than one moment and not later than another."""
    parts = BatchPart.objects.filter(batch__recorded_at__gt=after, batch__recorded_at__lte=until).values_list("files", flat=True)
    return {Month.of(date.fromisoformat(file["day"])) for files in parts.iterator(chunk_size=500) for file in files}


def late_lines(month: Month, *, after: datetime, as_of: datetime) -> set[tuple[int, int]]:
    """The lines (msp_id, service_id) of a month with a record later than `after`, as of a pin; also those a record was taken from,
    because the customer belonged to another MSP when it was recorded anew."""
    lines: set[tuple[int, int]] = set()
    for vendor_id in vendor_ids():
        with open_month(month, as_of=as_of, vendor_id=vendor_id) as reading:
            if reading.has_records:
                found = reading.connection.execute(_LATE, {"after": after}).fetchall()
                lines |= {(int(msp_id), int(service_id)) for msp_id, service_id in found}
    return lines


_LATE = """
SELECT DISTINCT earlier.msp_id, earlier.service_id
FROM (SELECT DISTINCT day, customer_id, service_id FROM received WHERE recorded_at > $after) AS late
JOIN received AS earlier USING (day, customer_id, service_id)
"""


def months_with_usage() -> list[Month]:
    """The months of which anything is stored, in order."""
    place = configured_place()
    settle(place)
    if known_until() is None:
        return []
    tables = [open_settled(place, vendor_id) for vendor_id in vendor_ids()]
    return sorted({Month.of(file.day) for table in tables if table is not None for file in table.files()})


def unmapped_names(viewer: Viewer) -> list[UnmappedName]:
    """The names records wait for, by source, kind and name."""
    waiting = UnmappedRecord.objects.visible_to(viewer).filter(replayed_by=None)
    names: list[UnmappedName] = []
    for kind in ("customer", "service"):
        grouped = waiting.filter(**{f"{kind}_unknown": True}).values_list("source__code", kind)
        for source, name, records, first, last in grouped.annotate(records=Count("id"), first=Min("day"), last=Max("day")):
            names.append(UnmappedName(source, kind, name, records, first, last))
    return sorted(names, key=lambda each: (each.source, each.kind, each.name))


def unmapped_counts(viewer: Viewer) -> dict[str, int]:
    """How many different names records wait for, by source; sources without any are left out."""
    waiting = UnmappedRecord.objects.visible_to(viewer).filter(replayed_by=None)
    found: Counter[str] = Counter()
    for kind in ("customer", "service"):
        rows = waiting.filter(**{f"{kind}_unknown": True}).values("source__code")
        found.update({row["source__code"]: row["names"] for row in rows.annotate(names=Count(kind, distinct=True))})
    return dict(sorted(found.items()))


def source_codes(viewer: Viewer) -> list[str]:
    """The codes of the sources a viewer may name."""
    return list(Source.objects.visible_to(viewer).order_by("code").values_list("code", flat=True))
