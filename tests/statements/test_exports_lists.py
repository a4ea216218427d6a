"""Lists as pages: what they were narrowed to, every row of them, and what statements come to; in the language of who reads."""

import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pypdf import PdfReader

from tests.reports.month import CLOSING, OCTOBER, OPERATOR, October, at
from tests.statements.conftest import BUYING, SELLING, account_id, issue_all, save_prices
from trueup.accounts.queries import viewers_of
from trueup.accounts.rules import Viewer
from trueup.cycles.models import Cycle
from trueup.kit.errors import Invalid
from trueup.kit.period import Month
from trueup.kit.text import plural, text
from trueup.reports.queries import ReportFilter
from trueup.reports.queries.inbox import FLAGS
from trueup.reports.rules.workflow import Status
from trueup.statements import files
from trueup.statements.actions import complete_billing, correct, open_billing_reports, submit_billing
from trueup.statements.exports import lists
from trueup.statements.exports.lists import MARKS, reports_page, statements_page
from trueup.statements.exports.saying import saying
from trueup.statements.files import File
from trueup.statements.issuing import issue_of_billing
from trueup.statements.queries import StatementFilter, StatementRow
from trueup.statements.rules.documents import StatementKind


def words(file: File) -> str:
    found = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(b"".join(file.content))).pages)
    return found.replace("\u202f", " ")


def who(email: str) -> Viewer:
    return viewers_of(email)[0]


NORTH, COIL, VENDOR = "north@north.example", "billing@coil.example", "vendor@acme.example"


@pytest.fixture
def billed(approve: Callable[..., October]) -> October:
    october = approve()
    save_prices("north", SELLING)
    issue_all()
    return october


