"""Questions about pieces: whom they may name, which were refused, whether any wait."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast

from trueup.accounts.models import Account, Installation, Placement
from trueup.accounts.rules import Tier, Viewer
from trueup.catalog.models import Service
from trueup.intake.models import Gathering, Piece
from trueup.intake.rules.pieces import Directory, State
from trueup.kit.text import unpacked
from trueup.ledger.actions import DEFAULT_SOURCE
from trueup.ledger.models import NameMapping, Source
from trueup.ledger.rules.refusals import SENTENCES, Reason

_CHUNK = 300
"""Names of a kind in one question: some databases take no more than 999 values."""

_TEXT = CharField(max_length=300)


@dataclass(frozen=True, slots=True)
class RefusedPiece:
    """An event that was acknowledged and that the ledger could not take. `reason` is its code, `column` which of its values."""

    id: int
    source: str
    event_id: str
    customer: str
    service: str
    day: date
    time: datetime
    provisioned: str
    used: str
    credits: str
    arrived_at: datetime
    reason: str
    column: str
    detail: str


def directory(viewer: Viewer, customers: Collection[str], services: Collection[str], sources: Collection[str]) -> Directory:
    """What a viewer may name of some names, in one question (several where the names are many)."""
    found: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for chunk in _chunks(sorted(customers), sorted(services), sorted({DEFAULT_SOURCE, *sources})):
        for kind, *rest in _names(viewer, *chunk):
            found[kind].append((rest[0], rest[1], rest[2]))
    stays: dict[str, list[tuple[date, date]]] = defaultdict(list)
    for name, begin, end in found["customer"]:
        stays[name] += [(date.fromisoformat(begin), date.fromisoformat(end))] if begin else []
    return Directory(
        zone=found["zone"][0][0] if found["zone"] else "UTC",
        stays=dict(stays),
        mapped_customers=frozenset(name for name, _, _ in found["mapped customer"]),
        services=frozenset(name for kind in ("service", "mapped service") for name, _, _ in found[kind]),
        feeds={name: bool(keeps) for name, keeps, _ in found["feed"]},
    )


def _chunks(*names: Sequence[str]) -> Iterator[list[Sequence[str]]]:
    longest = max(len(each) for each in names)
    return ([each[start : start + _CHUNK] for each in names] for start in range(0, longest, _CHUNK))


def _names(viewer: Viewer, customers: Sequence[str], services: Sequence[str], sources: Sequence[str]) -> QuerySet[Account, tuple[str, ...]]:
    """Rows of (kind, name, more, more), all as text: the beginning and end of a stay, whether a source keeps what is unknown."""
    below_msp = Q(account__tier=Tier.CUSTOMER, parent__tier=Tier.MSP)
    stays = Placement.objects.visible_to(viewer).filter(below_msp, account__ref__in=customers)
    accounts = Account.objects.visible_to(viewer).filter(tier=Tier.CUSTOMER)
    never = accounts.filter(~Exists(Placement.objects.filter(below_msp, account_id=OuterRef("pk"))), ref__in=customers)
    offered = Service.objects.visible_to(viewer)
    mapped = NameMapping.objects.filter(Q(kind="customer", name__in=customers, account__in=accounts) | _service_names(services, offered))
    feeds = Source.objects.visible_to(viewer) | Source.objects.filter(code=DEFAULT_SOURCE)
    parts = (
        (stays, "customer", "account__ref", (Cast("from_date", _TEXT), Cast("until_date", _TEXT))),
        (never, "customer", "ref", (_none(), _none())),
        (mapped.filter(kind="customer"), "mapped customer", "name", (_none(), _none())),
        (offered.filter(code__in=services), "service", "code", (_none(), _none())),
        (mapped.filter(kind="service"), "mapped service", "name", (_none(), _none())),
        (feeds.filter(code__in=sources, keeps_unmapped=True), "feed", "code", (Value("yes", _TEXT), _none())),
        (feeds.filter(code__in=sources, keeps_unmapped=False), "feed", "code", (_none(), _none())),
        (Installation.objects.all(), "zone", "time_zone", (_none(), _none())),
    )
    first, *others = (_texts(rows, kind, name, more) for rows, kind, name, more in parts)  # type: ignore[arg-type]
    return first.union(*others, all=True)


def _service_names(services: Sequence[str], offered: QuerySet[Service]) -> Q:
    return Q(kind="service", name__in=services, service__in=offered)


def _texts(rows: QuerySet[Account], kind: str, name: str, more: Sequence[Value | Cast]) -> QuerySet[Account, tuple[str, ...]]:
    return rows.order_by().values_list(Value(kind, _TEXT), Cast(name, _TEXT), *more)


def _none() -> Value:
    return Value("", _TEXT)


def refused(viewer: Viewer, *, after: int, limit: int) -> list[RefusedPiece]:
    """The refused pieces of the viewer's account in the order they arrived, those behind the id `after`, at most `limit`."""
    rows = Piece.objects.visible_to(viewer).filter(state=State.REFUSED, pk__gt=after).order_by("pk")[:limit]
    return [_refused(row) for row in rows]


def _refused(row: Piece) -> RefusedPiece:
    detail = unpacked(row.note) if row.note else SENTENCES[Reason(row.reason)]
    return RefusedPiece(
        row.pk, row.source, row.event_id, row.customer, row.service, row.day, row.at, row.provisioned, row.used, row.credits,
        row.arrived_at, row.reason, row.column, detail,
    )  # fmt: skip


def gatherings_due() -> int:
    """How many gatherings there are to work on: those that were begun, and those that can be begun with what waits."""
    open_ones = Gathering.objects.filter(ended_at=None)
    waiting = Piece.objects.filter(state=State.WAITING).exclude(account_id__in=open_ones.values("account_id"))
    return open_ones.count() + waiting.order_by().values("account_id", "actor_kind", "actor_id", "actor_name", "feed").distinct().count()
