"""An MSP's month in a browser: editing, comments, keys, lost connections and sessions, two editors, no script."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Dialog, Locator, Page, expect

from tests.reports.month import October, at_times, every_day
from tests.web.browser.conftest import WIDTHS, BrowserAs, overflows, violations

BOLT = "/reports/2026-10/bolt/"
BELLA = "billing@bolt.example"
Opened = Callable[..., Page]


@pytest.fixture
def october(server: str, tmp_path: Path) -> October:
    """October is closed; bolt's endpoints wait for a comment."""
    month = October(tmp_path)
    month.deliver(
        *at_times("bolt-dental", "workspace-security", "40", "40"),
        *at_times("bolt-dental", "endpoint-core", "50", "40"),
        *at_times("bolt-garage", "endpoint-core", "20", "20"),
        *every_day("bolt-garage", "email-core", "30", "29"),
        *at_times("bolt-garage", "backup-storage", "12.5", ""),
        *at_times("coil-bakery", "workspace-security", "10", "10"),
        *at_times("dune-hotel", "endpoint-core", "8", "8"),
    )
    month.close()
    return month


@pytest.fixture
def opened(october: October, browser_as: BrowserAs) -> Opened:
    """Opens bolt's report as somebody."""

    def open_report(email: str = BELLA, path: str = "?group=credits", **options: Any) -> Page:
        page = browser_as(email, **options)
        page.goto(BOLT + path)
        return page

    return open_report


def cell(page: Page, service: str) -> Locator:
    """The chargeable units of a line."""
    return page.locator(f"#chargeable-{service}")


def save(page: Page) -> None:
    """Press the button, and wait for what it says."""
    page.get_by_role("button", name="Save Draft").click()
    expect(page.locator("#save-state")).to_have_text("Draft saved.")


def take_session(page: Page, signed_in: Page) -> None:
    """Somebody signs in, in the same browser."""
    for cookie in signed_in.context.cookies():
        page.context.add_cookies([{"name": cookie["name"], "value": cookie["value"], "url": urljoin(page.url, "/")}])


class TestMonth:
    def test_goes_from_the_list_to_the_submission(self, october: October, browser_as: BrowserAs) -> None:
        page = browser_as(BELLA)
        page.goto("/reports/")
        page.get_by_role("link", name="October 2026").click()
        page.get_by_role("link", name=re.compile("Credit-based services")).click()
        cell(page, "endpoint-core").fill("58")
        expect(page.locator("#line-endpoint-core [data-change]")).to_have_text("−2")
        page.get_by_role("button", name="Comment on Endpoint Security Core: needed").click()
        page.get_by_label("Comment", exact=True).fill("Rolled out early.")
        page.get_by_label("Reason code", exact=True).select_option("onboarding")
        page.get_by_role("button", name="Keep comment").click()
        page.get_by_role("button", name="Submit…").click()
        expect(page.get_by_role("heading", name="Submit the report of October 2026?")).to_be_visible()
        page.get_by_role("button", name="Submit", exact=True).click()
        expect(page.get_by_text("The report was submitted.")).to_be_visible()
        line = october.line("bolt", "endpoint-core")
        assert (line.chargeable, line.comment, line.reason) == (58, "Rolled out early.", "onboarding")

    def test_shows_why_it_cannot_be_submitted_and_leads_there(self, opened: Opened) -> None:
        page = opened(path="submit/")
        expect(page.get_by_role("button", name="Submit", exact=True)).to_be_disabled()
        page.get_by_role("link", name="Endpoint Security Core").click()
        expect(cell(page, "endpoint-core")).to_be_focused()

    def test_works_without_a_script(self, october: October, opened: Opened) -> None:
        page = opened(java_script_enabled=False)
        cell(page, "endpoint-core").fill("58")
        page.get_by_role("button", name="Comment on Endpoint Security Core: needed").click()
        page.get_by_label("Comment", exact=True).fill("Rolled out early.")
        page.get_by_role("button", name="Save comment").click()
        assert october.line("bolt", "endpoint-core").chargeable == 58
        page.get_by_role("button", name="Submit…").click()
        page.get_by_role("button", name="Submit", exact=True).click()
        expect(page.get_by_text("The report was submitted.")).to_be_visible()


