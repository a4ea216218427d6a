"""Adjustments in the portal and in the API: reached where a report is, and told from the month itself."""

import pytest

from tests.api.conftest import AsProgram
from tests.api.conftest import as_program as as_program  # noqa: PLC0414 -- the fixture
from tests.reports.conftest import october as october  # noqa: PLC0414 -- the fixture
from tests.reports.month import October, at, at_times, row
from tests.reports.test_adjusting import NOVEMBER, close_month
from tests.web.conftest import AsPerson, Clock

LATE = "2026-11-adjusts-2026-10"
BELLA, NORTH = "billing@bolt.example", "north@north.example"


@pytest.fixture
def late(october: October, clock: Clock) -> October:
    """Two more seats of bolt in October came late, and November is closed."""
    october.deliver(*at_times("bolt-dental", "workspace-security", "10", "10"))
    october.close()
    october.submit("bolt", by=BELLA)
    october.deliver(row(31, "bolt-dental", "workspace-security", "12", "12"), now="2026-11-10T10:00:00Z")
    close_month(NOVEMBER)
    clock.at = at("2026-12-02T12:00:00Z")
    return october


class TestPortal:
    def test_leads_the_msp_to_it(self, late: October, as_person: AsPerson) -> None:
        bella = as_person(BELLA)
        home = bella.get("/").text
        assert "Prepare the report of October 2026, adjusted in November 2026" in home
        assert f'href="/reports/{LATE}/bolt/"' in home
        assert f'href="/reports/{LATE}/bolt/"' in bella.get("/reports/").text

    def test_says_what_is_adjusted(self, late: October, as_person: AsPerson) -> None:
        text = as_person(BELLA).get(f"/reports/{LATE}/bolt/").text
        for said in (
            "October 2026, adjusted in November 2026", "Usage of October 2026 came late.",
            "Workspace Security: 10 were charged, it is 12 now (+2 seat)",
        ):  # fmt: skip
            assert said in text
        assert "came late" not in as_person(BELLA).get("/reports/2026-10/bolt/").text

    def test_shows_it_to_the_distributor(self, late: October, as_person: AsPerson) -> None:
        north = as_person(NORTH)
        assert f"/review/{LATE}/bolt/" in north.get("/review/?status=all").text
        assert "Workspace Security: 10 were charged, it is 12 now (+2 seat)" in north.get(f"/review/{LATE}/bolt/").text
        assert f"/review/{LATE}/bolt/" in north.get(f"/review/?status=all&cycle={LATE}").text
        assert f"/review/{LATE}/bolt/" not in north.get("/review/?status=all&cycle=2026-10").text

    @pytest.mark.parametrize("address", [f"/reports/{LATE}/coil/", "/reports/2026-12-adjusts-2026-10/bolt/", f"/cycles/{LATE}/"])
    def test_has_no_other(self, late: October, as_person: AsPerson, address: str) -> None:
        assert as_person(NORTH).get(address).status_code == 404

    def test_is_not_a_strangers(self, late: October, as_person: AsPerson) -> None:
        assert as_person("south@south.example").get(f"/review/{LATE}/bolt/").status_code == 404


class TestApi:
    def test_lists_and_shows_it(self, late: October, as_program: AsProgram) -> None:
        program = as_program("bolt")
        status, listed = program.get("/reports")
        assert (status, [one["cycle"] for one in listed["items"]]) == (200, [LATE, "2026-10"])
        status, found = program.get(f"/reports/{LATE}/bolt")
        assert (status, found["cycle"], found["from_date"], found["to_date"]) == (200, LATE, "2026-10-01", "2026-10-31")
        assert found["previous_cycle"] == "2026-10"
        seen = program.call("GET", f"/reports/{LATE}/bolt").headers["ETag"]
        status, submitted = program.post(f"/reports/{LATE}/bolt/submit", {}, if_match=seen)
        assert (status, submitted["status"]) == (200, "approved")
        assert program.get("/reports/2026-11/bolt")[0] == 404
        assert program.get(f"/cycles/{LATE}")[0] == 404
