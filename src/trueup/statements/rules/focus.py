"""A statement as rows of FOCUS 1.2 (FinOps Open Cost and Usage Specification): one for each charged service.

Credits are the virtual currency the rows are priced in: one unit costs its credits. Asked for in money, they are priced in the currency
they are billed in. The costs of the rows of a line sum to its amount: what is paid in packs is shared out by credits.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final
from zoneinfo import ZoneInfo

from trueup.kit.money import HUNDRED, Money, currency_decimals
from trueup.kit.period import Month
from trueup.kit.quantity import ZERO, apportion, times
from trueup.statements.rules.documents import Document, StatementKind

Row = dict[str, Any]
"""Texts, decimals, instants and None by the name of the column."""

CREDITS: Final = "Credits"
"""The virtual currency."""

UNIT_PRICE_DECIMALS: Final = 10


class Priced(StrEnum):
    """What the pricing columns are in."""

    CREDITS = "credits"
    CURRENCY = "currency"


DECIMALS: Final = (
    "BilledCost", "ConsumedQuantity", "ContractedCost", "ContractedUnitPrice", "EffectiveCost", "ListCost", "ListUnitPrice",
    "PricingCurrencyContractedUnitPrice", "PricingCurrencyEffectiveCost", "PricingCurrencyListUnitPrice", "PricingQuantity",
)  # fmt: skip
INSTANTS: Final = ("BillingPeriodEnd", "BillingPeriodStart", "ChargePeriodEnd", "ChargePeriodStart")
COLUMNS: Final = (
    "BilledCost", "BillingAccountId", "BillingAccountName", "BillingAccountType", "BillingCurrency", "BillingPeriodEnd",
    "BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart",
    "ConsumedQuantity", "ConsumedUnit", "ContractedCost", "ContractedUnitPrice", "EffectiveCost", "InvoiceId", "InvoiceIssuerName",
    "ListCost", "ListUnitPrice", "PricingCategory", "PricingCurrency", "PricingCurrencyContractedUnitPrice",
    "PricingCurrencyEffectiveCost", "PricingCurrencyListUnitPrice", "PricingQuantity", "PricingUnit", "ProviderName", "PublisherName",
    "RegionId", "RegionName", "ResourceId", "ResourceName", "ResourceType", "ServiceCategory", "ServiceName", "ServiceSubcategory", "SkuId",
    "SkuMeter", "SkuPriceDetails", "SkuPriceId", "SubAccountId", "SubAccountName", "SubAccountType", "Tags",
)  # fmt: skip
"""In the order of the specification. Those that no statement knows anything of are there and empty, as it asks for."""


def rows_of(document: Document, *, priced: Priced = Priced.CREDITS) -> Iterator[Row]:
    """The rows of a statement in its order; a credit note takes back what it credits: its costs and quantities are below 0."""
    head = _head(document)
    sign = -1 if document["kind"] == StatementKind.CREDIT_NOTE else 1
    for line in document["lines"]:
        for charged, amount, listed in _parts(line, document["currency"]):
            yield {
                **dict.fromkeys(COLUMNS),
                **head,
                **_row(line, charged, priced, document["currency"], sign=sign, amount=amount, listed=listed),
            }


def _head(document: Document) -> Row:
    month, seller, buyer = Month.parse(document["cycle"]), document["seller"], document["buyer"]
    begin, end = (datetime.combine(day, time(0), tzinfo=ZoneInfo("UTC")) for day in (month.first_day, month.end))
    return {
        "BillingAccountId": buyer["ref"],
        "BillingAccountName": buyer["name"],
        "BillingAccountType": "Account",
        "BillingCurrency": document["currency"],
        "BillingPeriodStart": begin,
        "BillingPeriodEnd": end,
        "ChargePeriodStart": begin,
        "ChargePeriodEnd": end,
        "ChargeCategory": "Usage",
        "ChargeClass": "Correction" if document["corrects"] else None,
        "ChargeFrequency": "Usage-Based",
        "InvoiceId": document["number"],
        "InvoiceIssuerName": seller["name"],
        "PricingCategory": "Standard",
        "ProviderName": seller["name"],
        "PublisherName": seller["name"],
        "ServiceCategory": "Security",
        "ServiceSubcategory": "Other (Security)",
    }


def _parts(line: Mapping[str, Any], currency: str) -> Iterator[tuple[Mapping[str, Any], Money, Decimal]]:
    """The charged services of a line, each with its part of the amount and of the list amount."""
    weights = [Decimal(one["credits"] or one["units"]) for one in line["charged"]]
    amounts = apportion(Decimal(line["amount"]), weights, currency_decimals(currency))
    listed = apportion(Decimal(line["list_amount"]), weights, UNIT_PRICE_DECIMALS)
    yield from zip(line["charged"], amounts, listed, strict=True)


def _row(
    line: Mapping[str, Any], charged: Mapping[str, Any], priced: Priced, currency: str, *, sign: int, amount: Money, listed: Decimal
) -> Row:  # fmt: skip
    units = Decimal(charged["units"])
    contracted = times(listed, (HUNDRED - Decimal(line["margin_percent"])).scaleb(-2))
    by_credits = priced == Priced.CREDITS and charged["credits"] is not None
    costs = (Decimal(charged["credits"]),) * 3 if by_credits else (listed, contracted, amount)
    list_price, contracted_price, _ = (_each(cost, units) for cost in costs)
    return {
        "BilledCost": sign * amount, "EffectiveCost": sign * amount, "ListCost": sign * listed, "ContractedCost": sign * contracted,
        "ListUnitPrice": _each(listed, units), "ContractedUnitPrice": _each(contracted, units),
        "ConsumedQuantity": sign * units, "ConsumedUnit": charged["unit"], "PricingQuantity": sign * units, "PricingUnit": charged["unit"],
        "PricingCurrency": CREDITS if by_credits else currency, "PricingCurrencyListUnitPrice": list_price,
        "PricingCurrencyContractedUnitPrice": contracted_price, "PricingCurrencyEffectiveCost": sign * costs[2],
        "ChargeDescription": charged["name"], "ServiceName": charged["name"], "SkuId": charged["service"], "SkuMeter": charged["unit"],
        "SkuPriceId": f"{charged['service']}/{line['code']}",
    }  # fmt: skip


def _each(cost: Decimal, units: Decimal) -> Decimal:
    """What one unit costs on average; of no units nothing."""
    return (cost / units).quantize(Decimal(1).scaleb(-UNIT_PRICE_DECIMALS)) if units else ZERO
