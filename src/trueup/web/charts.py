"""Charts as geometry: where each bar and line of a picture stands. Templates draw it; nothing here knows words or colors."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import ceil, floor, log10
from typing import Final

from trueup.reports.rules.reasons import Totals
from trueup.web.drawing import at


@dataclass(frozen=True, slots=True)
class Spark:
    """A month at a glance: `area` is what was provisioned, `line` what was used (or provisioned, where used is unknown)."""

    width: int
    height: int
    area: str
    line: str
    dots: tuple[tuple[int, int], ...]
    lowest: Decimal
    highest: Decimal
    knows_used: bool


_STEP: Final = 3
_SPARK_HEIGHT: Final = 26
_EDGE: Final = 3
MOST_DOTS: Final = 3
"""Where more days count (each customer's own), marking them all would mark nothing."""


def spark(days: Sequence[Totals], chosen: Sequence[date]) -> Spark | None:
    """The small picture of a line; None without any day."""
    if not days:
        return None
    knows_used = any(one.used is not None for one in days)
    shown = [one.used if one.used is not None else one.provisioned for one in days]
    provisioned = [one.provisioned for one in days]
    top = float(max(*provisioned, *shown, Decimal(1)))
    per_unit = (_SPARK_HEIGHT - 2 * _EDGE) / top
    ground = _SPARK_HEIGHT - _EDGE
    outline = [ground - round(float(value) * per_unit) for value in provisioned]
    heights = outline if shown == provisioned else [ground - round(float(value) * per_unit) for value in shown]
    places = range(_EDGE, _EDGE + _STEP * len(days), _STEP)
    marked = set(chosen) if len(chosen) <= MOST_DOTS else set()
    return Spark(
        width=2 * _EDGE + _STEP * (len(days) - 1),
        height=_SPARK_HEIGHT,
        area=f"{places[0]},{_SPARK_HEIGHT - 1} {_points(places, outline)} {places[-1]},{_SPARK_HEIGHT - 1}",
        line=_points(places, heights),
        dots=tuple((x, y) for x, y, one in zip(places, heights, days, strict=True) if one.day in marked),
        lowest=min(shown),
        highest=max(shown),
        knows_used=knows_used,
    )


def _points(places: Iterable[int], heights: Iterable[int]) -> str:
    return " ".join(f"{x},{y}" for x, y in zip(places, heights, strict=True))


@dataclass(frozen=True, slots=True)
class Bar:
    """One day of a chart. `label_x` is its middle; `labelled`: its number stands under the axis."""

    day: date
    x: str
    y: str
    width: str
    height: str
    middle: str
    chosen: bool
    marked: bool
    provisioned: Decimal
    used: Decimal | None
    credits: Decimal | None


@dataclass(frozen=True, slots=True)
class Tick:
    """A value of the axis at the side, and where it stands."""

    value: Decimal
    y: str


@dataclass(frozen=True, slots=True)
class Panel:
    """Bars over the days of a month with one scale. `line`: a second series on the same scale."""

    width: int
    height: int
    left: int
    right: int
    bottom: int
    bars: tuple[Bar, ...]
    line: str
    points: tuple[tuple[str, str], ...]
    ticks: tuple[Tick, ...]
    days: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """The days of a line: units, and credits on a scale of their own."""

    units: Panel
    credits: Panel | None
    knows_used: bool


WIDTH: Final = 320
_LEFT: Final = 46
_RIGHT: Final = 316
_TOP: Final = 20
_AXIS_DAYS: Final = (1, 5, 10, 15, 20, 25, 30)


def chart(days: Sequence[Totals], chosen: Sequence[date]) -> Chart | None:
    """The chart of a line; None without any day."""
    if not days:
        return None
    knows_used = any(one.used is not None for one in days)
    has_credits = any(one.credits is not None for one in days)
    units = _panel(days, chosen, [one.provisioned for one in days], [one.used for one in days] if knows_used else [], plot=120)
    credits_ = _panel(days, chosen, [one.credits or Decimal(0) for one in days], [], plot=56) if has_credits else None
    return Chart(units, credits_, knows_used)


def _panel(days: Sequence[Totals], chosen: Sequence[date], bars: Sequence[Decimal], line: Sequence[Decimal | None], *, plot: int) -> Panel:
    scale = _scale(max([*bars, *(value for value in line if value is not None)]), 3 if plot > 100 else 2)
    bottom, top = _TOP + plot, scale[-1]
    pitch = (_RIGHT - _LEFT) / len(days)
    width = pitch * 0.78

    def y(value: Decimal) -> float:
        return bottom - float(value / top) * plot

    middles = [_LEFT + pitch * (position + 0.5) for position in range(len(days))]
    marks = _marked([one.day for one in days], chosen)
    drawn = tuple(
        Bar(
            one.day, at(middle - width / 2), at(y(value)), at(width), at(bottom - y(value)), at(middle),
            chosen=one.day in chosen, marked=one.day in marks, provisioned=one.provisioned, used=one.used, credits=one.credits,
        )
        for one, value, middle in zip(days, bars, middles, strict=True)
    )  # fmt: skip
    points = tuple((at(middle), at(y(value))) for middle, value in zip(middles, line, strict=bool(line)) if value is not None)
    return Panel(
        WIDTH, bottom + 20, _LEFT, _RIGHT, bottom, drawn, " ".join(map(",".join, points)), points,
        tuple(Tick(value, at(y(value))) for value in scale),
        tuple((at(middle), one.day.day) for one, middle in zip(days, middles, strict=True) if one.day.day in _AXIS_DAYS),
    )  # fmt: skip


def _marked(days: Sequence[date], chosen: Sequence[date]) -> set[date]:
    """The chosen days whose number has room above its bar: not beside one that already has it."""
    marked: set[date] = set()
    last = -9
    for position, one in enumerate(days):
        if one in chosen and position - last > 1:
            marked.add(one)
            last = position
    return marked


def _scale(highest: Decimal, steps: int) -> list[Decimal]:
    """Round values from 0 up to at least the highest, in about so many steps."""
    most = max(float(highest), 1e-6)
    rough = most / steps
    power = 10.0 ** floor(log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)
    exact = Decimal(f"{step:.6g}")
    return [exact * count for count in range(ceil(most / step - 1e-9) + 1)]
