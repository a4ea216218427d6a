"""A distributor's day, in a real browser: the inbox, one report, many reports, the cycle, the start page."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.reports.month import October
from tests.web.browser.conftest import WIDTHS, BrowserAs, overflows, violations
from tests.web.conftest import Clock
from tests.web.reviewing import BOLT, DUNE, NORTH, SOUTH, VENDOR, copies, october_under_review
from trueup.kit.period import parse_instant
from trueup.reports.models import Report


@pytest.fixture
def october(server: str, tmp_path: Path, clock: Clock) -> October:
    """Two reports of north are under review: coil's with a penalty, bolt's with a changed line."""
    clock.at = parse_instant("2026-11-08T12:00:00Z")
    return october_under_review(tmp_path)


@pytest.fixture
def north(october: October, browser_as: BrowserAs) -> Page:
    """The browser of the distributor's billing manager, at the inbox."""
    page = browser_as(NORTH)
    page.goto("/review/")
    listens(page)
    return page


def listens(page: Page) -> None:
    """Wait until the page reacts to keys."""
    expect(page.locator("[data-keys-open]:not([hidden])")).to_be_attached()


def status(msp: str) -> str:
    return Report.objects.get(msp_ref=msp).status


class TestReviewingWithKeysOnly:
    def test_leads_through_the_list(self, north: Page) -> None:
        north.keyboard.press("j")
        expect(north.get_by_role("link", name="Coil Services")).to_be_focused()
        north.keyboard.press("ArrowDown")
        expect(north.get_by_role("link", name="Bolt IT")).to_be_focused()
        north.keyboard.press("k")
        north.keyboard.press("Enter")
        expect(north.get_by_role("heading", level=1)).to_have_text("Coil Services")
        listens(north)
        north.keyboard.press("n")
        expect(north.get_by_role("heading", level=1)).to_have_text("Bolt IT")
        listens(north)
        north.keyboard.press("n")
        expect(north.get_by_text("That was the last report of this list.")).to_be_visible()

    def test_approves_and_goes_on(self, north: Page) -> None:
        north.keyboard.press("j")
        north.keyboard.press("Enter")
        north.wait_for_url("**/review/2026-10/coil/")
        listens(north)
        north.keyboard.press("a")
        dialog = north.get_by_role("dialog", name="Approve Coil Services, October 2026?")
        expect(dialog.get_by_label("Comment")).to_be_focused()
        north.keyboard.type("checked a and r and n")
        north.keyboard.press("Tab")
        north.keyboard.press("Tab")
        north.keyboard.press("Enter")
        expect(north.get_by_role("heading", level=1)).to_have_text("Bolt IT")
        expect(north.get_by_text("Coil Services, October 2026: approved.")).to_be_visible()
        assert status("coil") == "approved"

    def test_can_be_switched_off(self, north: Page) -> None:
        north.keyboard.press("?")
        north.get_by_label("React to single keys").uncheck()
        north.get_by_role("button", name="Close").click()
        north.keyboard.press("j")
        north.keyboard.press("?")
        expect(north.get_by_role("dialog")).to_have_count(0)
        expect(north.get_by_role("link", name="Coil Services")).not_to_be_focused()

    def test_selects_rows(self, north: Page) -> None:
        north.keyboard.press("j")
        north.keyboard.press("x")
        expect(north.get_by_text("1 report selected")).to_be_visible()
        expect(north.get_by_label("Select Coil Services, October 2026")).to_be_checked()


class TestReviewingOneReport:
    def test_rejects_with_a_reason_and_lines(self, north: Page) -> None:
        north.get_by_role("link", name="Bolt IT").click()
        listens(north)
        north.get_by_role("link", name="Reject…").click()
        dialog = north.get_by_role("dialog")
        dialog.get_by_label("Reason").fill("Please check the endpoints.")
        dialog.get_by_label("Endpoint Security Core").check()
        dialog.get_by_role("button", name="Reject").click()
        expect(north.get_by_text("rejected; it is back with the MSP")).to_be_visible()
        assert status("bolt") == "rejected"

    def test_waives_a_penalty(self, north: Page) -> None:
        north.get_by_role("link", name="Coil Services").click()
        listens(north)
        north.get_by_role("link", name="Waive the penalty").click()
        dialog = north.get_by_role("dialog")
        dialog.get_by_label("Reason").fill("Agreed by phone.")
        dialog.get_by_role("button", name="Waive the penalty").click()
        expect(north.get_by_text("The penalty is waived.")).to_be_visible()

    def test_tells_the_second_of_two_what_happened_and_keeps_the_text(self, north: Page, october: October) -> None:
        north.get_by_role("link", name="Coil Services").click()
        listens(north)
        north.get_by_role("link", name="Approve…").click()
        north.get_by_role("dialog").get_by_label("Comment").fill("I have looked at everything.")
        october.waive("coil", "endpoint-core", "agreed by phone")
        north.get_by_role("dialog").get_by_role("button", name="Approve").click()
        expect(north.get_by_role("alert")).to_contain_text("waived a penalty")
        form = north.locator("#act")
        expect(form.get_by_label("Comment")).to_have_value("I have looked at everything.")
        form.get_by_role("button", name="Approve").click()
        expect(north.get_by_text("Coil Services, October 2026: approved.")).to_be_visible()
        assert status("coil") == "approved"

    def test_works_without_scripts(self, october: October, browser_as: BrowserAs) -> None:
        page = browser_as(NORTH, java_script_enabled=False)
        page.goto("/review/")
        page.get_by_role("link", name="Bolt IT").click()
        page.get_by_role("link", name="Reject…").click()
        page.get_by_role("button", name="Reject").click()
        page.get_by_role("textbox", name="Reason").fill("Please check.")
        page.get_by_role("button", name="Reject").click()
        expect(page.get_by_text("rejected; it is back with the MSP")).to_be_visible()


