"""From approved units to money: the lines of a statement and what they come to (docs/settlement.md, *Lines and totals*).

Everything here is a function of the charged lines and of a price list: a statement, a simulation, an adjustment and what to bill a customer
are the same computation with other lines or other prices.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from trueup.kit.errors import Invalid
from trueup.kit.money import HUNDRED, Money, Percent, currency_decimals, round_money, total
from trueup.kit.quantity import ZERO, Credits, Quantity, added, apportion, times
from trueup.kit.text import Text, joined, plural, text
from trueup.prices.rules.lists import PriceList, Tax
from trueup.prices.rules.packs import NOBODY, Packed, PackPrice, packed
from trueup.prices.rules.pricing import Priced, ServicePrice, priced, unit_price
from trueup.prices.rules.promos import PromoCode


class LineKind(StrEnum):
    """What a line of a statement charges."""

    SERVICE = "service"
    PACKS = "packs"


@dataclass(frozen=True, slots=True)
class CustomerShare:
    """What of a charged line is one customer's (ref): the shares of a line sum to it exactly."""

    customer: str
    units: Quantity
    credits: Credits | None


@dataclass(frozen=True, slots=True)
class ChargedLine:
    """Approved units of a service, with the credits they stand for (None: the service has none) and the customers behind them."""

    service: str
    service_name: str
    group: str
    group_name: str
    unit: str
    decimals: int
    units: Quantity
    credits: Credits | None = None
    customers: tuple[CustomerShare, ...] = ()


@dataclass(frozen=True, slots=True)
class SettledLine:
    """A line of a statement: units of a service, or packs of the credits of a solution group.

    `exact` is the list price before margin; `amount` after it, rounded: the only rounding of the line. `services` are the charged
    lines behind it, by code: one, or all services of the group that are paid in packs.
    """

    kind: LineKind
    code: str
    name: str
    unit: str
    quantity: Quantity
    exact: Decimal
    margin_percent: Percent
    amount: Money
    services: tuple[str, ...]
    promo_code: str = ""
    priced: Priced | None = None
    packed: Packed | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What lines come to. `net` is the sum of the rounded lines, `tax` is rounded once, on it."""

    currency: str
    lines: tuple[SettledLine, ...]
    tax_rate: Tax
    net: Money
    tax: Money

    @property
    def gross(self) -> Money:
        """What is to be paid."""
        return total((self.net, self.tax), self.currency)


MOST_MONEY = Decimal(10) ** 14
"""An amount stays below this; so does a quantity of packs."""


def why_not(prices: PriceList | None, lines: Iterable[ChargedLine]) -> Text | None:
    """Why lines can't be settled by a price list, in a sentence; None if they can."""
    if prices is None:
        return text("there is no price list")
    missing = without_price(prices, lines)
    if missing:
        services = joined(line.service for line in missing[:5])
        return plural(
            "there is no price for {services}", "{count} services have no price, among them {services}", len(missing), services=services
        )
    return None


def without_price(prices: PriceList, lines: Iterable[ChargedLine]) -> list[ChargedLine]:
    """The lines that charge something and have no price: as long as there are any, nothing can be settled."""
    return [line for line in lines if line.units and not _price_of(prices, line)]


def settled(prices: PriceList, lines: Sequence[ChargedLine], promos: Mapping[str, PromoCode] | None = None) -> Settled:
    """What charged lines come to, in their order; `promos` by service have been checked before (prices.rules.promos).

    Packs of a group stand where its first line does. A line of nothing that has no price is left out. Raises Invalid for what is more
    money than there is.
    """
    unlocked = promos or {}
    made: list[SettledLine] = []
    for line in lines:
        price = _price_of(prices, line)
        if isinstance(price, ServicePrice):
            made.append(_of_service(prices, line, price, unlocked.get(line.service)))
        elif price and line.group not in {one.code for one in made if one.kind == LineKind.PACKS}:
            made.append(_of_group(prices, [one for one in lines if one.group == line.group and _price_of(prices, one) is price], price))
    return _summed(prices.currency, prices.tax, made)


