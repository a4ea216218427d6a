"""FOCUS 1.2 as CSV and as Parquet."""

import csv
import io
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from trueup.kit.cells import safe_cell
from trueup.statements.rules.focus import COLUMNS, Row


def as_csv(rows: Iterable[Row]) -> bytes:
    """Numbers with a decimal point, also whole ones; instants in UTC; what is not known is empty."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([_cell(row[name]) for name in COLUMNS] for row in rows)
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
