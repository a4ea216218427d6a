"""What pictures have in common: round scales and their ticks, coordinates, which bars have their name below."""

from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from typing import Final

from babel.numbers import format_compact_decimal
from django.utils.translation import get_language

from trueup.web.numbers import shown

_STEPS: Final = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
_MOST_LABELS: Final = 7


@dataclass(frozen=True, slots=True)
class Tick:
    """A value at a side and where it stands."""

    label: str
    y: str


def scale(highest: Decimal) -> list[Decimal]:
    """Round values from 0 up to at least the highest, in four steps or fewer."""
    rough = max(highest, Decimal("0.01")) / 3
    power = Decimal(10) ** rough.adjusted()
    step = next(power * factor for factor in _STEPS if power * factor >= rough)
    return [step * count for count in range(ceil(max(highest, step) / step) + 1)]


def short(value: Decimal) -> str:
    """A value of the scale with the few figures there is room for: 40K."""
    written = str(format_compact_decimal(value, locale=(get_language() or "en").partition("-")[0], fraction_digits=1))
    return written if any(letter.isalpha() for letter in written) else shown(value)  # not every language has a short form of thousands


def at(place: Decimal | float) -> str:
    """A coordinate, as short as it can be."""
    return f"{place:.1f}".removesuffix(".0")


def is_labelled(position: int, many: int) -> bool:
    """Whether a bar has its name below it: the last one, and of those before it as many as there is room for."""
    return (many - 1 - position) % ceil(many / _MOST_LABELS) == 0
