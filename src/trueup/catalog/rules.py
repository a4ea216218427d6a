"""Names of measures and bases, the terms and how their levels combine, the decimals of well-known units."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from decimal import Decimal
from enum import StrEnum
from typing import Any

from trueup.kit.quantity import Quantity


class MeasureName(StrEnum):
    """How a month of daily values becomes one figure."""

    GROUP_PEAK_DAY = "group_peak_day"
    SERVICE_PEAK_DAY = "service_peak_day"
    OWN_MAXIMA = "own_maxima"
    PERCENTILE_DAY = "percentile_day"
    VOLUME = "volume"
    AVERAGE = "average"
    LAST_DAY = "last_day"


DEFAULT_PERCENTILE = Decimal(85)
DEFAULT_MEASURE = MeasureName.SERVICE_PEAK_DAY


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure with its percentile (0 < p ≤ 100), which only `percentile_day` uses."""

    name: MeasureName
    percentile: Decimal = DEFAULT_PERCENTILE


class ChargeableBasis(StrEnum):
    """The starting value of chargeable units; where used is unknown it is always the provisioned units."""

    USED = "used"
    PROVISIONED = "provisioned"
    GREATER = "greater"


class Penalty(StrEnum):
    """What happens at the deadline to an over-provisioned line without comment."""

    CHARGE_PROVISIONED = "charge_provisioned"
    NONE = "none"


class AutoApprove(StrEnum):
    """Which submitted reports are approved without a person."""

    NEVER = "never"
    CLEAN = "clean"
    UNCOMMENTED = "uncommented"


@dataclass(frozen=True, slots=True)
class TermsInForce:
    """The terms of one MSP on one day, complete. Thresholds: percent with decimals, units of the line."""

    auto_submit_after_days: int = 5
    resubmit_within_days: int = 3
    reminder_days_before: tuple[int, ...] = (3, 1, 0)
    over_provision_percent: Decimal = Decimal(10)
    over_provision_units: Quantity = Decimal(5)
    penalty: Penalty = Penalty.CHARGE_PROVISIONED
    auto_approve: AutoApprove = AutoApprove.CLEAN
    zero_reports: bool = False


TERMS_FIELDS: tuple[str, ...] = tuple(item.name for item in fields(TermsInForce))


def combine_terms(levels: Iterable[dict[str, Any]]) -> TermsInForce:
    """The terms that hold when each level (installation, distributor, MSP: in this order) overrides what it names.

    A value of None means: as the level above says.
    """
    combined: dict[str, Any] = {}
    for level in levels:
        combined |= {name: value for name, value in level.items() if value is not None}
    return TermsInForce(**combined)


_MEASURED_UNITS = {"gb": 3, "gib": 3, "tb": 3, "tib": 3, "mb": 3, "mib": 3, "gbps": 3, "mbps": 3, "hour": 3, "gb-month": 3}


def usual_decimals(unit: str) -> int:
    """The decimals of a billing unit that says nothing itself: 3 for volumes, bandwidths and hours, 0 for what is counted."""
    return _MEASURED_UNITS.get(unit.lower(), 0)
