"""Price lists: which one holds, and what it costs by it (docs/settlement.md, *Price lists*)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from trueup.kit.money import Percent
from trueup.kit.quantity import ZERO
from trueup.prices.rules.packs import PackPrice
from trueup.prices.rules.pricing import ServicePrice


class TaxCategory(StrEnum):
    """Why a total is taxed at its rate, in the words of EN 16931."""

    STANDARD = "standard"
    ZERO_RATED = "zero_rated"
    EXEMPT = "exempt"
    REVERSE_CHARGE = "reverse_charge"
    NOT_SUBJECT = "not_subject"


@dataclass(frozen=True, slots=True)
class Tax:
    """The one tax rate of a price list. Every category but `standard` has the rate 0; `reason` says why where the law asks for it."""

    percent: Percent = ZERO
    category: TaxCategory = TaxCategory.ZERO_RATED
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PriceList:
    """What a seller charges one buyer (ref), or every buyer that has no list of its own (None), from a day on.

    `services` by code, `packs` by the code of the solution group. `margin_percent` is taken off every list price.
    """

    seller: str
    buyer: str | None
    from_date: date
    currency: str
    tax: Tax = field(default_factory=Tax)
    margin_percent: Percent = ZERO
    services: Mapping[str, ServicePrice] = field(default_factory=dict)
    packs: Mapping[str, PackPrice] = field(default_factory=dict)
    customers: frozenset[str] = frozenset()
    """Of the customers (refs) that packs name, those of the buyer: it may read of no others."""


@dataclass(frozen=True, slots=True)
class ListKey:
    """Which price list: of a seller (ref), for a buyer (ref; None: its default), from a day on."""

    seller: str
    buyer: str | None
    from_date: date

    def __str__(self) -> str:
        return f"{self.seller} → {self.told}"

    @property
    def told(self) -> str:
        """How the history of its seller names it."""
        return f"{self.buyer or '*'} {self.from_date}"


def day_of(written: str) -> date:
    """A day as it is kept: 2026-10-16, and in no other way. Raises ValueError."""
    day = date.fromisoformat(written)
    if day.isoformat() != written:  # the standard library reads other forms, and some that are none
        raise ValueError(written)
    return day


def in_force(lists: Iterable[PriceList], day: date) -> PriceList | None:
    """Of lists of one seller and buyer the latest that has begun: it counts whole."""
    begun = [one for one in lists if one.from_date <= day]
    return max(begun, key=lambda one: one.from_date, default=None)


def combined(own: PriceList | None, default: PriceList | None) -> PriceList | None:
    """What a buyer pays by: its own list, and for what that does not name the seller's default of the same currency."""
    if own is None or default is None:
        return own or default
    if own.currency != default.currency:
        return own
    return replace(own, services={**default.services, **own.services}, packs={**default.packs, **own.packs})
