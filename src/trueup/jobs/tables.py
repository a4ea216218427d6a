"""Tables for people: numbers to the right and never cut, states in words, readable on narrow and wide terminals."""

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from trueup.jobs.messages import visible
from trueup.kit.period import Month
from trueup.kit.quantity import plain
from trueup.reports.rules.workflow import words

UNKNOWN = "–"
_PIPED_WIDTH = 1000
"""Characters of a line where nobody looks at it: a program that reads the table wants a row in a line."""

_COLORS = {"approved": "green", "rejected": "red", "under_review": "yellow", "open": "yellow", "remove": "red", "add": "green"}
"""Colors of codes; the words beside them say the same."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its title, the key it shows or (`show`) what it makes of the whole record.

    `number`: to the right, in one piece. `codes`: written in words. `spare`: left out where the terminal is too narrow.
    """

    title: str
    key: str = ""
    show: Callable[[Mapping[str, object]], object] | None = None
    number: bool = False
    codes: bool = False
    spare: bool = False
    style: Callable[[Mapping[str, object]], str] | None = None

    def cell(self, record: Mapping[str, object]) -> Text:
        """What stands in the column for a record."""
        value = self.show(record) if self.show else record[self.key]
        text = in_words(value) if self.codes else for_people(value)
        style = self.style(record) if self.style else _COLORS.get(str(value), "") if self.codes else ""
        return Text(visible(text), style=style)


def for_people(value: object) -> str:
    """A value as a person reads it."""
    if value is None or value == "":
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return plain(value) or UNKNOWN
    if isinstance(value, datetime):
        return (
            value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "auto" if value.second or value.microsecond else "minutes") + " UTC"
        )
    if isinstance(value, str | int | date | Month):
        return str(value)
    if isinstance(value, Sequence):
        return ", ".join(for_people(item) for item in value) or UNKNOWN
    return str(value)


def in_words(value: object) -> str:
    """A code, or several, in words: `msp_preparing` → `MSP preparing`."""
    if isinstance(value, str) and value:
        return words(value)
    if isinstance(value, Sequence) and value:
        return ", ".join(in_words(item) for item in value)
    return UNKNOWN


def console() -> Console:
    """Standard output as it is: a terminal's width, or COLUMNS, or no limit for a pipe."""
    piped = not sys.stdout.isatty() and not os.environ.get("COLUMNS", "").isdigit()
    return Console(file=sys.stdout, width=_PIPED_WIDTH if piped else None, highlight=False, markup=False, emoji=False)


def print_line(text: str, style: str = "") -> None:
    """A sentence or a heading among the data."""
    console().print(Text(visible(text), style=style), soft_wrap=True)


def print_facts(facts: Mapping[str, object]) -> None:
    """What belongs to one thing: a name and a value in each line."""
    _print(console(), _pairs((Text(name, style="dim"), Text(visible(for_people(value)))) for name, value in facts.items()))


def print_table(columns: Sequence[Column], records: Sequence[Mapping[str, object]]) -> None:
    """A table as wide as it needs; what is too wide for the terminal loses its spare columns, then becomes a card per record."""
    out = console()
    cells = {column: [column.cell(record) for record in records] for column in columns}
    shown = [column for column in columns if not column.spare or any(cell.plain != UNKNOWN for cell in cells[column])]
    while _least_width(shown, cells) > out.width:
        spare = [column for column in shown if column.spare]
        if not spare:
            _print_cards(out, shown, cells)
            return
        shown.remove(spare[-1])
    _print(out, _table(shown, cells, out.width))


_Cells = Mapping[Column, Sequence[Text]]
_GAP = 2
"""Characters between two columns; one of them comes with the box."""
_MOST_WORD = 24
"""Characters a word may take before it is folded."""


def _least_width(columns: Sequence[Column], cells: _Cells) -> int:
    """The narrowest a table can be without cutting a figure or folding an ordinary word."""
    widths = [max(_least(text, column) for text in (Text(column.title), *cells[column])) for column in columns]
    return sum(widths) + _GAP * (len(columns) - 1)


def _least(text: Text, column: Column) -> int:
    if column.number:
        return text.cell_len
    return max((min(cell_len(word), _MOST_WORD) for word in text.plain.split()), default=0)


def _table(columns: Sequence[Column], cells: _Cells, room: int) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, _GAP - 1, 0, 0), header_style="bold")
    for column, width in zip(columns, _widths(columns, cells, room), strict=True):
        table.add_column(column.title, justify="right" if column.number else "left", no_wrap=column.number, overflow="fold", width=width)
    for row in zip(*(cells[column] for column in columns), strict=True):
        table.add_row(*row)
    return table


def _widths(columns: Sequence[Column], cells: _Cells, room: int) -> list[int]:
    """How wide each column is: as its longest line, the widest giving way first. (The library gives way where a figure is cut by it.)"""
    texts = [(Text(column.title), *cells[column]) for column in columns]
    least = [max(_least(text, column) for text in own) for column, own in zip(columns, texts, strict=True)]
    widths = [max(cell_len(line) for text in own for line in text.plain.split("\n")) for own in texts]
    while sum(widths) + _GAP * (len(columns) - 1) > room:
        widest = max((width, place) for place, width in enumerate(widths) if width > least[place])
        widths[widest[1]] -= 1
    return widths


def _pairs(pairs: Iterable[tuple[Text, Text]]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for pair in pairs:
        grid.add_row(*pair)
    return grid


def _print_cards(out: Console, columns: Sequence[Column], cells: _Cells) -> None:
    first, *others = columns
    for number, heading in enumerate(cells[first]):
        out.print(Text(heading.plain, style="bold"), soft_wrap=True)
        _print(out, _pairs((Text(f"  {column.title}", style="dim"), cells[column][number]) for column in others))


def _print(out: Console, table: Table) -> None:
    """Print without the spaces that only fill up lines."""
    with out.capture() as written:
        out.print(table)
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in written.get().splitlines()))
