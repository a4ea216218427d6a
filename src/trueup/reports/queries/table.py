"""Reports as tables: the columns of every file that shows the lines of a report, or the customers behind a line."""

import csv
from collections.abc import Iterable
from decimal import Decimal
from io import StringIO
from typing import Final

from trueup.kit.cells import safe_cell
from trueup.kit.issue import Issue
from trueup.kit.quantity import plain
from trueup.reports.queries.behind import CustomerFigures
from trueup.reports.queries.one import LineView

LINE_COLUMNS: Final = (
    "group", "group_name", "service", "service_name", "unit", "provisioned", "used", "over_provisioned", "over_provisioned_percent",
    "credits", "default_chargeable", "chargeable", "outcome", "comment", "reason", "days", "issues",
)  # fmt: skip

CUSTOMER_COLUMNS: Final = ("customer", "name", "provisioned", "used", "credits")


def line_cells(line: LineView) -> list[str]:
    """A line in the columns of LINE_COLUMNS."""
    return [cell(getattr(line, name)) for name in LINE_COLUMNS]


def customer_cells(figures: CustomerFigures) -> list[str]:
    """A customer in the columns of CUSTOMER_COLUMNS."""
    return [cell(getattr(figures, name)) for name in CUSTOMER_COLUMNS]


def cell(value: object) -> str:
    """A value in a file: numbers with a decimal point, nothing where it is unknown, several parted by spaces.

    Safe to open in a spreadsheet: text that begins like a formula gets an apostrophe in front.
    """
    if value is None or isinstance(value, Decimal):
        return plain(value) or ""
    if isinstance(value, tuple):
        return " ".join(one.code if isinstance(one, Issue) else str(one) for one in value)
    return safe_cell(str(value))


def as_csv(rows: Iterable[Iterable[str]]) -> str:
    """Rows of cells as a file."""
    written = StringIO()
    csv.writer(written, lineterminator="\r\n").writerows(rows)
    return written.getvalue()
