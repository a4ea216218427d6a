"""The registry of files: each thing in each form, for who may see it, adding up, and the same bytes each time."""

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from zipfile import ZipFile

import pyarrow.parquet as pq
import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from tests.reports.month import CLOSING, OCTOBER, OPERATOR, October, at, at_times
from tests.statements import golden
from tests.statements.conftest import BUYING, SELLING, issue_all, save_prices
from tests.statements.documents import BUYER, SELLER
from tests.statements.en16931 import ubl_wrong
from trueup.accounts.queries import viewers_of
from trueup.accounts.rules import Viewer
from trueup.cycles.models import Cycle
from trueup.kit.errors import Invalid, NotAllowed, NotFound
from trueup.kit.money import money_text
from trueup.kit.period import Month
from trueup.reports.queries import ReportFilter
from trueup.statements import files
from trueup.statements.actions import open_billing_reports, save_billing, save_details, submit_billing
from trueup.statements.files import FORMS, File, Form, Kind
from trueup.statements.queries import StatementFilter, statement

PEOPLE = {"north": "north@north.example", "south": "south@south.example", "vendor": "vendor@acme.example", "bolt": "billing@bolt.example",
          "coil": "billing@coil.example", "dune": "billing@dune.example"}  # fmt: skip
RETAIL: dict[str, Any] = {
    "currency": "EUR",
    "tax": {"percent": 19},
    "services": {"workspace-security": 6, "endpoint-core": "0.75", "nfr-license": 1},
}


def who(name: str) -> Viewer:
    return viewers_of(PEOPLE[name])[0]


def read(file: File) -> bytes:
    return b"".join(file.content)


def said_by(file: File) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(read(file).decode(), newline="")))


def sheet(file: File, name: str) -> list[dict[str, Any]]:
    head, *rows = CalamineWorkbook.from_filelike(io.BytesIO(read(file))).get_sheet_by_name(name).to_python()
    return [dict(zip(map(str, head), row, strict=True)) for row in rows]


def words(file: File) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(read(file))).pages)


def added(rows: list[dict[str, Any]], column: str = "amount") -> Decimal:
    return sum((Decimal(str(row[column] or 0)) for row in rows), Decimal(0))


@pytest.fixture
def billed(approve: Callable[..., October]) -> October:
    """October, with statements of both MSPs and a billing report that was submitted."""
    october = approve()
    save_prices("north", SELLING)
    save_prices("bolt", RETAIL)
    save_prices("acme-vendor", BUYING)
    for ref, said in (("north", SELLER), ("bolt", BUYER)):
        save_details(OPERATOR, ref, said, seen=None, now=at(CLOSING))
    issue_all()
    open_billing_reports(OPERATOR, Cycle.objects.get(), now=at(CLOSING))
    save_billing(who("north"), OCTOBER, "north", po_number="PO 7", comment="=SUM(A1)", now=at("2026-11-09T00:00:00Z"))
    submit_billing(who("north"), OCTOBER, "north", now=at("2026-11-09T01:00:00Z"))
    return october


BOLT = "north-2026-000001"


class TestEveryForm:
    def test_of_everything_is_as_it_was(self, billed: October) -> None:
        """One world, every kind in every form: byte for byte as in tests/golden, and the same when asked twice."""
        for name, make in EVERY.items():
            content = read(make())
            assert content == read(make()), name
            if not name.endswith(".factur-x.pdf"):  # its XML is another golden file; zlib packs it
                golden.check(name, content)

    def test_has_a_file_for_every_kind(self) -> None:
        made = {name.partition(".")[0] for name in EVERY}
        assert made == {kind.value for kind in Kind}
        assert len(EVERY) == sum(len(forms) for kind, forms in FORMS.items() if kind != Kind.CYCLE) + 1


