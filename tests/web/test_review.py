"""The inbox of the portal, without a browser."""

from pathlib import Path
from urllib.parse import quote

import pytest
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from tests.reports.month import October
from tests.web.conftest import AsPerson, Clock
from tests.web.reviewing import BOLT, NORTH, SOUTH, VENDOR, copies, october_closed, october_under_review
from trueup.kit.period import parse_instant
from trueup.reports.queries import FLAGS, ORDERS
from trueup.web.pages import inbox

INBOX = "/review/"
QUERIES = 11
"""Who asks 3, the list 2, prices 1, what there is to filter by 3, what is prepared on behalf 1, saved views 1."""


@pytest.fixture
def october(db: None, ledger_home: Path, tmp_path: Path, clock: Clock) -> October:
    """Two reports of north are under review."""
    clock.at = parse_instant("2026-11-08T12:00:00Z")
    return october_under_review(tmp_path)


@pytest.fixture
def north(october: October, as_person: AsPerson) -> Client:
    """The billing manager of the distributor."""
    return as_person(NORTH)


class TestInbox:
    def test_shows_what_is_most_at_stake_first(self, north: Client) -> None:
        page = north.get(INBOX)
        assert page.status_code == 200
        assert page.text.index("Coil Services") < page.text.index("Bolt IT")

    def test_counts_the_reports_of_each_status(self, north: Client) -> None:
        tabs = {tab.label: tab.count for tab in north.get(INBOX).context["tabs"]}
        assert tabs == {"Under review": 2, "Rejected": 0, "MSP preparing": 0, "Approved": 0, "All": 2}

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", ["coil", "bolt"]),
            ("order=partner", ["bolt", "coil"]),
            ("search=bolt", ["bolt"]),
            ("submission=automatic_with_penalty", ["coil"]),
            ("flag=commented", ["bolt"]),
            ("flag=penalty&status=all", ["coil"]),
            ("status=approved", []),
            ("cycle=2026-09", []),
            ("cycle=nonsense&order=nonsense&flag=nonsense&status=nonsense&submission=nonsense&page=nonsense", ["coil", "bolt"]),
        ],
    )
    def test_shows_what_is_asked_for(self, north: Client, query: str, found: list[str]) -> None:
        page = north.get(f"{INBOX}?{query}")
        assert [row.report.msp for row in page.context["rows"]] == found

    def test_offers_what_the_question_can_answer(self) -> None:
        assert {*inbox.FLAGS} <= {*FLAGS}
        assert {order.removeprefix("-") for order in inbox.ORDERS if order != inbox.BY_MONEY} <= {*ORDERS}

    def test_answers_htmx_with_the_list_and_its_address(self, north: Client) -> None:
        page = north.get(f"{INBOX}?status=under_review&cycle=&search=bolt&order=-stake", headers={"HX-Request": "true"})
        assert page.headers["HX-Push-Url"] == "/review/?search=bolt"
        assert "<html" not in page.text

    def test_leads_to_each_report_and_back_with_its_filters(self, north: Client) -> None:
        page = north.get(f"{INBOX}?search=bolt&status=all")
        assert f'href="/review/2026-10/bolt/?inbox={quote("status=all&search=bolt", safe="")}"' in page.text

    def test_says_that_nothing_matches(self, north: Client) -> None:
        assert "No report matches" in north.get(f"{INBOX}?search=nobody").text

    def test_says_that_nothing_waits(self, as_person: AsPerson, october: October) -> None:
        october.approve("bolt")
        october.approve("coil")
        assert "No report waits for review" in as_person(NORTH).get(INBOX).text

    def test_keeps_what_was_typed_as_text(self, north: Client) -> None:
        assert "<script>alert" not in north.get(f"{INBOX}?search=<script>alert(1)</script>").text

    def test_is_not_for_an_msp(self, october: October, as_person: AsPerson) -> None:
        page = as_person(BOLT).get(INBOX)
        assert page.status_code == 403
        assert "reviewed by the MSP" in page.text

    def test_lets_the_vendor_read_only(self, october: October, as_person: AsPerson) -> None:
        page = as_person(VENDOR).get(INBOX)
        assert "Bolt IT" in page.text
        assert 'name="key"' not in page.text

    def test_shows_a_distributor_its_own_alone(self, october: October, as_person: AsPerson) -> None:
        assert "Bolt IT" not in as_person(SOUTH).get(f"{INBOX}?status=all").text


class TestLongInbox:
    def test_is_paged(self, north: Client) -> None:
        copies(60)
        first, second = north.get(INBOX), north.get(f"{INBOX}?page=2")
        assert (len(first.context["rows"]), len(second.context["rows"])) == (50, 12)
        assert "page 1 of 2" in first.text

    @pytest.mark.parametrize("further", [0, 498])
    def test_takes_as_many_queries_as_a_short_one(
        self, north: Client, further: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        copies(further)
        north.get(INBOX)
        with django_assert_num_queries(QUERIES):
            north.get(INBOX)


class TestPreparingOnBehalf:
    @pytest.fixture
    def south(self, db: None, ledger_home: Path, tmp_path: Path, as_person: AsPerson) -> Client:
        """The distributor of an MSP without access, before the deadline."""
        october_closed(tmp_path)
        return as_person(SOUTH)

    def test_has_a_list_of_its_own(self, south: Client) -> None:
        page = south.get(f"{INBOX}?status=on_behalf")
        assert [row.report.msp for row in page.context["rows"]] == ["dune"]
        assert "no access to usage reports" in page.text

    def test_leads_to_where_the_report_is_edited(self, south: Client) -> None:
        assert 'href="/reports/2026-10/dune/' in south.get(f"{INBOX}?status=on_behalf").text

    def test_is_not_offered_where_nobody_needs_it(self, south: Client, as_person: AsPerson) -> None:
        assert "Prepare on behalf" in south.get(INBOX).text
        assert "Prepare on behalf" not in as_person(NORTH).get(INBOX).text


class TestSavedView:
    def test_is_kept_with_its_filters(self, north: Client) -> None:
        kept = north.post("/review/views/keep/", {"name": "Penalties", "inbox": "flag=penalty&nonsense=1"})
        assert kept.headers["Location"] == "/review/?flag=penalty"
        assert '<a href="?flag=penalty"' in north.get(INBOX).text

    def test_needs_a_name(self, north: Client) -> None:
        page = north.post("/review/views/keep/", {"name": "x" * 61, "inbox": ""})
        assert page.status_code == 400
        assert "The name has 61 characters" in page.text
        assert "x" * 61 in page.text

    def test_is_removed(self, north: Client) -> None:
        north.post("/review/views/keep/", {"name": "Penalties", "inbox": "flag=penalty"})
        north.post("/review/views/drop/", {"name": "Penalties", "inbox": ""})
        assert "Saved views" not in north.get(INBOX).text

    def test_of_nobody_is_not_found(self, north: Client) -> None:
        assert north.post("/review/views/drop/", {"name": "Penalties", "inbox": ""}).status_code == 404
