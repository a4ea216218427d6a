"""The last cycles as a small picture: a bar for what was charged, a line for the share that was over-provisioned."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Protocol

from trueup.kit.period import Month
from trueup.web.drawing import Tick, at, is_labelled, scale, short
from trueup.web.numbers import shown

WIDTH: Final = 352
HEIGHT: Final = 190
_LEFT: Final = 50
_RIGHT: Final = 318
_TOP: Final = 14
_BOTTOM: Final = 160


class Figures(Protocol):
    """What is told of a cycle."""

    @property
    def month(self) -> Month:
        """Which one."""

    @property
    def chargeable(self) -> Decimal:
        """The units that are charged."""

    @property
    def over_provisioned_percent(self) -> Decimal:
        """The share that nobody used."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A cycle in the picture; `point` is where its share stands."""

    figures: Figures
    x: str
    y: str
    width: str
    height: str
    middle: str
    point: str
    labelled: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars with their scale at the left, the line with its own at the right."""

    bars: tuple[Bar, ...]
    line: str
    units: tuple[Tick, ...]
    shares: tuple[Tick, ...]
    first: Month
    last: Month
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = _RIGHT
    bottom: int = _BOTTOM


def chart(cycles: Sequence[Figures]) -> Chart | None:
    """The picture, the earliest cycle first; None without any."""
    if not cycles:
        return None
    units = scale(max(one.chargeable for one in cycles))
    shares = scale(max(one.over_provisioned_percent for one in cycles))
    pitch = Decimal(_RIGHT - _LEFT) / len(cycles)
    width = min(pitch * Decimal("0.7"), Decimal(36))
    bars = []
    for position, one in enumerate(cycles):
        middle, top = _LEFT + pitch * position + pitch / 2, _height(one.chargeable, units[-1])
        point = _height(one.over_provisioned_percent, shares[-1])
        labelled = is_labelled(position, len(cycles))
        bars.append(Bar(one, at(middle - width / 2), at(top), at(width), at(_BOTTOM - top), at(middle), at(point), labelled))
    return Chart(
        tuple(bars),
        " ".join(f"{bar.middle},{bar.point}" for bar in bars),
        tuple(Tick(short(value), at(_height(value, units[-1]))) for value in units),
        tuple(Tick(shown(value), at(_height(value, shares[-1]))) for value in shares),
        cycles[0].month,
        cycles[-1].month,
    )


def _height(value: Decimal, top: Decimal) -> Decimal:
    return _BOTTOM - value * (_BOTTOM - _TOP) / top
