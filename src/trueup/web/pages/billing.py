"""Billing: the billing reports of a distributor, or those a vendor gets; what they come to, cycle by cycle."""

from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from trueup.accounts.rules import Tier, Viewer
from trueup.kit.errors import NotAllowed
from trueup.kit.money import Money
from trueup.kit.text import text
from trueup.statements.queries import BillingFilter, BillingOptions, BillingRow, billing_options, billing_page
from trueup.statements.rules.billing import BillingStatus
from trueup.web.billing.words import STATUSES
from trueup.web.network.listing import zone_of
from trueup.web.page import Request, render, wants_fragment
from trueup.web.pages import billing_report
from trueup.web.whole import month_asked, page_of, search_asked
from trueup.web.words import word

PER_PAGE: Final = 50
ALL: Final = "all"


@dataclass(frozen=True, slots=True)
class Tab:
    """A list of billing reports in one state, with how many there are."""

    label: str
    query: str
    count: int
    current: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A billing report in the list; without an address the viewer cannot open it."""

    of: BillingRow
    address: str


@dataclass(frozen=True, slots=True)
class Total:
    """What was submitted comes to in a currency."""

    currency: str
    net: Money
    tax: Money
    gross: Money


@require_GET
def billing(request: Request) -> HttpResponse:
    """The billing reports that are asked for."""
    require_billing_tier(request.viewer)
    asked = _asked(request)
    page = billing_page(request.viewer, asked, page=page_of(request.GET), per_page=PER_PAGE)
    options = billing_options(request.viewer, asked)
    context: dict[str, Any] = {
        "asked": asked,
        "page": page,
        "rows": [_row(row, request.viewer) for row in page.items],
        "tabs": _tabs(asked, options),
        "months": options.cycles,
        "totals": [Total(currency, *money) for currency, money in options.totals.items()],
        "query": f"{query}&" if (query := _query(asked)) else "",
        "bare": reverse("billing"),
        "narrowed": bool(asked.search or asked.cycle or asked.status),
        "zone": zone_of(request),
        "vendor": request.viewer.tier == Tier.VENDOR,
    }
    return render(request, "web/billing/_list.html" if wants_fragment(request) else "web/billing/list.html", context)


def require_billing_tier(viewer: Viewer) -> None:
    """Raise NotAllowed for an MSP: what its distributor buys by is not its to see."""
    if viewer.tier == Tier.MSP:
        raise NotAllowed(text("billing reports are between distributors and their vendor; what you pay is under Statements"))


def _asked(request: Request) -> BillingFilter:
    """What makes no sense is left out."""
    given = request.GET
    status = next((one for one in BillingStatus if one == given.get("status")), None)
    return BillingFilter(month_asked(given.get("cycle", "")), status, search_asked(given))


def _query(asked: BillingFilter) -> str:
    parts = {"status": asked.status or "", "cycle": str(asked.cycle or ""), "search": asked.search}
    return urlencode({name: value for name, value in parts.items() if value})


def _tabs(asked: BillingFilter, options: BillingOptions) -> list[Tab]:
    counts: list[tuple[BillingStatus | None, str, int]] = [(None, _("All"), sum(options.statuses.values()))]
    counts += [(one, word(STATUSES, one), options.statuses[one]) for one in BillingStatus]
    return [Tab(label, _query(replace(asked, status=one)), count, one == asked.status) for one, label, count in counts]


def _row(row: BillingRow, viewer: Viewer) -> Row:
    closed = viewer.tier == Tier.VENDOR and row.status in {BillingStatus.COLLECTING, BillingStatus.RETURNED}
    return Row(row, "" if closed else billing_report.address_of(row.cycle, row.distributor))


urls = [path("billing/", billing, name="billing"), *billing_report.urls]
