"""Billing reports in the portal, without a browser."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from tests.reports.month import OCTOBER, October, at
from tests.statements.conftest import save_prices
from tests.web.billing import BOLT, NORTH, READER, REPORT, SOUTH, VENDOR, VENDOR_READER, approved, billed
from tests.web.conftest import AsPerson, Clock
from tests.web.reviewing import copies
from trueup.accounts.queries import viewers_of
from trueup.events.models import Event
from trueup.kit.period import parse_instant
from trueup.kit.quantity import plain
from trueup.prices.actions import save_promo_code
from trueup.reports.models import Report
from trueup.statements.issuing import issue_of_billing
from trueup.statements.models import BillingReport

NOW = at("2026-11-09T12:00:00Z")
LIST = "/billing/"
QUERIES_OF_THE_LIST = 8
QUERIES_OF_THE_PAGE = 13


@pytest.fixture
def october(db: None, ledger_home: Path, tmp_path: Path, clock: Clock) -> October:
    """Everything is approved and has its price."""
    clock.at = parse_instant("2026-11-09T12:00:00Z")
    return billed(tmp_path)


@pytest.fixture
def north(october: October, as_person: AsPerson) -> Client:
    """The billing manager of the distributor."""
    return as_person(NORTH)


@pytest.fixture
def vendor(october: October, as_person: AsPerson) -> Client:
    """The billing manager of the vendor."""
    return as_person(VENDOR)


def report() -> BillingReport:
    return BillingReport.objects.get(distributor_ref="north")


def send(client: Client, verb: str, **said: object) -> Any:
    return client.post(REPORT, {"verb": verb, "version": report().version, **said})


def launch(price: int = 1) -> None:
    said = {"from": "2026-10-01", "until": "2026-10-31", "service": "workspace-security", "price": price}
    save_promo_code(viewers_of(VENDOR)[0], "acme-vendor", "LAUNCH", said, seen="", now=NOW)


class TestList:
    def test_shows_a_distributor_its_cycles(self, north: Client) -> None:
        page = north.get(LIST)
        assert f'<a href="{REPORT}">October 2026</a>' in page.text
        assert "Collecting" in page.text

    def test_shows_a_vendor_all_distributors_and_what_they_come_to(self, north: Client, vendor: Client) -> None:
        page = vendor.get(LIST)
        assert "with the distributor" in page.text
        assert REPORT not in page.text
        send(north, "submit")
        page = vendor.get(f"{LIST}?cycle=2026-10&status=submitted&search=NORTH")
        assert f'<a href="{REPORT}">North Distribution</a>' in page.text
        assert [(total.currency, str(total.net)) for total in page.context["totals"]] == [("USD", "162.40")]
        assert [tab.count for tab in page.context["tabs"]] == [1, 0, 1, 0, 0]

    @pytest.mark.parametrize("query", ["search=nobody", "cycle=2026-09", "status=completed"])
    def test_says_that_nothing_matches(self, vendor: Client, query: str) -> None:
        assert "No billing report matches" in vendor.get(f"{LIST}?{query}").text

    def test_leaves_out_what_makes_no_sense(self, vendor: Client) -> None:
        assert vendor.get(f"{LIST}?cycle=nonsense&status=nonsense&page=nonsense").context["page"].total == 1

    def test_is_not_for_an_msp(self, october: October, as_person: AsPerson) -> None:
        page = as_person(BOLT).get(LIST)
        assert page.status_code == 403
        assert "what you pay is under Statements" in page.text

    def test_has_nothing_of_others(self, october: October, as_person: AsPerson) -> None:
        assert "No billing reports yet" in as_person(SOUTH).get(LIST).text

    def test_takes_as_many_queries_however_long_it_is(self, vendor: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        vendor.get(LIST)
        with django_assert_num_queries(QUERIES_OF_THE_LIST):
            vendor.get(LIST)
        row = report()
        for number in range(20):
            account = copy_of_distributor(row, number)
            BillingReport.objects.create(
                cycle=row.cycle, distributor=account, vendor=row.vendor, distributor_ref=account.ref, distributor_name=account.name,
                vendor_ref=row.vendor_ref, vendor_name=row.vendor_name,
            )  # fmt: skip
        with django_assert_num_queries(QUERIES_OF_THE_LIST):
            assert vendor.get(LIST).context["page"].total == 21


def copy_of_distributor(row: BillingReport, number: int) -> Any:
    from_ = row.distributor
    return type(from_).objects.create(ref=f"dist-{number:02}", name=f"Distributor {number}", tier=from_.tier, region=from_.region)


class TestReport:
    def test_collects_what_was_approved_at_the_vendor_s_prices(self, north: Client) -> None:
        page = north.get(REPORT)
        assert page.status_code == 200
        assert "162.40 USD" in page.text
        assert "2 approved reports" in page.text
        assert not page.context["obstacles"]
        assert [(line.of.code, str(line.of.amount)) for line in page.context["lines"]] == [
            ("workspace-security", "50.40"), ("credits", "105.00"), ("nfr", "7.00"),
        ]  # fmt: skip

    def test_names_what_is_missing_and_leads_there(
        self, db: None, ledger_home: Path, tmp_path: Path, as_person: AsPerson, clock: Clock
    ) -> None:
        clock.at = NOW
        approved(tmp_path, "bolt")
        page = as_person(NORTH).get(REPORT)
        assert '<a href="/review/2026-10/coil/">Coil Services</a>' in page.text
        assert "Acme Security has no price list for you" in page.text
        assert page.text.count("no price</span>") == 3
        save_prices("acme-vendor", {"currency": "USD", "services": {"workspace-security": 4}})
        page = as_person(NORTH).get(REPORT)
        assert "2 services have no price" in page.text
        assert "52.00" not in page.text.partition("tfoot")[2]
        refused = send(as_person(NORTH), "submit")
        assert refused.status_code == 400
        assert "1 report of its MSPs is not approved yet" in refused.text

    def test_highlights_what_changed_and_penalties(self, north: Client) -> None:
        report_of_bolt = Report.objects.get(msp_ref="bolt")
        report_of_bolt.lines.filter(service_code="workspace-security").update(outcome="penalty")
        page = north.get(REPORT)
        assert "1 service worth a look" in page.text
        assert "Bolt IT: 13 seat" in " ".join(page.text.split())

    def test_is_nobody_else_s(self, october: October, as_person: AsPerson) -> None:
        for person in (SOUTH, BOLT):
            client = as_person(person)
            assert client.get(REPORT).status_code == 404
            assert send(client, "save").status_code == 404
            assert client.get(f"{REPORT}promo/?service=workspace-security&promo-workspace-security=X").status_code == 404
            assert client.get(f"{REPORT}lines/service/workspace-security/").status_code == 404
            assert client.get(f"{REPORT}files/csv/").status_code == 404
            assert "There is no such page" in client.get(REPORT).text

    def test_is_the_vendor_s_once_it_is_submitted(self, north: Client, vendor: Client) -> None:
        page = vendor.get(REPORT)
        assert page.status_code == 403
        assert "has not submitted this billing report yet" in page.text
        send(north, "submit")
        assert "162.40 USD" in vendor.get(REPORT).text

    @pytest.mark.parametrize("person", [READER, VENDOR_READER])
    def test_says_who_may_do_something(self, october: October, as_person: AsPerson, person: str, north: Client) -> None:
        if person == VENDOR_READER:
            send(north, "submit")
        page = as_person(person).get(REPORT)
        assert "You read here" in page.text
        assert 'name="verb"' not in page.text
        assert send(as_person(person), "complete" if person == VENDOR_READER else "save").status_code == 403

    def test_takes_as_many_queries_however_many_reports(self, north: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        north.get(REPORT)
        with django_assert_num_queries(QUERIES_OF_THE_PAGE):
            north.get(REPORT)
        copies(120)
        with django_assert_num_queries(QUERIES_OF_THE_PAGE):
            page = north.get(f"{REPORT}?page=2")
        assert (page.context["reports"].total, page.context["reports"].number) == (122, 2)


class TestSave:
    def test_keeps_what_was_typed(self, north: Client) -> None:
        launch()
        page = send(north, "save", po_number=" PO 7 ", comment="For October", **{"promo-workspace-security": "LAUNCH"})
        assert page.status_code == 302
        found = report()
        assert (found.po_number, found.comment, found.promo_codes) == ("PO 7", "For October", {"workspace-security": "LAUNCH"})
        page = north.get(REPORT)
        assert "124.60 USD" in page.text
        assert 'value="LAUNCH"' in page.text

    def test_says_beside_the_field_why_a_code_does_not_hold(self, north: Client) -> None:
        send(north, "save", **{"promo-workspace-security": "NEVER"})
        page = north.get(REPORT)
        assert page.text.count("There is no promo code “NEVER”") == 2
        refused = send(north, "submit", **{"promo-workspace-security": "NEVER"})
        assert refused.status_code == 400
        assert report().status == "collecting"

    def test_keeps_in_the_field_what_can_not_be(self, north: Client) -> None:
        page = send(north, "save", po_number="x" * 101)
        assert page.status_code == 400
        assert "This must be text of at most 100 characters" in page.text
        assert f'value="{"x" * 101}"' in page.text
        assert report().version == 1

    def test_notices_somebody_else(self, north: Client) -> None:
        send(north, "save", po_number="PO 7")
        page = north.post(REPORT, {"verb": "save", "version": 1, "po_number": "PO 8"})
        assert page.status_code == 409
        assert 'value="PO 8"' in page.text
        assert report().po_number == "PO 7"

    def test_is_done_once_by_two_clicks(self, north: Client) -> None:
        sent = {"verb": "save", "version": 1, "po_number": "PO 7"}
        assert [north.post(REPORT, sent).status_code for _ in range(2)] == [302, 302]
        assert (report().version, Event.objects.filter(kind="billing_saved").count()) == (2, 1)

    @pytest.mark.parametrize("sent", [{}, {"verb": "dance", "version": "1"}, {"verb": "save"}, {"verb": "save", "version": "x"}])
    def test_needs_to_know_what_was_seen(self, north: Client, sent: dict[str, str]) -> None:
        assert north.post(REPORT, sent).status_code == 400


class TestPromo:
    ADDRESS = f"{REPORT}promo/?service=workspace-security&promo-workspace-security="

    def test_is_checked_while_it_is_typed(self, north: Client) -> None:
        launch()
        assert "There is no promo code “LAUN”" in north.get(f"{self.ADDRESS}LAUN").text
        said = " ".join(north.get(f"{self.ADDRESS}LAUNCH").text.split())
        assert "Holds: 1.00 USD for each unit. 12.60 USD in place of 50.40 USD, once it is saved." in said
        assert north.get(self.ADDRESS).text.strip() == ""
        assert report().promo_codes == {}

    def test_unlocks_a_margin(self, north: Client) -> None:
        said = {"from": "2026-10-01", "until": "2026-10-31", "margin_percent": 50}
        save_promo_code(viewers_of(VENDOR)[0], "acme-vendor", "HALF", said, seen="", now=NOW)
        assert "Holds: a margin of 50 %. 36.00 USD in place of 50.40 USD" in " ".join(north.get(f"{self.ADDRESS}HALF").text.split())

    def test_is_of_a_line(self, north: Client) -> None:
        assert north.get(f"{REPORT}promo/?service=nothing&promo-nothing=X").status_code == 404


class TestSubmit:
    def test_hands_it_to_the_vendor(self, north: Client, vendor: Client) -> None:
        page = north.post(REPORT, {"verb": "submit", "version": 1, "po_number": "PO 7"}, follow=True)
        assert "The billing report is submitted" in page.text
        assert "its figures stay as they are" in page.text
        assert 'name="po_number"' not in page.text
        assert (report().status, report().po_number) == ("submitted", "PO 7")
        assert "Return…" in vendor.get(REPORT).text

    def test_is_done_once_by_two_clicks(self, north: Client) -> None:
        sent = {"verb": "submit", "version": 1, "po_number": "PO 7"}
        assert [north.post(REPORT, sent).status_code for _ in range(2)] == [302, 302]
        assert Event.objects.filter(kind="billing_submitted").count() == 1


class TestDecide:
    @pytest.fixture(autouse=True)
    def submitted(self, north: Client) -> None:
        send(north, "submit", po_number="PO 7")

    def test_returns_with_a_reason(self, north: Client, vendor: Client) -> None:
        assert "Return the billing report to North Distribution?" in vendor.get(f"{REPORT}?do=return").text
        page = send(vendor, "return", reason=" ")
        assert page.status_code == 400
        assert "Say why it is returned" in page.text
        assert send(vendor, "return", reason="Which PO?")["Location"] == LIST
        page = north.get(REPORT)
        assert "Returned by Acme Security" in page.text
        assert "Which PO?" in page.text
        assert vendor.get(REPORT).status_code == 403
        assert vendor.post(REPORT, {"verb": "return", "version": 3, "reason": "Which PO?"})["Location"] == LIST

    def test_completes_and_leads_to_the_statement(self, north: Client, vendor: Client) -> None:
        assert "Complete the billing report of North Distribution?" in vendor.get(f"{REPORT}?do=complete").text
        version = report().version
        sent = {"verb": "complete", "version": version}
        assert [vendor.post(REPORT, sent).status_code for _ in range(2)] == [302, 302]
        assert report().status == "completed"
        assert "Its statement is issued in a moment" in north.get(REPORT).text
        issue_of_billing(report().vendor_id, now=NOW)
        assert '<a href="/statements/acme-vendor-2026-000001/">acme-vendor-2026-000001</a>' in north.get(REPORT).text

    def test_is_the_vendor_s_alone(self, north: Client) -> None:
        for verb in ("return", "complete"):
            assert send(north, verb, reason="No").status_code == 403
        assert "?do=" not in north.get(REPORT).text
        assert "act-heading" not in north.get(f"{REPORT}?do=complete").text

    def test_notices_somebody_else(self, north: Client, vendor: Client) -> None:
        page = vendor.post(REPORT, {"verb": "return", "version": 1, "reason": "Which PO?"})
        assert page.status_code == 409
        assert "Which PO?</textarea>" in page.text
        assert report().status == "submitted"


class TestLine:
    def test_leads_to_the_reports_and_their_customers(self, north: Client) -> None:
        page = north.get(f"{REPORT}lines/service/workspace-security/")
        assert "18 × 4.00 USD = 72.00 USD" in page.text
        assert "Less a margin of 30 %." in page.text
        assert "Rounded once, half up: 50.40 USD." in page.text
        assert "/reports/2026-10/bolt/?group=smb&amp;line=workspace-security#line-panel" in page.text
        assert [(one.msp, plain(one.units)) for one, _address in page.context["rows"]] == [("bolt", "13"), ("coil", "5")]

    def test_shows_what_fills_packs(self, north: Client) -> None:
        page = north.get(f"{REPORT}lines/packs/credits/")
        assert "1,500 credits in packs of 100, rounded half up to whole packs." in page.text
        assert "15 × 10.00 USD = 150.00 USD" in page.text
        assert "Endpoint Security Core" in page.text

    @pytest.mark.parametrize("place", ["service/credits", "packs/workspace-security", "dance/credits"])
    def test_has_to_be_there(self, north: Client, place: str) -> None:
        assert north.get(f"{REPORT}lines/{place}/").status_code == 404


class TestFiles:
    @pytest.mark.parametrize("form", ["csv", "xlsx", "pdf"])
    def test_are_offered_and_sent(self, north: Client, form: str) -> None:
        assert f'href="{REPORT}files/{form}/"' in north.get(REPORT).text
        answer = north.get(f"{REPORT}files/{form}/")
        assert answer.status_code == 200
        assert f"billing-report-{OCTOBER}-north.{form}" in answer["Content-Disposition"]
        assert b"".join(answer.streaming_content)  # type: ignore[attr-defined]

    def test_are_refused_where_there_are_none(self, north: Client) -> None:
        page = north.get(f"{REPORT}files/ubl/")
        assert page.status_code == 400
        assert "there are csv, xlsx, pdf" in page.text.lower()