def _price_of(prices: PriceList, line: ChargedLine) -> ServicePrice | PackPrice | None:
    """The price of the service itself, else of the packs that its credits fill."""
    return prices.services.get(line.service) or (prices.packs.get(line.group) if line.credits is not None else None)


def _of_service(prices: PriceList, line: ChargedLine, price: ServicePrice, promo: PromoCode | None) -> SettledLine:
    if promo and promo.price is not None:
        price = replace(unit_price(promo.price), margin_percent=price.margin_percent)
    margins = (promo.margin_percent if promo else None, price.margin_percent, prices.margin_percent)
    margin = next(one for one in margins if one is not None)
    result = priced(price, line.units)
    amount = _charged(result.exact, margin, prices.currency)
    return SettledLine(
        LineKind.SERVICE, line.service, line.service_name, line.unit, line.units, result.exact, margin, amount, (line.service,),
        promo.code if promo else "", priced=result,
    )  # fmt: skip


def _of_group(prices: PriceList, lines: Sequence[ChargedLine], price: PackPrice) -> SettledLine:
    result = packed(price, _credits_by_customer(lines))
    margin = prices.margin_percent if price.margin_percent is None else price.margin_percent
    amount = _charged(result.packs.exact, margin, prices.currency)
    services = tuple(line.service for line in lines)
    first = lines[0]
    return SettledLine(
        LineKind.PACKS, first.group, first.group_name, "pack", result.packs.units, result.packs.exact, margin, amount, services,
        packed=result,
    )  # fmt: skip


def _credits_by_customer(lines: Iterable[ChargedLine]) -> list[tuple[str, Credits]]:
    """Credits of each customer over all lines, in the order in which customers come."""
    found: dict[str, list[Credits]] = {}
    for line in lines:
        for share in line.customers or (CustomerShare(NOBODY, line.units, line.credits),):
            found.setdefault(share.customer, []).append(share.credits or ZERO)
    return [(customer, added(own)) for customer, own in found.items()]


def _charged(exact: Decimal, margin: Percent, currency: str) -> Money:
    """A list amount less the margin: rounded here and nowhere else."""
    return round_money(less_margin(exact, margin), currency)


def less_margin(listed: Decimal, margin: Percent) -> Decimal:
    """What is left of a list amount or price, exactly."""
    return times(listed, (HUNDRED - margin).scaleb(-2))


def tax_on(net: Money, percent: Percent, currency: str) -> Money:
    """Tax is rounded once, on the net amount."""
    return round_money(times(net, percent.scaleb(-2)), currency)


def _summed(currency: str, rate: Tax, lines: Sequence[SettledLine]) -> Settled:
    net = total((line.amount for line in lines), currency)
    if max((abs(amount) for amount in (net, *(one for line in lines for one in (line.amount, line.quantity)))), default=ZERO) >= MOST_MONEY:
        raise Invalid(text("this comes to more money than a statement can say"))
    return Settled(currency, tuple(lines), rate, net, tax_on(net, rate.percent, currency))


def by_customer(lines: Iterable[ChargedLine]) -> dict[str, list[ChargedLine]]:
    """What each customer (ref) is charged for; one that is charged nothing of a service has no line of it."""
    found: dict[str, list[ChargedLine]] = {}
    for line in lines:
        for share in line.customers:
            if share.units:
                own = replace(line, units=share.units, credits=share.credits, customers=(share,))
                found.setdefault(share.customer, []).append(own)
    return found


def shares_of(line: SettledLine, charged: Sequence[ChargedLine], currency: str) -> dict[str, Money]:
    """What of a line's amount falls on each customer (ref), by units, or by credits that are not complimentary: sums to it exactly."""
    if line.packed:
        weights = {one.customer: one.billed for one in line.packed.customers}
    else:
        behind = next(one for one in charged if one.service == line.code)
        weights = {share.customer: share.units for share in behind.customers}
    parts = apportion(line.amount, list(weights.values()), currency_decimals(currency))
    return dict(zip(weights, parts, strict=True))
