"""Whom and what an event may name, as its sender sees them: asked before a piece is kept, in one question."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final

from django.db import connection
from django.db.models import Case, CharField, Exists, Expression, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Cast

from trueup.accounts.models import Account, Installation, Placement
from trueup.accounts.rules import SYSTEM, Role, Tier, Viewer
from trueup.catalog.models import Service
from trueup.intake.rules.pieces import CUSTOMER, LONGEST_NAME, SERVICE, Directory
from trueup.ledger.actions import DEFAULT_SOURCE
from trueup.ledger.models import NameMapping, Source

_SIZES: Final = (1, 10, 50)
"""For how many names of a kind there are questions: some databases take no more than 999 values."""

_TEXT: Final = CharField(max_length=LONGEST_NAME)
_NOTHING: Final = Value("", _TEXT)
_CUSTOMER, _SERVICE, _FEED, _ZONE = "by ref", "by code", "feed", "zone"  # beside the kinds of other names


def directory(viewer: Viewer, customers: Collection[str], services: Collection[str], sources: Collection[str]) -> Directory:
    """What a viewer may name of some names, in one question (several where the names are many)."""
    found = _Found()
    for chunk in _chunks(sorted(customers), sorted(services), sorted({DEFAULT_SOURCE, *sources})):
        for row in _asked(viewer, *chunk):
            found.add(*row)
    return Directory(found.zone, found.customers, found.stays, found.services, found.aliases, found.feeds)


class _Found:
    """What the answers say so far."""

    def __init__(self) -> None:
        self.zone = "UTC"
        self.customers: dict[str, int] = {}
        self.stays: dict[str, list[tuple[date, date]]] = defaultdict(list)
        self.services: dict[str, int] = {}
        self.aliases: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        self.feeds: dict[str, bool] = {}

    def add(self, kind: str, name: str, number: str, first: str, second: str) -> None:
        """One row of an answer."""
        if kind == _CUSTOMER:
            self.customers[name] = int(number)
            if first:
                self.stays[name].append((date.fromisoformat(first), date.fromisoformat(second)))
        elif kind == _SERVICE:
            self.services[name] = int(number)
        elif kind == _FEED:
            self.feeds[name] = bool(first)
        elif kind == _ZONE:
            self.zone = name
        else:
            self.aliases[kind, name][first] = int(number)


def _chunks(*names: Sequence[str]) -> Iterator[list[Sequence[str]]]:
    longest = max(len(each) for each in names)
    return ([each[start : start + _SIZES[-1]] for each in names] for start in range(0, longest, _SIZES[-1]))


def _asked(viewer: Viewer, *names: Sequence[str]) -> list[tuple[str, str, str, str, str]]:
    """The answer for names of customers, services and sources, none of them more than the largest size."""
    size = next(size for size in _SIZES if max(len(each) for each in names) <= size)
    question = _question(viewer.tier, size)
    values: dict[object, Any] = {_ACCOUNT: viewer.account_id}
    for kind, given in enumerate(names):
        values |= {_placeholder(kind, index): name for index, name in enumerate([*given, *[""] * (size - len(given))])}
    with connection.cursor() as cursor:
        cursor.execute(question.sql, [values.get(value, value) for value in question.parameters])
        return list(cursor.fetchall())


@dataclass(frozen=True, slots=True)
class _Question:
    """A question in SQL; among the parameters are placeholders."""

    sql: str
    parameters: tuple[object, ...]


_ACCOUNT = -7_823_614_501
"""Stands for the viewer's account."""


def _placeholder(kind: int, index: int) -> str:
    return f"\x01{kind}:{index}"


@cache
def _question(tier: Tier, size: int) -> _Question:
    """The question for `size` names of each kind. Django takes ten times as long to put it into SQL than the database to answer it."""
    names = [[_placeholder(kind, index) for index in range(size)] for kind in range(3)]
    anybody = Viewer(SYSTEM, _ACCOUNT, tier, Role.ADMIN)
    return _Question(*_names(anybody, *names).query.sql_with_params())


def _names(viewer: Viewer, customers: Sequence[str], services: Sequence[str], sources: Sequence[str]) -> QuerySet[Any, Any]:
    """Rows of (kind, name, id, more, more), all as text: the beginning and end of a stay, a source, whether it keeps what is unknown."""
    below_msp = Q(account__tier=Tier.CUSTOMER, parent__tier=Tier.MSP)
    accounts = Account.objects.visible_to(viewer).filter(tier=Tier.CUSTOMER)
    never = accounts.filter(~Exists(Placement.objects.filter(below_msp, account_id=OuterRef("pk"))), ref__in=customers)
    offered = Service.objects.visible_to(viewer)
    stays = Placement.objects.visible_to(viewer).filter(below_msp, account__ref__in=customers)
    feeds = Source.objects.filter(Q(pk__in=Source.objects.visible_to(viewer).values("pk")) | Q(code=DEFAULT_SOURCE), code__in=sources)
    keeps = Case(When(keeps_unmapped=True, then=Value("yes")), default=_NOTHING, output_field=_TEXT)
    parts: tuple[QuerySet[Any], ...] = (
        _rows(stays, _CUSTOMER, "account__ref", "account_id", Cast("from_date", _TEXT), Cast("until_date", _TEXT)),
        _rows(never, _CUSTOMER, "ref", "pk"),
        *_mapped(CUSTOMER, customers, sources, "account_id", accounts),
        _rows(offered.filter(code__in=services), _SERVICE, "code", "pk"),
        *_mapped(SERVICE, services, sources, "service_id", offered),
        _rows(feeds, _FEED, "code", "pk", keeps),
        _rows(Installation.objects.all(), _ZONE, "time_zone", "pk"),
    )
    return parts[0].union(*parts[1:], all=True)


def _mapped(kind: str, names: Sequence[str], sources: Sequence[str], target: str, seen: QuerySet[Any]) -> Iterator[QuerySet[Any, Any]]:
    """Other names: of all sources, and of those that are asked for. Each is found by an index, and only then whether it may be seen."""
    named = NameMapping.objects.filter(Exists(seen.filter(pk=OuterRef(target))), kind=kind, name__in=names)
    yield _rows(named.filter(source=None), kind, "name", target)
    yield _rows(named.filter(source__code__in=sources), kind, "name", target, Cast("source__code", _TEXT))


def _rows(found: QuerySet[Any], kind: str, name: str, number: str, *more: Expression | Cast) -> QuerySet[Any, Any]:
    texts = [*more, *[_NOTHING] * (2 - len(more))]
    return found.order_by().values_list(Value(kind, _TEXT), Cast(name, _TEXT), Cast(number, _TEXT), *texts)
