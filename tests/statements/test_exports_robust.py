"""Files of what nobody expects in them: letters that no font has, characters XML can't write, numbers as fine and as large as they get."""

import csv
import io
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from zipfile import ZipFile

import pyarrow.parquet as pq
import pytest
import typst
from facturx import get_xml_from_pdf
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from pypdf import PdfReader

from tests.reports.month import OCTOBER, October
from tests.statements.conftest import SELLING, issue_all, save_prices
from tests.statements.documents import BUYER, PRICES, adjusting, document, line
from tests.statements.en16931 import ubl_wrong
from trueup.accounts.rules import Viewer
from trueup.kit.text import Text
from trueup.reports.models import Report
from trueup.statements import files
from trueup.statements.exports import cycle, pdf
from trueup.statements.exports.making import of_statement
from trueup.statements.exports.parquet import as_parquet
from trueup.statements.exports.statement import factur_x, statement_pdf
from trueup.statements.exports.ubl import ubl
from trueup.statements.rules.focus import Priced, rows_of
from trueup.statements.rules.invoice import invoice_of

FAR_AWAY = "北京 Güvenlik 😀 Ωμέγα Прибой"
OPERATOR = Viewer.system()


def words(page: bytes) -> str:
    return "\n".join(one.extract_text() for one in PdfReader(io.BytesIO(page)).pages)


class TestLettersThatNoFontHas:
    @pytest.mark.parametrize("name", [FAR_AWAY, "ไทย", "한국", "日本", "👩‍👩‍👧", "a\x01b", "\ufffe", "שלום مرحبا"])
    def test_are_boxes(self, name: str) -> None:
        said = words(statement_pdf(document(buyer=BUYER | {"legal_name": name}, reason=f"{name}\n{name}")))
        assert "335.31" in said
        boxes = any(not one.isascii() and ord(one) > 0x700 for one in name) or not name.isprintable()
        assert ("□" in said) == boxes == ("CSV and XLSX have it" in said)

    def test_leave_the_others_as_they_are(self) -> None:
        said = words(statement_pdf(document(buyer=BUYER | {"legal_name": FAR_AWAY})))
        assert "□□ Güvenlik □ Ωμέγα Прибой" in said

    def test_are_said_in_the_language_of_the_page(self) -> None:
        def loud(sentence: Text) -> str:
            return f"¡{sentence}!"

        assert "¡A □ is a character" in words(statement_pdf(document(reason="北"), say=loud, language="es"))

    def test_are_the_same_each_time(self) -> None:
        said = document(reason=FAR_AWAY)
        assert statement_pdf(said) == statement_pdf(said)

    def test_are_boxes_where_each_is_shown_alone_but_not_together(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pdf, "_is_shown", lambda _: True)
        said = words(statement_pdf(document(reason=f"Größe\n{FAR_AWAY}")))
        assert "Größe" in said
        assert "□□ Güvenlik □ □□□□□" in said

    def test_stay_in_the_invoice_inside(self) -> None:
        _, xml = get_xml_from_pdf(factur_x(document(buyer=BUYER | {"legal_name": FAR_AWAY})), check_xsd=False)
        assert FAR_AWAY in xml.decode()

    def test_are_not_taken_for_other_mistakes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pdf, "_design", lambda: b"#nothing-of-the-kind")
        with pytest.raises(typst.TypstError, match="unknown variable"):
            statement_pdf(document())


class TestXml:
    def test_has_a_space_for_what_it_can_not_write(self) -> None:
        xml = ubl(invoice_of(document(reason="one\x0btwo\x1cthree", buyer=BUYER | {"legal_name": "Bolt\ufffe"})))
        assert ubl_wrong(xml) == []
        assert etree.fromstring(xml).findtext("{*}Note") == "one two three"


numbers = st.decimals(0, 10**6, places=6).map("{:f}".format)
margins = st.decimals(0, 100, places=4).map("{:f}".format)


def decimals(row: dict[str, Any]) -> dict[str, Decimal]:
    return {name: value for name, value in row.items() if isinstance(value, Decimal)}


