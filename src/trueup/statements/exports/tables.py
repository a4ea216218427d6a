"""Statements as rows: CSV that a spreadsheet takes for no formula, and XLSX with typed cells."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from trueup.kit.cells import safe_cell
from trueup.kit.money import currency_decimals
from trueup.statements.rules.documents import Document, StatementKind

Cell = str | Decimal | date | None

COLUMNS: Final = (
    "number", "kind", "corrects", "issue_date", "cycle", "seller", "seller_name", "buyer", "buyer_name", "position", "code", "name",
    "service", "service_name", "units", "unit", "credits", "quantity", "list_amount", "margin_percent", "promo_code", "amount", "currency",
)  # fmt: skip
"""One row for each charged service; what is of the line or of the statement is repeated, amounts stand in the first row of their line."""

_EXACT_DIGITS: Final = 15
"""Of a number that a spreadsheet holds exactly."""

_WIDTHS: Final = {"name": 32, "service_name": 32, "seller_name": 28, "buyer_name": 28, "number": 24, "corrects": 24}


def rows_of(document: Document) -> Iterable[dict[str, Cell]]:
    """The rows of a statement; the amounts of a credit note are below 0, so that a column adds up to what is owed."""
    sign = -1 if document["kind"] == StatementKind.CREDIT_NOTE else 1
    head: dict[str, Cell] = {
        "number": document["number"], "kind": document["kind"], "corrects": document["corrects"],
        "issue_date": date.fromisoformat(document["issue_date"]), "cycle": document["cycle"],
        "seller": document["seller"]["ref"], "seller_name": document["seller"]["name"],
        "buyer": document["buyer"]["ref"], "buyer_name": document["buyer"]["name"], "currency": document["currency"],
    }  # fmt: skip
    for line in document["lines"]:
        said: dict[str, Cell] = {"position": Decimal(line["position"]), "code": line["code"], "name": line["name"]}
        money: dict[str, Cell] = {
            "quantity": sign * Decimal(line["quantity"]), "list_amount": sign * Decimal(line["list_amount"]),
            "margin_percent": Decimal(line["margin_percent"]), "promo_code": line["promo_code"], "amount": sign * Decimal(line["amount"]),
        }  # fmt: skip
        for place, charged in enumerate(line["charged"]):
            own: dict[str, Cell] = {"service": charged["service"], "service_name": charged["name"], "unit": charged["unit"]}
            figures = {name: sign * Decimal(charged[name]) if charged[name] is not None else None for name in ("units", "credits")}
            yield {**dict.fromkeys(COLUMNS), **head, **said, **own, **figures, **(money if place == 0 else {})}


def as_csv(documents: Iterable[Document]) -> bytes:
    """Statements as CSV, one after another."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for document in documents:
        decimals = currency_decimals(document["currency"])
        writer.writerows([_text(name, row[name], decimals) for name in COLUMNS] for row in rows_of(document))
    return file.getvalue().encode()


def _text(name: str, value: Cell, decimals: int) -> str:
    if isinstance(value, Decimal):
        return format(value, f".{decimals}f") if name == "amount" else format(value.normalize() + 0, "f")
    return safe_cell(value) if isinstance(value, str) else str(value or "")


def as_xlsx(documents: Sequence[Document]) -> bytes:
    """Statements as one sheet: the head stays in view and filters, dates and numbers are such, and no text is taken for a formula."""
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"created": _newest(documents)})
        sheet, bold = book.add_worksheet("Statements"), book.add_format({"bold": True, "bottom": 1})
        sheet.write_row(0, 0, COLUMNS, bold)
        sheet.freeze_panes(1, 1)
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        money: dict[int, Format] = {}
        count = 0
        for document in documents:
            decimals = currency_decimals(document["currency"])
            form = money.setdefault(decimals, book.add_format({"num_format": f"#,##0{'.' if decimals else ''}{'0' * decimals}"}))
            for row in rows_of(document):
                count += 1
                _write(sheet, count, row, day=day, money=form)
        sheet.autofilter(0, 0, count, len(COLUMNS) - 1)
        for place, name in enumerate(COLUMNS):
            sheet.set_column(place, place, _WIDTHS.get(name, 14))
    return file.getvalue()


def _write(sheet: Worksheet, at: int, row: dict[str, Cell], *, day: Format, money: Format) -> None:
    """A row of typed cells. A number that a spreadsheet could not hold exactly stays text."""
    for place, name in enumerate(COLUMNS):
        value = row[name]
        if isinstance(value, Decimal) and len(value.normalize().as_tuple().digits) <= _EXACT_DIGITS:
            sheet.write_number(at, place, value, money if name == "amount" else None)
        elif isinstance(value, date):
            sheet.write_datetime(at, place, datetime.combine(value, time(0)), day)
        elif value not in {None, ""}:
            sheet.write_string(at, place, str(value))


def _newest(documents: Sequence[Document]) -> datetime:
    """The day of the newest statement: the same statements give the same bytes."""
    return datetime.combine(max((date.fromisoformat(one["issue_date"]) for one in documents), default=date(2000, 1, 1)), time(0))
