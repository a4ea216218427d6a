"""The last cycles as a small picture: a bar for what was charged, a line for the share that was over-provisioned."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from typing import Final, Protocol

from babel.numbers import format_compact_decimal
from django.utils.translation import get_language

from trueup.kit.period import Month
from trueup.web.numbers import shown

WIDTH: Final = 352
HEIGHT: Final = 190
_LEFT: Final = 50
_RIGHT: Final = 318
_TOP: Final = 14
_BOTTOM: Final = 160
_STEPS: Final = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))


_MOST_LABELS: Final = 7


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
class Tick:
    """A value at a side and where it stands."""

    label: str
    y: str


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


def is_labelled(position: int, many: int) -> bool:
    """Whether a bar has its name below it: the last one, and of those before it as many as there is room for."""
    return (many - 1 - position) % ceil(many / _MOST_LABELS) == 0


def scale(highest: Decimal) -> list[Decimal]:
    """Round values from 0 up to at least the highest, in four steps or fewer."""
    rough = max(highest, Decimal("0.01")) / 3
    power = Decimal(10) ** rough.adjusted()
    step = next(power * factor for factor in _STEPS if power * factor >= rough)
    return [step * count for count in range(ceil(max(highest, step) / step) + 1)]


def _height(value: Decimal, top: Decimal) -> Decimal:
    return _BOTTOM - value * (_BOTTOM - _TOP) / top


def short(value: Decimal) -> str:
    """A value of the scale with the few figures there is room for: 40K."""
    short = str(format_compact_decimal(value, locale=(get_language() or "en").partition("-")[0], fraction_digits=1))
    return short if any(letter.isalpha() for letter in short) else shown(value)  # not every language has a short form of thousands


def at(place: Decimal) -> str:
    """A coordinate, as short as it can be."""
    return f"{place:.1f}".removesuffix(".0")
