"""Who of the customers behind a line is charged for how much of it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from trueup.kit.quantity import ZERO, Quantity, added, apportion


class Charged(Protocol):
    """What has to be known of a line: units that were used, units it charges by default, decimals of its unit."""

    @property
    def used(self) -> Quantity | None: ...

    @property
    def default_chargeable(self) -> Quantity: ...

    @property
    def decimals(self) -> int: ...


class Part(Protocol):
    """One customer's part of a line; the parts sum to it."""

    @property
    def provisioned(self) -> Quantity: ...

    @property
    def used(self) -> Quantity | None: ...


def chargeable_shares(total: Quantity, line: Charged, parts: Sequence[Part]) -> list[Quantity]:
    """Chargeable units of each customer; they sum to `total` exactly.

    What is charged is what they used, or what they had, where one of these is the total; anything else is shared out in proportion
    to what the line is charged by. Without any usage everybody has the same part.
    """
    used = [part.used if part.used is not None else ZERO for part in parts]
    provisioned = [part.provisioned for part in parts]
    for weights in (used, provisioned):
        if added(weights) == total:
            return weights
    by_use = line.used is not None and line.default_chargeable == line.used
    order = (used, provisioned) if by_use else (provisioned, used)
    weights = next((weights for weights in order if any(weights)), [Decimal(1)] * len(parts))
    return apportion(total, weights, line.decimals)
