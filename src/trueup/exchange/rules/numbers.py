"""Numbers as other programs write them: what could be two numbers is refused, never guessed."""

import re
from decimal import Decimal
from typing import Final

from trueup.kit.errors import Invalid
from trueup.kit.quantity import parse_quantity, plain
from trueup.kit.text import text

_MOST: Final = 60
"""Characters of a number."""


def _shapes(point: str, group: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A number without and with marks between its thousands, which are all the same."""
    decimals = rf"(?:{re.escape(point)}(?P<fraction>\d+))?"
    thousands = rf"[{re.escape(group)}'’ \u00a0\u202f]"
    return (
        re.compile(rf"(?P<whole>-?\d+){decimals}|(?P<sign>-?){re.escape(point)}(?P<only>\d+)", re.ASCII),
        re.compile(rf"(?P<whole>-?\d{{1,3}}(?P<mark>{thousands})\d{{3}}(?:(?P=mark)\d{{3}})*){decimals}", re.ASCII),
    )


_SHAPES: Final = {False: _shapes(".", ","), True: _shapes(",", ".")}


def read_number(written: str, *, decimal_comma: bool) -> Decimal:
    """A quantity from a cell, ≥ 0 and with at most 6 decimals.

    `1,234` is refused where the decimal sign is a point, and `1.234` where it is a comma: it is a thousand in one country and one in
    another, and a profile may be wrong. Raises Invalid.
    """
    cell = written.strip(" \t\u00a0\u202f")
    simple, grouped = _SHAPES[decimal_comma]
    if len(cell) <= _MOST:
        if found := simple.fullmatch(cell):
            whole = found["whole"] if found["whole"] is not None else f"{found['sign']}0"
            return parse_quantity(f"{whole}.{found['fraction'] or found['only'] or 0}")
        if found := grouped.fullmatch(cell):
            mark, groups = found["mark"], found["whole"].count(found["mark"])
            if mark in ".," and groups == 1 and found["fraction"] is None:
                raise Invalid(text("“{written}” could be two numbers: write it without marks between the thousands", written=cell))
            return parse_quantity(f"{found['whole'].replace(mark, '')}.{found['fraction'] or 0}")
    example = "1234,5" if decimal_comma else "1234.5"
    raise Invalid(text("“{written}” is not a number written like {example}", written=cell[:_MOST], example=example))


def written_number(value: Decimal | None, *, decimal_comma: bool) -> str:
    """A number in a cell, without marks between the thousands; unknown is empty."""
    digits = plain(value) or ""
    return digits.replace(".", ",") if decimal_comma else digits
