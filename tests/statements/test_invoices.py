"""Statements as e-invoices: both forms keep every rule of the standard, and say what keeps them from being one."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from tests.statements.documents import BUYER, ENDPOINTS, FEWER, LINES, MORE, PRICES, SELLER, adjusting, document, line
from tests.statements.en16931 import cii_wrong, codes_of, ubl_wrong
from tests.statements.peppol import peppol_wrong
from trueup.kit.errors import Invalid
from trueup.kit.money import round_money
from trueup.statements.exports.cii import cii
from trueup.statements.exports.ubl import ubl
from trueup.statements.rules.documents import Document, StatementKind
from trueup.statements.rules.invoice import Invoice, invoice_of
from trueup.statements.rules.parties import ENDPOINT_SCHEMES

TAXES: dict[str, dict[str, Any]] = {
    "standard": {"percent": 19},
    "zero": {},
    "exempt": {"category": "exempt", "reason": "Article 135"},
    "reverse charge": {"category": "reverse_charge"},
    "not subject": {"category": "not_subject"},
}
CASES: dict[str, Document] = {
    **{f"tax: {name}": document(prices=PRICES | {"tax": tax}) for name, tax in TAXES.items()},
    "credit note": document(kind=StatementKind.CREDIT_NOTE, corrects="north-2026-000001", reason="Wrong margin"),
    "replacement": document(corrects="north-2026-000001", reason="Wrong margin", po_number="PO 7"),
    "yen": document(prices=PRICES | {"currency": "JPY", "services": {"email-core": 450}, "packs": {}}, lines=LINES[1:2]),
    "by the network": document(
        seller=SELLER | ENDPOINTS | {"endpoint_id": "DE123456789"}, buyer=BUYER | ENDPOINTS | {"endpoint_id": "DE987654321"}
    ),
    "little is known": document(seller={"country": "DE", "tax_number": "22/815"}, buyer={"country": "AT"}),
    "late usage": adjusting(*MORE),
    "late usage, given back": adjusting(*FEWER),
    "nothing charged": document(lines=(line("workspace-security", "0"),)),
}


class TestInvoices:
    @pytest.mark.parametrize("name", CASES)
    def test_keep_every_rule(self, name: str) -> None:
        invoice = invoice_of(CASES[name])
        assert ubl_wrong(ubl(invoice)) == []
        assert cii_wrong(cii(invoice)) == []

    @pytest.mark.parametrize("name", CASES)
    def test_come_to_what_the_statement_says(self, name: str) -> None:
        invoice = invoice_of(CASES[name])
        assert sum((one.amount for one in invoice.lines), Decimal(0)) == invoice.net == Decimal(CASES[name]["net"])
        assert invoice.net + invoice.tax == invoice.gross
        for one in invoice.lines:
            assert round_money(one.quantity * one.net_price, invoice.currency) == one.amount

    def test_say_how_an_amount_came_about(self) -> None:
        said = {one.code: (one.quantity, one.unit_code, one.net_price, one.note) for one in invoice_of(document()).lines}
        assert said == {
            "workspace-security": (13, "C62", Decimal("4.2"), "13 × 4.2"),
            "email-core": (1, "C62", Decimal("33.25"), "10 × 2 + 15 × 1, less 5 % margin"),
            "backup-storage": (1, "C62", Decimal("0.12"), "7.345 of 12.345 GB billed, 7.345 × 0.017, less 5 % margin"),
            "credits": (16, "C62", Decimal("11.4"), "1550 credits in packs of 100, 16 × 12, less 5 % margin"),
            "nfr": (1, "C62", Decimal("11.4"), "190 credits less 60 complimentary in packs of 100, 1 × 12, less 5 % margin"),
        }

    @pytest.mark.parametrize("kind", StatementKind)
    def test_keep_the_rules_of_the_network(self, kind: StatementKind) -> None:
        seller, buyer = (
            said | ENDPOINTS | {"endpoint_id": endpoint} for said, endpoint in ((SELLER, "DE123456789"), (BUYER, "DE987654321"))
        )
        corrects = "north-2026-000000" if kind == StatementKind.CREDIT_NOTE else ""
        xml = ubl(invoice_of(document(seller=seller, buyer=buyer, kind=kind, corrects=corrects, reason="Wrong margin", po_number="PO 7")))
        assert ubl_wrong(xml) == []
        assert peppol_wrong(xml) == []
        assert peppol_wrong(ubl(invoice_of(CASES["little is known"]))) == [
            "R001 business process", "R004 specification", "R010, R020 electronic addresses",
        ]  # fmt: skip

    @pytest.mark.parametrize("write", [ubl, cii])
    def test_name_each_statement_they_correct_or_are_a_difference_to(self, write: Callable[[Invoice], bytes]) -> None:
        adjusts = ["north-2026-000001", "north-2026-000007", "north-2026-000009"]
        xml = write(invoice_of(adjusting(*FEWER) | {"corrects": "north-2026-000010", "adjusts": adjusts}))
        assert (ubl_wrong if write == ubl else cii_wrong)(xml) == []
        named = list(etree.fromstring(xml).iter("{*}InvoiceDocumentReference", "{*}InvoiceReferencedDocument"))
        assert ["".join(one.itertext()).strip() for one in named] == ["north-2026-000010", *adjusts]

    def test_name_the_network_where_both_have_an_address(self) -> None:
        assert b"poacc:billing:3.0" in ubl(invoice_of(CASES["by the network"]))
        assert b"poacc" not in ubl(invoice_of(CASES["credit note"]))

    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        st.lists(
            st.tuples(st.decimals(0, 10**6, places=3), st.decimals(0, 1000, places=6), st.decimals(0, 100, places=2)),
            min_size=1,
            max_size=4,
        )
    )
    def test_of_any_prices_keep_every_rule(self, rows: list[tuple[Decimal, Decimal, Decimal]]) -> None:
        services = {f"s{place}": {"price": str(price), "margin_percent": str(margin)} for place, (_, price, margin) in enumerate(rows)}
        lines = tuple(line(f"s{place}", str(units), unit="GB") for place, (units, _, _) in enumerate(rows))
        invoice = invoice_of(document(prices=PRICES | {"services": services}, lines=lines))
        assert ubl_wrong(ubl(invoice)) == []
        assert cii_wrong(cii(invoice)) == []


class TestRefusals:
    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"seller": {}}, ["the billing details of “north” have no country",
                              "the billing details of “north” have neither a VAT identifier nor a tax number"]),
            ({"buyer": {}}, ["the billing details of “bolt” have no country"]),
            ({"prices": PRICES | {"tax": {"category": "reverse_charge"}}, "buyer": {"country": "AT"}},
             ["a reverse charge needs the VAT identifier of “bolt”"]),
            ({"lines": ()}, ["nothing is charged: an e-invoice has at least one line"]),
            ({"prices": PRICES | {"currency": "KWD"}}, ["amounts in KWD have more decimals than an e-invoice"]),
        ],
    )  # fmt: skip
    def test_say_what_is_missing(self, given: Mapping[str, Any], said: list[str]) -> None:
        with pytest.raises(Invalid) as refused:
            invoice_of(document(**given))
        assert [one.message for one in refused.value.problems] == said


def test_schemes_of_electronic_addresses_are_those_of_the_standard() -> None:
    known = codes_of("BR-CL-25", "ubl-2.1/EN16931-UBL-validation.xslt")
    assert {code for code in known if code.isdigit()} == ENDPOINT_SCHEMES
    assert known - ENDPOINT_SCHEMES == {"AN", "AQ", "AS", "AU", "EM"}
