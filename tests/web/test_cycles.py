"""The pages of cycles, without a browser."""

from pathlib import Path

import pytest
from django.test import Client

from tests.reports.month import October, at_times
from tests.web.conftest import AsPerson
from tests.web.reviewing import BOLT, NORTH, SOUTH, VENDOR, october_closed
from trueup.cycles.rules import DayState
from trueup.web.pages.cycles import DAY_STATES, MARKS

OCTOBER = "/cycles/2026-10/"


@pytest.fixture
def october(db: None, ledger_home: Path, tmp_path: Path) -> October:
    """October is closed, its reports wait for their MSPs."""
    return october_closed(tmp_path)


@pytest.fixture
def north(october: October, as_person: AsPerson) -> Client:
    """The billing manager of the distributor."""
    return as_person(NORTH)


class TestCycles:
    def test_are_listed_with_their_reports(self, north: Client) -> None:
        page = north.get("/cycles/")
        assert '<a href="/cycles/2026-10/">October 2026</a>' in page.text
        assert 'href="/review/?status=msp_preparing&amp;cycle=2026-10"' in page.text

    def test_are_nothing_yet_in_an_empty_installation(self, world: None, ledger_home: Path, as_person: AsPerson) -> None:
        assert "No cycle yet" in as_person(NORTH).get("/cycles/").text

    @pytest.mark.parametrize("address", ["/cycles/", OCTOBER])
    def test_are_not_for_an_msp(self, october: October, as_person: AsPerson, address: str) -> None:
        assert as_person(BOLT).get(address).status_code == 403

    @pytest.mark.parametrize("address", ["/cycles/2026-13/", "/cycles/2020-01/", "/cycles/nonsense/"])
    def test_that_are_none_are_not_found(self, north: Client, address: str) -> None:
        assert north.get(address).status_code == 404


class TestCycle:
    def test_says_what_happens_on_which_day(self, north: Client) -> None:
        leaves = north.get(OCTOBER).context["leaves"]
        told = {str(day.day): [event.words for event in day.events] for leaf in leaves for week in leaf.weeks for day in week if day.events}
        assert told == {
            "2026-10-11": ["rmm-feed missing"],
            "2026-10-12": ["rmm-feed missing"],
            "2026-11-01": ["Closed, 00:00"],
            "2026-11-06": ["Deadline of 2 reports"],
        }

    def test_marks_today(self, north: Client) -> None:
        leaves = north.get(OCTOBER).context["leaves"]
        assert [str(day.day) for leaf in leaves for week in leaf.weeks for day in week if day.today] == ["2026-11-03"]

    def test_counts_the_reports_and_leads_to_them(self, north: Client) -> None:
        page = north.get(OCTOBER).text
        assert "2 reports" in page
        assert 'href="/review/?status=msp_preparing&amp;cycle=2026-10"' in page

    def test_says_in_words_what_the_sources_delivered(self, north: Client) -> None:
        page = north.get(OCTOBER).text
        assert "2 days missing" in page
        assert '<span class="visually-hidden">missing</span>' in page

    def test_has_words_for_every_state_of_a_day(self) -> None:
        assert set(DAY_STATES) == set(MARKS) == set(DayState)

    def test_begins_the_week_as_the_language_does(self, north: Client) -> None:
        english = north.get(OCTOBER).context["leaves"][0].weekdays[0]
        german = north.get(OCTOBER, headers={"Accept-Language": "de"}).context["leaves"][0].weekdays[0]
        assert (english.strftime("%a"), german.strftime("%a")) == ("Sun", "Mon")

    def test_shows_the_vendor_all_but_regenerates_nothing(self, october: October, as_person: AsPerson) -> None:
        page = as_person(VENDOR).get(OCTOBER).text
        assert "3 reports" in page
        assert "Measure reports anew" not in page


class TestMeasuringAnew:
    def test_tells_what_changed_in_each_report(self, north: Client, october: October) -> None:
        october.deliver(*at_times("bolt-garage", "endpoint-core", "7", "7"), now="2026-11-02T10:00:00Z")
        page = north.post(f"{OCTOBER}regenerate/", {"msp": ["bolt", "coil"], "comment": "the feed was mended"}).text
        results = north.post(f"{OCTOBER}regenerate/", {"msp": ["bolt"]}).text
        assert "1 line changed" in page
        assert "nothing changed" in page
        assert "nothing changed" in results

    def test_tells_which_report_cannot_be(self, north: Client, october: October) -> None:
        october.edit("bolt", "endpoint-core", by=BOLT, comment="Rolling out.")
        october.submit("bolt", by=BOLT)
        page = north.post(f"{OCTOBER}regenerate/", {"msp": ["bolt"]}).text
        assert "under review, so it cannot be regenerated" in page

    def test_of_nothing_leads_back(self, north: Client) -> None:
        assert north.post(f"{OCTOBER}regenerate/", {}).status_code == 302

    def test_of_too_many_is_refused(self, north: Client) -> None:
        assert north.post(f"{OCTOBER}regenerate/", {"msp": ["bolt"] * 51}).status_code == 400

    def test_of_a_strangers_report_is_not_found(self, october: October, as_person: AsPerson) -> None:
        assert as_person(SOUTH).post(f"{OCTOBER}regenerate/", {"msp": ["bolt"]}).status_code == 404

    def test_is_not_for_the_vendor(self, october: October, as_person: AsPerson) -> None:
        assert as_person(VENDOR).post(f"{OCTOBER}regenerate/", {"msp": ["bolt"]}).status_code == 403
