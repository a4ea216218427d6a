"""What an MSP bills its customers, as the API answers it."""

from dataclasses import dataclass
from decimal import Decimal

from trueup.client.answers.billing import ChargedUnits
from trueup.kit.period import Month


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
