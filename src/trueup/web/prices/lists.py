"""Price lists for the pages about them: where they are, whose they are, what services are called."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from trueup.accounts.rules import Right
from trueup.kit.errors import NotAllowed, NotFound
from trueup.kit.period import BEGINNING
from trueup.kit.text import text
from trueup.network.queries import GroupRow, catalog
from trueup.prices.queries import Dated, ListsOf, buyers
from trueup.prices.rules.lists import ListKey, day_of
from trueup.web.network.listing import today_of
from trueup.web.page import Request
from trueup.web.prices.words import PriceShown, shown_price

DEFAULT: Final = "*"
"""In addresses: the buyer of a default list."""

MOST_OFFERED: Final = 1000
"""Buyers that are offered while somebody types."""

TYPED_BUYER: Final = {"list": "buyers", "autocomplete": "off", "spellcheck": "false"}
"""The attributes of a field for the ref of a buyer: `buyers_of` are offered in it."""


def key_of(seller: str, buyer: str, day: str) -> ListKey:
    """Which list an address is about. Raises NotFound for a day that there is not."""
    try:
        return ListKey(seller, None if buyer == DEFAULT else buyer, day_of(day))
    except ValueError:
        raise NotFound(text("there is no such price list")) from None


def address(name: str, key: ListKey) -> str:
    """Where a page of a list is."""
    return reverse(name, args=[key.seller, key.buyer or DEFAULT, key.from_date.isoformat()])


def query_for(key: ListKey) -> str:
    """The query that asks a page of the seller for a list."""
    return urlencode({"buyer": key.buyer or DEFAULT, "from": key.from_date.isoformat()})


def own(request: Request) -> str:
    """The ref of the account that somebody acts for: the seller whose lists they keep."""
    return str(request.seat.chosen.ref)


def buyers_of(request: Request) -> tuple[str, list[str]]:
    """The refs of those the account sells to, as a list to choose from; see `TYPED_BUYER`."""
    return TYPED_BUYER["list"], [ref for ref, _name in buyers(request.viewer, own(request), limit=MOST_OFFERED)]


def may_keep(request: Request, seller: str) -> bool:
    """Whether somebody can change the lists of a seller."""
    return request.viewer.may(Right.KEEP_PRICES) and seller == own(request)


def require_keeper(request: Request, seller: str) -> None:
    """Raises NotAllowed."""
    request.viewer.require(Right.KEEP_PRICES, text("keep price lists"))
    if seller != own(request):
        raise NotAllowed(text("the prices of “{ref}” are kept by “{ref}” itself", ref=seller))


@dataclass(frozen=True, slots=True)
class Catalog:
    """The services and groups that somebody sees, in the order of the report."""

    groups: tuple[GroupRow, ...]

    @classmethod
    def of(cls, request: Request) -> "Catalog":
        """The one of the viewer."""
        return cls(catalog(request.viewer, today_of(request)))

    @property
    def names(self) -> Mapping[str, str]:
        """What services and groups are called, by code."""
        services = {one.code: one.name for group in self.groups for one in group.services}
        return {group.code: group.name for group in self.groups} | services

    @property
    def with_credits(self) -> list[str]:
        """The codes of groups whose credits can be sold in packs."""
        return [group.code for group in self.groups if any(one.credits for one in group.services)]


# ── The list of lists ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class DatedShown:
    """A list of a buyer: where it is, and when it holds."""

    address: str
    dated: Dated

    @property
    def is_beginning(self) -> bool:
        """Whether it holds since ever."""
        return self.dated.from_date == BEGINNING


@dataclass(frozen=True, slots=True)
class Sold:
    """The lists of a seller for one buyer: in force, coming (the next first), over (the last first)."""

    lists: ListsOf
    now: tuple[DatedShown, ...]
    comes: tuple[DatedShown, ...]
    was: tuple[DatedShown, ...]

    @classmethod
    def of(cls, lists: ListsOf, today: date) -> "Sold":
        """As of a day."""
        shown = [(one.when(today), _shown(lists, one)) for one in lists.lists]
        phases = {phase: tuple(one for when, one in shown if when == phase) for phase in ("now", "comes", "was")}
        return cls(lists, phases["now"], phases["comes"], tuple(reversed(phases["was"])))


def _shown(lists: ListsOf, one: Dated) -> DatedShown:
    return DatedShown(address("price_list", ListKey(lists.seller, lists.buyer, one.from_date)), one)


# ── One list ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Priced:
    """A price of a list."""

    code: str
    name: str
    unit: str
    price: PriceShown


@dataclass(frozen=True, slots=True)
class PricedGroup:
    """The prices of a solution group: of its services, and of the packs of its credits."""

    name: str
    rows: tuple[Priced, ...]


def priced_groups(document: Mapping[str, Any], known: Catalog, *, without: Mapping[str, Any] | None = None) -> list[PricedGroup]:
    """What a document says, group by group. `without`: leave out what this one names too."""
    hidden = without or {}
    services, packs = (
        {code: said for code, said in (document.get(name) or {}).items() if code not in (hidden.get(name) or {})}
        for name in ("services", "packs")
    )
    currency = document["currency"]
    found = []
    for group in known.groups:
        rows = [
            Priced(one.code, one.name, one.unit_name, shown_price(services.pop(one.code), currency))
            for one in group.services
            if one.code in services
        ]
        if group.code in packs:
            rows.append(_pack(group.code, group.name, packs.pop(group.code), currency))
        if rows:
            found.append(PricedGroup(group.name, tuple(rows)))
    rest = [*services.items(), *packs.items()]
    if rest:
        found.append(PricedGroup(_("No longer in the catalog"), _rest(rest, currency)))
    return found


def _pack(code: str, name: str, said: Mapping[str, Any], currency: str) -> Priced:
    return Priced(code, _("Credits of %(group)s") % {"group": name}, _("pack"), shown_price(said, currency))


def _rest(said: Sequence[tuple[str, Mapping[str, Any]]], currency: str) -> tuple[Priced, ...]:
    return tuple(Priced(code, code, "", shown_price(one, currency)) for code, one in said)
