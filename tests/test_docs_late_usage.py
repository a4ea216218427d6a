"""What the page of the settlement says of late usage is true: its tables are run against the rules."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import pytest

from tests import test_docs_settlement as page
from tests.test_docs_measures import Row
from tests.test_docs_settlement import PRICES, by_customer, number, with_columns
from trueup.kit.money import money_text, round_money
from trueup.kit.quantity import ZERO, plain
from trueup.prices.rules.lists import PriceList
from trueup.reports.rules.lines import adjusted_default
from trueup.statements.rules.adjustments import adjustment, turned
from trueup.statements.rules.documents import Document, StatementKind, settled_document
from trueup.statements.rules.settlement import ChargedLine, CustomerShare, settled


def priced(row_of: str, units: str) -> Document:
    """A month of a service as a statement says it."""
    prices = PriceList("vendor", None, date(2026, 1, 1), "EUR", services={"service": PRICES[row_of]})
    lines = [ChargedLine("service", "Service", "group", "Group", "unit", 6, Decimal(units))]
    return settled_document(settled(prices, lines), lines, prices)


def packed(row_of: str, credits_: str) -> Document:
    """A month of credits as a statement says it."""
    prices = PriceList("vendor", None, date(2026, 1, 1), "EUR", packs={"group": page.TestPacks.PRICES[row_of]})
    shares = tuple(CustomerShare(customer, own, own) for customer, own in by_customer(credits_).items())
    total = sum((share.units for share in shares), ZERO)
    lines = [ChargedLine("service", "Service", "group", "Group", "unit", 6, total, total, shares)]
    return settled_document(settled(prices, lines), lines, prices)


def issued(said: Document, sequence: int = 1) -> Document:
    negative = Decimal(said["net"]) < 0
    kind = StatementKind.CREDIT_NOTE if negative else StatementKind.STATEMENT
    return {**(turned(said) if negative else said), "kind": kind, "number": str(sequence), "corrects": ""}


def shown(statement: Document) -> dict[str, str]:
    """What is said, in the column of its kind."""
    credit = statement["kind"] == StatementKind.CREDIT_NOTE
    return {"statement": "–" if credit else statement["net"], "credit note": statement["net"] if credit else "–"}


def amounts(written: str) -> list[Decimal]:
    return [Decimal(one) for one in written.split(", ")]


def named(rows: Iterable[Row]) -> list[str]:
    return ["-".join(row.values()) for row in rows]


DEFAULTS = with_columns("measured then", "charged then")
UNITS = with_columns("late usage of")
CREDITS = with_columns("late credits of")
TAXES = with_columns("net amounts of documents at 19 %")


def test_there_are_such_tables() -> None:
    assert min(map(len, (DEFAULTS, UNITS, CREDITS, TAXES))) >= 3


@pytest.mark.parametrize("row", DEFAULTS, ids=named(DEFAULTS))
def test_what_is_charged_by_default_goes_on_from_what_was_charged(row: Row) -> None:
    charged, before = (number(row[name]) or ZERO for name in ("charged then", "measured then"))
    found = adjusted_default(Decimal(row["measured now"]), charged_before=charged, measured_before=before)
    assert plain(found) == row["charged by default"]


@pytest.mark.parametrize("row", UNITS, ids=named(UNITS))
def test_units_are_settled_as_is_said(row: Row) -> None:
    first, last = (priced(row["late usage of"], row[name]) for name in ("units then", "units now"))
    found = {"said": first["net"], "comes to": last["net"], **shown(issued(adjustment(last, [issued(first)])))}
    assert found == {name: row[name] for name in found}


@pytest.mark.parametrize("row", CREDITS, ids=named(CREDITS))
def test_credits_are_settled_as_is_said(row: Row) -> None:
    first, last = (packed(row["late credits of"], row[name]) for name in ("credits then", "credits now"))
    packs = {"packs said": first["lines"][0]["quantity"], "packs now": last["lines"][0]["quantity"]}
    found = {**packs, **shown(issued(adjustment(last, [issued(first)])))}
    assert found == {name: row[name] for name in found}


def test_what_is_late_again_is_the_difference_to_all() -> None:
    before: list[Document] = []
    rows = with_columns("known of by volume")
    for sequence, row in enumerate(rows):
        whole = priced("by volume", row["known of by volume"])
        before.append(issued(adjustment(whole, before) if before else whole, sequence))
        assert {"comes to": whole["net"], **shown(before[-1])} == {name: row[name] for name in ("comes to", "statement", "credit note")}
    assert len(rows) > 3


@pytest.mark.parametrize("row", TAXES, ids=named(TAXES))
def test_tax_is_rounded_on_each_document(row: Row) -> None:
    nets = amounts(row["net amounts of documents at 19 %"])
    assert [money_text(round_money(net * 19 / 100, "EUR"), "EUR") for net in nets] == row["their taxes"].split(", ")
    assert money_text(round_money(sum(nets, ZERO) * 19 / 100, "EUR"), "EUR") == row["tax of one document"]
