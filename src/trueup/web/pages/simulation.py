"""This month with that price list: what each buyer pays now, what they would pay, and what has no price."""

from typing import Any, Final

from django.http import HttpResponse
from django.urls import path
from django.views.decorators.http import require_GET

from trueup.kit.errors import NotAllowed, NotFound
from trueup.kit.period import Month
from trueup.kit.text import text
from trueup.prices import queries
from trueup.prices.rules.lists import ListKey
from trueup.reports.queries import calendar
from trueup.statements.queries.trying import Trial, tried_out
from trueup.web.page import Request, render
from trueup.web.pages.prices import heading_of
from trueup.web.prices.lists import DEFAULT, address, key_of, own
from trueup.web.prices.words import since
from trueup.web.whole import month_of

MOST_ROWS: Final = 500
"""Buyers a page computes; all of them are computed on the command line."""

MOST_MONTHS: Final = 36

MOST_LISTS: Final = 500
"""Price lists that are offered."""


@require_GET
def simulation(request: Request) -> HttpResponse:
    """Choose a month and a list; what it comes to stands below."""
    months = _months(request)
    month = month_of(request.GET["month"]) if request.GET.get("month") else (months[0] if months else None)
    lists = _lists(request)
    key = _asked(request, lists)
    context: dict[str, Any] = {
        "months": months, "month": month, "lists": [(_value(one), name) for one, name in lists], "chosen": _value(key) if key else "",
    }  # fmt: skip
    if month is not None and key is not None:
        if month not in months:
            raise NotFound(text("there is no cycle {month}", month=month))
        trial = tried_out(request.viewer, month, key, limit=MOST_ROWS)
        context |= {"trial": trial, "list_address": address("price_list", key), "without": _without(trial)}
    return render(request, "web/prices/simulation.html", context)


def _months(request: Request) -> list[Month]:
    """The months that have reports, the latest first; none for an MSP without access to them."""
    try:
        return [row.view.month for row in calendar(request.viewer, limit=MOST_MONTHS) if sum(row.reports.values())]
    except NotAllowed:
        return []


def _lists(request: Request) -> list[tuple[ListKey, str]]:
    """The lists that somebody can try out: their own."""
    page = queries.sold_by(request.viewer, own(request), page=1, per_page=MOST_LISTS)
    return [
        (key, f"{heading_of(key, lists.seller_name, lists.buyer_name)}, {since(key.from_date)}")
        for lists in page.items
        for key in (ListKey(lists.seller, lists.buyer, one.from_date) for one in reversed(lists.lists))
    ]


def _value(key: ListKey) -> str:
    """A list as its option is called."""
    return f"{key.from_date.isoformat()} {key.buyer or DEFAULT}"


def _asked(request: Request, lists: list[tuple[ListKey, str]]) -> ListKey | None:
    """The list that the address names, the first that there is if it names none. Raises NotFound."""
    asked = request.GET
    day, _space, buyer = asked["list"].partition(" ") if "list" in asked else (asked.get("from", ""), "", asked.get("buyer", ""))
    if not day:
        return lists[0][0] if lists else None
    return queries.price_list(request.viewer, key_of(own(request), buyer, day)).key


def _without(trial: Trial) -> int:
    """Buyers that the list can't charge."""
    return sum(row.by_list is None for row in trial.rows)


urls = [path("prices/simulation/", simulation, name="simulation")]
