"""Files of statements: they add up to what the statement says, the same bytes each time, and nothing in them is a formula or code."""

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from facturx import get_xml_from_pdf
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from tests.statements.documents import BUYER, LINES, PRICES, SELLER, document
from tests.statements.en16931 import cii_wrong
from trueup.kit.errors import Invalid
from trueup.kit.text import Text
from trueup.statements.exports import focus, tables
from trueup.statements.exports.cii import cii
from trueup.statements.exports.statement import factur_x, statement_pdf
from trueup.statements.rules.documents import StatementKind, checksum
from trueup.statements.rules.focus import COLUMNS, CREDITS, Priced, rows_of
from trueup.statements.rules.invoice import invoice_of

NASTY = "=HYPERLINK(1)#strong[x]$y$*z*"


def said_by(file: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.decode(), newline="")))


class TestFocus:
    @pytest.mark.parametrize("priced", Priced)
    def test_comes_to_what_is_billed(self, priced: Priced) -> None:
        said = document()
        rows = list(rows_of(said, priced=priced))
        assert sum((row["BilledCost"] for row in rows), Decimal(0)) == Decimal(said["net"])
        assert sum((row["ListCost"] for row in rows), Decimal(0)) == sum(Decimal(line["list_amount"]) for line in said["lines"])
        assert [row["SkuId"] for row in rows] == [line.service for line in LINES]

    def test_is_priced_in_credits_unless_asked_for_in_money(self) -> None:
        found = {priced: [row["PricingCurrency"] for row in rows_of(document(), priced=priced)] for priced in Priced}
        assert found == {Priced.CREDITS: ["EUR", "EUR", "EUR", CREDITS, CREDITS], Priced.CURRENCY: ["EUR"] * 5}
        endpoint = list(rows_of(document()))[3]
        assert (endpoint["PricingCurrencyEffectiveCost"], endpoint["PricingCurrencyListUnitPrice"]) == (1550, Decimal("3.875"))

    def test_takes_back_what_is_credited(self) -> None:
        credited = list(rows_of(document(kind=StatementKind.CREDIT_NOTE, corrects="north-2026-000001", reason="Wrong")))
        assert sum((row["BilledCost"] for row in credited), Decimal(0)) == -Decimal(document()["net"])
        assert {row["ChargeClass"] for row in credited} == {"Correction"}

    def test_is_csv_with_every_column(self) -> None:
        rows = said_by(focus.as_csv(rows_of(document())))
        assert list(rows[0]) == list(COLUMNS)
        assert (rows[0]["BilledCost"], rows[0]["ConsumedQuantity"], rows[0]["BillingPeriodEnd"]) == ("54.6", "13.0", "2026-11-01T00:00:00Z")
        assert rows[0]["RegionId"] == ""


class TestTables:
    def test_add_up_to_what_is_owed(self) -> None:
        note = document(kind=StatementKind.CREDIT_NOTE, corrects="north-2026-000001", reason="Wrong")
        rows = said_by(tables.as_csv([document()]))
        assert sum(Decimal(row["amount"] or 0) for row in rows) == Decimal(document()["net"])
        assert sum(Decimal(row["amount"] or 0) for row in said_by(tables.as_csv([document(), note]))) == 0
        assert rows[0]["amount"] == "54.60"

    def test_have_typed_cells_and_no_formulas(self) -> None:
        said = document(buyer=BUYER | {"legal_name": NASTY})
        file = tables.as_xlsx([said])
        head, first, *_ = CalamineWorkbook.from_filelike(io.BytesIO(file)).get_sheet_by_index(0).to_python()
        row: dict[Any, Any] = dict(zip(head, first, strict=True))
        assert (row["amount"], row["units"], str(row["issue_date"]), row["buyer_name"]) == (54.6, 13, "2026-11-08", NASTY)
        assert tables.as_xlsx([said]) == file
        assert said_by(tables.as_csv([said]))[0]["buyer_name"] == f"'{NASTY}"

    def test_keep_numbers_as_text_that_a_spreadsheet_would_round(self) -> None:
        said = document()
        said["lines"][0] |= {"list_amount": "1234567890123456.5"}
        head, first, *_ = CalamineWorkbook.from_filelike(io.BytesIO(tables.as_xlsx([said]))).get_sheet_by_index(0).to_python()
        assert dict(zip(head, first, strict=True))["list_amount"] == "1234567890123456.5"


class TestPdf:
    def test_says_what_the_statement_says(self) -> None:
        said = document(reason=NASTY, corrects="north-2026-000000", po_number="PO 7")
        page = PdfReader(io.BytesIO(statement_pdf(said, checksum=checksum(said)))).pages[0].extract_text()
        for text in ("Statement north-2026-000001", "North Distribution GmbH", "Bolt IT", "335.31", "PO 7", checksum(said), NASTY):
            assert text in page

    def test_is_the_same_each_time(self) -> None:
        assert statement_pdf(document()) == statement_pdf(document())

    def test_is_in_the_language_of_who_reads(self) -> None:
        def loud(sentence: Text) -> str:
            return f"¡{sentence}!"

        page = PdfReader(io.BytesIO(statement_pdf(document(), language="es", say=loud))).pages[0].extract_text()
        assert "¡Statement!" in page

    def test_carries_the_invoice(self) -> None:
        name, xml = get_xml_from_pdf(factur_x(document()), check_xsd=False)
        assert name == "factur-x.xml"
        assert xml == cii(invoice_of(document()))
        assert cii_wrong(xml) == []
        with pytest.raises(Invalid):
            factur_x(document(seller={}))

    def test_goes_over_pages(self) -> None:
        lines = tuple(LINES[0].__class__(f"s{n}", f"Service {n}", "smb", "SMB", "seat", 0, Decimal(n)) for n in range(120))
        prices = PRICES | {"services": {f"s{n}": "1" for n in range(120)}}
        pages = PdfReader(io.BytesIO(statement_pdf(document(prices=prices, lines=lines, seller=SELLER)))).pages
        assert len(pages) > 2
        assert "Amount (EUR)" in pages[1].extract_text()
