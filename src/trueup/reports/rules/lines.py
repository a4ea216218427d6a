"""The figures of a line: what is measured, what is charged by default, what is charged in the end."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from trueup.catalog.rules import ChargeableBasis, TermsInForce
from trueup.kit.errors import Invalid
from trueup.kit.quantity import CREDIT_DECIMALS, ZERO, Credits, Quantity, added, parse_quantity, round_half_up, share
from trueup.kit.text import text


class Outcome(StrEnum):
    """Why a line charges what it charges."""

    AS_SAVED = "as_saved"
    PENALTY = "penalty"
    DEFAULT_RESTORED = "default_restored"
    WAIVED = "waived"


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured: units, credits (None: the service has none), used None is unknown; `days` are the chosen days."""

    provisioned: Quantity
    used: Quantity | None
    credits: Credits | None
    days: tuple[date, ...] = ()

    @property
    def over_provisioned(self) -> Quantity | None:
        """Provisioned units beyond the used ones, never below 0; unknown used ⇒ unknown."""
        return None if self.used is None else max(self.provisioned - self.used, ZERO)

    @property
    def over_provisioned_percent(self) -> Decimal | None:
        """Over-provisioned units in percent of the provisioned ones, one decimal, half up; provisioned 0 ⇒ 0."""
        over = self.over_provisioned
        if over is None:
            return None
        return round_half_up(over * 100 / self.provisioned, 1) if self.provisioned else ZERO


NOTHING = Figures(ZERO, None, None)
"""The figures of a service without any record."""


@dataclass(frozen=True, slots=True)
class LineState:
    """A line as the rules see it. `saved` is the chargeable value the MSP saved, None where it left the default. `agreed`: of an
    adjustment, it is measured as it was when it was approved before: nobody has to explain it again, and no penalty falls on it."""

    service: str
    figures: Figures
    default: Quantity
    saved: Quantity | None
    comment: str
    outcome: Outcome = Outcome.AS_SAVED
    incomplete: bool = False
    source_changed: bool = False
    agreed: bool = False

    @property
    def as_saved(self) -> Quantity:
        """Chargeable units as the MSP left them."""
        return self.default if self.saved is None else self.saved

    @property
    def chargeable(self) -> Quantity:
        """Chargeable units in the end: what goes to final billing once the report is approved."""
        if self.outcome == Outcome.PENALTY:
            return self.figures.provisioned
        if self.outcome == Outcome.DEFAULT_RESTORED:
            return self.default
        return self.as_saved


def default_chargeable(figures: Figures, basis: ChargeableBasis) -> Quantity:
    """The starting value of chargeable units; unknown used ⇒ provisioned, always."""
    if figures.used is None or basis == ChargeableBasis.PROVISIONED:
        return figures.provisioned
    if basis == ChargeableBasis.GREATER:
        return max(figures.provisioned, figures.used)
    return figures.used


def credits_of_one(figures: Figures, charged: Quantity) -> Credits | None:
    """Credits that stand for one unit of a line: a provisioned, else a used one, else one that was charged. None: nobody knows."""
    units = figures.provisioned or figures.used or (charged if figures.credits else ZERO)
    return share(figures.credits, Decimal(1), units, CREDIT_DECIMALS) if figures.credits is not None and units else None


def adjusted_default(measured: Quantity, *, charged_before: Quantity, measured_before: Quantity) -> Quantity:
    """The starting value of a line that adjusts an earlier one: what that charged, and by how much more (or less) is measured now.

    So what people agreed on stays agreed, and only what came late is added. `measured_before` is what the figures of the earlier line
    would have charged by default. Never below 0.
    """
    return max(added((charged_before, measured, measured_before.copy_negate())), ZERO)


def is_over_provisioned(figures: Figures, terms: TermsInForce) -> bool:
    """Whether over-provisioned units and percent both reach the thresholds of the terms."""
    over, percent = figures.over_provisioned, figures.over_provisioned_percent
    if not over or percent is None:  # unknown, or nothing over: thresholds of 0 do not make nothing something
        return False
    return over >= terms.over_provision_units and percent >= terms.over_provision_percent


def read_chargeable(typed: str, *, default: Quantity, decimals: int) -> Quantity | None:
    """Read what the MSP typed: units, or None for empty text, which takes an edit back to the default.

    A value that equals the default is an edit all the same: it stays when the default changes.
    Raises Invalid unless it is a number ≥ 0 with at most the unit's decimals. The default itself may have more:
    it is measured, and somebody who sends back what was shown changes nothing.
    """
    if not typed.strip():
        return None
    try:
        return parse_quantity(typed, decimals=decimals, name=text("chargeable"))
    except Invalid:
        if _is(typed, default):
            return default
        raise


def _is(typed: str, value: Decimal) -> bool:
    """Whether a text that may be anything writes this number."""
    try:
        return parse_quantity(typed) == value
    except Invalid:
        return False
