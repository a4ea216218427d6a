"""Files of statements: they add up to what the statement says, the same bytes each time, and nothing in them is a formula or code."""

import csv
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from facturx import get_xml_from_pdf
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from tests.statements import golden
from tests.statements.documents import BUYER, FEWER, LINES, MORE, PRICES, SELLER, adjusting, document, line
from tests.statements.en16931 import cii_wrong
from trueup.kit.errors import Invalid
from trueup.kit.text import Text
from trueup.prices.rules.promos import PromoCode
from trueup.statements.exports import focus, tables
from trueup.statements.exports.cii import cii
from trueup.statements.exports.parquet import as_parquet
from trueup.statements.exports.rows import statements_table
from trueup.statements.exports.statement import factur_x, statement_pdf
from trueup.statements.rules.documents import Document, StatementKind, checksum
from trueup.statements.rules.focus import COLUMNS, CREDITS, INSTANTS, Priced, rows_of
from trueup.statements.rules.invoice import invoice_of

DAY = date(2026, 11, 8)
NASTY = "=HYPERLINK(1)#strong[x]$y$*z*"


def said_by(file: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.decode(), newline="")))


BY_VOLUME = PRICES | {"services": {"email-core": {"pricing": "volume", "tiers": [{"up_to": 10, "price": 5}, {"price": 4}]}}}
FOCUSED = (
    document(promos={"workspace-security": PromoCode("LAUNCH", DAY, DAY, None, None, None, Decimal(20))}),
    document(kind=StatementKind.CREDIT_NOTE, corrects="north-2026-000001", reason="Wrong"),
    adjusting(*MORE),
    adjusting(*FEWER),
    adjusting(line("email-core", "11"), before=document(prices=BY_VOLUME, lines=(line("email-core", "10"),)), prices=BY_VOLUME),
    document(prices=PRICES | {"currency": "JPY"}),
    document(prices=PRICES | {"currency": "KWD"}),
    document(lines=(line("workspace-security", "0"),)),
)
"""What the validator of the specification looks at, as golden files (make focus)."""


class TestFocus:
    @pytest.mark.parametrize("priced", Priced)
    def test_is_as_the_validator_has_seen_it(self, priced: Priced) -> None:
        golden.check(f"priced-in-{priced}.focus.csv", b"".join(focus.as_csv(row for one in FOCUSED for row in rows_of(one, priced=priced))))
        golden.check(
            f"priced-in-{priced}.focus.parquet", b"".join(as_parquet(row for one in FOCUSED for row in rows_of(one, priced=priced)))
        )

    def test_says_which_month_an_adjustment_is_of(self) -> None:
        row = next(iter(rows_of(document(cycle="2026-11-adjusts-2026-10"))))
        assert [f"{row[name]:%Y-%m-%d}" for name in INSTANTS] == ["2026-12-01", "2026-11-01", "2026-11-01", "2026-10-01"]
        assert row["ChargeClass"] == "Correction"

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

    def test_comes_to_the_difference_of_late_usage(self) -> None:
        for said, sign in ((adjusting(*MORE), 1), (adjusting(*FEWER), -1)):
            rows = list(rows_of(said))
            assert sum((row["BilledCost"] for row in rows), Decimal(0)) == sign * Decimal(said["net"])
            assert {row["ChargeClass"] for row in rows} == {"Correction"}

    def test_has_no_price_below_nothing(self) -> None:
        (row,) = rows_of(FOCUSED[4])
        assert (row["ConsumedQuantity"], row["ListCost"], row["ListUnitPrice"]) == (1, -6, None)

    def test_takes_back_what_is_credited(self) -> None:
        credited = list(rows_of(document(kind=StatementKind.CREDIT_NOTE, corrects="north-2026-000001", reason="Wrong")))
        assert sum((row["BilledCost"] for row in credited), Decimal(0)) == -Decimal(document()["net"])
        assert {row["ChargeClass"] for row in credited} == {"Correction"}

    def test_is_csv_with_every_column(self) -> None:
        rows = said_by(b"".join(focus.as_csv(rows_of(document()))))
        assert list(rows[0]) == list(COLUMNS)
        assert (rows[0]["BilledCost"], rows[0]["ConsumedQuantity"], rows[0]["BillingPeriodEnd"]) == ("54.6", "13.0", "2026-11-01T00:00:00Z")
        assert rows[0]["RegionId"] == ""


def csv_of(*documents: Document) -> list[dict[str, str]]:
    return said_by(b"".join(tables.as_csv(statements_table(documents, made=DAY))))


def xlsx_of(*documents: Document) -> bytes:
    return b"".join(tables.as_xlsx(statements_table(documents, made=DAY)))


