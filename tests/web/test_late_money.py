"""Late usage in money, on the pages: what an adjustment comes to, what customers are billed for it, where a cycle tells of it."""

from pathlib import Path

import pytest

from tests.reports.month import October, at_times
from tests.reports.test_adjusting import NOVEMBER, approve, close_month
from tests.statements.conftest import issue_all, save_prices
from tests.web.billing import BOLT, COIL, NORTH, VENDOR, approved, billed
from tests.web.conftest import AsPerson, Clock
from trueup.kit.period import parse_instant

LATE = "2026-11-adjusts-2026-10"
OF_BOLT, BILLS = f"/reports/{LATE}/bolt/", f"/reports/{LATE}/bolt/customers-bills/"
RETAIL = {"currency": "EUR", "tax": {"percent": 19}, "services": {"workspace-security": 6, "endpoint-core": "0.75", "nfr-license": 1}}


def said(text: str) -> str:
    return " ".join(text.split())


def come_late(october: October, provisioned: str) -> None:
    """Seats of garage in October come late, and November is closed."""
    october.deliver(*at_times("bolt-garage", "workspace-security", provisioned, provisioned), now="2026-11-20T10:00:00Z")
    close_month(NOVEMBER)


@pytest.fixture
def october(db: None, ledger_home: Path, tmp_path: Path, clock: Clock) -> October:
    """October has its statements, and bolt has a price list for its customers."""
    clock.at = parse_instant("2026-12-02T12:00:00Z")
    made = billed(tmp_path)
    save_prices("bolt", RETAIL)
    return made


class TestReport:
    def test_says_what_the_difference_comes_to_before_it_is_settled(self, october: October, as_person: AsPerson) -> None:
        come_late(october, "5")
        for person in (BOLT, NORTH):
            page = said(as_person(person).get(OF_BOLT).text)
            assert "the difference to what was charged before; the statement is issued when the report is approved" in page
            assert "<strong>8.40 EUR</strong>" in page
            assert "Charged before: 13, 54.60 EUR. Comes to by now: 15, 63.00 EUR." in page
        approve("bolt")
        issue_all("2026-12-10T00:00:00Z")
        page = said(as_person(BOLT).get(OF_BOLT).text)
        assert "Statement north-2026-000003" in page
        assert "<strong>8.40 EUR</strong>" in page

    def test_says_that_less_is_a_credit_note(self, october: October, as_person: AsPerson) -> None:
        come_late(october, "1")
        page = said(as_person(BOLT).get(OF_BOLT).text)
        assert "a credit note is issued when the report is approved" in page
        assert "-8.40 EUR" in page.replace("−", "-")

    def test_is_none_of_the_vendor_s_business(self, october: October, as_person: AsPerson) -> None:
        come_late(october, "5")
        assert as_person(VENDOR).get(OF_BOLT).context["money"] is None

    def test_says_that_nothing_was_settled_yet(
        self, db: None, ledger_home: Path, tmp_path: Path, clock: Clock, as_person: AsPerson
    ) -> None:
        clock.at = parse_instant("2026-12-02T12:00:00Z")
        come_late(approved(tmp_path), "5")
        assert "Not known yet: what it adjusts has no statement yet." in said(as_person(BOLT).get(OF_BOLT).text)


class TestBillsOfCustomers:
    def test_are_the_difference_and_say_so(self, october: October, as_person: AsPerson) -> None:
        come_late(october, "5")
        page = as_person(BOLT).get(BILLS)
        text = said(page.text)
        assert "Usage of October 2026 came late, and you have billed October 2026 before." in text
        assert 'href="/reports/2026-10/bolt/customers-bills/"' in text
        (row,) = page.context["page"].items
        ((change,),) = [row.changes]
        assert (row.bill.customer, change.before.amount, change.after.amount, change.of.amount) == ("bolt-garage", 18, 30, 12)
        assert "+2 seat" in text
        rows = as_person(BOLT).get(f"{BILLS}csv/").getvalue().decode().splitlines()
        assert len(rows) == 2
        assert "12.00" in rows[1]

    def test_of_the_month_itself_stay(self, october: October, as_person: AsPerson) -> None:
        before = as_person(BOLT).get("/reports/2026-10/bolt/customers-bills/").context["sums"]
        come_late(october, "5")
        page = as_person(BOLT).get("/reports/2026-10/bolt/customers-bills/")
        assert page.context["sums"] == before
        assert "came late" not in page.text

    def test_are_nobody_elses(self, october: October, as_person: AsPerson) -> None:
        come_late(october, "5")
        assert as_person(NORTH).get(BILLS).status_code == 403
        assert as_person(COIL).get(BILLS).status_code == 404


class TestCycle:
    def test_tells_of_its_adjustments(self, october: October, as_person: AsPerson) -> None:
        assert "Late usage" not in as_person(NORTH).get("/cycles/2026-10/").text
        come_late(october, "5")
        for address, words in (
            ("/cycles/2026-10/", "This month, adjusted in November 2026"), ("/cycles/2026-11/", "October 2026, adjusted in this cycle"),
        ):  # fmt: skip
            page = as_person(NORTH).get(address).text
            assert words in said(page)
            assert f"/review/?status=msp_preparing&amp;cycle={LATE}" in page
        assert as_person(NORTH).get(f"/review/?status=msp_preparing&cycle={LATE}").text.count(OF_BOLT.replace("reports", "review"))

    def test_tells_nobody_of_those_of_others(self, october: October, as_person: AsPerson) -> None:
        come_late(october, "5")
        assert as_person("south@south.example").get("/cycles/2026-11/").context["adjustments"] == []
