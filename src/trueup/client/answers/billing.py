"""Billing reports and statements, as the API answers them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from trueup.client.answers.prices import Tax
from trueup.kit.period import Month

Document = dict[str, Any]
"""What a statement says, as docs/settlement.md explains it: numbers are text."""


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
class ChargedUnits:
    """Approved units of a service, and the credits they stand for (None: it has none)."""

    service: str
    name: str
    unit: str
    units: Decimal
    credits: Decimal | None


@dataclass(frozen=True, slots=True)
class Slice:
    """Some units (packages, packs) at one price."""

    units: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class Complimentary:
    """Credits of a customer, and how many of them nobody pays."""

    customer: str
    credits: Decimal
    complimentary: Decimal


@dataclass(frozen=True, slots=True)
class MoneyLine:
    """A line: `list_amount` less the margin, rounded once, is `amount`. What is said of credits is None unless it is about packs."""

    position: int
    kind: str
    code: str
    name: str
    unit: str
    quantity: Decimal
    list_amount: Decimal
    margin_percent: Decimal
    promo_code: str
    amount: Decimal
    charged: tuple[ChargedUnits, ...]
    slices: tuple[Slice, ...] = ()
    billed_units: Decimal | None = None
    pack_size: Decimal | None = None
    credits: Decimal | None = None
    complimentary: Decimal | None = None
    billed_credits: Decimal | None = None
    complimentary_of: tuple[Complimentary, ...] = ()


@dataclass(frozen=True, slots=True)
class Money:
    """Lines, and what they come to: `net` is the sum of the lines."""

    currency: str
    tax_rate: Tax
    lines: tuple[MoneyLine, ...]
    net: Decimal
    tax: Decimal
    gross: Decimal


@dataclass(frozen=True, slots=True)
class BilledReport:
    """An approved report that a billing report is made of."""

    msp: str
    msp_name: str
    submission: str | None
    approved_at: datetime | None


@dataclass(frozen=True, slots=True)
class MissingReport:
    """A report that is not approved yet."""

    msp: str
    msp_name: str
    status: str


@dataclass(frozen=True, slots=True)
class TypedPromo:
    """A promo code of a service as it was typed, and why it does not hold (None: it does)."""

    service: str
    code: str
    problem: str | None


@dataclass(frozen=True, slots=True)
class PenaltyUnits:
    """A penalty in a report behind a line, and the units that are charged."""

    msp: str
    msp_name: str
    units: Decimal


@dataclass(frozen=True, slots=True)
class Highlight:
    """A service that is worth a look: its units are much others than last month (None: there was no report), or are penalties."""

    service: str
    name: str
    unit: str
    units: Decimal
    previous: Decimal | None
    percent: Decimal | None
    penalties: tuple[PenaltyUnits, ...]


@dataclass(frozen=True, slots=True)
class BillingReport:
    """A billing report: as it was submitted, before that as it stands.

    `amounts` are those of what has a price, None where nothing has; `obstacles` keep it from being submitted.
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
    promo_codes: tuple[TypedPromo, ...]
    reports: tuple[BilledReport, ...]
    missing: tuple[MissingReport, ...]
    units: tuple[ChargedUnits, ...]
    unpriced: tuple[str, ...]
    amounts: Money | None
    highlights: tuple[Highlight, ...]
    obstacles: tuple[str, ...]
    version: str = ""


@dataclass(frozen=True, slots=True)
class BillingDetails:
    """What documents say of an account beyond its name; what is not said is left out."""

    account: str
    details: dict[str, str]
    version: str = ""


@dataclass(frozen=True, slots=True)
class StatementSummary:
    """A statement in a list: amounts in its currency, those of a credit note above 0 too. Names are those it was issued with."""

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
class StatementSource:
    """What a statement follows from: the report of an MSP, or the billing report of a distributor, and which version of it."""

    kind: str
    cycle: Month
    version: int
    msp: str | None = None
    distributor: str | None = None
    po_number: str | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement with all it says. `document` is the whole that the checksum is over, where it was asked for."""

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
    reason: str
    seller_party: dict[str, str]
    buyer_party: dict[str, str]
    source: StatementSource
    amounts: Money
    document: Document | None = None


@dataclass(frozen=True, slots=True)
class Corrected:
    """What a correction made: a credit note over all of a statement, and what it should have said.

    `also`: the same for what was said of late usage since.
    """

    corrected: str
    credit_note: StatementSummary
    replacement: StatementSummary
    also: tuple[StatementSummary, ...] = ()


@dataclass(frozen=True, slots=True)
class WaitingStatement:
    """An approved report that has no statement, and why; no reason: it is a matter of moments."""

    cycle: Month
    msp: str
    msp_name: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class BillLine:
    """A line of what an MSP bills a customer."""

    kind: str
    code: str
    name: str
    unit: str
    quantity: Decimal
    list_amount: Decimal
    margin_percent: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class CustomerBill:
    """What to bill one customer; without amounts, and with a `reason`, where something has no price.

    `cost` is its part of what the MSP itself pays, `margin` what is left of `net`: None while nobody knows.
    """

    customer: str
    name: str
    units: tuple[ChargedUnits, ...]
    lines: tuple[BillLine, ...]
    currency: str | None
    net: Decimal | None
    tax: Decimal | None
    gross: Decimal | None
    reason: str | None
    cost: Decimal | None
    margin: Decimal | None


@dataclass(frozen=True, slots=True)
class BilledLine:
    """A line of the report, and how much of it customers are billed: all of it (`missing` is 0)."""

    service: str
    name: str
    unit: str
    units: Decimal
    billed: Decimal
    missing: Decimal
    customers: int


@dataclass(frozen=True, slots=True)
class BillSums:
    """What all bills in the currency of the month come to; `others` are not in it."""

    net: Decimal
    tax: Decimal
    gross: Decimal
    cost: Decimal | None
    margin: Decimal | None
    others: int


@dataclass(frozen=True, slots=True)
class CustomerBills:
    """What an MSP bills its customers for a month; `is_final`: its report is approved."""

    cycle: Month
    msp: str
    is_final: bool
    currency: str | None
    cost_currency: str | None
    cost_net: Decimal | None
    lines: tuple[BilledLine, ...]
    sums: BillSums
    bills: tuple[CustomerBill, ...]


@dataclass(frozen=True, slots=True)
class Download:
    """A file: its content comes in pieces, as it is made. Read it to its end: what is cut off is told there."""

    name: str
    media_type: str
    content: Iterator[bytes]
