"""Price lists and promo codes, as the API answers them."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

Document = dict[str, Any]
"""What a price list says, as docs/settlement.md explains it: numbers are text."""


@dataclass(frozen=True, slots=True)
class PriceListSummary:
    """A price list in a list: of a seller for a buyer (None: everybody who has no list of its own) from a day on."""

    seller: str
    seller_name: str
    buyer: str | None
    buyer_name: str
    from_date: date = field(metadata={"api": "from"})
    currency: str
    service_count: int
    pack_count: int
    saved_at: datetime
    saved_by: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class Tax:
    """The one tax rate of a price list, why it is taxed so, and the reason where somebody said one."""

    percent: Decimal
    category: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PriceList:
    """A price list with all its prices: of services and of packs of credits, by code."""

    seller: str
    seller_name: str
    buyer: str | None
    buyer_name: str
    from_date: date = field(metadata={"api": "from"})
    currency: str
    tax: Tax
    margin_percent: Decimal
    services: Document
    packs: Document
    saved_at: datetime
    saved_by: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class PromoCode:
    """A promo code of a seller; service and buyer are None where it holds for any. It unlocks a price or a margin."""

    seller: str
    code: str
    from_date: date = field(metadata={"api": "from"})
    until: date
    service: str | None
    buyer: str | None
    price: Decimal | None
    margin_percent: Decimal | None
    saved_at: datetime
    saved_by: str
    version: str = ""


@dataclass(frozen=True, slots=True)
class PromoCheck:
    """Whether a promo code holds, and what it unlocks; else why not."""

    holds: bool
    reason: str | None
    price: Decimal | None = None
    margin_percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Amounts:
    """What something comes to."""

    currency: str
    net: Decimal
    tax: Decimal
    gross: Decimal


@dataclass(frozen=True, slots=True)
class Simulated:
    """What one buyer pays for a month, and would pay with the list that is tried: None, with the reason, where something has no price.

    `difference`: what it would pay more before tax; None where one of the two is not known, or is in another currency.
    """

    buyer: str
    buyer_name: str
    now: Amounts | None
    why_not_now: str | None
    by_list: Amounts | None
    why_not_by_list: str | None
    difference: Decimal | None
