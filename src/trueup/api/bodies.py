"""How a JSON body is read: what no database keeps, and what is no JSON, is refused before any operation sees it."""

import json
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser


class Bodies(Parser):
    """Reads JSON. Raises ValueError, of which ninja makes a 400."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The content of a body. Half characters (`"\\ud800"` alone) are no text: they cannot be stored."""
        written = request.body.decode("utf-8")  # not left to the reader, who guesses, and lets halves of characters through
        content = json.loads(written, parse_constant=no_number)
        if "\\ud" in written.lower():
            json.dumps(content, ensure_ascii=False).encode("utf-8")
        return content


def no_number(written: str) -> NoReturn:
    """NaN and Infinity, which Python's reader knows, are no JSON."""
    raise ValueError(written)
