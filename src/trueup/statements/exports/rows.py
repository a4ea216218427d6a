"""Statements as rows: one for each charged service. Amounts stand once in each line; what is of the line or the statement is repeated."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from trueup.statements.exports.tables import Cell, Column, Of, Row, Table, columns
from trueup.statements.rules.documents import Document, sign_of, signed

_LINE_NUMBERS: Final = dict.fromkeys(("position", "units", "credits", "quantity", "list_amount", "margin_percent"), Of.NUMBER)

LINE_COLUMNS: Final = (
    "position", "code", "name", "service", "service_name", "units", "unit", "credits", "quantity", "list_amount", "margin_percent",
    "promo_code", "amount", "currency",
)  # fmt: skip
HEAD_COLUMNS: Final = ("number", "kind", "corrects", "issue_date", "cycle", "seller", "seller_name", "buyer", "buyer_name")


def line_columns(*head: str, behind: Sequence[str] = (), **others: Of) -> dict[str, Column]:
    """The columns of lines with money, those of what they are of before them, and further ones behind."""
    return columns((*head, *LINE_COLUMNS, *behind), **_LINE_NUMBERS, amount=Of.AMOUNT, **others)


def statements_table(documents: Iterable[Document], *, made: date) -> Table:
    """Statements, one after another."""
    rows = (row for document in documents for row in rows_of(document))
    return Table("Statements", line_columns(*HEAD_COLUMNS, issue_date=Of.DAY), rows, made)


def rows_of(document: Document) -> Iterator[Row]:
    """The rows of a statement; the amounts of a credit note are below 0, so that a column adds up to what is owed."""
    head: dict[str, Cell] = {
        "number": document["number"], "kind": document["kind"], "corrects": document["corrects"],
        "issue_date": date.fromisoformat(document["issue_date"]), "cycle": document["cycle"],
        "seller": document["seller"]["ref"], "seller_name": document["seller"]["name"],
        "buyer": document["buyer"]["ref"], "buyer_name": document["buyer"]["name"],
    }  # fmt: skip
    yield from money_rows(document, head, sign=sign_of(document["kind"]))


def money_rows(document: Document, head: Row, *, sign: int = 1) -> Iterator[Row]:
    """The lines of a document with money, as rules.documents.settled_document writes it."""
    for line in document["lines"]:
        yield from _rows(line, {**head, "currency": document["currency"]}, sign)


def _rows(line: Mapping[str, Any], head: Row, sign: int) -> Iterator[Row]:
    said: dict[str, Cell] = {"position": line["position"], "code": line["code"], "name": line["name"]}
    money: dict[str, Cell] = {name: signed(Decimal(line[name]), sign) for name in ("quantity", "list_amount", "amount")}
    money |= {"margin_percent": Decimal(line["margin_percent"]), "promo_code": line["promo_code"]}
    for place, charged in enumerate(line["charged"]):
        own: dict[str, Cell] = {"service": charged["service"], "service_name": charged["name"], "unit": charged["unit"]}
        figures = {name: None if charged[name] is None else signed(Decimal(charged[name]), sign) for name in ("units", "credits")}
        yield {**head, **said, **own, **figures, **(money if place == 0 else {})}
