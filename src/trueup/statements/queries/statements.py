"""Statements: a list of them, one with all it says."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import reduce
from operator import or_
from typing import Final

from django.db.models import Q, QuerySet, Sum

from trueup.accounts.rules import Tier, Viewer
from trueup.cycles.models import of_month
from trueup.kit.errors import NotFound
from trueup.kit.money import Money, total
from trueup.kit.page import Page
from trueup.kit.period import Month
from trueup.kit.text import Text, text
from trueup.reports.models import Report
from trueup.statements.models import Statement
from trueup.statements.rules.documents import Document, StatementKind, sign_of, signed


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A statement in a list; amounts in its currency, those of a credit note above 0 too. Names are those it was issued with."""

    number: str
    kind: StatementKind
    cycle: Month
    seller: str
    seller_name: str
    buyer: str
    buyer_name: str
    issue_date: date
    issued_at: datetime
    currency: str
    net: Money
    tax: Money
    gross: Money
    corrects: str
    corrected_by: tuple[str, ...]
    checksum: str


@dataclass(frozen=True, slots=True)
class StatementView:
    """A statement with all it says."""

    row: StatementRow
    document: Document


@dataclass(frozen=True, slots=True)
class StatementFilter:
    """Which statements: by cycle, seller, buyer (refs), kind; `search` looks in numbers and names."""

    cycle: Month | None = None
    seller: str = ""
    buyer: str = ""
    kind: str = ""
    search: str = ""


class Way(StrEnum):
    """How a statement stands to an account between two others."""

    ISSUED = "issued"
    RECEIVED = "received"

    @property
    def party(self) -> str:
        """What the account is on it."""
        return "seller" if self == Way.ISSUED else "buyer"


WAY_WORDS: Final[Mapping[Way, Text]] = {Way.ISSUED: text("Issued to MSPs"), Way.RECEIVED: text("From the vendor")}


def ways_in(viewer: Viewer, wanted: StatementFilter) -> tuple[Way, ...]:
    """What a list is told apart by, if statements go both ways in it: what one is owed and what one owes are never added up."""
    both = viewer.tier == Tier.DISTRIBUTOR and not wanted.seller and not wanted.buyer
    return tuple(Way) if both else ()


def statements(viewer: Viewer, wanted: StatementFilter, *, limit: int, after: int | None = None) -> list[tuple[int, StatementRow]]:
    """At most `limit` statements, the latest first, each with its place; those behind the place `after`."""
    rows = filtered(Statement.objects.visible_to(viewer), wanted).order_by("-id")
    found = list((rows.filter(pk__lt=after) if after is not None else rows).select_related(*_NAMED).prefetch_related("corrections")[:limit])
    return [(row.pk, _row(row)) for row in found]


def statement_page(viewer: Viewer, wanted: StatementFilter, *, page: int = 1, per_page: int = 50) -> Page[StatementRow]:
    """A page of the statements that are asked for, the latest first."""
    rows = filtered(Statement.objects.visible_to(viewer), wanted).order_by("-id")
    named = rows.select_related(*_NAMED).prefetch_related("corrections")
    return Page.of(rows.count(), page, per_page, lambda start, stop: [_row(row) for row in named[start:stop]])


def statement_cycles(viewer: Viewer) -> list[Month]:
    """The months that statements are of, the latest first."""
    days = Statement.objects.visible_to(viewer).order_by("-cycle__first_day").values_list("cycle__first_day", flat=True).distinct()
    return [Month.of(day) for day in days]


def statement_totals(viewer: Viewer, wanted: StatementFilter) -> Mapping[str, tuple[Money, Money, Money]]:
    """In each currency what the statements that are asked for come to (net, tax, gross), a credit note taking away."""
    asked = filtered(Statement.objects.visible_to(viewer), wanted)
    money = asked.order_by().values_list("currency", "kind").annotate(Sum("net"), Sum("tax"), Sum("gross"))
    return sums_of((currency, *(signed(one, sign_of(kind)) for one in figures)) for currency, kind, *figures in money)


def sums_of(money: Iterable[tuple[str, Money, Money, Money]]) -> dict[str, tuple[Money, Money, Money]]:
    """What amounts (currency, net, tax, gross) come to in each currency."""
    amounts: dict[str, list[tuple[Money, ...]]] = {}
    for currency, *own in money:
        amounts.setdefault(currency, []).append(tuple(own))
    return {name: _total(name, own) for name, own in sorted(amounts.items())}


def _total(currency: str, amounts: Iterable[tuple[Money, ...]]) -> tuple[Money, Money, Money]:
    net, tax, gross = (total(column, currency) for column in zip(*amounts, strict=True))
    return net, tax, gross


_NAMED = ("cycle", "seller", "buyer", "corrects")


def filtered(rows: QuerySet[Statement], wanted: StatementFilter) -> QuerySet[Statement]:
    """Those of some statements that are asked for."""
    if wanted.cycle:
        rows = rows.filter(of_month(wanted.cycle) if wanted.cycle.adjusted_in else Q(cycle__first_day=wanted.cycle.first_day))
    for name, value in (("seller__ref", wanted.seller), ("buyer__ref", wanted.buyer), ("kind", wanted.kind)):
        if value:
            rows = rows.filter(**{name: value}) if "\0" not in value else rows.none()
    if wanted.search and "\0" not in wanted.search:
        parts = (Q(**{f"{name}__icontains": wanted.search}) for name in ("number", "buyer__name", "buyer__ref", "seller__name"))
        rows = rows.filter(reduce(or_, parts))
    return rows


def _row(row: Statement) -> StatementRow:
    return StatementRow(
        number=row.number,
        kind=StatementKind(row.kind),
        cycle=row.cycle.month,
        seller=row.seller.ref,
        seller_name=row.document["seller"]["name"],
        buyer=row.buyer.ref,
        buyer_name=row.document["buyer"]["name"],
        issue_date=row.issue_date,
        issued_at=row.issued_at,
        currency=row.currency,
        net=row.net,
        tax=row.tax,
        gross=row.gross,
        corrects=row.corrects.number if row.corrects else "",
        corrected_by=tuple(sorted(one.number for one in row.corrections.all())),
        checksum=row.checksum,
    )


def statement(viewer: Viewer, number: str) -> StatementView:
    """One statement. Raises NotFound."""
    rows = Statement.objects.visible_to(viewer).select_related(*_NAMED).prefetch_related("corrections")
    found = None if "\0" in number else rows.filter(number=number).first()
    if found is None:
        raise NotFound(text("there is no statement “{number}”", number=number))
    return StatementView(_row(found), found.document)


def statements_of_report(viewer: Viewer, report: Report) -> list[StatementRow]:
    """The statements of a report that was found for its viewer, the first one first."""
    rows = Statement.objects.visible_to(viewer).filter(report=report).select_related(*_NAMED).prefetch_related("corrections")
    return [_row(row) for row in rows.order_by("id")]
