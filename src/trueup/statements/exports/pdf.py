"""Pages as PDF/A-3: one design, set by typst from data alone. The same data gives the same bytes."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from importlib import resources
from threading import local
from typing import Any, Final

import typst

from trueup.kit.text import Text, text

STANDARD: Final = "a-3b"
UNSHOWN: Final = "□"
"""Stands for a character that no font on the page has."""

Say = Callable[[Text], str]
"""Puts a sentence into a language."""


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody on a page: `role` says what they are there."""

    role: str
    name: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table: the widths of its columns in shares (0: as wide as needed), which are numbers, the head, and rows of texts; a pair is a text
    with a smaller one below it."""

    head: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    widths: tuple[int, ...]
    right: tuple[int, ...]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """All that a page says, as texts in its language."""

    title: str
    subtitle: str
    author: str
    language: str
    date: date
    footer: str
    facts: tuple[tuple[str, str], ...] = ()
    parties: tuple[Party, ...] = ()
    notes: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    totals: tuple[tuple[str, str], ...] = ()
    last_is_sum: bool = True
    """Whether the last total is what the others come to, and stands out."""
    ending: tuple[str, ...] = field(default=())


def pdf(page: Page, *, say: Say = str) -> bytes:
    """The page as PDF/A-3.

    The standard allows no character without a picture. Our fonts have Latin, Greek, Cyrillic, Arabic and Hebrew letters: of a name or a
    comment in others (Chinese, emoji) each character is a box, and the page says so.
    """
    try:
        return _set(_design(), asdict(page))
    except typst.TypstError as error:
        if "could not be displayed" not in str(error):
            raise
    note = say(text("A {box} is a character that this page has no letter for; CSV and XLSX have it.", box=UNSHOWN))
    said = asdict(replace(page, ending=(*page.ending, note)))
    try:
        return _set(_design(), _boxed(said, _is_shown))
    except typst.TypstError:  # each is shown alone, but not all of them together
        return _set(_design(), _boxed(said, _is_plain))


def _set(design: bytes, said: Any) -> bytes:
    if isinstance(said, dict) and isinstance(said.get("date"), date):
        said = said | {"date": said["date"].timetuple()[:3]}
    data = {"data": json.dumps(said, ensure_ascii=False)}
    return bytes(_OWN.compiler.compile(input=design, format="pdf", pdf_standards=STANDARD, sys_inputs=data))


def _boxed(said: Any, keeps: Callable[[str], bool]) -> Any:
    """The same with a box for each character that can't be kept."""
    if isinstance(said, str):
        return "".join(one if _is_usual(one) or keeps(one) else UNSHOWN for one in said)
    if isinstance(said, dict):
        return {name: _boxed(value, keeps) for name, value in said.items()}
    return [_boxed(value, keeps) for value in said] if isinstance(said, list | tuple) else said


def _is_usual(character: str) -> bool:
    return (character.isascii() and character.isprintable()) or character in "\n\r\t"


@lru_cache(maxsize=65_536)
def _is_shown(character: str) -> bool:
    """Whether a font has it: asked of typst once, unless it is one of those ten thousands that none has."""
    if "\u2e80" <= character < "\ua000" or "\uac00" <= character < "\ue000":  # China, Japan, Korea
        return False
    try:
        _set(b"#json(bytes(sys.inputs.data))#set document(date: datetime(year: 2026, month: 1, day: 1))", character)
    except typst.TypstError:
        return False
    return True


def _is_plain(character: str) -> bool:
    """Whether it is a Latin letter, or a sign that our own sentences have."""
    return (character.isprintable() and "\xa0" <= character < "\u0250") or character in "–“”\u202f×□"


@cache
def _design() -> bytes:
    return resources.files("trueup.statements.exports").joinpath("page.typ").read_bytes()


class _Own(local):
    """A compiler for each thread: one can't be used by two at once. With its own fonts only, a page looks alike on every machine."""

    def __init__(self) -> None:
        self.compiler: Any = typst.Compiler(ignore_system_fonts=True)


_OWN: Final = _Own()


def grouped(number: str | Decimal) -> str:
    """A number as it is printed: thousands apart by a thin space, which no language takes for a decimal point."""
    return format(Decimal(number), ",f").replace(",", "\u202f")