class TestSaving:
    def test_keeps_the_focus_and_adds_up(self, october: October, opened: Opened) -> None:
        page = opened()
        cell(page, "endpoint-core").fill("58")
        page.keyboard.press("Control+s")
        expect(page.locator("#save-state")).to_have_text("Draft saved.")
        expect(cell(page, "endpoint-core")).to_be_focused()
        expect(page.locator("section[data-group=credits] [data-sums=endpoint] [data-sum=chargeable]")).to_have_text("58")
        assert october.line("bolt", "endpoint-core").chargeable == 58

    def test_keeps_what_is_typed_in_another_tab(self, october: October, opened: Opened) -> None:
        page = opened()
        cell(page, "endpoint-core").fill("58")
        page.get_by_role("link", name=re.compile("Small and medium")).click()
        cell(page, "workspace-security").fill("39")
        save(page)
        assert october.line("bolt", "endpoint-core").chargeable == 58
        assert october.line("bolt", "workspace-security").chargeable == 39

    def test_says_beside_the_field_what_cannot_be_read(self, october: October, opened: Opened) -> None:
        page = opened()
        cell(page, "endpoint-core").fill("58")
        cell(page, "email-core").fill("many")
        page.keyboard.press("Control+s")
        expect(cell(page, "email-core")).to_be_focused()
        expect(cell(page, "email-core")).to_have_attribute("aria-invalid", "true")
        expect(cell(page, "endpoint-core")).to_have_value("58")
        assert october.report("bolt").version == 1

    def test_takes_a_value_back_to_its_default(self, october: October, opened: Opened) -> None:
        october.edit("bolt", "endpoint-core", by=BELLA, chargeable="58", comment="Ours.")
        page = opened()
        page.get_by_role("button", name="Endpoint Security Core: back to the default").click()
        expect(cell(page, "endpoint-core")).to_have_value("60")
        save(page)
        assert october.line("bolt", "endpoint-core").chargeable == 60

    def test_goes_on_to_the_submission_when_the_draft_is_there(self, october: October, opened: Opened) -> None:
        page = opened()
        cell(page, "endpoint-core").fill("58")
        page.evaluate("for (const button of document.querySelectorAll('[data-save]')) button.click()")
        page.wait_for_url("**/submit/")
        assert october.line("bolt", "endpoint-core").chargeable == 58

    def test_warns_before_the_page_is_left(self, opened: Opened) -> None:
        page = opened()
        cell(page, "endpoint-core").fill("58")
        asked: list[str] = []

        def answer(dialog: Dialog) -> None:
            asked.append(dialog.type)
            dialog.accept()

        page.on("dialog", answer)
        page.goto("/reports/")
        assert asked == ["beforeunload"]


class TestLostConnection:
    def test_keeps_edits_and_sends_them_again(self, october: October, opened: Opened) -> None:
        page = opened()
        page.context.set_offline(True)
        cell(page, "endpoint-core").fill("58")
        page.keyboard.press("Control+s")
        expect(page.locator("#save-state")).to_contain_text("there is no connection")
        page.context.set_offline(False)
        expect(page.locator("#save-state")).to_have_text("Draft saved.", timeout=30_000)
        assert october.line("bolt", "endpoint-core").chargeable == 58


class TestLostSession:
    def test_finds_its_edits_after_signing_in_again(self, october: October, opened: Opened, browser_as: BrowserAs) -> None:
        page = opened()
        cell(page, "endpoint-core").fill("58")
        page.locator("#line-endpoint-core [data-comment-button]").click()
        page.get_by_label("Comment", exact=True).fill("Rolled out early.")
        page.get_by_role("button", name="Keep comment").click()
        again = browser_as(BELLA)
        Session.objects.filter(session_key=next(one["value"] for one in page.context.cookies() if "session" in one["name"])).delete()
        page.keyboard.press("Control+s")
        expect(page).to_have_url(re.compile("/account/login/"))
        take_session(page, again)
        page.goto(BOLT + "?group=credits")
        expect(page.locator("#restored")).to_contain_text("were put back: 1")
        expect(cell(page, "endpoint-core")).to_have_value("58")
        save(page)
        line = october.line("bolt", "endpoint-core")
        assert (line.chargeable, line.comment) == (58, "Rolled out early.")

    def test_shows_them_to_nobody_else(self, opened: Opened, browser_as: BrowserAs) -> None:
        page = opened()
        cell(page, "endpoint-core").fill("58")
        take_session(page, browser_as("admin@bolt.example"))
        page.on("dialog", lambda dialog: dialog.accept())
        page.goto(BOLT + "?group=credits")
        expect(cell(page, "endpoint-core")).to_have_value("60")
        expect(page.locator("#restored")).to_be_hidden()

    def test_can_discard_them(self, opened: Opened) -> None:
        page = opened()
        page.on("dialog", lambda dialog: dialog.accept())
        cell(page, "endpoint-core").fill("58")
        page.reload()
        page.get_by_role("button", name="Discard them").click()
        expect(cell(page, "endpoint-core")).to_have_value("60")
        expect(page.locator("#restored")).to_be_hidden()


