"""What was billed month by month as pictures: bars from the line of nothing, below it where more was taken back than billed."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, floor
from typing import Final

from trueup.kit.period import Month
from trueup.kit.quantity import ZERO, added
from trueup.statements.insight import Billed
from trueup.web.drawing import Tick, at, is_labelled, scale, short

WIDTH: Final = 352
HEIGHT: Final = 202
_LEFT: Final = 56
_RIGHT: Final = 346
_TOP: Final = 14
_BOTTOM: Final = 160


@dataclass(frozen=True, slots=True)
class Bar:
    """A month in the picture. `year` is said below the first name of each year."""

    month: Month
    value: Decimal
    x: str
    y: str
    width: str
    height: str
    middle: str
    labelled: bool
    year: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Bars with their scale at the left. `of`: what they count, `units` or `credits`, or a currency."""

    of: str
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    nothing: str
    first: Month
    last: Month
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = _RIGHT
    bottom: int = _BOTTOM


def pictures(billed: Sequence[Billed], last: Month) -> list[Picture]:
    """Money, each currency for itself, units, and credits where there are any: from the first month that has something up to `last`."""
    if not billed:
        return []
    months = list(_months(Month.parse(billed[0].key), last))
    currencies = sorted({one.currency for one in billed})
    found = [picture(currency, months, _sums(billed, "amount", currency)) for currency in currencies]
    found.append(picture("units", months, _sums(billed, "units")))
    if any(one.credits is not None for one in billed):
        found.append(picture("credits", months, _sums(billed, "credits")))
    return found


def _months(first: Month, last: Month) -> Iterator[Month]:
    while first <= last:
        yield first
        first = first.next()


def _sums(billed: Sequence[Billed], name: str, currency: str = "") -> dict[Month, Decimal]:
    """A figure by month; without a currency those of all, which is for what is no money."""
    found: dict[Month, list[Decimal]] = defaultdict(list)
    for one in billed:
        if currency in {"", one.currency}:
            found[Month.parse(one.key)].append(getattr(one, name) or ZERO)
    return {month: added(values) for month, values in found.items()}


def picture(of: str, months: Sequence[Month], values: Mapping[Month, Decimal]) -> Picture:
    """The bars of some months, at least one; a month without a value has nothing."""
    heights = _Heights.of([values.get(month, ZERO) for month in months])
    pitch = Decimal(_RIGHT - _LEFT) / len(months)
    width = min(pitch * Decimal("0.7"), Decimal(36))
    bars: list[Bar] = []
    for position, month in enumerate(months):
        value, middle = values.get(month, ZERO), _LEFT + pitch * position + pitch / 2
        top, ground = heights.at(max(value, ZERO)), heights.at(min(value, ZERO))
        labelled = is_labelled(position, len(months))
        year = str(month.year) if labelled and month.year not in {bar.month.year for bar in bars if bar.labelled} else ""
        bars.append(Bar(month, value, at(middle - width / 2), at(top), at(width), at(ground - top), at(middle), labelled, year))
    ticks = tuple(Tick(short(value), at(heights.at(value))) for value in heights.steps)
    return Picture(of, tuple(bars), ticks, at(heights.at(ZERO)), months[0], months[-1])


@dataclass(frozen=True, slots=True)
class _Heights:
    """Where values stand: the round values of the scale, the lowest first; nothing is among them."""

    steps: tuple[Decimal, ...]

    @classmethod
    def of(cls, values: Sequence[Decimal]) -> "_Heights":
        lowest, highest = min(*values, ZERO), max(*values, ZERO)
        step = scale(max(highest, -lowest))[1]
        up = ceil(highest / step) or (0 if lowest else 1)
        return cls(tuple(step * count for count in range(floor(lowest / step), up + 1)))

    def at(self, value: Decimal) -> Decimal:
        low, high = self.steps[0], self.steps[-1]
        return _BOTTOM - (value - low) * (_BOTTOM - _TOP) / (high - low)
