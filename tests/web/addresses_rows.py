"""A row of the table of all addresses: where a page leads, and who may what there (tests/web/addresses.py)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

from django.urls import reverse

from tests.web.month import Autumn

PEOPLE: Final[Mapping[str, str]] = {
    "V": "vendor@acme.example", "O": "admin@acme.example",
    "N": "north@north.example", "M": "admin@north.example", "R": "viewer@north.example",
    "S": "south@south.example",
    "b": "billing@bolt.example", "a": "admin@bolt.example", "v": "viewer@bolt.example",
    "c": "billing@coil.example", "d": "billing@dune.example",
}  # fmt: skip
"""A letter for each: V and O bill for and manage the vendor, N and M north, S south; R only reads at north.
b, a and v bill for, manage and read at bolt, c and d bill for coil and dune. dune has no access to usage reports."""

ALL: Final = "".join(PEOPLE)
MSPS: Final = "bavcd"
NOWHERE: Final = "nowhere"
"""Whose things do not exist."""

Given = Callable[[Autumn, str], dict[str, object]]


def nothing(_autumn: Autumn, _of: str) -> dict[str, object]:
    """No arguments."""
    return {}


@dataclass(frozen=True)
class Page:
    """One address, in words of `who`. `at`: the arguments of its pattern for somebody's thing, `asks`: its query.

    `open`: whose thing → who may GET it; empty where nobody GETs it. `sends`: what is POSTed, `does`: whose thing → what that answers whom.
    `doer` is somebody with the right, and whose thing, whose POST changes the database; empty where a POST writes nothing there.
    """

    name: str
    at: Given = nothing
    asks: Given = nothing
    open: Mapping[str, str] = field(default_factory=dict)
    sends: Given = nothing
    does: Mapping[str, str] = field(default_factory=dict)
    doer: str = ""

    def address(self, autumn: Autumn, of: str) -> str:
        """Where it is for somebody's thing."""
        query = urlencode(self.asks(autumn, of))
        return reverse(self.name, kwargs=self.at(autumn, of)) + (f"?{query}" if query else "")


def who(said: str) -> dict[str, int]:
    """`200 NM 403 R`: status by letter; who is not named gets 404."""
    words = said.split()
    named = {letter: int(status) for status, letters in zip(words[::2], words[1::2], strict=True) for letter in letters}
    return {letter: named.get(letter, 404) for letter in PEOPLE}


def says(**fields: object) -> Given:
    """The same whosever thing it is."""
    return lambda _autumn, _of: fields
