"""How a JSON body is read: what no database keeps, and what is no JSON, is refused before any operation sees it."""

import json
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser

_WHOLE: Final = 2**53
"""Numbers from here on are not whole to everybody who writes JSON."""


_MOST_QUOTES: Final = 400_000
"""Two around every name and text. Each field that there is not is an error of its own, which takes a hundred times the room of its name."""


class Bodies(Parser):
    """Reads JSON. Raises ValueError, of which ninja makes a 400."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The content of a body. Half characters (`"\\ud800"` alone) are no text: they cannot be stored."""
        if request.body.count(b'"') > _MOST_QUOTES:
            raise ValueError("too many fields")
        written = request.body.decode("utf-8")  # not left to the reader, who guesses, and lets halves of characters through
        content = json.loads(written, parse_constant=no_number, parse_float=_number)
        if "\\ud" in written.lower():
            json.dumps(content, ensure_ascii=False).encode("utf-8")
        return content


def _number(written: str) -> int | float:
    """`3.0` is the same number as `3`; a fraction stays a float, which no figure accepts."""
    number = float(written)
    if not number.is_integer() or abs(number) >= _WHOLE:
        return number
    try:
        return int(number) if Decimal(written) == int(number) else number
    except InvalidOperation:  # an exponent of twenty digits
        return number


def no_number(written: str) -> NoReturn:
    """NaN and Infinity, which Python's reader knows, are no JSON."""
    raise ValueError(written)
