"""Pages as PDF/A-3: one design, set by typst from data alone. The same data gives the same bytes."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from threading import local
from typing import Any, Final

import typst

from trueup.kit.text import Text

STANDARD: Final = "a-3b"

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


def pdf(page: Page) -> bytes:
    """The page as PDF/A-3."""
    said = asdict(page) | {"date": (page.date.year, page.date.month, page.date.day)}
    written = _OWN.compiler.compile(
        input=_design(), format="pdf", pdf_standards=STANDARD, sys_inputs={"data": json.dumps(said, ensure_ascii=False)}
    )
    return bytes(written)


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
