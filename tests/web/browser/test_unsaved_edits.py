"""Edits that are not saved yet, in a browser: in two languages, typed while a save is on its way, in two tabs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.reports.month import October, at_times, every_day
from tests.web.browser.conftest import BrowserAs

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


PLACE = "'trueup-draft/' + document.getElementById('report').dataset.report"


def keep(page: Page, mine: str) -> None:
    """Leave an edit of the storage line in the browser, as pages did that did not know their language, and open the page anew."""
    edits = {"backup-storage": {"chargeable": {"mine": mine, "was": "0.806"}}}
    kept = {"version": "1", "at": "2026-11-03T11:00:00Z", "edits": edits}
    page.evaluate(f"record => localStorage.setItem({PLACE}, record)", json.dumps(kept))
    page.reload()


def record(page: Page) -> dict[str, Any]:
    """What the browser keeps."""
    kept = page.evaluate(f"localStorage.getItem({PLACE})")
    lines: dict[str, Any] = json.loads(kept)["lines"] if kept else {}
    return lines


class TestTwoLanguages:
    def in_german(self, page: Page) -> None:
        """Choose German, in another tab."""
        page.context.add_cookies([{"name": "django_language", "value": "de", "url": urljoin(page.url, "/")}])

    def test_a_form_is_saved_in_the_one_it_was_made_in(self, october: October, opened: Opened) -> None:
        page = opened()
        cell(page, "backup-storage").fill("1.250")
        self.in_german(page)
        save(page)
        assert str(october.line("bolt", "backup-storage").chargeable.normalize()) == "1.25"
        expect(cell(page, "backup-storage")).to_have_value("1.25")
        expect(page.locator("#line-backup-storage [data-change]")).to_have_text("+0.444")

    def test_edits_come_back_as_the_same_number(self, october: October, opened: Opened) -> None:
        page = opened()
        page.on("dialog", lambda dialog: dialog.accept())
        cell(page, "backup-storage").fill("1.250")
        cell(page, "endpoint-core").fill("2,000")
        self.in_german(page)
        page.reload()
        expect(cell(page, "backup-storage")).to_have_value("1,25")
        expect(cell(page, "endpoint-core")).to_have_value("2000")
        expect(page.locator("#line-backup-storage [data-change]")).to_have_text("+0,444")
        page.get_by_role("button", name="Entwurf speichern").click()
        expect(page.locator("#save-state")).to_have_text("Entwurf gespeichert.")
        assert str(october.line("bolt", "backup-storage").chargeable.normalize()) == "1.25"
        assert october.line("bolt", "endpoint-core").chargeable == 2000
        assert record(page) == {}

    def test_edits_of_an_earlier_state_are_compared_in_the_new_one(self, october: October, opened: Opened) -> None:
        page = opened()
        page.on("dialog", lambda dialog: dialog.accept())
        cell(page, "backup-storage").fill("1.250")
        october.edit("bolt", "endpoint-core", by="admin@bolt.example", chargeable="59")
        self.in_german(page)
        page.reload()
        page.get_by_role("button", name="Entwurf speichern").click()
        expect(page.get_by_role("alert")).to_be_visible()
        expect(page.locator("#notes-backup-storage")).to_have_count(0)
        page.get_by_role("button", name="Entwurf speichern").click()
        expect(page.locator("#save-state")).to_have_text("Entwurf gespeichert.")
        assert str(october.line("bolt", "backup-storage").chargeable.normalize()) == "1.25"
        assert october.line("bolt", "endpoint-core").chargeable == 59

    def test_what_cannot_be_read_is_to_be_typed_again(self, opened: Opened) -> None:
        page = opened()
        page.on("dialog", lambda dialog: dialog.accept())
        cell(page, "backup-storage").fill("1.250,5")
        self.in_german(page)
        page.reload()
        expect(page.locator("#restored")).to_contain_text("Backup Storage 1.250,5")
        expect(cell(page, "backup-storage")).to_have_value("0,806")

    @pytest.mark.parametrize(
        ("mine", "shown"), [("1.250", "0.806"), ("1,250", "0.806"), ("1.25", "1.25"), ("40", "40"), ("1,250.5", "1,250.5")]
    )
    def test_what_says_no_language_is_put_back_where_it_is_sure(self, opened: Opened, mine: str, shown: str) -> None:
        page = opened()
        keep(page, mine)
        expect(page.locator("#restored")).to_be_visible()
        expect(cell(page, "backup-storage")).to_have_value(shown)
        if mine != shown:
            expect(page.locator("#restored")).to_contain_text(f"please type them again: Backup Storage {mine}.")
            assert "backup-storage" in page.evaluate(f"localStorage.getItem({PLACE})")
            page.once("dialog", lambda dialog: dialog.accept())
            page.get_by_role("button", name="Discard them").click()
            expect(page.locator("#restored")).to_be_hidden()


_PRESSES_AT_THE_ANSWER = """
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "report-form" || window.pressed) return;
  window.pressed = true;
  setTimeout(() => document.querySelector("[data-save][value=stay]").click());
});
"""
"""Presses the button when the new form is there, and what was typed meanwhile is not yet back in it."""


class TestTypedWhileSaving:
    def holding(self, page: Page) -> list[Route]:
        """Saves wait until a test lets them go on."""
        held: list[Route] = []
        page.route("**/draft/", lambda route: held.append(route))  # noqa: PLW0108 -- the driver marks its handlers
        return held

    def send(self, page: Page, held: list[Route]) -> None:
        page.keyboard.press("Control+s")
        expect(page.locator("#save-state")).to_have_text("Saving…")
        while not held:
            page.wait_for_timeout(20)

    def test_what_is_taken_back_is_an_edit_again(self, october: October, opened: Opened) -> None:
        page = opened()
        held = self.holding(page)
        cell(page, "endpoint-core").fill("58")
        self.send(page, held)
        cell(page, "endpoint-core").fill("60")
        held[0].continue_()
        page.unroute("**/draft/")
        expect(page.locator("#save-state")).to_have_text("Unsaved changes, kept on this computer")
        expect(cell(page, "endpoint-core")).to_have_value("60")
        assert october.line("bolt", "endpoint-core").chargeable == 58
        assert record(page)["endpoint-core"]["edit"]["chargeable"] == {"mine": "60", "was": "58"}
        save(page)
        assert october.line("bolt", "endpoint-core").chargeable == 60

    def test_a_comment_that_is_taken_back_is_an_edit_again(self, october: October, opened: Opened) -> None:
        page = opened()
        held = self.holding(page)
        self.comment(page, "Rolled out early.")
        self.send(page, held)
        self.comment(page, "")
        held[0].continue_()
        page.unroute("**/draft/")
        expect(page.locator("#save-state")).to_have_text("Unsaved changes, kept on this computer")
        assert october.line("bolt", "endpoint-core").comment == "Rolled out early."
        save(page)
        assert october.line("bolt", "endpoint-core").comment == ""

    def comment(self, page: Page, text: str) -> None:
        page.locator("#line-endpoint-core [data-comment-button]").click()
        page.get_by_label("Comment", exact=True).fill(text)
        page.get_by_role("button", name="Keep comment").click()

    def test_what_is_typed_anew_stays(self, october: October, opened: Opened) -> None:
        page = opened()
        held = self.holding(page)
        cell(page, "endpoint-core").fill("58")
        self.send(page, held)
        cell(page, "endpoint-core").fill("57")
        cell(page, "email-core").fill("28")
        held[0].continue_()
        page.unroute("**/draft/")
        expect(page.locator("#save-state")).to_have_text("Unsaved changes, kept on this computer")
        save(page)
        assert (october.line("bolt", "endpoint-core").chargeable, october.line("bolt", "email-core").chargeable) == (57, 28)

    def test_is_saved_by_who_presses_the_button_as_the_answer_comes(self, october: October, opened: Opened) -> None:
        page = opened()
        held: list[Route] = []
        page.route("**/draft/", lambda route: held.append(route), times=1)  # noqa: PLW0108 -- the driver marks its handlers
        cell(page, "endpoint-core").fill("58")
        self.send(page, held)
        cell(page, "endpoint-core").fill("57")
        page.evaluate(_PRESSES_AT_THE_ANSWER)
        held[0].continue_()
        expect(page.locator("#save-state")).to_have_text("Draft saved.")
        assert october.line("bolt", "endpoint-core").chargeable == 57

    def test_what_was_not_saved_is_taken_back_for_good(self, october: October, opened: Opened) -> None:
        page = opened()
        held = self.holding(page)
        cell(page, "endpoint-core").fill("58")
        october.edit("bolt", "endpoint-core", by="admin@bolt.example", chargeable="59")
        self.send(page, held)
        cell(page, "endpoint-core").fill("60")
        held[0].continue_()
        page.unroute("**/draft/")
        expect(page.get_by_role("alert")).to_contain_text("saved a draft")
        expect(cell(page, "endpoint-core")).to_have_value("59")
        assert record(page) == {}

    def test_what_is_taken_back_on_the_way_to_the_submission_is_kept(self, october: October, opened: Opened) -> None:
        page = opened()
        held = self.holding(page)
        cell(page, "endpoint-core").fill("58")
        page.get_by_role("button", name="Submit…").click()
        while not held:
            page.wait_for_timeout(20)
        cell(page, "endpoint-core").fill("60")
        held[0].continue_()
        page.unroute("**/draft/")
        page.wait_for_url("**/submit/")
        page.goto(BOLT + "?group=credits")
        expect(cell(page, "endpoint-core")).to_have_value("60")
        expect(page.locator("#restored")).to_contain_text("were put back: 1")


class TestTwoTabs:
    def test_keep_their_edits_side_by_side(self, october: October, opened: Opened) -> None:
        first = opened()
        second = first.context.new_page()
        second.goto(BOLT + "?group=credits")
        cell(first, "endpoint-core").fill("58")
        cell(second, "email-core").fill("28")
        assert set(record(first)) == {"endpoint-core", "email-core"}
        save(first)
        assert set(record(first)) == {"email-core"}
        third = first.context.new_page()
        third.goto(BOLT + "?group=credits")
        expect(cell(third, "email-core")).to_have_value("28")
        expect(cell(third, "endpoint-core")).to_have_value("58")

    def test_do_not_put_an_older_edit_over_a_newer_one(self, opened: Opened) -> None:
        first = opened()
        second = first.context.new_page()
        second.goto(BOLT + "?group=credits")
        cell(first, "endpoint-core").fill("58")
        cell(second, "endpoint-core").fill("57")
        cell(first, "email-core").fill("28")
        assert record(first)["endpoint-core"]["edit"]["chargeable"]["mine"] == "57"
