"""Data on standard output: the same records as a table for people, as JSON for programs, as CSV for spreadsheets.

A record is a mapping from the keys of the contract to plain values: text, whole numbers, decimals, days, instants, months, None
for unknown, or a sequence of those. JSON and CSV write all of it; a table chooses its columns.
"""

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice
from typing import Any

from trueup.jobs.messages import say
from trueup.jobs.options import Format
from trueup.jobs.tables import Column, print_table
from trueup.kit.period import Month, instant_text
from trueup.kit.quantity import plain

Record = Mapping[str, object]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes text that begins so for a formula."""

MOST_ROWS = 1000
"""Rows of a table on the terminal; JSON and CSV have them all."""


@dataclass(frozen=True, slots=True)
class Listing:
    """How records of one kind are written: their keys, the columns of the table, and what is said if there are none."""

    keys: tuple[str, ...]
    columns: tuple[Column, ...]
    empty: str

    def write(self, records: Iterable[Record], form: Format) -> None:
        """Write the records; they are read one by one and never all held, except for a table."""
        if form is Format.JSON:
            _stream_json(self._whole(record) for record in records)
        elif form is Format.CSV:
            self._write_csv(records)
        else:
            self._write_table(iter(records))

    def _whole(self, record: Record) -> dict[str, object]:
        return {key: record[key] for key in self.keys}

    def _write_csv(self, records: Iterable[Record]) -> None:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(self.keys)
        writer.writerows([_as_csv(record[key]) for key in self.keys] for record in records)

    def _write_table(self, records: Iterator[Record]) -> None:
        rows = list(islice(records, MOST_ROWS))
        if not rows:
            say(self.empty)
            return
        print_table(self.columns, rows)
        rest = sum(1 for _ in records)
        if rest:
            say(f"… and {rest} more rows; --format csv or json writes them all.")


def write_object(record: Record) -> None:
    """Write one object as JSON; a value that is an iterator is written element by element, as a list."""
    opening = "{"
    for key, value in record.items():
        sys.stdout.write(f"{opening}\n  {json.dumps(key)}: ")
        if isinstance(value, Iterator):
            _stream_json(value, indent="  ", end="")
        else:
            sys.stdout.write(_json(value, "  "))
        opening = ","
    sys.stdout.write("\n}\n")


def _stream_json(records: Iterable[object], *, indent: str = "", end: str = "\n") -> None:
    opening = "["
    for record in records:
        sys.stdout.write(f"{opening}\n{indent}  {json.dumps(as_plain(record), ensure_ascii=False)}")
        opening = ","
    sys.stdout.write(f"[]{end}" if opening == "[" else f"\n{indent}]{end}")


def _json(value: object, indent: str) -> str:
    """A list of objects takes a line for each; everything else stands in one."""
    if isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
        lines = ",".join(f"\n{indent}  {json.dumps(as_plain(item), ensure_ascii=False)}" for item in value)
        return f"[{lines}\n{indent}]"
    return json.dumps(as_plain(value), ensure_ascii=False)


def as_plain(value: object) -> object:
    """A value as JSON has it: numbers with a fraction as text in plain notation, instants with Z."""
    if isinstance(value, Mapping):
        return {key: as_plain(item) for key, item in value.items()}
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date | Month):
        return str(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [as_plain(item) for item in value]
    return value


def in_order(value: Any, place: Callable[[str], Any] = str) -> Any:
    """A document with its members in one order, by name or by `place`: databases keep them in one of their own."""
    if isinstance(value, Mapping):
        return {name: in_order(value[name], place) for name in sorted(value, key=place)}
    return [in_order(one, place) for one in value] if isinstance(value, list) else value


def _as_csv(value: object) -> str:
    """A cell: numbers stay numbers, and no text becomes a formula."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return plain(value) or ""
    if isinstance(value, bool | int):
        return str(value).lower()
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    if isinstance(value, Sequence):
        return _as_csv(" ".join(chain.from_iterable((_as_json_text(item),) for item in value)))
    return str(as_plain(value))


def _as_json_text(value: object) -> str:
    """An element of a list in a cell: text as it is, anything else as JSON."""
    found = as_plain(value)
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)
