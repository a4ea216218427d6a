"""The review of one report, without a browser."""

import re
from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from tests.reports.month import OCTOBER, OPERATOR, October
from tests.web.conftest import AsPerson, Clock
from tests.web.reviewing import BOLT, NORTH, SOUTH, VENDOR, october_closed, october_under_review
from trueup.kit.period import parse_instant
from trueup.reports import queries

BOLT_REPORT, COIL_REPORT = "/review/2026-10/bolt/", "/review/2026-10/coil/"


@pytest.fixture
def october(db: None, ledger_home: Path, tmp_path: Path, clock: Clock) -> October:
    """Two reports of north are under review."""
    clock.at = parse_instant("2026-11-08T12:00:00Z")
    return october_under_review(tmp_path)


@pytest.fixture
def north(october: October, as_person: AsPerson) -> Client:
    """The billing manager of the distributor."""
    return as_person(NORTH)


def decide(client: Client, msp: str, verb: str, **typed: object) -> tuple[int, str]:
    """Send what was decided about the report as it is; the status, and where it leads or what it shows."""
    version = queries.report(OPERATOR, OCTOBER, msp).version
    answer = client.post(f"/review/2026-10/{msp}/", {"verb": verb, "version": version, **typed})
    return answer.status_code, answer.headers.get("Location") or answer.text


def status(msp: str) -> str:
    return queries.report(OPERATOR, OCTOBER, msp).summary.status


class TestReview:
    def test_shows_what_stands_out_and_folds_the_rest(self, north: Client) -> None:
        page = north.get(BOLT_REPORT)
        assert [line.of.view.service for line in page.context["remarkable"]] == ["workspace-security", "endpoint-core"]
        assert "Rolling out ahead of time." in page.text
        assert "Onboarding" in page.text

    def test_shows_penalties_with_what_was_saved(self, north: Client) -> None:
        page = north.get(COIL_REPORT).text
        assert "Saved were 10." in page
        assert "Waive the penalty" in page

    def test_has_the_forms_on_pages_of_their_own(self, north: Client) -> None:
        assert 'id="act"' in north.get(f"{BOLT_REPORT}?do=approve").text
        assert 'id="act"' in north.get(f"{BOLT_REPORT}?do=reject").text
        assert 'id="act"' in north.get(f"{COIL_REPORT}?do=waive&line=endpoint-core").text
        assert 'id="act"' not in north.get(f"{BOLT_REPORT}?do=waive&line=endpoint-core").text
        assert 'id="act"' not in north.get(f"{BOLT_REPORT}?do=nonsense").text

    def test_of_a_strangers_report_is_not_found(self, october: October, as_person: AsPerson) -> None:
        assert as_person(SOUTH).get(BOLT_REPORT).status_code == 404
        assert as_person(SOUTH).post(BOLT_REPORT, {"verb": "approve", "version": "1"}).status_code == 404

    @pytest.mark.parametrize("address", ["/review/2026-13/bolt/", "/review/nonsense/bolt/", "/review/2026-10/nobody/"])
    def test_of_nothing_is_not_found(self, north: Client, address: str) -> None:
        assert north.get(address).status_code == 404

    def test_is_not_for_an_msp(self, october: October, as_person: AsPerson) -> None:
        assert as_person(BOLT).get(BOLT_REPORT).status_code == 403

    def test_is_read_by_the_vendor_who_decides_nothing(self, october: October, as_person: AsPerson) -> None:
        vendor = as_person(VENDOR)
        assert "Approve" not in vendor.get(BOLT_REPORT).text
        assert decide(vendor, "bolt", "approve")[0] == 403
        assert status("bolt") == "under_review"


class TestApproval:
    def test_leads_to_the_next_report_of_the_list(self, north: Client) -> None:
        assert decide(north, "coil", "approve", comment="checked", inbox="") == (302, BOLT_REPORT)
        assert status("coil") == "approved"
        assert "Coil Services, October 2026: approved." in north.get(BOLT_REPORT).text

    def test_leads_back_to_the_list_after_the_last_one(self, north: Client) -> None:
        assert decide(north, "bolt", "approve", inbox="order=partner&search=bolt") == (302, "/review/?search=bolt&order=partner")

    def test_of_another_state_than_was_seen_is_refused(self, north: Client, october: October) -> None:
        version = queries.report(OPERATOR, OCTOBER, "coil").version
        october.waive("coil", "endpoint-core", "agreed by phone")
        page = north.post(COIL_REPORT, {"verb": "approve", "version": version, "comment": "I have looked at it."})
        assert page.status_code == 409
        assert "waived a penalty" in page.text
        assert "I have looked at it.</textarea>" in page.text
        assert f'name="version" value="{version + 1}"' in page.text
        assert status("coil") == "under_review"

    def test_after_somebody_else_was_faster_keeps_what_was_typed(self, north: Client, october: October) -> None:
        version = queries.report(OPERATOR, OCTOBER, "bolt").version
        october.approve("bolt")
        page = north.post(BOLT_REPORT, {"verb": "reject", "version": version, "comment": "The seats are <wrong>."})
        assert page.status_code == 409
        assert "The seats are &lt;wrong&gt;." in page.text
        assert "approved it" in page.text
        assert 'id="act"' not in page.text

    @pytest.mark.parametrize("version", ["", "x", "-1", "٣"])
    def test_without_the_state_that_was_seen_is_refused(self, north: Client, version: str) -> None:
        assert north.post(BOLT_REPORT, {"verb": "approve", "version": version}).status_code == 400
        assert status("bolt") == "under_review"

    def test_of_no_verb_is_refused(self, north: Client) -> None:
        assert decide(north, "bolt", "destroy")[0] == 400


