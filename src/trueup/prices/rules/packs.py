"""Credits sold in packs: what is complimentary is taken off each customer, the rest of the group is counted in whole packs
(docs/settlement.md, *Packs of credits*)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Protocol

from trueup.kit.money import Percent
from trueup.kit.quantity import CREDIT_DECIMALS, ZERO, Credits, Quantity, added, apportion, round_half_up, share, times
from trueup.prices.rules.pricing import PriceTier, Slice, by_volume

PACK_SIZE = Decimal(100)
"""Credits in a pack where a price list says nothing else."""

NOBODY: Final = ""
"""Whose credits are, where there is no customer to name: nothing is complimentary to nobody."""


@dataclass(frozen=True, slots=True)
class PackPrice:
    """What the credits of a solution group cost: the price of a pack by the number of packs, and the credits that are complimentary
    each month: to every customer, or as said for one (by ref). `margin_percent` None: that of the price list."""

    tiers: tuple[PriceTier, ...]
    pack_size: Credits = PACK_SIZE
    complimentary: Credits = ZERO
    complimentary_of: Mapping[str, Credits] = field(default_factory=dict)
    margin_percent: Percent | None = None

    def complimentary_to(self, customer: str) -> Credits:
        """Credits a month that a customer does not pay."""
        return ZERO if customer == NOBODY else self.complimentary_of.get(customer, self.complimentary)


@dataclass(frozen=True, slots=True)
class CustomerCredits:
    """Credits of one customer in the group, and how many of them are complimentary: never more than there are, nothing rolls over."""

    customer: str
    credits: Credits
    complimentary: Credits

    @property
    def billed(self) -> Credits:
        """What is left to pay."""
        return self.credits - self.complimentary


@dataclass(frozen=True, slots=True)
class Packed:
    """The credits of a group as they are charged: whole packs at one price; their amount is exact."""

    customers: tuple[CustomerCredits, ...]
    packs: Slice

    @property
    def credits(self) -> Credits:
        """Of all customers, the complimentary ones included."""
        return added(one.credits for one in self.customers)

    @property
    def complimentary(self) -> Credits:
        """What nobody pays."""
        return added(one.complimentary for one in self.customers)

    @property
    def billed(self) -> Credits:
        """What is counted in packs."""
        return added(one.billed for one in self.customers)


def packed(price: PackPrice, by_customer: Sequence[tuple[str, Credits]]) -> Packed:
    """What the credits of a group's customers (ref, credits; each once) cost, not rounded to money."""
    customers = tuple(CustomerCredits(customer, own, min(own, price.complimentary_to(customer))) for customer, own in by_customer)
    billed = added(one.billed for one in customers)
    return Packed(customers, by_volume(price.tiers, packs_of(billed, price.pack_size)))


def packs_of(billed: Credits, size: Credits) -> Decimal:
    """Credits in whole packs, rounded half up: 32.49 → 32, 32.50 → 33."""
    return share(billed, Decimal(1), size, 0)


class Measured(Protocol):
    """What was measured of a line, or of one customer behind it."""

    @property
    def provisioned(self) -> Quantity: ...

    @property
    def used(self) -> Quantity | None: ...

    @property
    def credits(self) -> Credits | None: ...


def chargeable_credits(chargeable: Quantity, measured: Measured, *, per_unit: Credits | None) -> Credits | None:
    """Credits of the chargeable units of a line: those measured, as chargeable is to provisioned units (to used ones where none is
    provisioned), 6 decimals half up.

    Where no units or no credits were measured, by the credit requirement; without one, 0 credits that were measured of units are 0.
    None: nobody knows, or the service has no credits.
    """
    known = measured.credits
    if known is not None and measured.provisioned:
        return share(known, chargeable, measured.provisioned, CREDIT_DECIMALS)
    if known and measured.used:
        return share(known, chargeable, measured.used, CREDIT_DECIMALS)
    if per_unit is not None:
        return round_half_up(times(chargeable, per_unit), CREDIT_DECIMALS)
    if known is not None and (measured.used or not chargeable):
        return ZERO
    return known or None  # credits without any units have no proportion: whatever is charged stands for all of them


def shared_credits(own: Credits, line: Measured, parts: Sequence[tuple[Quantity, Measured]], *, per_unit: Credits | None) -> list[Credits]:
    """The chargeable credits of a line (`own`) shared out among its customers (chargeable units, what was measured): sums to it exactly.

    In the proportion of what each would come to alone; where nobody comes to anything, of the units.
    """
    weights = [_alone(own, line, units, measured, per_unit) for units, measured in parts]
    return apportion(own, weights if any(weights) else [units for units, _ in parts], CREDIT_DECIMALS)


def _alone(own: Credits, line: Measured, units: Quantity, measured: Measured, per_unit: Credits | None) -> Credits:
    """The chargeable credits of a customer as if it were the line. One with credits and nothing provisioned, as two days make it,
    keeps as much of them as the line does."""
    found = chargeable_credits(units, measured, per_unit=per_unit) or ZERO
    if found or measured.provisioned or not measured.credits or not line.credits:
        return found
    return share(measured.credits, own, line.credits, CREDIT_DECIMALS)
