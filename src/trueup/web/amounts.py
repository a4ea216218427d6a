"""Units added up, each kind for itself: seats and gigabytes have no sum."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from trueup.kit.quantity import ZERO
from trueup.reports.queries import LineView
from trueup.web import numbers


@dataclass(frozen=True, slots=True)
class Amount:
    """So many of a billing unit, shown with its decimals."""

    unit: str
    decimals: int
    value: Decimal

    def __str__(self) -> str:
        """`40 seat`."""
        return f"{numbers.shown(self.value, self.decimals)} {self.unit}"


def per_unit(values: Iterable[tuple[LineView, Decimal]]) -> tuple[Amount, ...]:
    """Values of lines, added up for each unit, in the order of the lines. Units that differ in decimals alone are one."""
    sums: dict[str, Amount] = {}
    for line, value in values:
        before = sums.get(line.unit, Amount(line.unit, 0, ZERO))
        sums[line.unit] = Amount(line.unit, max(before.decimals, line.decimals), before.value + value)
    return tuple(sums.values())


def said(amounts: Sequence[Amount]) -> str:
    """All in one line: `40 seat, 12.5 GB`."""
    return ", ".join(str(one) for one in amounts)