class TestRejection:
    def test_needs_a_reason_and_keeps_the_lines(self, north: Client) -> None:
        code, page = decide(north, "bolt", "reject", comment=" ", line=["endpoint-core"])
        assert code == 400
        assert "A rejection needs a reason" in page
        assert 'value="endpoint-core" checked' in page
        assert status("bolt") == "under_review"

    def test_points_at_lines(self, north: Client) -> None:
        code, _page = decide(north, "bolt", "reject", comment="Please check the seats.", line=["endpoint-core"])
        assert code == 302
        assert status("bolt") == "rejected"
        assert "Pointed at" in north.get(BOLT_REPORT).text

    def test_of_a_line_that_is_not_there_is_refused(self, north: Client) -> None:
        code, page = decide(north, "bolt", "reject", comment="Please check.", line=["nonsense"])
        assert code == 400
        assert "The report has no line for a service “nonsense”" in page
        assert "Under review" in north.get(BOLT_REPORT).text


class TestWaiver:
    def test_stays_at_the_report(self, north: Client) -> None:
        assert decide(north, "coil", "waive", line="endpoint-core", comment="agreed") == (302, COIL_REPORT)
        page = north.get(COIL_REPORT).text
        assert "The penalty is waived." in page
        assert "Penalty waived" in page

    def test_needs_a_reason(self, north: Client) -> None:
        code, page = decide(north, "coil", "waive", line="endpoint-core", comment="")
        assert code == 400
        assert "A waiver needs a reason" in page

    def test_of_a_line_without_a_penalty_is_a_conflict(self, north: Client) -> None:
        assert decide(north, "bolt", "waive", line="endpoint-core", comment="agreed")[0] == 409


class TestNext:
    def test_is_the_report_that_follows_in_the_same_list(self, north: Client) -> None:
        assert north.get("/review/next/?after=2026-10/coil").headers["Location"] == BOLT_REPORT
        after = north.get("/review/next/?after=2026-10/bolt&inbox=order%3Dpartner").headers["Location"]
        assert after == "/review/2026-10/coil/?inbox=order%3Dpartner"

    def test_is_the_list_after_the_last(self, north: Client) -> None:
        answer = north.get("/review/next/?after=2026-10/bolt", follow=True)
        assert "That was the last report of this list." in answer.text

    def test_after_nothing_is_not_found(self, north: Client) -> None:
        assert north.get("/review/next/?after=nonsense").status_code == 404


class TestDetails:
    def test_offer_the_verbs_to_a_reviewer(self, north: Client) -> None:
        page = north.get("/reports/2026-10/bolt/?inbox=order%3Dpartner").text
        assert 'action="/review/2026-10/bolt/"' in page
        assert 'name="inbox" value="order=partner"' in page


@pytest.mark.parametrize(
    ("address", "queries"),
    [
        ("/", 13),
        (COIL_REPORT, 7),
        ("/cycles/", 10),
        ("/cycles/2026-10/", 15),
    ],
)
class TestPage:
    def test_takes_a_fixed_number_of_queries(
        self, north: Client, address: str, queries: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        north.get(address)
        with django_assert_num_queries(queries):
            assert north.get(address).status_code == 200


class TestUnits:
    def test_of_different_kinds_are_never_added_up(self, north: Client) -> None:
        page = " ".join(re.sub(r"<[^>]*>", " ", north.get(BOLT_REPORT).text).split())
        assert "2 lines go to final billing: 12 seat, 33 endpoint." in page
        assert "At stake 2 endpoint" in page
        assert "Chargeable 12 seat 33 endpoint default 31" in page


class TestDeadline:
    def test_is_named_by_the_day_that_it_ends(self, db: None, ledger_home: Path, tmp_path: Path, as_person: AsPerson) -> None:
        october_closed(tmp_path)
        page = as_person(NORTH).get(BOLT_REPORT).text
        assert "due 6 Nov 2026, 24:00 (Europe/Berlin)" in page
        assert "7 Nov 2026" not in page
