"""Approving several reports, without a browser."""

import re
from pathlib import Path

import pytest
from django.test import Client

from tests.reports.month import OCTOBER, October
from tests.web.conftest import AsPerson, Clock
from tests.web.reviewing import NORTH, SOUTH, VENDOR, copies, october_under_review
from trueup.kit.period import parse_instant
from trueup.reports.models import Report

PREVIEW, APPROVE = "/review/bulk/", "/review/bulk/approve/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def october(db: None, ledger_home: Path, tmp_path: Path, clock: Clock) -> October:
    """Two reports of north are under review."""
    clock.at = parse_instant("2026-11-08T12:00:00Z")
    return october_under_review(tmp_path)


@pytest.fixture
def north(october: October, as_person: AsPerson) -> Client:
    """The billing manager of the distributor."""
    return as_person(NORTH)


def items(page: str) -> list[str]:
    """What a form will approve."""
    return re.findall(r'name="item" value="([^"]*)"', page)


def approved() -> int:
    return Report.objects.filter(status="approved").count()


class TestPreview:
    def test_tells_what_each_report_contains(self, north: Client) -> None:
        page = north.post(PREVIEW, {"of": "selected", "key": ["2026-10/bolt", "2026-10/coil"]}).text
        assert "Approve 2 reports?" in page
        assert "Rolling out ahead of time." in page
        assert "15 instead of 10" in page
        assert approved() == 0

    def test_takes_all_that_match(self, north: Client) -> None:
        page = north.post(PREVIEW, {"of": "all", "inbox": "search=bolt"}).text
        assert [item.split("/", 1)[1] for item in items(page)] == ["2026-10/bolt"]

    def test_leaves_out_what_is_not_under_review(self, north: Client, october: October) -> None:
        october.approve("bolt")
        page = north.post(PREVIEW, {"of": "selected", "key": ["2026-10/bolt", "2026-10/coil"]}).text
        assert "1 report is left out" in page
        assert len(items(page)) == 1

    def test_of_nothing_leads_back(self, north: Client) -> None:
        assert north.post(PREVIEW, {"of": "selected", "inbox": "search=bolt"}).headers["Location"] == "/review/?search=bolt"

    def test_of_a_strangers_report_is_not_found(self, october: October, as_person: AsPerson) -> None:
        assert as_person(SOUTH).post(PREVIEW, {"of": "selected", "key": "2026-10/bolt"}).status_code == 404

    def test_is_not_for_the_vendor(self, october: October, as_person: AsPerson) -> None:
        assert as_person(VENDOR).post(PREVIEW, {"of": "all"}).status_code == 403
        assert as_person(VENDOR).post(APPROVE, {"item": "1/2026-10/bolt"}).status_code == 403


class TestApproval:
    def test_without_scripts_does_all_at_once(self, north: Client) -> None:
        copies(30)
        found = items(north.post(PREVIEW, {"of": "all"}).text)
        page = north.post(APPROVE, {"item": found, "comment": "checked together"}).text
        assert approved() == len(found) == 32
        assert "32 of 32 done" in page

    def test_with_htmx_goes_on_in_portions(self, north: Client) -> None:
        copies(40)
        left, done, told = items(north.post(PREVIEW, {"of": "all"}).text), 0, []
        while left:
            answer = north.post(APPROVE, {"item": left, "done": done, "failed": 0}, headers=HTMX).text
            told.append(re.search(r"(\d+) of 42 done", answer)[1])  # type: ignore[index]
            left, done = items(answer), int(told[-1])
        assert told == ["20", "40", "42"]
        assert approved() == 42

    def test_leaves_the_rest_undone_where_it_is_interrupted(self, north: Client) -> None:
        copies(40)
        north.post(APPROVE, {"item": items(north.post(PREVIEW, {"of": "all"}).text)}, headers=HTMX)
        assert approved() == 20
        assert len(items(north.post(PREVIEW, {"of": "all"}).text)) == 22

    def test_tells_why_one_was_not_approved_and_goes_on(self, north: Client, october: October) -> None:
        found = items(north.post(PREVIEW, {"of": "all"}).text)
        october.waive("coil", "endpoint-core", "agreed")
        page = north.post(APPROVE, {"item": found}).text
        assert "waived a penalty" in page
        assert "1 not approved" in page
        assert [report.msp_ref for report in Report.objects.filter(status="approved")] == ["bolt"]

    def test_done_twice_approves_once(self, north: Client) -> None:
        found = items(north.post(PREVIEW, {"of": "all"}).text)
        north.post(APPROVE, {"item": found})
        assert "2 not approved" in north.post(APPROVE, {"item": found}).text

    def test_of_nothing_is_refused(self, north: Client) -> None:
        assert north.post(APPROVE, {}).status_code == 400

    @pytest.mark.parametrize("item", ["nonsense", "1/nonsense/bolt", "/2026-10"])
    def test_of_nonsense_is_refused(self, north: Client, item: str) -> None:
        assert north.post(APPROVE, {"item": item}).status_code == 404

    def test_of_a_strangers_report_is_not_found(self, october: October, as_person: AsPerson) -> None:
        assert as_person(SOUTH).post(APPROVE, {"item": f"1/{OCTOBER}/bolt"}).status_code == 404
        assert approved() == 0
