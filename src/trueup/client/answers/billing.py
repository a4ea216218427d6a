"""Billing reports, billing details and lines of money, as the API answers them."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from trueup.client.answers.prices import Tax
from trueup.kit.period import Month


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
class Side:
    """What a whole line comes to; how it is priced is said of what it is now."""

    quantity: Decimal
    list_amount: Decimal
    amount: Decimal
    slices: tuple[Slice, ...] = ()


@dataclass(frozen=True, slots=True)
class MoneyLine:
    """A line: `list_amount` less the margin, rounded once, is `amount`. What is said of credits is None unless it is about packs.

    About late usage its figures are the difference between the line `after` and `before` it; else these are None.
    """

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
    before: Side | None = None
    after: Side | None = None


@dataclass(frozen=True, slots=True)
class Money:
    """Lines, and what they come to: `net` is the sum of the lines. Of late usage it is the difference to the statements it `adjusts`."""

    currency: str
    tax_rate: Tax
    lines: tuple[MoneyLine, ...]
    net: Decimal
    tax: Decimal
    gross: Decimal
    adjusts: tuple[str, ...] = ()


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
class LineBehind:
    """A line of an approved report that a billing report charges: its units, and the credits they stand for (None: it has none)."""

    cycle: Month
    msp: str
    msp_name: str
    service: str
    service_name: str
    group: str
    unit: str
    units: Decimal
    credits: Decimal | None


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
