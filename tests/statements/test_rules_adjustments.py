"""The difference to what was said: laws over random price lists and usage."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.statements.test_rules_settlement import charged, price_lists
from trueup.kit.errors import Invalid
from trueup.kit.quantity import ZERO, added
from trueup.prices.rules.lists import PriceList, Tax
from trueup.prices.rules.pricing import unit_price
from trueup.statements.rules.adjustments import adjustment, standing, turned
from trueup.statements.rules.documents import Document, StatementKind, parts_of, settled_document, sign_of
from trueup.statements.rules.invoice import how
from trueup.statements.rules.settlement import ChargedLine, settled

MONTHS = st.lists(charged(), min_size=2, max_size=4)
"""The same month as it was known at several times."""


def said(price_list: PriceList, lines: list[ChargedLine]) -> Document:
    return settled_document(settled(price_list, lines), lines, price_list)


def issued(document: Document, number: str, corrects: str = "") -> Document:
    """As a statement says it: what is below 0 as a credit note."""
    kind, money = (StatementKind.CREDIT_NOTE, turned(document)) if Decimal(document["net"]) < 0 else (StatementKind.STATEMENT, document)
    return {**money, "kind": kind.value, "number": number, "corrects": corrects}


def known(price_list: PriceList, months: list[list[ChargedLine]]) -> Iterator[Document]:
    """A statement, and what is said of late usage one after the other."""
    before: list[Document] = []
    for number, lines in enumerate(months):
        whole = said(price_list, lines)
        before.append(issued(adjustment(whole, before) if before else whole, str(number)))
        yield before[-1]


def figures(documents: list[Document]) -> dict[str, Any]:
    """What statements come to together: money, and for each service units, credits and money."""
    sums: dict[str, list[Decimal]] = {"net": []}
    for one in documents:
        sums["net"].append(sign_of(one["kind"]) * Decimal(one["net"]))
        for line in one["lines"]:
            sums.setdefault(line["code"], []).append(sign_of(one["kind"]) * Decimal(line["amount"]))
            for part in parts_of(line, one["currency"]):
                of = (f"{line['code']} {part.service} {name}" for name in ("amount", "list amount", "units", "credits"))
                for name, value in zip(of, (part.amount, part.exact, part.units, part.credits or ZERO), strict=True):
                    sums.setdefault(name, []).append(sign_of(one["kind"]) * value)
    found = {name: added(values) for name, values in sums.items()}
    return {name: value for name, value in found.items() if value or name == "net"}


class TestAdjustment:
    def test_is_exact_however_long_a_number_is(self) -> None:
        """More digits than decimals are reckoned with by default: a list amount is units times price, not rounded."""
        lines = [ChargedLine("endpoint", "Endpoint", "credit-based", "Credit based", "unit", 6, Decimal(1))]
        price_list = PriceList("vendor", None, date(2026, 1, 1), "EUR", services={"endpoint": unit_price(Decimal(1))})
        whole = said(price_list, lines)
        long = "12345678901234567890.123456789012"
        before = issued({**whole, "lines": [{**whole["lines"][0], "list_amount": long}]}, "1")
        (line,) = adjustment(whole, [before])["lines"]
        assert (line["before"]["list_amount"], line["list_amount"]) == (long, "-12345678901234567889.123456789012")

    @given(price_lists(), MONTHS)
    def test_and_all_before_it_come_to_one_statement_over_the_newest_figures(
        self, price_list: PriceList, months: list[list[ChargedLine]]
    ) -> None:
        assert figures(list(known(price_list, months))) == figures([issued(said(price_list, months[-1]), "one")])

    @given(price_lists(), MONTHS)
    def test_is_a_statement_like_any_other(self, price_list: PriceList, months: list[list[ChargedLine]]) -> None:
        for one in known(price_list, months):
            assert Decimal(one["net"]) == added(Decimal(line["amount"]) for line in one["lines"])
            assert Decimal(one["gross"]) == Decimal(one["net"]) + Decimal(one["tax"])
            assert Decimal(one["net"]) >= 0
            assert [line["position"] for line in one["lines"]] == list(range(1, len(one["lines"]) + 1))
            for line in one["lines"]:
                parts = parts_of(line, one["currency"])
                assert added(part.amount for part in parts) == Decimal(line["amount"])
                assert added(part.exact for part in parts) == Decimal(line["list_amount"])
                assert how(line)

    @given(price_lists(), charged())
    def test_of_the_same_is_nothing(self, price_list: PriceList, lines: list[ChargedLine]) -> None:
        first = issued(said(price_list, lines), "1")
        found = adjustment(said(price_list, lines), [first])
        assert (found["lines"], Decimal(found["net"]), found["adjusts"]) == ([], 0, ["1"])

    @given(price_lists(), charged(), charged())
    def test_says_the_two_amounts_it_lies_between(self, price_list: PriceList, lines: list[ChargedLine], later: list[ChargedLine]) -> None:
        found = adjustment(said(price_list, later), [issued(said(price_list, lines), "1")])
        for line in found["lines"]:
            for name in ("quantity", "list_amount", "amount"):
                assert Decimal(line["after"][name]) - Decimal(line["before"][name]) == Decimal(line[name])

    @given(price_lists(), charged())
    def test_of_another_currency_or_tax_is_none(self, price_list: PriceList, lines: list[ChargedLine]) -> None:
        first = issued(said(replace(price_list, tax=Tax(Decimal("12.3456"))), lines), "north-2026-000001")
        with pytest.raises(Invalid, match="“north-2026-000001” is in another currency or tax"):
            adjustment(said(replace(price_list, tax=Tax(Decimal(7))), lines), [first])


class TestTurned:
    @given(price_lists(), MONTHS)
    def test_twice_is_the_same(self, price_list: PriceList, months: list[list[ChargedLine]]) -> None:
        for one in known(price_list, months):
            assert turned(turned(one)) == one

    @given(price_lists(), charged())
    def test_takes_a_statement_back(self, price_list: PriceList, lines: list[ChargedLine]) -> None:
        whole = issued(said(price_list, lines), "1")
        assert figures([whole, {**whole, "kind": "credit_note"}]) == {"net": 0}
        assert figures([whole, turned(whole)]) == {"net": 0}


class TestStanding:
    def test_leaves_out_what_was_corrected_and_what_corrects(self) -> None:
        documents = [
            {"number": "1", "kind": "statement", "corrects": ""},
            {"number": "2", "kind": "credit_note", "corrects": ""},
            {"number": "3", "kind": "credit_note", "corrects": "1"},
            {"number": "4", "kind": "statement", "corrects": "1"},
        ]
        assert [one["number"] for one in standing(documents)] == ["2", "4"]
