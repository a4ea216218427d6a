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

from trueup.kit.period import Month
from trueup.kit.quantity import ZERO, round_half_up, share
from trueup.statements.rules.documents import LISTED_DECIMALS, Document, Part, parts_of, sign_of, signed
from trueup.statements.rules.settlement import less_margin

Row = dict[str, Any]
"""Texts, decimals, instants and None by the name of the column."""

CREDITS: Final = "Credits"
"""The virtual currency."""


COST_DECIMALS: Final = 12
"""Of a cost that was not billed as it stands: units and prices have six each, a margin in percent would add six more."""


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
    sign = sign_of(document["kind"])
    for line in document["lines"]:
        for part in parts_of(line, document["currency"]):
            yield {**dict.fromkeys(COLUMNS), **head, **_row(line, part, priced, document["currency"], sign=sign)}


def _head(document: Document) -> Row:
    month, seller, buyer = Month.parse_report(document["cycle"]), document["seller"], document["buyer"]
    billed, used = _period(month.cycle), _period(month.usage)
    return {
        "BillingAccountId": buyer["ref"],
        "BillingAccountName": buyer["name"],
        "BillingAccountType": "Account",
        "BillingCurrency": document["currency"],
        "BillingPeriodStart": billed[0],
        "BillingPeriodEnd": billed[1],
        "ChargePeriodStart": used[0],
        "ChargePeriodEnd": used[1],
        "ChargeCategory": "Usage",
        "ChargeClass": "Correction" if document["corrects"] or month.adjusted_in else None,
        "ChargeFrequency": "Usage-Based",
        "InvoiceId": document["number"],
        "InvoiceIssuerName": seller["name"],
        "PricingCategory": "Standard",
        "ProviderName": seller["name"],
        "PublisherName": seller["name"],
        "ServiceCategory": "Security",
        "ServiceSubcategory": "Other (Security)",
    }


def _period(month: Month) -> tuple[datetime, datetime]:
    """A month, half-open, in UTC."""
    begin, end = (datetime.combine(day, time(0), tzinfo=ZoneInfo("UTC")) for day in (month.first_day, month.end))
    return begin, end


def _row(line: Mapping[str, Any], part: Part, priced: Priced, currency: str, *, sign: int) -> Row:
    listed = round_half_up(part.exact, COST_DECIMALS)
    contracted = round_half_up(less_margin(part.exact, Decimal(line["margin_percent"])), COST_DECIMALS)
    costs = (listed, contracted, part.amount)
    by_credits = priced == Priced.CREDITS and part.credits is not None
    pricing = (part.credits or ZERO,) * 3 if by_credits else costs
    return {
        "BilledCost": signed(part.amount, sign),
        "ChargeDescription": part.name,
        "ConsumedQuantity": signed(part.units, sign),
        "ConsumedUnit": part.unit,
        "ContractedCost": signed(contracted, sign),
        "ContractedUnitPrice": _each(contracted, part.units),
        "EffectiveCost": signed(part.amount, sign),
        "ListCost": signed(listed, sign),
        "ListUnitPrice": _each(listed, part.units),
        "PricingCurrency": CREDITS if by_credits else currency,
        "PricingCurrencyContractedUnitPrice": _each(pricing[1], part.units),
        "PricingCurrencyEffectiveCost": signed(pricing[2], sign),
        "PricingCurrencyListUnitPrice": _each(pricing[0], part.units),
        "PricingQuantity": signed(part.units, sign),
        "PricingUnit": part.unit,
        "ServiceName": part.name,
        "SkuId": part.service,
        "SkuMeter": part.unit,
        "SkuPriceId": f"{part.service}/{line['code']}",
    }


def _each(cost: Decimal, units: Decimal) -> Decimal | None:
    """What one unit costs on average; of no units nothing. Unknown where late usage made more units cost less: no price is below 0."""
    if not units:
        return ZERO
    return share(abs(cost), Decimal(1), abs(units), LISTED_DECIMALS) if (cost < 0) == (units < 0) or not cost else None