class TestStatements:
    def test_say_every_one_and_what_they_come_to(self, billed: October) -> None:
        correct(OPERATOR, "north-2026-000002", reason="Wrong", now=at(CLOSING))
        file = files.statements_file(who(NORTH), StatementFilter(cycle=OCTOBER), "pdf")
        assert (file.name, file.media_type) == ("statements-2026-10.pdf", "application/pdf")
        said = words(file)
        for word in ("Statements", "Cycle 2026-10", "Entries 4", "north-2026-000001", "Bolt IT", "Credit note", "-21.00", "Total EUR"):
            assert word in said
        rows = b"".join(files.statements_file(who(NORTH), StatementFilter(cycle=OCTOBER), "csv").content).decode()
        assert rows.count("north-2026-000003") == 1
        assert "Bolt IT" not in words(files.statements_file(who(COIL), StatementFilter(), "pdf"))

    def test_say_what_they_were_narrowed_to(self, billed: October) -> None:
        said = words(files.statements_file(who(NORTH), StatementFilter(buyer="coil", search="north", kind="statement"), "pdf"))
        for word in ("To coil", "Search north", "Kind Statement", "Entries 1"):
            assert word in said
        assert "Nothing matches." in words(files.statements_file(who(NORTH), StatementFilter(buyer="nobody"), "pdf"))

    def test_come_to_the_sum_in_each_currency(self) -> None:
        rows = [row(1, "EUR", "10.00"), row(2, "JPY", "500"), row(3, "EUR", "4.00", StatementKind.CREDIT_NOTE)]
        page = statements_page(rows, StatementFilter(), made=date(2026, 11, 8), language="en", say=str)
        assert page.totals == (
            ("Net EUR", "6.00"), ("Tax EUR", "1.14"), ("Total EUR", "7.14"), ("Net JPY", "500"), ("Tax JPY", "95"), ("Total JPY", "595"),
        )  # fmt: skip
        assert [one[4] for one in page.tables[0].rows] == ["10.00", "500", "-4.00"]

    def test_never_add_up_what_is_owed_and_what_one_owes(self) -> None:
        rows = [row(1, "EUR", "10.00"), row(2, "EUR", "300.00", seller="acme-vendor", buyer="north"), row(3, "EUR", "1.00")]
        page = statements_page(rows, StatementFilter(), between="north", made=date(2026, 11, 8), language="en", say=str)
        assert page.totals == (
            ("Issued to MSPs: Net EUR", "11.00"), ("Issued to MSPs: Tax EUR", "2.09"), ("Issued to MSPs: Total EUR", "13.09"),
            ("From the vendor: Net EUR", "300.00"), ("From the vendor: Tax EUR", "57.00"), ("From the vendor: Total EUR", "357.00"),
        )  # fmt: skip

    def test_name_what_a_distributor_is_owed_and_what_it_owes(self, billed: October) -> None:
        save_prices("acme-vendor", BUYING)
        open_billing_reports(OPERATOR, Cycle.objects.get(), now=at(CLOSING))
        submit_billing(OPERATOR, OCTOBER, "north", now=at(CLOSING))
        complete_billing(OPERATOR, OCTOBER, "north", now=at(CLOSING))
        assert issue_of_billing(account_id("acme-vendor"), now=at(CLOSING)) == 1
        said = words(files.statements_file(who(NORTH), StatementFilter(), "pdf"))
        assert "Issued to MSPs: Total EUR" in said
        assert "From the vendor: Total USD" in said
        for viewer, wanted in ((NORTH, StatementFilter(seller="north")), (COIL, StatementFilter()), (VENDOR, StatementFilter())):
            said = words(files.statements_file(who(viewer), wanted, "pdf"))
            assert "Total" in said
            assert "Issued to MSPs" not in said

    def test_are_refused_where_nobody_reads_them_all(self, billed: October, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(lists, "MOST_ROWS", 1)
        with pytest.raises(Invalid, match="a list of 2 is too long for a PDF, which has 1 at most"):
            files.statements_file(who(NORTH), StatementFilter(), "pdf")
        with pytest.raises(Invalid, match="a list of 2 is too long for a PDF"):
            files.reports_file(who(NORTH), ReportFilter(), "pdf")


def row(
    number: int, currency: str, net: str, kind: StatementKind = StatementKind.STATEMENT, *, seller: str = "north", buyer: str = "bolt"
) -> StatementRow:  # fmt: skip
    amount = Decimal(net)
    tax = (amount * Decimal("0.19")).quantize(amount)
    said: dict[str, Any] = {"seller": seller, "seller_name": seller.title(), "buyer": buyer, "buyer_name": buyer.title()}
    return StatementRow(
        number=f"north-2026-{number}", kind=kind, cycle=OCTOBER, **said, issue_date=date(2026, 11, 8), issued_at=at(CLOSING),
        currency=currency, net=amount, tax=tax, gross=amount + tax, corrects="", corrected_by=(), checksum="",
    )  # fmt: skip


class TestReports:
    def test_say_every_one(self, billed: October) -> None:
        said = words(files.reports_file(who(NORTH), ReportFilter(order="partner", status=Status.APPROVED), "pdf"))
        for word in ("Usage reports", "Status approved", "Entries 2", "Bolt IT", "Coil", "Submitted by a person"):
            assert word in said
        assert "Bolt IT" not in words(files.reports_file(who(COIL), ReportFilter(), "pdf"))

    def test_say_all_they_were_narrowed_to(self, billed: October) -> None:
        page = reports_page([], ReportFilter(status=None, flag="penalty", waiting=True), made=date(2026, 11, 8), language="en", say=str)
        assert page.facts == (("Marked", "With a penalty"), ("Waiting", "for a step of your own"), ("Entries", "0"))
        assert set(MARKS) == set(FLAGS)

    def test_say_of_which_months_they_are(self, billed: October) -> None:
        year = ReportFilter(since=Month(2026, 1), until=Month(2026, 12))
        assert "Cycle 2026-01 – 2026-12" in words(files.reports_file(who(COIL), year, "pdf"))
        assert "Cycle 2026-10" in words(files.reports_file(who(COIL), ReportFilter(cycle=OCTOBER), "pdf"))
        assert "Nothing matches." in words(files.reports_file(who(COIL), ReportFilter(cycle=Month(2026, 1)), "pdf"))


class TestLanguages:
    def test_are_those_of_who_asks(self, billed: October) -> None:
        said = words(files.report_file(who(COIL), OCTOBER, "coil", "pdf", language="de", say=saying("de")))
        assert "Zyklus 2026-10" in said

    def test_put_in_what_they_are_given(self) -> None:
        say = saying("de")
        assert say(text("Cycle {cycle}", cycle="2026-10")) == "Zyklus 2026-10"
        one = plural("{count} problem; nothing was changed", "{count} problems; nothing was changed", 1)
        assert say(one) != str(one)
        assert saying("en")(one) == str(one)
