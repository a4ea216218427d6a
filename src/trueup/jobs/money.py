"""Money as commands write it: amounts with all decimals of their currency, the lines of a document, and what they come to."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from trueup.client.answers.billing import Document
from trueup.jobs.output import Listing, Record
from trueup.jobs.tables import Column, print_facts
from trueup.kit.money import money_text
from trueup.kit.quantity import plain
from trueup.statements.rules.invoice import how

LINES = Listing(
    keys=("position", "kind", "code", "name", "unit", "quantity", "list_amount", "margin_percent", "promo_code", "amount"),
    columns=(
        Column("What", "code"),
        Column("Name", "name", spare=True),
        Column("Quantity", "quantity", number=True),
        Column("Unit", "unit", spare=True),
        Column("How", "how", spare=True),
        Column("Promo code", "promo_code", spare=True),
        Column("Amount", "amount", number=True),
    ),
    empty="Nothing is charged.",
)
_NUMBERS: Final = frozenset({"quantity", "list_amount", "margin_percent", "amount"})

_ORDER: Final = (
    "version", "number", "kind", "corrects", "reason", "issue_date", "cycle", "seller", "buyer", "ref", "source", "currency", "tax_rate",
    "lines", "position", "code", "name", "unit", "quantity", "list_amount", "margin_percent", "promo_code", "amount", "charged", "service",
    "billed_units", "units", "price", "credits", "complimentary", "billed_credits", "slices", "net", "tax", "gross", "prices", "from",
)  # fmt: skip
"""Keys of a document as they are read; databases keep them in an order of their own."""
_PLACE: Final = {name: place for place, name in enumerate(_ORDER)}


def amount(value: Decimal | None, currency: str | None) -> str | None:
    """An amount as text, with all decimals of its currency; unknown stays None."""
    return None if value is None or currency is None else money_text(value, currency)


def with_currency(value: str | None, currency: str | None) -> str | None:
    """An amount as a person reads it."""
    return None if value is None else f"{value} {currency}"


def ordered(value: Any) -> Any:
    """A document in the order of the contract, and by name where that says nothing."""
    if isinstance(value, Mapping):
        return {name: ordered(value[name]) for name in sorted(value, key=lambda name: (_PLACE.get(name, len(_PLACE)), name))}
    return [ordered(one) for one in value] if isinstance(value, list | tuple) else value


def lines_of(document: Document) -> Sequence[Record]:
    """The lines as records: numbers are decimals, so that a spreadsheet takes them for such."""
    return [_line(line, document["currency"]) for line in document["lines"]]


def _line(line: Mapping[str, Any], currency: str) -> Record:
    said = {key: line.get(key) for key in LINES.keys}
    return {**said, "amount": money_text(Decimal(line["amount"]), currency), "how": how(line)}


def in_cells(records: Sequence[Record]) -> Sequence[Record]:
    """The same for CSV, where numbers are numbers: also what is below 0 is no formula then."""
    return [{key: Decimal(str(value)) if key in _NUMBERS and value is not None else value for key, value in one.items()} for one in records]


def print_totals(document: Document) -> None:
    """What the lines come to."""
    currency, rate = document["currency"], document["tax_rate"]
    print()
    print_facts(
        {
            "Net": f"{document['net']} {currency}",
            f"Tax {plain(Decimal(rate['percent']))} %": f"{document['tax']} {currency}",
            "Total": f"{document['gross']} {currency}",
        }
    )
