"""Promo codes: checked before they unlock a price or a margin (docs/settlement.md, *Promo codes*)."""

from dataclasses import dataclass
from datetime import date

from trueup.kit.money import Percent, Price
from trueup.kit.text import Text, text
from trueup.prices.rules.lists import PriceList


@dataclass(frozen=True, slots=True)
class PromoCode:
    """A code of a seller: for a service and a buyer (None: any), from a day up to and including another, unlocking a price per unit
    or a margin."""

    code: str
    from_date: date
    until_date: date
    service: str | None = None
    buyer: str | None = None
    price: Price | None = None
    margin_percent: Percent | None = None


def why_not(
    promo: PromoCode | None, typed: str, *, day: date, service: str, buyer: str, prices: PriceList | None = None
) -> Text | None:  # fmt: skip
    """Why a code does not hold for a line; None if it does. `day` is the last day of the cycle that is billed, `prices` what the buyer
    pays by then.

    A code of another buyer is unknown: nobody learns that there is one.
    """
    if promo is None or promo.buyer not in {None, buyer}:
        return text("there is no promo code “{code}”", code=typed)
    if not promo.from_date <= day <= promo.until_date:
        return text(
            "the promo code “{code}” holds from {first} to {last}, not on {day}",
            code=promo.code, first=promo.from_date, last=promo.until_date, day=day,
        )  # fmt: skip
    if promo.service not in {None, service}:
        return text("the promo code “{code}” is not for the service “{service}”", code=promo.code, service=service)
    if prices is not None and service not in prices.services:  # it is paid in packs, or not at all
        return text("the service “{service}” has no price of its own, so no promo code holds for it", service=service)
    return None


def what_is_wrong(promo: PromoCode) -> Text | None:
    """Why a code can't be; None if it can."""
    if (promo.price is None) == (promo.margin_percent is None):
        return text("a promo code unlocks either a price or a margin")
    if promo.price is not None and promo.service is None:
        return text("a promo code that unlocks a price names its service")
    if promo.until_date < promo.from_date:
        return text("a promo code can't end before it begins")
    return None
