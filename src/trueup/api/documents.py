"""A JSON document read one value after the other, each also as it was written: not all of it at once, and no digit of it lost."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

_BLANK: Final = re.compile(r"[ \t\n\r]*")


class Part(NamedTuple):
    """A value, and how it was written."""

    value: Any
    written: str


class Reader:
    """Where reading a document is; `decode` reads the value at a place (JSONDecoder.raw_decode). Raises JSONDecodeError for what cannot
    stand there.
    """

    def __init__(self, written: str, decode: Callable[[str, int], tuple[Any, int]]) -> None:
        self._written = written
        self._decode = decode
        self.at = 0
        self._skip()

    def takes(self, character: str) -> bool:
        """Whether this comes next; then it is behind us."""
        if not self._written.startswith(character, self.at):
            return False
        self.at += 1
        self._skip()
        return True

    def value(self) -> Any:
        """The value that comes next."""
        found, self.at = self._decode(self._written, self.at)
        self._skip()
        return found

    def part(self) -> Part:
        """The same, and how it is written."""
        begin = self.at
        found, end = self._decode(self._written, begin)
        self.at = end
        self._skip()
        return Part(found, self._written[begin:end])

    def members(self) -> Iterator[str]:
        """The names in an object that has begun; whoever gets one reads its value."""
        if self.takes("}"):
            return
        while True:
            if not self._written.startswith('"', self.at):
                self._refuse("Expecting property name enclosed in double quotes")
            name = self.value()
            if not self.takes(":"):
                self._refuse("Expecting ':' delimiter")
            yield name
            if self.takes("}"):
                return
            self._comma()

    def items(self) -> Iterator[Any]:
        """The values in a list that has begun."""
        return self._each(self.value)

    def parts(self) -> Iterator[Part]:
        """The same, and how they are written."""
        return self._each(self.part)

    def _each(self, read: Callable[[], Any]) -> Iterator[Any]:
        if self.takes("]"):
            return
        while True:
            yield read()
            if self.takes("]"):
                return
            self._comma()

    def ends(self) -> None:
        """Nothing may come after it."""
        if self.at != len(self._written):
            self._refuse("Extra data")

    def _comma(self) -> None:
        if not self.takes(","):
            self._refuse("Expecting ',' delimiter")

    def _skip(self) -> None:
        found = _BLANK.match(self._written, self.at)
        self.at = found.end() if found else self.at

    def _refuse(self, what: str) -> None:
        raise json.JSONDecodeError(what, self._written, self.at)