def _every() -> dict[str, Callable[[], File]]:
    makers: dict[Kind, Callable[[Form], File]] = {
        Kind.STATEMENT: lambda form: files.statement_file(who("bolt"), BOLT, form),
        Kind.STATEMENTS: lambda form: files.statements_file(who("north"), StatementFilter(), form),
        Kind.REPORT: lambda form: files.report_file(who("bolt"), OCTOBER, "bolt", form),
        Kind.REPORTS: lambda form: files.reports_file(who("north"), ReportFilter(order="partner"), form),
        Kind.BILLING_REPORT: lambda form: files.billing_file(who("vendor"), OCTOBER, "north", form),
        Kind.CUSTOMER_BILLS: lambda form: files.customer_bills_file(who("bolt"), OCTOBER, "bolt", form),
    }
    found: dict[str, Callable[[], File]] = {}
    for kind, make in makers.items():
        for form in FORMS[kind]:
            found[f"{kind}{files.ending(form)}"] = lambda make=make, form=form: make(form)  # type: ignore[misc]
    found["cycle.zip"] = lambda: files.cycle_archive(who("north"), OCTOBER, [Form.CSV, Form.UBL, Form.FOCUS_CSV])
    return found


EVERY = _every()


class TestStatements:
    def test_add_up_in_every_form(self, billed: October) -> None:
        net = statement(OPERATOR, BOLT).row.net
        made = {form: files.statement_file(who("north"), BOLT, form) for form in Form}
        assert added(said_by(made[Form.CSV])) == net
        assert added(sheet(made[Form.XLSX], "Statements")) == net
        assert added(said_by(made[Form.FOCUS_CSV]), "BilledCost") == net
        rows = pq.read_table(io.BytesIO(read(made[Form.FOCUS_PARQUET]))).to_pylist()
        assert added(rows, "BilledCost") == net
        assert ubl_wrong(read(made[Form.UBL])) == []
        assert money_text(net, "EUR") in words(made[Form.PDF])
        assert made[Form.UBL].name == f"{BOLT}.ubl.xml"
        assert made[Form.PDF].media_type == "application/pdf"

    def test_of_a_list_are_all_of_it(self, billed: October) -> None:
        rows = said_by(files.statements_file(who("north"), StatementFilter(), "csv"))
        assert {row["number"] for row in rows} == {BOLT, "north-2026-000002"}
        rows = said_by(files.statements_file(who("north"), StatementFilter(buyer="coil"), "csv"))
        assert {row["number"] for row in rows} == {"north-2026-000002"}
        assert {row["number"] for row in said_by(files.statements_file(who("coil"), StatementFilter(), "csv"))} == {"north-2026-000002"}
        assert said_by(files.statements_file(who("vendor"), StatementFilter(), "csv")) == []
        assert sheet(files.statements_file(who("vendor"), StatementFilter(), "xlsx"), "Statements") == []

    def test_are_priced_in_credits_unless_money_is_asked_for(self, billed: October) -> None:
        def currencies(*, iso: bool) -> set[str]:
            rows = said_by(files.statement_file(who("bolt"), BOLT, Form.FOCUS_CSV, iso_currency=iso))
            return {row["PricingCurrency"] for row in rows}

        assert currencies(iso=False) == {"EUR", "Credits"}
        assert currencies(iso=True) == {"EUR"}
        listed = files.statements_file(who("north"), StatementFilter(), Form.FOCUS_CSV, iso_currency=True)
        assert {row["PricingCurrency"] for row in said_by(listed)} == {"EUR"}

    def test_are_refused(self, billed: October) -> None:
        with pytest.raises(NotFound):
            files.statement_file(who("coil"), BOLT, "pdf")
        with pytest.raises(NotFound):
            files.statement_file(who("vendor"), BOLT, "pdf")
        with pytest.raises(Invalid, match="there is no form “docx” of this: there are csv, xlsx, pdf, factur-x"):
            files.statement_file(who("bolt"), BOLT, "docx")
        with pytest.raises(Invalid, match="there is no form “ubl” of this"):
            files.statements_file(who("bolt"), StatementFilter(), "ubl")
        with pytest.raises(Invalid, match="keeps this from being an e-invoice"):
            files.statement_file(who("coil"), "north-2026-000002", "ubl")


