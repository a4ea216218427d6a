"""What was billed, how months were reviewed, what could be saved: as the API answers it."""

from dataclasses import dataclass
from decimal import Decimal

from trueup.kit.period import Month


@dataclass(frozen=True, slots=True)
class Billed:
    """What was billed of one thing in one currency, before tax; of several services `unit` is empty."""

    key: str
    name: str
    currency: str
    unit: str
    units: Decimal
    credits: Decimal | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The reports of a month together. `comments` counts lines with a comment, by reason code (empty: without one)."""

    cycle: Month
    reports: int
    provisioned: Decimal
    chargeable: Decimal
    over_provisioned: Decimal
    over_provisioned_percent: Decimal
    penalties: int
    penalty_units: Decimal
    comments: dict[str, int]


@dataclass(frozen=True, slots=True)
class ToDeprovision:
    """Units a customer does not use, and its part of the saving next month (None: nobody knows the price)."""

    customer: str
    name: str
    provisioned: Decimal
    used: Decimal
    units: Decimal
    saving: Decimal | None


@dataclass(frozen=True, slots=True)
class OverProvisioned:
    """A line with units nobody uses: how many of them are charged, what they cost this month, what is saved next month without them."""

    service: str
    name: str
    unit: str
    over_provisioned: Decimal
    charged: Decimal
    cost: Decimal | None
    saving: Decimal | None
    customers: tuple[ToDeprovision, ...]


@dataclass(frozen=True, slots=True)
class Deprovisioning:
    """What an MSP could deprovision. `cost` is in `currency`, `saving` in `next_currency`; both are of all lines together."""

    cycle: Month
    msp: str
    msp_name: str
    currency: str
    cost: Decimal | None
    next_currency: str
    saving: Decimal | None
    lines: tuple[OverProvisioned, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """A line under a measure, and what it charges by default."""

    provisioned: Decimal
    used: Decimal | None
    chargeable: Decimal


@dataclass(frozen=True, slots=True)
class MeasuredLine:
    """A service under every measure; `measure` is the one in force."""

    service: str
    name: str
    unit: str
    measure: str
    by_measure: dict[str, Measured]


@dataclass(frozen=True, slots=True)
class MeasuredOtherwise:
    """A month under each measure, and what all lines come to by it before tax; `in_force`: each line under its own."""

    cycle: Month
    msp: str
    msp_name: str
    currency: str
    in_force: Decimal | None
    totals: dict[str, Decimal | None]
    lines: tuple[MeasuredLine, ...]
