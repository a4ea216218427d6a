"""From units to an exact amount: unit prices, tiers, packages, free units and minimums (docs/settlement.md, *Prices*)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import ceil

from trueup.kit.money import Percent, Price
from trueup.kit.quantity import ZERO, Quantity, added, times
from trueup.kit.text import Text, text


class Pricing(StrEnum):
    """How a price is made of units."""

    UNIT = "unit"
    """One price for each unit."""
    VOLUME = "volume"
    """One price for all units, by the tier that their number falls into."""
    GRADUATED = "graduated"
    """Each slice of the units at the price of its tier."""
    PACKAGE = "package"
    """Whole packages, begun ones counting; one price for all of them, by the tier that their number falls into."""


@dataclass(frozen=True, slots=True)
class PriceTier:
    """The price up to and including a number of units (packages, packs); the last tier has no end."""

    up_to: Quantity | None
    price: Price


@dataclass(frozen=True, slots=True)
class ServicePrice:
    """What a service costs. `free_units` are taken off first, then at least `minimum_units` are priced, then at least `minimum_amount` is
    charged: a minimum is due whenever there is a line, also one of zero units. `margin_percent` None: that of the price list."""

    pricing: Pricing
    tiers: tuple[PriceTier, ...]
    package_size: Quantity | None = None
    free_units: Quantity = ZERO
    minimum_units: Quantity = ZERO
    minimum_amount: Decimal = ZERO
    margin_percent: Percent | None = None


@dataclass(frozen=True, slots=True)
class Slice:
    """Some units (packages, packs) at one price; their amount is exact."""

    units: Quantity
    price: Price

    @property
    def exact(self) -> Decimal:
        """Units times price."""
        return times(self.units, self.price)


@dataclass(frozen=True, slots=True)
class Priced:
    """Units as they were priced: how many were billed after free and minimum units, in which slices, and the exact amount."""

    units: Quantity
    billed_units: Quantity
    slices: tuple[Slice, ...]
    exact: Decimal


def unit_price(price: Price) -> ServicePrice:
    """The simplest price."""
    return ServicePrice(Pricing.UNIT, (PriceTier(None, price),))


def priced(price: ServicePrice, units: Quantity) -> Priced:
    """What a number of units ≥ 0 costs, not rounded: that is done once per line."""
    billed = max(units - price.free_units, ZERO, price.minimum_units)
    slices = tuple(_slices(price, billed))
    exact = max(added(one.exact for one in slices), price.minimum_amount)
    return Priced(units, billed, slices, exact)


def _slices(price: ServicePrice, billed: Quantity) -> Iterator[Slice]:
    if price.pricing == Pricing.GRADUATED:
        yield from _graduated(price.tiers, billed)
    elif price.pricing == Pricing.PACKAGE and price.package_size:
        yield by_volume(price.tiers, whole_packages(billed, price.package_size))
    else:
        yield by_volume(price.tiers, billed)


def by_volume(tiers: Sequence[PriceTier], count: Decimal) -> Slice:
    """All at the price of the tier that their number falls into."""
    return Slice(count, next(tier.price for tier in tiers if tier.up_to is None or count <= tier.up_to))


def whole_packages(units: Quantity, size: Quantity) -> Decimal:
    """How many packages hold the units: one that is begun counts."""
    return Decimal(ceil(Fraction(units) / Fraction(size)))


def _graduated(tiers: Sequence[PriceTier], billed: Quantity) -> Iterator[Slice]:
    """A slice for each tier that is reached; the first also of nothing."""
    begin = ZERO
    for tier in tiers:
        end = billed if tier.up_to is None else min(billed, tier.up_to)
        if end > begin or not begin:
            yield Slice(end - begin, tier.price)
        begin = max(begin, end)
        if begin >= billed:
            return


def what_is_wrong(price: ServicePrice) -> Text | None:
    """Why a price can't be: in the words of whoever keeps the price list; None if it can."""
    if price.pricing == Pricing.UNIT and (len(price.tiers) != 1 or price.tiers[0].up_to is not None):
        return text("a price per unit has one price and no tiers")
    if price.pricing == Pricing.PACKAGE and not price.package_size:
        return text("a price per package needs the size of a package, above 0")
    if price.pricing != Pricing.PACKAGE and price.package_size is not None:
        return text("only a price per package has a size of a package")
    return what_is_wrong_with_tiers(price.tiers)


def what_is_wrong_with_tiers(tiers: Sequence[PriceTier]) -> Text | None:
    """Why tiers can't be: they rise, and only the last has no end."""
    ends = [tier.up_to for tier in tiers]
    if not ends or ends[-1] is not None:
        return text("the last tier must have no end: leave “up to” empty there")
    begun = [end for end in ends[:-1] if end is not None]
    if len(begun) != len(ends) - 1:
        return text("only the last tier has no end")
    if any(later <= earlier for earlier, later in zip([ZERO, *begun], begun, strict=False)):
        return text("each tier must end above the one before, and the first above 0")
    return None