class TestReports:
    def test_say_what_the_report_says(self, billed: October) -> None:
        lines = billed.report("bolt").lines
        rows = said_by(files.report_file(who("bolt"), OCTOBER, "bolt", "csv"))
        assert [(row["service"], Decimal(row["chargeable"])) for row in rows] == [(line.service, line.chargeable) for line in lines]
        cells = sheet(files.report_file(who("bolt"), OCTOBER, "bolt", "xlsx"), "Report")
        assert [cell["chargeable"] for cell in cells] == [line.chargeable for line in lines]
        assert str(cells[0]["period_end"]) == "2026-10-31"
        said = words(files.report_file(who("bolt"), OCTOBER, "bolt", "pdf"))
        for word in ("Usage report Bolt IT", "Berlin, BE", "Workspace Security", "As agreed", "Credit-based services", "approved"):
            assert word in said

    def test_of_a_list_have_a_row_each_and_their_lines(self, billed: October) -> None:
        wanted = ReportFilter(order="partner")
        rows = said_by(files.reports_file(who("north"), wanted, "csv"))
        assert [row["msp"] for row in rows] == ["bolt", "coil"]
        book = files.reports_file(who("north"), wanted, "xlsx")
        assert [row["msp"] for row in sheet(book, "Reports")] == ["bolt", "coil"]
        lines = sheet(files.reports_file(who("north"), wanted, "xlsx"), "Lines")
        assert added(lines, "chargeable") == added(rows, "chargeable")
        assert said_by(files.reports_file(who("south"), wanted, "csv")) == []

    def test_are_refused(self, billed: October) -> None:
        with pytest.raises(NotFound):
            files.report_file(who("coil"), OCTOBER, "bolt", "csv")
        with pytest.raises(Invalid, match="there is no form “ubl” of this"):
            files.report_file(who("bolt"), OCTOBER, "bolt", "ubl")
        with pytest.raises(Invalid, match="cannot be sorted"):
            files.reports_file(who("north"), ReportFilter(order="beauty"), "csv")
        with pytest.raises(NotAllowed):
            files.reports_file(who("dune"), ReportFilter(), "csv")


class TestBillingReports:
    def test_say_lines_and_reports(self, billed: October) -> None:
        found = sheet(files.billing_file(who("vendor"), OCTOBER, "north", "xlsx"), "Lines")
        behind = sheet(files.billing_file(who("vendor"), OCTOBER, "north", "xlsx"), "Reports")
        assert added(found) == added(said_by(files.billing_file(who("north"), OCTOBER, "north", "csv")))
        assert added(found, "units") == added(behind, "chargeable")
        assert {row["msp"] for row in behind} == {"bolt", "coil"}
        said = words(files.billing_file(who("vendor"), OCTOBER, "north", "pdf"))
        for word in ("Billing report North Distribution", "PO 7", "Acme Security", "=SUM(A1)", "Approved reports", "Submitted by a person"):
            assert word in said

    def test_say_units_while_there_is_no_price(self, approve: Callable[..., October]) -> None:
        approve("bolt")
        open_billing_reports(OPERATOR, Cycle.objects.get(), now=at(CLOSING))
        said = words(files.billing_file(who("north"), OCTOBER, "north", "pdf"))
        assert "there is no price list" in said
        rows = said_by(files.billing_file(who("north"), OCTOBER, "north", "csv"))
        assert [row["amount"] for row in rows] == ["", "", ""]
        with pytest.raises(NotAllowed):
            files.billing_file(who("vendor"), OCTOBER, "north", "csv")

    def test_are_never_for_msps(self, billed: October) -> None:
        with pytest.raises(NotFound):
            files.billing_file(who("bolt"), OCTOBER, "north", "csv")


