"""FOCUS 1.2 as CSV."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from typing import Any, Final

from trueup.kit.cells import safe_cell
from trueup.statements.rules.focus import COLUMNS, Row

_ROWS_AT_ONCE: Final = 500


def as_csv(rows: Iterable[Row]) -> Iterator[bytes]:
    """Numbers with a decimal point, also whole ones; instants in UTC; what is not known is empty."""
    yield _lines([COLUMNS])
    left = iter(rows)
    while portion := list(islice(left, _ROWS_AT_ONCE)):
        yield _lines([_cell(row[name]) for name in COLUMNS] for row in portion)


def _lines(rows: Iterable[Iterable[str]]) -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\n").writerows(rows)
    return file.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        written = format(value.normalize() + 0, "f")
        return written if "." in written else f"{written}.0"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return safe_cell(value) if isinstance(value, str) else json.dumps(value)
