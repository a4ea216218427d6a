"""An MSP without access to usage reports: it reads why, its distributor prepares for it, and one day it gets access."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.reports.month import HEADER, OPERATOR, October, at, at_times
from tests.web.browser.conftest import BrowserAs, violations
from tests.web.conftest import Clock
from trueup.jobs.pipeline import run_once
from trueup.ledger.actions import import_usage

DUNE, SOUTH, VENDOR = "billing@dune.example", "south@south.example", "vendor@acme.example"
WHY = "Usage reports are not available in the region latam; your distributor prepares the report on your behalf"
OCTOBER, NOVEMBER = "/reports/2026-10/dune/", "/reports/2026-11/dune/"


@pytest.fixture
def october(server: str, tmp_path: Path) -> October:
    """October is closed; dune's endpoints are over-provisioned."""
    month = October(tmp_path)
    month.deliver(*at_times("dune-hotel", "endpoint-core", "40", "31"))
    month.close()
    return month


def reads_why(page: Page, path: str) -> None:
    """A page that says why, and shows nothing of the report."""
    page.goto(path)
    expect(page.get_by_role("main")).to_contain_text(WHY)
    expect(page.get_by_text(re.compile(r"Endpoint Security Core|\b31\b|\b40\b"))).to_have_count(0)


class TestMspWithoutAccess:
    def test_reads_why_wherever_it_looks(self, october: October, browser_as: BrowserAs) -> None:
        page = browser_as(DUNE, bypass_csp=True)
        reads_why(page, "/")
        assert violations(page) == []
        expect(page.get_by_role("heading", name="What waits for you")).to_have_count(0)
        page.get_by_role("link", name="Usage reports (no access)").click()
        expect(page.get_by_role("heading", name="You have no usage reports here")).to_be_visible()
        assert violations(page) == []
        reads_why(page, "/reports/")
        reads_why(page, OCTOBER)
        reads_why(page, f"{OCTOBER}forecast/")

    def test_has_its_report_prepared_and_keeps_from_its_data(self, october: October, browser_as: BrowserAs) -> None:
        south = browser_as(SOUTH)
        south.goto("/")
        south.get_by_role("link", name="Prepare the report of Dune Computing, October 2026").click()
        south.wait_for_url(f"**{OCTOBER}")
        expect(south.locator("#report-head")).to_contain_text("the distributor, on behalf of the MSP")
        expect(south.locator("#chargeable-endpoint-core")).to_have_value("31")
        south.locator("#chargeable-endpoint-core").fill("35")
        south.get_by_role("button", name="Comment on Endpoint Security Core: needed").click()
        south.get_by_label("Comment", exact=True).fill("The hotel opens in November.")
        south.get_by_role("button", name="Keep comment").click()
        south.get_by_role("button", name="Submit…").click()
        south.get_by_role("button", name="Submit", exact=True).click()
        expect(south.locator("#report-head")).to_contain_text("Under review")
        line = october.line("dune", "endpoint-core")
        assert (line.chargeable, line.comment) == (35, "The hotel opens in November.")
        assert ("south@south.example", "submitted") in october.events("dune")
        south.get_by_role("link", name="Approve…").click()
        south.get_by_role("dialog").get_by_role("button", name="Approve").click()
        expect(south.get_by_text("Dune Computing, October 2026: approved.")).to_be_visible()
        reads_why(browser_as(DUNE), OCTOBER)


class TestAccess:
    def test_holds_for_the_reports_that_come(self, october: October, clock: Clock, browser_as: BrowserAs) -> None:
        self._is_granted_in_the_portal(browser_as(VENDOR))
        dune = browser_as(DUNE)
        dune.goto("/")
        dune.get_by_role("link", name="Usage reports", exact=True).click()
        expect(dune.get_by_role("heading", name="No reports yet")).to_be_visible()
        reads_why(dune, OCTOBER)
        self._november_comes(october, clock)
        dune.goto("/reports/")
        expect(dune.locator("#report-list tbody th")).to_have_text(["November 2026"])
        dune.get_by_role("link", name="November 2026").click()
        expect(dune.locator("#report-head")).to_contain_text("end of 6 Dec 2026 (America/Bogota)")
        expect(dune.locator("#chargeable-endpoint-core")).to_have_value("28")
        reads_why(dune, OCTOBER)
        self._stays_with_the_distributor(browser_as(SOUTH))

    def _is_granted_in_the_portal(self, vendor: Page) -> None:
        vendor.goto("/settings/")
        vendor.get_by_role("main").get_by_role("link", name="Regions").first.click()
        vendor.get_by_role("link", name="Edit latam").click()
        vendor.get_by_label("Usage reports are available").check()
        vendor.get_by_role("button", name="Save").click()
        expect(vendor.locator(".entries__one", has_text="latam")).not_to_contain_text("not available")

    def _november_comes(self, october: October, clock: Clock) -> None:
        file = october.folder / "november.csv"
        file.write_text(f"{HEADER}\n2026-11-01,dune-hotel,endpoint-core,30,28,\n2026-11-30,dune-hotel,endpoint-core,30,28,\n")
        import_usage(OPERATOR, file, source=None, now=at("2026-11-30T20:00:00Z"))
        clock.at = at("2026-12-01T00:00:00Z")
        list(run_once(clock.at))
        clock.at = at("2026-12-02T12:00:00Z")

    def _stays_with_the_distributor(self, south: Page) -> None:
        south.goto("/review/?status=all")
        expect(south.get_by_role("rowheader")).to_have_count(2)
        south.goto(NOVEMBER)
        expect(south.locator("#report-head")).to_contain_text("MSP preparing")
        expect(south.get_by_role("button", name="Save Draft")).to_have_count(0)
        south.goto(OCTOBER)
        expect(south.locator("#report-head")).to_contain_text("the distributor, on behalf of the MSP")