class TestCustomerBills:
    def test_add_up_and_are_the_msp_s_alone(self, billed: October) -> None:
        rows = said_by(files.customer_bills_file(who("bolt"), OCTOBER, "bolt", "csv"))
        assert added(rows) == Decimal("468.00")
        assert added(rows, "cost") == statement(OPERATOR, BOLT).row.net
        assert added(rows) - added(rows, "cost") == added(rows, "margin")
        cells = sheet(files.customer_bills_file(who("bolt"), OCTOBER, "bolt", "xlsx"), "Customers")
        assert added(cells) == Decimal("468.00")
        lines = {line.service: line.chargeable for line in billed.report("bolt").lines}
        units = {service: sum(Decimal(row["units"]) for row in rows if row["service"] == service) for service in lines}
        assert units == lines
        with pytest.raises(NotAllowed):
            files.customer_bills_file(who("north"), OCTOBER, "bolt", "csv")

    def test_say_why_there_is_no_amount(self, billed: October) -> None:
        rows = said_by(files.customer_bills_file(who("coil"), OCTOBER, "coil", "csv"))
        assert [(row["amount"], row["reason"]) for row in rows] == [("", "there is no price list")]


class TestArchive:
    def archive(self, viewer: Viewer, *forms: Form | str) -> ZipFile:
        return ZipFile(io.BytesIO(read(files.cycle_archive(viewer, OCTOBER, forms))))

    def test_holds_what_the_viewer_sees(self, billed: October) -> None:
        found = self.archive(who("north"), *Form)
        assert found.testzip() is None
        names = set(found.namelist())
        assert {"statements.csv", "statements.xlsx", "statements.focus.csv", "statements.focus.parquet", "reports.csv", "reports.xlsx",
                f"statements/{BOLT}.pdf", f"statements/{BOLT}.ubl.xml", f"statements/{BOLT}.factur-x.pdf", "reports/2026-10-bolt.pdf",
                "billing-reports/2026-10-north.xlsx", "left-out.csv"} < names  # fmt: skip
        assert "statements/north-2026-000002.ubl.xml" not in names
        left = list(csv.DictReader(io.StringIO(found.read("left-out.csv").decode())))
        assert [row["file"] for row in left] == ["statements/north-2026-000002.factur-x.pdf", "statements/north-2026-000002.ubl.xml"]
        assert left[0]["reason"] == "the billing details of “coil” have no country"
        of_bolt = set(self.archive(who("bolt"), "csv").namelist())
        assert of_bolt == {"statements.csv", "reports.csv", f"statements/{BOLT}.csv", "reports/2026-10-bolt.csv"}
        of_vendor = set(self.archive(who("vendor"), "csv").namelist())
        assert of_vendor == {"statements.csv", "reports.csv", "reports/2026-10-bolt.csv", "reports/2026-10-coil.csv",
                             "billing-reports/2026-10-north.csv"}  # fmt: skip

    def test_has_what_single_files_have(self, billed: October) -> None:
        found = self.archive(who("bolt"), "csv", "pdf")
        for form in (Form.CSV, Form.PDF):
            alone = files.statement_file(who("bolt"), BOLT, form)
            assert found.read(f"statements/{alone.name}") == read(alone)

    def test_holds_the_statements_of_an_msp_without_access_to_reports(self, october: October) -> None:
        october.deliver(*at_times("dune-hotel", "workspace-security", "4", "4"))
        october.close()
        october.submit("dune", by="south@south.example")
        save_prices("south", SELLING)
        issue_all()
        assert self.archive(who("dune"), "csv").namelist() == ["statements.csv", "statements/south-2026-000001.csv"]

    def test_leaves_out_what_a_vendor_may_not_read_yet(self, approve: Callable[..., October]) -> None:
        approve("bolt")
        open_billing_reports(OPERATOR, Cycle.objects.get(), now=at(CLOSING))
        assert not [name for name in self.archive(who("vendor"), "csv").namelist() if name.startswith("billing")]

    def test_is_refused(self, billed: October) -> None:
        with pytest.raises(NotFound, match="2026-11 is not closed"):
            files.cycle_archive(who("north"), Month(2026, 11), ["pdf"])
        with pytest.raises(Invalid, match="there is no form “zip”"):
            files.cycle_archive(who("north"), OCTOBER, ["zip"])
        with pytest.raises(Invalid, match="say at least one form of csv, xlsx"):
            files.cycle_archive(who("north"), OCTOBER, [])
