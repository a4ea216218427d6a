"""A figure, what it should be, and whether it is."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

Times: TypeAlias = list[float]
"""Seconds, one entry per repetition."""


@dataclass(frozen=True)
class Target:
    """The bound a figure has to keep; without a limit the figure is only told."""

    limit: float | None
    at_least: bool = False
    unit: str = "×"

    def is_met(self, value: float) -> bool:
        """Whether a value keeps the bound."""
        if self.limit is None:
            return True
        return value >= self.limit if self.at_least else value <= self.limit

    def text(self, value: float) -> str:
        """A value in the target's unit, with three digits that count."""
        digits = 0 if abs(value) >= 100 or self.unit == "" else 1 if abs(value) >= 10 else 2
        return f"{value:,.{digits}f}{self.unit}"

    def __str__(self) -> str:
        return "" if self.limit is None else f"{'≥' if self.at_least else '≤'} {self.limit:g}{self.unit}"


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    name: str
    data: str
    """On how much it was measured."""
    values: Sequence[float]
    target: Target
    parts: str
    """The two sides of a ratio in absolute terms."""

    @property
    def median(self) -> float:
        """What is compared with the target."""
        return statistics.median(self.values)

    @property
    def verdict(self) -> str:
        """`pass`, `short`, or nothing where there is no target."""
        if self.target.limit is None:
            return ""
        return "pass" if self.target.is_met(self.median) else "short"

    @property
    def spread(self) -> str:
        """The lowest and the highest value, where there are several."""
        if len(self.values) < 2:
            return ""
        return f"{self.target.text(min(self.values))} – {self.target.text(max(self.values))}"


def ratios(above: Times, below: Times) -> Times:
    """Repetition by repetition, as the two sides took turns; where one side has fewer, its median stands for all."""
    if len(above) == len(below):
        return [one / other for one, other in zip(above, below, strict=True)]
    if len(above) > len(below):
        return [one / statistics.median(below) for one in above]
    return [statistics.median(above) / other for other in below]


def seconds(times: Times) -> str:
    """The median, for people."""
    value = statistics.median(times)
    return f"{value * 1000:,.0f} ms" if value < 1 else f"{value:,.1f} s"