class TestFiltering:
    def test_changes_the_list_and_the_address(self, north: Page) -> None:
        north.get_by_label("Partner", exact=True).press_sequentially("bolt")
        expect(north.get_by_role("link", name="Coil Services")).to_have_count(0)
        expect(north).to_have_url("/review/?search=bolt")
        north.go_back()
        expect(north.get_by_role("link", name="Coil Services")).to_be_visible()

    def test_is_kept_as_a_view(self, north: Page) -> None:
        north.get_by_label("Flag").select_option(label="With a penalty")
        expect(north).to_have_url("/review/?flag=penalty")
        north.get_by_text("Save this view").click()
        north.get_by_label("Name of the view").fill("Penalties")
        north.get_by_role("button", name="Keep").click()
        north.get_by_role("link", name="TrueUp").click()
        north.get_by_role("link", name="Review", exact=True).click()
        north.get_by_role("link", name="Penalties").click()
        expect(north).to_have_url("/review/?flag=penalty")


class TestReviewingManyReports:
    def test_approves_five_hundred_with_progress(self, october: October, browser_as: BrowserAs) -> None:
        copies(498)
        page = browser_as(NORTH)
        page.goto("/review/")
        page.get_by_role("button", name="Approve all 500 that wait…").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Approve 500 reports?")
        page.get_by_role("button", name="Approve 500 reports").click()
        expect(page.get_by_role("progressbar")).to_be_visible(timeout=30_000)
        expect(page.get_by_text("500 of 500 done")).to_be_visible(timeout=120_000)
        assert Report.objects.filter(status="approved").count() == 500
        expect(page.get_by_role("listitem").filter(has_text=": approved")).to_have_count(500)

    def test_keeps_what_is_left_when_the_server_stops_answering(self, october: October, browser_as: BrowserAs) -> None:
        copies(38)
        page = browser_as(NORTH)
        page.goto("/review/")
        page.get_by_role("button", name="Approve all 40 that wait…").click()
        asked = 0

        def fail_once(route: Route) -> None:
            nonlocal asked
            asked += 1
            route.fallback() if asked != 2 else route.abort("internetdisconnected")

        page.route("**/review/bulk/approve/", fail_once)
        page.get_by_role("button", name="Approve 40 reports").click()
        expect(page.get_by_text("The server does not answer.")).to_be_visible()
        assert Report.objects.filter(status="approved").count() == 20
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_text("40 of 40 done")).to_be_visible()
        assert Report.objects.filter(status="approved").count() == 40


PAGES = {
    "inbox": (NORTH, "/review/?status=all"),
    "nothing": (NORTH, "/review/?search=nobody"),
    "on-behalf": (SOUTH, "/review/?status=on_behalf"),
    "report": (NORTH, "/review/2026-10/coil/"),
    "form": (NORTH, "/review/2026-10/coil/?do=reject"),
    "cycles": (NORTH, "/cycles/"),
    "cycle": (NORTH, "/cycles/2026-10/"),
    "home": (NORTH, "/"),
    "home-msp": (BOLT, "/"),
    "home-vendor": (VENDOR, "/"),
    "home-no-access": (DUNE, "/"),
}


class TestPages:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_have_no_violations_at_any_width(self, october: October, browser_as: BrowserAs, scheme: str) -> None:
        found = []
        pages = {email: browser_as(email, color_scheme=scheme, bypass_csp=True) for email, _address in PAGES.values()}
        for name, (email, address) in PAGES.items():
            page = pages[email]
            page.goto(address)
            for width in WIDTHS.values():
                page.set_viewport_size({"width": width, "height": 900})
                found += [f"{name} at {width}: {one}" for one in violations(page)]
                found += [f"{name} at {width} is too wide"] if overflows(page) else []
        assert found == []

    @pytest.mark.parametrize(("key", "width"), [("a", 360), ("?", 1440)])
    def test_have_no_violations_with_a_dialog_open(self, october: October, browser_as: BrowserAs, key: str, width: int) -> None:
        page = browser_as(NORTH, bypass_csp=True, viewport={"width": width, "height": 900})
        page.goto("/review/2026-10/coil/")
        listens(page)
        page.keyboard.press(key)
        expect(page.get_by_role("dialog")).to_be_visible()
        assert violations(page) == []
        assert not overflows(page)

    def test_of_many_have_no_violations(self, october: October, browser_as: BrowserAs) -> None:
        page = browser_as(NORTH, bypass_csp=True)
        page.goto("/review/")
        page.get_by_role("button", name="Approve all 2 that wait…").click()
        expect(page.get_by_role("button", name="Approve 2 reports")).to_be_visible()
        assert violations(page) == []
        page.get_by_role("button", name="Approve 2 reports").click()
        expect(page.get_by_text("2 of 2 done")).to_be_visible()
        assert violations(page) == []

    def test_that_refuse_have_no_violations(self, october: October, browser_as: BrowserAs) -> None:
        page = browser_as(NORTH, bypass_csp=True)
        page.goto("/review/2026-10/coil/?do=waive&line=endpoint-core")
        october.waive("coil", "endpoint-core", "agreed by phone")
        page.locator("#act").get_by_label("Reason").fill("agreed")
        page.locator("#act").get_by_role("button", name="Waive the penalty").click()
        expect(page.get_by_role("alert")).to_be_visible()
        assert violations(page) == []
