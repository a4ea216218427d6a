"""Money where prices are known: on the page of a report, in the inbox, on the start page."""

from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from tests.reports.month import OCTOBER, October
from tests.statements.conftest import issue_all, save_prices
from tests.web.billing import BOLT, NORTH, REPORT, SELLING, VENDOR, billed
from tests.web.conftest import AsPerson, Clock
from tests.web.reviewing import copies, october_closed, october_under_review
from trueup.accounts.queries import viewers_of
from trueup.kit.period import parse_instant
from trueup.reports.models import Report, ReportLine
from trueup.statements.models import BillingReport
from trueup.statements.queries import next_by_money, stakes_of
from trueup.web.pages.inbox import asked_of

CREDITS: dict[str, Any] = SELLING | {"packs": {"credits": {"pack_size": 1, "price": 2}}}
OF_BOLT = "/reports/2026-10/bolt/"
BY_MONEY = "/review/?order=-money"
QUERIES_OF_THE_INBOX = 14
QUERIES_BY_MONEY = 17


class TestReport:
    @pytest.fixture
    def october(self, db: None, ledger_home: Path, tmp_path: Path) -> October:
        """bolt's report waits with 31 of 40 endpoints used, and no comment."""
        return october_closed(tmp_path)

    def test_says_what_it_comes_to_and_would_come_to(self, october: October, as_person: AsPerson) -> None:
        save_prices("north", CREDITS)
        for person in (BOLT, NORTH):
            said = " ".join(as_person(person).get(OF_BOLT).text.split())
            assert "What it comes to" in said
            assert "<strong>50.40 EUR</strong>" in said  # 12 seats
            assert "<strong>232.00 EUR</strong>" in said  # 31 of 40 endpoints: 116.25 of 150 credits
            assert "If nobody does anything: 350.40 EUR net, in place of 282.40 EUR" in said

    def test_says_it_anew_when_it_is_saved(self, october: October, as_person: AsPerson) -> None:
        save_prices("north", CREDITS)
        version = Report.objects.get(msp_ref="bolt").version
        sent = {"version": version, "language": "en", "chargeable-workspace-security": "10", "was_chargeable-workspace-security": "12"}
        answer = as_person(BOLT).post(f"{OF_BOLT}draft/", sent, headers={"HX-Request": "true"})
        assert "42.00 EUR" in answer.text
        assert 'id="report-money" hx-swap-oob="true"' in answer.text

    def test_says_what_is_missing(self, october: October, as_person: AsPerson) -> None:
        assert "Not known yet: there is no price list." in as_person(BOLT).get(OF_BOLT).text

    def test_is_none_of_the_vendor_s_business(self, october: October, as_person: AsPerson) -> None:
        save_prices("north", CREDITS)
        page = as_person(VENDOR).get(OF_BOLT)
        assert page.status_code == 200
        assert page.context["money"] is None
        assert "EUR" not in page.text

    def test_is_what_the_statement_says_once_there_is_one(
        self, db: None, ledger_home: Path, tmp_path: Path, as_person: AsPerson, clock: Clock
    ) -> None:
        clock.at = parse_instant("2026-11-09T12:00:00Z")
        billed(tmp_path)
        save_prices("north", SELLING | {"margin_percent": 50}, now="2026-11-09T00:00:00Z")
        assert issue_all("2026-11-09T01:00:00Z") == 0
        page = as_person(BOLT).get(OF_BOLT).text
        assert '<a href="/statements/north-2026-000001/">Statement north-2026-000001</a>' in page
        assert "54.60 EUR" in page