class TestTwoEditors:
    def test_the_second_sees_what_changed_and_keeps_their_text(self, october: October, opened: Opened) -> None:
        first, second = opened("admin@bolt.example"), opened()
        cell(second, "endpoint-core").fill("58")
        cell(first, "endpoint-core").fill("59")
        save(first)
        second.keyboard.press("Control+s")
        expect(second.get_by_role("alert")).to_contain_text("saved a draft")
        expect(second.locator("#notes-endpoint-core")).to_contain_text("Saved meanwhile: 59 (it was 60). Yours is in the field: 58.")
        expect(cell(second, "endpoint-core")).to_have_value("58")
        assert october.line("bolt", "endpoint-core").chargeable == 59
        save(second)
        assert october.line("bolt", "endpoint-core").chargeable == 58

    def test_edits_of_an_earlier_state_are_compared_when_they_come_back(self, october: October, opened: Opened) -> None:
        page = opened()
        page.on("dialog", lambda dialog: dialog.accept())
        cell(page, "endpoint-core").fill("58")
        october.edit("bolt", "endpoint-core", by="admin@bolt.example", chargeable="59")
        page.reload()
        expect(cell(page, "endpoint-core")).to_have_value("58")
        page.keyboard.press("Control+s")
        expect(page.locator("#notes-endpoint-core")).to_contain_text("Saved meanwhile: 59")
        assert october.line("bolt", "endpoint-core").chargeable == 59


class TestKeyboard:
    def test_moves_like_a_spreadsheet(self, opened: Opened) -> None:
        page = opened()
        cell(page, "endpoint-core").focus()
        for key, service in (
            ("ArrowDown", "email-core"), ("Enter", "backup-storage"), ("Enter", "backup-storage"), ("ArrowUp", "email-core"),
            ("Shift+Enter", "endpoint-core"), ("End", "backup-storage"), ("Home", "endpoint-core"),
        ):  # fmt: skip
            page.keyboard.press(key)
            expect(cell(page, service)).to_be_focused()

    def test_replaces_what_is_selected_and_takes_it_back(self, opened: Opened) -> None:
        page = opened()
        cell(page, "endpoint-core").focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.type("25")
        expect(cell(page, "email-core")).to_have_value("25")
        page.keyboard.press("Escape")
        expect(cell(page, "email-core")).to_have_value("29")

    def test_comments_saves_and_explains_itself(self, october: October, opened: Opened) -> None:
        page = opened()
        cell(page, "endpoint-core").focus()
        page.keyboard.press("c")
        expect(page.get_by_label("Comment", exact=True)).to_be_focused()
        page.keyboard.type("Could be cc?")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(cell(page, "endpoint-core")).to_be_focused()
        page.keyboard.press("Control+s")
        expect(page.locator("#save-state")).to_have_text("Draft saved.")
        assert october.line("bolt", "endpoint-core").comment == "Could be cc?"
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()

    def test_leaves_single_keys_alone_where_somebody_says_so(self, opened: Opened) -> None:
        page = opened()
        page.keyboard.press("?")
        page.get_by_label(re.compile("Keys without Ctrl")).uncheck()
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keyboard")).to_be_hidden()


class TestBehindALine:
    def test_opens_beside_the_table(self, opened: Opened) -> None:
        page = opened()
        page.get_by_role("link", name="Email Security Core").click()
        expect(page.get_by_role("heading", name="Daily usage: Email Security Core")).to_be_visible()
        expect(page.locator("#line-panel")).to_be_focused()
        page.get_by_role("link", name="Back to the line").click()
        expect(cell(page, "email-core")).to_be_focused()

    def test_finds_and_sorts_customers(self, opened: Opened) -> None:
        page = opened(path="?group=credits&line=endpoint-core")
        page.get_by_label("Find a customer").fill("gar")
        expect(page.get_by_role("rowheader", name="Dental Care")).to_be_hidden()
        expect(page.get_by_label("Find a customer")).to_be_focused()
        page.get_by_role("link", name="Provisioned").click()
        expect(page.locator("th[aria-sort=descending]")).to_contain_text("Provisioned")


class TestLooks:
    @pytest.mark.parametrize(("scheme", "width"), [("dark", WIDTHS["phone"]), ("light", WIDTHS["tablet"])])
    def test_have_no_violations(self, opened: Opened, scheme: str, width: int) -> None:
        page = opened(path="?group=all&line=endpoint-core", color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True)
        assert violations(page) == []
        assert not overflows(page)
        cell(page, "endpoint-core").fill("x")
        page.keyboard.press("Control+s")
        expect(cell(page, "endpoint-core")).to_have_attribute("aria-invalid", "true")
        assert violations(page) == []
        page.keyboard.press("c")
        expect(page.get_by_role("dialog")).to_be_visible()
        assert violations(page) == []
        assert not overflows(page)
