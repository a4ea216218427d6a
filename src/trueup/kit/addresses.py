"""How refs and codes stand in an address: whatever is in them, each is one part of a path, and comes back as it was."""

import re
from typing import Final
from urllib.parse import quote

_MARK: Final = "~"
_MARKED: Final = re.compile(f"{_MARK}(7E|2F|2E)")
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]")


def segment(value: str) -> str:
    """A ref or code as one part of a path, before it is percent-encoded.

    Servers decode `%2F` before they look at a path, and browsers leave out parts that are `.` or `..`: these are written with `~`.
    """
    marked = value.replace(_MARK, "~7E").replace("/", "~2F")
    return marked.replace(".", "~2E") if value in {".", ".."} else marked


def from_segment(part: str) -> str:
    """The ref or code that a part of a path, decoded by the server, stands for."""
    return _MARKED.sub(lambda found: chr(int(found[1], 16)), part)


def encoded(value: str) -> str:
    """A ref or code as one part of a path, percent-encoded."""
    return quote(segment(value), safe="~:@!$&'()*+,;=")


def anchor(value: str) -> str:
    """A code as part of an element's id: the same in the address, in HTML and in a style sheet. Plain codes stay as they are."""
    return _UNSAFE.sub(lambda found: "".join(f"~{byte:02X}" for byte in found[0].encode()), value)