class TestInbox:
    @pytest.fixture
    def october(self, db: None, ledger_home: Path, tmp_path: Path, clock: Clock) -> October:
        """Of bolt's endpoints 2 are at stake, of coil's a penalty of 5."""
        clock.at = parse_instant("2026-11-08T12:00:00Z")
        return october_under_review(tmp_path)

    def test_shows_the_money_at_stake(self, october: October, as_person: AsPerson) -> None:
        assert "EUR" not in as_person(NORTH).get("/review/").text
        save_prices("north", CREDITS)
        page = as_person(NORTH).get("/review/")
        assert {row.report.msp: str(row.money.amount) for row in page.context["rows"]} == {"bolt": "16.00", "coil": "36.00"}
        assert "36.00 EUR" in page.text

    def test_is_sorted_by_it(self, october: October, as_person: AsPerson) -> None:
        save_prices("north", CREDITS)
        save_prices("north", SELLING | {"services": {"endpoint-core": 1000}}, buyer="bolt")
        north = as_person(NORTH)
        assert [row.report.msp for row in north.get(BY_MONEY).context["rows"]] == ["bolt", "coil"]
        assert [row.report.msp for row in north.get("/review/").context["rows"]] == ["coil", "bolt"]
        assert "order=-money" in north.get(BY_MONEY).context["tabs"][0].query
        viewer, filters = viewers_of(NORTH)[0], asked_of({"order": "-money"}).filters
        assert next_by_money(viewer, filters, after=(OCTOBER, "bolt")) == (OCTOBER, "coil")
        assert next_by_money(viewer, filters, after=(OCTOBER, "coil")) is None
        assert next_by_money(viewer, filters, after=(OCTOBER, "nobody")) == (OCTOBER, "bolt")
        assert north.get("/review/next/?after=2026-10/bolt&inbox=order%3D-money")["Location"].startswith("/review/2026-10/coil/")

    def test_is_without_money_where_there_is_no_price(self, october: October, as_person: AsPerson) -> None:
        save_prices("north", {"currency": "EUR", "services": {"workspace-security": 1}})
        page = as_person(NORTH).get(BY_MONEY)
        assert [(row.report.msp, row.money) for row in page.context["rows"]] == [("coil", None), ("bolt", None)]

    def test_keeps_it_from_the_vendor(self, october: October, as_person: AsPerson) -> None:
        save_prices("north", CREDITS)
        page = as_person(VENDOR).get(BY_MONEY)
        assert [row.money for row in page.context["rows"]] == [None, None]
        assert "EUR" not in page.text
        assert "Most money at stake" not in page.text
        assert stakes_of(viewers_of(BOLT)[0], [(OCTOBER, "bolt")]) == {}

    def test_takes_as_many_queries_however_long_it_is(
        self, october: October, as_person: AsPerson, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        save_prices("north", CREDITS)
        north = as_person(NORTH)
        for address, queries in (("/review/", QUERIES_OF_THE_INBOX), (BY_MONEY, QUERIES_BY_MONEY)):
            north.get(address)
            with django_assert_num_queries(queries):
                north.get(address)
        copies(60)
        assert ReportLine.objects.count() > 100
        for address, queries in (("/review/", QUERIES_OF_THE_INBOX), (BY_MONEY, QUERIES_BY_MONEY)):
            with django_assert_num_queries(queries):
                assert len(north.get(address).context["rows"]) == 50


class TestHome:
    def test_tells_whose_turn_it_is(self, db: None, ledger_home: Path, tmp_path: Path, as_person: AsPerson, clock: Clock) -> None:
        clock.at = parse_instant("2026-11-09T12:00:00Z")
        billed(tmp_path)
        north, vendor = as_person(NORTH), as_person(VENDOR)
        assert f'<a href="{REPORT}">Submit the billing report of October 2026: all reports are approved</a>' in north.get("/").text
        north.post(REPORT, {"verb": "submit", "version": 1})
        assert "Submit the billing report" not in north.get("/").text
        assert f'<a href="{REPORT}">Review the billing report of North Distribution, October 2026</a>' in vendor.get("/").text
        vendor.post(REPORT, {"verb": "return", "version": BillingReport.objects.get().version, "reason": "Which PO?"})
        assert "Correct the returned billing report of October 2026" in north.get("/").text

    def test_leads_to_what_there_is(self, db: None, ledger_home: Path, tmp_path: Path, as_person: AsPerson) -> None:
        october_closed(tmp_path)
        menus = {person: [entry.name for entry in as_person(person).get("/").context["shell"].menu] for person in (BOLT, NORTH, VENDOR)}
        assert {"statements", "prices"} <= set(menus[BOLT])
        assert "billing" not in menus[BOLT]
        assert {"billing", "statements", "prices"} <= set(menus[NORTH]) & set(menus[VENDOR])
