"""Statements: what was issued and what came in; what waits for a price."""

from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import path, reverse
from django.views.decorators.http import require_GET

from trueup.accounts.rules import Tier
from trueup.kit.errors import NotAllowed
from trueup.kit.text import text
from trueup.statements.files import FORMS, Kind
from trueup.statements.queries import (
    WAY_WORDS,
    StatementFilter,
    Waiting,
    Way,
    statement_cycles,
    statement_page,
    statement_totals,
    waiting_page,
    ways_in,
)
from trueup.statements.rules.documents import StatementKind
from trueup.web.billing.addresses import price_list_address
from trueup.web.billing.words import KINDS
from trueup.web.page import Request, render, wants_fragment
from trueup.web.pages import statement
from trueup.web.pages.billing import Total
from trueup.web.whole import month_asked, page_of, search_asked
from trueup.web.words import says, word

PER_PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list shows. `way`: issued by the account, received by it, or None for both."""

    filters: StatementFilter
    way: Way | None = None

    @property
    def query(self) -> str:
        """The address that asks for the same."""
        filters = self.filters
        parts = {"way": self.way or "", "kind": filters.kind, "cycle": str(filters.cycle or ""), "search": filters.search}
        return urlencode({name: value for name, value in parts.items() if value})

    @property
    def narrowed(self) -> bool:
        """Whether anything is left out."""
        return bool(self.query)


@require_GET
def statements(request: Request) -> HttpResponse:
    """The statements that are asked for, the latest first."""
    asked = asked_of(request)
    page = statement_page(request.viewer, asked.filters, page=page_of(request.GET), per_page=PER_PAGE)
    context: dict[str, Any] = {
        "asked": asked,
        "page": page,
        "months": statement_cycles(request.viewer),
        "totals": _totals(request, asked),
        "query": f"{asked.query}&" if asked.query else "",
        "ways": [(way, says(WAY_WORDS[way])) for way in ways_in(request.viewer, StatementFilter())],
        "kinds": [(kind, word(KINDS, kind)) for kind in StatementKind],
        "waiting": waiting_page(request.viewer, per_page=1).total,
        "forms": FORMS[Kind.STATEMENTS],
        "own": request.seat.chosen.ref,
    }
    return render(request, "web/statements/_list.html" if wants_fragment(request) else "web/statements/list.html", context)


def asked_of(request: Request) -> Asked:
    """What an address asks for; what makes no sense is left out."""
    given = request.GET
    kind = next((one for one in StatementKind if one == given.get("kind")), "")
    filters = StatementFilter(month_asked(given.get("cycle", "")), kind=kind, search=search_asked(given))
    way = next((one for one in ways_in(request.viewer, filters) if one == given.get("way")), None)
    return Asked(_narrowed(request, filters, way) if way else filters, way)


def _totals(request: Request, asked: Asked) -> list[tuple[str, list[Total]]]:
    """What the list comes to. What one is owed and what one owes are never added up: each has a name then."""
    ways = ways_in(request.viewer, asked.filters)
    if not ways:
        return [("", _of(request, asked.filters))]
    return [(says(WAY_WORDS[way]), found) for way in ways if (found := _of(request, _narrowed(request, asked.filters, way)))]


def _of(request: Request, filters: StatementFilter) -> list[Total]:
    return [Total(currency, *money) for currency, money in statement_totals(request.viewer, filters).items()]


def _narrowed(request: Request, filters: StatementFilter, way: Way) -> StatementFilter:
    return replace(filters, **{way.party: request.seat.chosen.ref})


@dataclass(frozen=True, slots=True)
class Row:
    """An approved report without a statement, and where its price is missing."""

    of: Waiting
    report: str
    prices: str


@require_GET
def waiting(request: Request) -> HttpResponse:
    """Approved reports that have no statement yet, with the reason, and the way to where it is put right."""
    if request.viewer.tier != Tier.DISTRIBUTOR:
        raise NotAllowed(text("only distributors issue statements of reports"))
    page = waiting_page(request.viewer, page=page_of(request.GET), per_page=PER_PAGE)
    rows = [
        Row(one, reverse("report", args=[str(one.cycle), one.msp]), price_list_address(one.price_list) if one.reason else "")
        for one in page.items
    ]
    return render(request, "web/statements/waiting.html", {"page": page, "rows": rows})


urls = [
    path("statements/", statements, name="statements"),
    path("statements/waiting/", waiting, name="statements_waiting"),
    *statement.urls,
]
