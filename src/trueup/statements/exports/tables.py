"""Rows as files: CSV that a spreadsheet takes for no formula, and XLSX with typed cells. Both are made while they are read, row by row."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum, auto
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from trueup.kit.cells import safe_cell
from trueup.kit.period import instant_text
from trueup.kit.quantity import plain

Cell = str | Decimal | int | date | None
Row = Mapping[str, Cell]

_EXACT_DIGITS: Final = 15
"""Of a number that a spreadsheet holds exactly."""

MOST_ROWS: Final = 1_048_575
"""Below the head of a sheet; what is more goes on in another one."""

_ROWS_AT_ONCE: Final = 500
_BYTES_AT_ONCE: Final = 65_536


class Of(Enum):
    """What a column holds. An amount is written with all decimals of its currency, a number with those it needs."""

    TEXT = auto()
    NUMBER = auto()
    AMOUNT = auto()
    DAY = auto()
    INSTANT = auto()


@dataclass(frozen=True, slots=True)
class Column:
    """What a column holds, and how wide it is in a sheet."""

    of: Of = Of.TEXT
    width: int = 14


@dataclass(frozen=True, slots=True)
class Table:
    """Rows with a head. What a row does not name is empty. `made`: the day its file says it is of."""

    title: str
    columns: Mapping[str, Column]
    rows: Iterable[Row] = field(repr=False)
    made: date


def as_csv(table: Table) -> Iterator[bytes]:
    """The rows as CSV, in UTF-8."""
    yield _lines([table.columns])
    rows = iter(table.rows)
    while portion := list(islice(rows, _ROWS_AT_ONCE)):
        yield _lines([_text(column.of, row.get(name)) for name, column in table.columns.items()] for row in portion)


def _lines(rows: Iterable[Iterable[str]]) -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\r\n").writerows(rows)
    return file.getvalue().encode()


def _text(of: Of, value: Cell) -> str:
    if isinstance(value, Decimal):
        return format(value, "f") if of == Of.AMOUNT else plain(value) or ""
    if isinstance(value, datetime):
        return instant_text(value)
    return safe_cell(value) if isinstance(value, str) else "" if value is None else str(value)


def as_xlsx(*tables: Table) -> Iterator[bytes]:
    """A sheet for each table: the head stays in view and filters, days and numbers are such, and no text is taken for a formula.

    The rows are kept in a file meanwhile, not in memory. The same rows give the same bytes.
    """
    with TemporaryDirectory(prefix="trueup-") as folder:
        path = Path(folder, "table.xlsx")
        options = {
            "constant_memory": True, "tmpdir": folder, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
        }  # fmt: skip
        with xlsxwriter.Workbook(path, options) as book:
            book.set_properties({"created": datetime.combine(max(table.made for table in tables), time(0))})
            forms = _Forms(book)
            for table in tables:
                _sheets(book, table, forms)
        with path.open("rb") as file:
            while piece := file.read(_BYTES_AT_ONCE):
                yield piece


class _Forms:
    """How cells look, each made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._known: dict[str, Format] = {}
        self.head: Format = book.add_format({"bold": True, "bottom": 1})

    def of(self, kind: Of, value: Cell) -> Format | None:
        if isinstance(value, datetime):
            return self._form('yyyy-mm-dd hh:mm "UTC"')
        if isinstance(value, date):
            return self._form("yyyy-mm-dd")
        if kind == Of.AMOUNT and isinstance(value, Decimal):
            decimals = -int(value.as_tuple().exponent)
            return self._form(f"#,##0{'.' if decimals > 0 else ''}{'0' * decimals}")
        return None

    def _form(self, pattern: str) -> Format:
        if pattern not in self._known:
            self._known[pattern] = self._book.add_format({"num_format": pattern})
        return self._known[pattern]


def _sheets(book: Any, table: Table, forms: _Forms) -> None:
    """The rows of a table: in one sheet, as long as there is room in it."""
    rows = iter(table.rows)
    place, left = 1, True
    while left:
        sheet = book.add_worksheet(table.title if place == 1 else f"{table.title} {place}")
        count = _sheet(sheet, table.columns, islice(rows, MOST_ROWS), forms)
        place, left = place + 1, count == MOST_ROWS


def _sheet(sheet: Worksheet, columns: Mapping[str, Column], rows: Iterable[Row], forms: _Forms) -> int:
    """Write one sheet; returns how many rows it has."""
    for place, column in enumerate(columns.values()):
        sheet.set_column(place, place, column.width)
    sheet.freeze_panes(1, 1)
    sheet.write_row(0, 0, list(columns), forms.head)
    count = 0
    for count, row in enumerate(rows, start=1):
        for place, (name, column) in enumerate(columns.items()):
            _write(sheet, (count, place), row.get(name), column.of, forms)
    sheet.autofilter(0, 0, count, len(columns) - 1)
    return count


def _write(sheet: Worksheet, at: tuple[int, int], value: Cell, of: Of, forms: _Forms) -> None:
    """One typed cell. A number that a spreadsheet could not hold exactly stays text."""
    if value is None or value == "":
        return
    if isinstance(value, int) or (isinstance(value, Decimal) and _is_exact(value)):
        sheet.write_number(*at, value, forms.of(of, value))
    elif isinstance(value, date):
        naive = value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else datetime.combine(value, time(0))
        sheet.write_datetime(*at, naive, forms.of(of, value))
    else:
        sheet.write_string(*at, _text(of, value) if isinstance(value, Decimal) else value)


def _is_exact(value: Decimal) -> bool:
    return len(value.normalize().as_tuple().digits) <= _EXACT_DIGITS


def columns(texts: Sequence[str], **others: Of) -> dict[str, Column]:
    """Columns by name, in their order: what is not said is text. Names and comments are wider."""
    return {name: Column(others.get(name, Of.TEXT), _WIDTHS.get(name.rpartition("_")[2] or name, 14)) for name in texts}


_WIDTHS: Final = {"name": 32, "comment": 48, "number": 24, "corrects": 24, "reason": 32, "deadline": 22, "at": 22}
