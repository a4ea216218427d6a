"""Decimals: units, credits and how they are read, rounded, shared out and written. Never floats."""

from collections.abc import Iterable, Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal, InvalidOperation
from fractions import Fraction
from functools import reduce
from math import floor
from typing import TypeAlias

from trueup.kit.errors import Invalid
from trueup.kit.text import Text, plural, text

Quantity: TypeAlias = Decimal
"""Units of a service."""

Credits: TypeAlias = Decimal
"""The common currency of units."""

ZERO = Decimal(0)
CREDIT_DECIMALS = 6
MAX_DECIMALS = 6
MAX_QUANTITY = Decimal(10) ** 12
"""Quantities stay below this: the ledger keeps twelve digits before the point."""

THE_VALUE = text("the value")
"""What a number is called in a message where nobody says more."""

# Wide enough for the sum of a month of the largest quantities: no sum is ever rounded.
_EXACT = Context(prec=60)


def round_half_up(value: Decimal, decimals: int) -> Decimal:
    """Round to `decimals` places, halves away from zero. The only rounding there is."""
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP, context=_EXACT)


def times(one: Decimal, other: Decimal) -> Decimal:
    """The exact product: the usual context would cut it to 28 digits."""
    return _EXACT.multiply(one, other)


def added(values: Iterable[Decimal]) -> Decimal:
    """The exact sum, 0 of nothing."""
    return reduce(_EXACT.add, values, ZERO)


def share(value: Decimal, part: Decimal, whole: Decimal, decimals: int) -> Decimal:
    """`value` × `part` ÷ `whole`, rounded once, half up."""
    exact = Fraction(value) * Fraction(part) / Fraction(whole)
    steps = floor(exact * 10**decimals + Fraction(1, 2))  # what is shared is never below 0
    return Decimal(steps).scaleb(-decimals, context=_EXACT)


def plain(value: Decimal | None) -> str | None:
    """Write a number in plain decimal notation without trailing zeros; unknown stays None."""
    if value is None:
        return None
    written = format(value, "f")
    if "." in written:
        written = written.rstrip("0").rstrip(".")
    return "0" if written in {"-0", ""} else written


def neat(value: Decimal) -> Decimal:
    """The same number without trailing zeros: in a sentence it is written as `plain` writes it."""
    return Decimal(plain(value) or "0")


def decimals_of(value: Decimal) -> int:
    """How many decimal places a number really has: trailing zeros do not count."""
    written = plain(value) or ""
    return len(written.partition(".")[2])


def parse_quantity(typed: str, *, decimals: int = MAX_DECIMALS, name: str = THE_VALUE) -> Decimal:
    """Read a number >= 0 with at most `decimals` places; `name` is what messages call it.

    Raises Invalid, in the words of the person who typed it.
    """
    cleaned = typed.strip()
    try:
        value = Decimal(cleaned)
    except InvalidOperation:
        raise Invalid(text("{name} must be a number, not “{typed}”", name=name, typed=typed)) from None
    if not value.is_finite() or "_" in cleaned:
        raise Invalid(text("{name} must be a number, not “{typed}”", name=name, typed=typed))
    if value < 0:
        raise Invalid(text("{name} must not be below 0, but is {typed}", name=name, typed=typed))
    if value >= MAX_QUANTITY:
        raise Invalid(text("{name} is too large: {typed}", name=name, typed=typed))
    if _too_fine(value, decimals):
        raise Invalid(_finest(decimals, name, typed))
    return abs(value) if value else ZERO


def _finest(decimals: int, name: str, typed: str) -> Text:
    if decimals == 0:
        return text("{name} allows whole numbers only, not {typed}", name=name, typed=typed)
    return plural(
        "{name} allows at most {count} decimal place, not {typed}",
        "{name} allows at most {count} decimal places, not {typed}",
        decimals, name=name, typed=typed,
    )  # fmt: skip


def _too_fine(value: Decimal, decimals: int) -> bool:
    """Whether a number has more decimals; one with an absurd exponent is not written out to count them."""
    return bool(value) and (value.adjusted() < -decimals or decimals_of(value) > decimals)


def apportion(total: Decimal, weights: Sequence[Decimal], decimals: int) -> list[Decimal]:
    """Share `total` in proportion to `weights` so that the shares sum to it exactly.

    Each share is cut to `decimals` places; what is left goes, step by step, to those that were cut
    most (the earlier first), and what is finer than a step to the first of them. Without any weight everything goes to the first.
    """
    if not weights:
        return []
    whole = sum(weights, ZERO)
    if whole == 0:
        return [total, *([ZERO] * (len(weights) - 1))]
    step = Decimal(1).scaleb(-decimals)
    exact = [_EXACT.divide(_EXACT.multiply(total, weight), whole) for weight in weights]
    shares = [value.quantize(step, rounding=ROUND_FLOOR, context=_EXACT) for value in exact]
    by_cut = sorted(range(len(weights)), key=lambda i: (shares[i] - exact[i], i))
    left = total - sum(shares, ZERO)
    steps = int(left / step)
    for i in range(steps):
        shares[by_cut[i % len(by_cut)]] += step
    shares[by_cut[0]] += left - steps * step
    return shares