def cells_of(file: bytes) -> list[dict[Any, Any]]:
    head, *rows = CalamineWorkbook.from_filelike(io.BytesIO(file)).get_sheet_by_index(0).to_python()
    return [dict(zip(head, row, strict=True)) for row in rows]


class TestTables:
    def test_add_up_to_what_is_owed(self) -> None:
        note = document(kind=StatementKind.CREDIT_NOTE, corrects="north-2026-000001", reason="Wrong")
        rows = csv_of(document())
        assert sum(Decimal(row["amount"] or 0) for row in rows) == Decimal(document()["net"])
        assert sum(Decimal(row["amount"] or 0) for row in csv_of(document(), note)) == 0
        assert rows[0]["amount"] == "54.60"

    def test_have_typed_cells_and_no_formulas(self) -> None:
        said = document(buyer=BUYER | {"legal_name": NASTY})
        file = xlsx_of(said)
        row = cells_of(file)[0]
        assert (row["amount"], row["units"], str(row["issue_date"]), row["buyer_name"]) == (54.6, 13, "2026-11-08", NASTY)
        assert xlsx_of(said) == file
        assert csv_of(said)[0]["buyer_name"] == f"'{NASTY}"
        inside = golden.unpacked(file).decode()
        assert "<f>" not in inside
        assert '<pane xSplit="1" ySplit="1" topLeftCell="B2" activePane="bottomRight" state="frozen"/>' in inside
        assert '<autoFilter ref="A1:W6"/>' in inside

    def test_keep_numbers_as_text_that_a_spreadsheet_would_round(self) -> None:
        said = document()
        said["lines"][0] |= {"list_amount": "1234567890123456.5"}
        assert cells_of(xlsx_of(said))[0]["list_amount"] == "1234567890123456.5"

    def test_show_the_decimals_of_each_currency(self) -> None:
        formats = {}
        for currency, shown in (("JPY", "#,##0"), ("EUR", "#,##0.00"), ("KWD", "#,##0.000")):
            formats[shown] = f'formatCode="{shown}"' in golden.unpacked(xlsx_of(document(prices=PRICES | {"currency": currency}))).decode()
        assert all(formats.values())
        assert csv_of(document(prices=PRICES | {"currency": "JPY"}))[0]["amount"] == "55"
        assert csv_of(document(prices=PRICES | {"currency": "KWD"}))[0]["amount"] == "54.600"

    def test_go_on_in_another_sheet_where_one_is_full(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tables, "MOST_ROWS", 3)
        book = CalamineWorkbook.from_filelike(io.BytesIO(xlsx_of(document())))
        assert book.sheet_names == ["Statements", "Statements 2"]
        assert [len(book.get_sheet_by_name(name).to_python()) for name in book.sheet_names] == [4, 3]

    def test_are_made_while_they_are_read(self) -> None:
        asked = []

        def documents() -> Iterator[Document]:
            for place in range(2000):
                asked.append(place)
                yield document()

        pieces = iter(tables.as_csv(statements_table(documents(), made=DAY)))
        assert next(pieces).startswith(b"number,")
        next(pieces)
        assert len(asked) < 200


class TestPdf:
    def test_says_what_the_statement_says(self) -> None:
        said = document(reason=NASTY, corrects="north-2026-000000", po_number="PO 7")
        page = PdfReader(io.BytesIO(statement_pdf(said, checksum=checksum(said)))).pages[0].extract_text()
        for text in ("Statement north-2026-000001", "North Distribution GmbH", "Bolt IT", "335.31", "PO 7", checksum(said), NASTY):
            assert text in page

    def test_is_the_same_each_time(self) -> None:
        assert statement_pdf(document()) == statement_pdf(document())

    def test_is_the_same_for_several_at_once(self) -> None:
        said = document()
        with ThreadPoolExecutor(4) as threads:
            assert set(threads.map(lambda _: statement_pdf(said), range(24))) == {statement_pdf(said)}

    def test_says_what_late_usage_is_a_difference_to(self) -> None:
        page = PdfReader(io.BytesIO(statement_pdf(adjusting(*FEWER)))).pages[0].extract_text()
        for text in ("Credit note north-2026-000002", "Adjusts", "north-2026-000001", "8.40 for 2, instead of 54.60 for 13", "46.20"):
            assert text in page

    def test_is_in_the_language_of_who_reads(self) -> None:
        def loud(sentence: Text) -> str:
            return f"¡{sentence}!"

        page = PdfReader(io.BytesIO(statement_pdf(document(), language="es", say=loud))).pages[0].extract_text()
        assert "¡Statement!" in page

    def test_carries_the_invoice(self) -> None:
        name, xml = get_xml_from_pdf(factur_x(document()), check_xsd=False)
        assert name == "factur-x.xml"
        assert factur_x(document()) == factur_x(document())
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
