"""What the page of the settlement says of files, e-invoices and FOCUS is true: its tables are run."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.statements.documents import document, line
from tests.test_docs_measures import shown
from tests.test_docs_settlement import with_columns
from trueup.statements.files import FORMS, Kind
from trueup.statements.rules.focus import CREDITS, Priced, rows_of
from trueup.statements.rules.invoice import invoice_of

NAMES = {
    "a statement": Kind.STATEMENT,
    "a list of statements": Kind.STATEMENTS,
    "a report": Kind.REPORT,
    "a list of reports": Kind.REPORTS,
    "a billing report": Kind.BILLING_REPORT,
    "what to bill customers": Kind.CUSTOMER_BILLS,
    "a whole cycle, as one zip": Kind.CYCLE,
}


class TestFiles:
    def test_are_there_in_the_forms_that_are_said(self) -> None:
        said = {NAMES[row["files of"]]: tuple(row["forms"].split(", ")) for row in with_columns("files of")}
        assert said == FORMS


class TestEInvoice:
    def test_says_lines_as_the_page_has_them(self) -> None:
        rows = with_columns("invoiced")
        services = {}
        for row in rows:
            *slices, last = row["tiers"].split(", ")
            tiers = [dict(zip(("up_to", "price"), one.split(": "), strict=True)) for one in slices]
            said = {"price": last} if row["pricing"] == "unit" else {"tiers": [*tiers, {"price": last}]}
            services[row["invoiced"]] = {"pricing": row["pricing"], "free_units": row["free"], "margin_percent": row["margin"], **said}
        lines = tuple(replace(line(row["invoiced"], row["units"], unit=row["unit"]), decimals=3) for row in rows)
        invoice = invoice_of(document(prices={"currency": "EUR", "tax": {"percent": 19}, "services": services}, lines=lines))
        found = [
            {"line of the invoice": one.code, "quantity": shown(one.quantity), "unit code": one.unit_code,
             "net price": shown(one.net_price), "amount": f"{one.amount:f}", "note": one.note}
            for one in invoice.lines
        ]  # fmt: skip
        assert found == with_columns("line of the invoice")


class TestFocus:
    @pytest.mark.parametrize("priced", Priced)
    def test_shares_out_as_the_page_has_it(self, priced: Priced) -> None:
        (pack,) = with_columns("packs", "size")
        prices = {"currency": "EUR", "packs": {pack["packs"]: {
            "price": pack["price"], "pack_size": pack["size"], "margin_percent": pack["margin"],
        }}}  # fmt: skip
        lines = tuple(
            line(row["in packs"], row["units"], group=pack["packs"], own={"dental": row["credits"]}) for row in with_columns("in packs")
        )
        rows = list(rows_of(document(prices=prices, lines=lines), priced=priced))
        wanted = with_columns("row of")
        for row, said in zip(rows, wanted, strict=True):
            names = ("ConsumedQuantity", "ListCost", "ContractedCost", "BilledCost")
            assert {name: shown(row[name]) for name in names} == {name: said[name] for name in names}
            pricing = f"{shown(row['PricingCurrencyEffectiveCost'])} {row['PricingCurrency']}"
            expected = f"{said['PricingCurrencyEffectiveCost']} {said['PricingCurrency']}"
            assert pricing == (expected if priced == Priced.CREDITS else said["in ISO currency"])
        assert {row["PricingCurrency"] for row in wanted} == {CREDITS}
        assert sum((row["BilledCost"] for row in rows), Decimal(0)) == Decimal(document(prices=prices, lines=lines)["net"])
