"""Money as commands write it: amounts with all decimals of their currency, lines, and what they come to."""

from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from trueup.client.answers import Money, MoneyLine, Side
from trueup.jobs.options import Format
from trueup.jobs.output import Listing, Record
from trueup.jobs.tables import Column, for_people, print_facts
from trueup.kit.money import money_text
from trueup.kit.quantity import plain
from trueup.statements.rules.invoice import how

_LINES = Listing(
    keys=(
        "position", "kind", "code", "name", "unit", "quantity", "billed_units", "list_amount", "margin_percent", "promo_code", "amount",
    ),
    columns=(
        Column("What", "code"),
        Column("Name", "name", spare=True),
        Column("Quantity", "quantity", number=True),
        Column("Unit", "unit", spare=True),
        Column("How", "how", spare=True),
        Column("Amount", "amount", number=True),
    ),
    empty="Nothing is charged.",
)  # fmt: skip


def amount(value: Decimal | None, currency: str | None) -> str | None:
    """An amount as text, with all decimals of its currency; unknown stays None."""
    return None if value is None or not currency else money_text(value, currency)


def as_record(money: Money | None) -> dict[str, Any]:
    """Lines and what they come to, for JSON; nothing where there is no money yet."""
    if money is None:
        return {"currency": None, "tax_rate": None, "lines": [], "net": None, "tax": None, "gross": None, "adjusts": []}
    totals = {name: amount(getattr(money, name), money.currency) for name in ("net", "tax", "gross")}
    lines = [_line(line, money.currency) for line in money.lines]
    return {"currency": money.currency, "tax_rate": asdict(money.tax_rate), "lines": lines, **totals, "adjusts": money.adjusts}


def _line(line: MoneyLine, currency: str) -> Record:
    sides = {"before": line.before, "after": line.after}
    return asdict(line) | {"amount": amount(line.amount, currency)} | {name: _side(one, currency) for name, one in sides.items()}


def _side(one: Side | None, currency: str) -> Record | None:
    return None if one is None else asdict(one) | {"amount": amount(one.amount, currency)}


def write_lines(money: Money | None, form: Format) -> None:
    """The lines as CSV, or as a table with what they come to."""
    lines = money.lines if money else ()
    if form is Format.CSV:
        _LINES.write((asdict(line) for line in lines), form)
    elif money:
        _LINES.write([_in_words(line, money.currency) for line in lines], form)
        _print_totals(money)


def _in_words(line: MoneyLine, currency: str) -> Record:
    said = {name: _plain(value) for name, value in _line(line, currency).items() if value is not None}
    return asdict(line) | {"amount": money_text(line.amount, currency), "how": how(said)}


def _plain(value: Any) -> Any:
    """As a document has it: numbers are text."""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, Sequence) and not isinstance(value, str) else value


def _print_totals(money: Money) -> None:
    rate = f"Tax {for_people(money.tax_rate.percent)} %"
    totals = {"Net": money.net, rate: money.tax, "Total": money.gross}
    print()
    print_facts({name: f"{amount(value, money.currency)} {money.currency}" for name, value in totals.items()})