def in_parquet(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(io.BytesIO(b"".join(as_parquet(rows)))).to_pylist()
    return found


class TestParquet:
    @settings(max_examples=30, deadline=None)
    @given(units=numbers, price=numbers, margin=margins, late=numbers)
    def test_has_numbers_as_fine_as_they_get(self, units: str, price: str, margin: str, late: str) -> None:
        prices: dict[str, Any] = PRICES | {"services": {"traffic": {"price": price, "margin_percent": margin}}}
        said = document(prices=prices, lines=(line("traffic", units, unit="GB"),))
        more = adjusting(line("traffic", late, unit="GB"), before=said, prices=prices)
        rows = [row for one in (said, more) for row in rows_of(one, priced=Priced.CURRENCY)]
        assert [decimals(row) for row in in_parquet(rows)] == [decimals(row) for row in rows]

    def test_has_a_price_where_little_costs_much(self) -> None:
        priced = {"price": "0.000123", "minimum_units": 99_999_999_999, "margin_percent": "12.3456"}
        said = document(prices=PRICES | {"services": {"traffic": priced}}, lines=(line("traffic", "0.000001", unit="GB"),))
        [row] = in_parquet(list(rows_of(said)))
        assert row["ListCost"] == Decimal("12299999.999877")
        assert row["ListUnitPrice"] == Decimal(12299999999877)
        assert row["ContractedCost"] == Decimal("10781491.199892185088")


class TestAnArchive:
    @pytest.fixture
    def two(self, approve: Callable[..., October]) -> October:
        october = approve()
        save_prices("north", SELLING)
        issue_all()
        return october

    def archive(self, *forms: str) -> ZipFile:
        return ZipFile(io.BytesIO(b"".join(files.cycle_archive(OPERATOR, OCTOBER, forms).content)))

    def left_out(self, found: ZipFile) -> dict[str, str]:
        return {row["file"]: row["reason"] for row in csv.DictReader(io.StringIO(found.read("left-out.csv").decode()))}

    def test_goes_on_where_a_file_fails(
        self, two: October, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:  # fmt: skip
        def fails(document: Any, *rest: Any) -> Any:
            if document["number"] == "north-2026-000001":
                raise ValueError("nobody thought of it")
            return of_statement(document, *rest)

        monkeypatch.setattr(cycle, "of_statement", fails)
        found = self.archive("csv")
        assert found.testzip() is None
        assert {"statements.csv", "statements/north-2026-000002.csv", "reports/2026-10-bolt.csv"} < set(found.namelist())
        assert self.left_out(found) == {
            "statements/north-2026-000001.csv": "this file could not be made: the log of the installation says why"
        }
        assert "nobody thought of it" in caplog.text

    def test_has_no_half_of_a_file(self, two: October, monkeypatch: pytest.MonkeyPatch) -> None:
        def breaks(*_: Any) -> Iterator[bytes]:
            yield b"number,"
            raise ValueError("in the middle")

        monkeypatch.setattr(cycle, "of_statements", breaks)
        found = self.archive("focus-csv", "csv")
        assert found.testzip() is None
        assert set(self.left_out(found)) == {"statements.csv", "statements.focus.csv"}
        assert "statements.csv" not in found.namelist()

    def test_goes_on_where_a_report_can_not_be_read(self, two: October, monkeypatch: pytest.MonkeyPatch) -> None:
        def fails(*_: Any) -> None:
            raise ValueError

        monkeypatch.setattr(cycle, "report", fails)
        found = self.archive("csv", "pdf")
        assert {"statements.csv", "statements/north-2026-000001.pdf"} < set(found.namelist())
        assert len(self.left_out(found)) == 4

    def test_holds_pages_with_letters_that_no_font_has(self, two: October) -> None:
        Report.objects.update(comment=FAR_AWAY)
        found = self.archive("pdf")
        assert "left-out.csv" not in found.namelist()
        assert "Güvenlik □" in words(found.read("reports/2026-10-bolt.pdf"))
