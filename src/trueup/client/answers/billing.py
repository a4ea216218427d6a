"""Prices, billing reports and statements, as the API answers them."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from trueup.kit.period import Month

Document = dict[str, Any]
"""What a price list, a billing report or a statement says, as docs/settlement.md explains it: numbers are text."""


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
    """What a report would come to by the prices that are tried, and by those in force; None, with the `reason` of the tried ones, where
    something has no price."""

    msp: str
    msp_name: str
    tried: Amounts | None
    reason: str | None
    in_force: Amounts | None


@dataclass(frozen=True, slots=True)
class BillingSummary:
    """A distributor's billing report to its vendor in a list; amounts are those that were submitted."""

    cycle: Month
    distributor: str
    distributor_name: str
    vendor: str
    vendor_name: str
    status: str
    po_number: str
    submitted_at: datetime | None
    completed_at: datetime | None
    currency: str = ""
    net: Decimal | None = None
    tax: Decimal | None = None
    gross: Decimal | None = None
    version: str = ""


@dataclass(frozen=True, slots=True)
class BilledReport:
    """An approved report that a billing report is made of."""

    msp: str
    msp_name: str
    submission: str | None


@dataclass(frozen=True, slots=True)
class BillingReport:
    """A billing report. `document` is the money: as it was submitted, before that as it stands; None while something has no price.

    `obstacles` keep it from being submitted, `promo_problems` are those of promo codes, by service.
    """

    cycle: Month
    distributor: str
    distributor_name: str
    vendor: str
    vendor_name: str
    status: str
    po_number: str
    submitted_at: datetime | None
    completed_at: datetime | None
    comment: str
    return_reason: str
    promo_codes: dict[str, str]
    promo_problems: dict[str, str]
    obstacles: tuple[str, ...]
    reports: tuple[BilledReport, ...]
    document: Document | None
    version: str = ""


@dataclass(frozen=True, slots=True)
class BillingDetails:
    """What documents say of an account beyond its name; what is not said is left out."""

    account: str
    details: dict[str, str]
    version: str = ""


@dataclass(frozen=True, slots=True)
class StatementSummary:
    """A statement in a list: amounts in its currency, those of a credit note above 0 too."""

    number: str
    kind: str
    cycle: Month
    seller: str
    seller_name: str
    buyer: str
    buyer_name: str
    issue_date: date
    issued_at: datetime
    currency: str
    net: Decimal
    tax: Decimal
    gross: Decimal
    corrects: str
    corrected_by: tuple[str, ...]
    checksum: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement with all it says."""

    summary: StatementSummary
    document: Document


@dataclass(frozen=True, slots=True)
class WaitingStatement:
    """An approved report that has no statement, and why; no reason: it is a matter of moments."""

    cycle: Month
    msp: str
    msp_name: str
    reason: str | None
