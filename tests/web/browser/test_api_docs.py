"""The page of the API, which loads nothing from elsewhere and nothing that our policy forbids."""

import pytest
from playwright.sync_api import Page, expect

from tests.web.browser.conftest import PATIENCE, BrowserAs, overflows, violations

OF_THE_LIBRARY = ("heading-order", "nested-interactive", "select-name")
"""What axe finds in how the library builds its page; its colors and widths are ours."""


def opened(browser_as: BrowserAs, **options: object) -> Page:
    """The page with one operation of its own opened."""
    page = browser_as(None, **options)
    page.set_default_timeout(9 * PATIENCE)  # the library is large, and so is the document
    page.goto("/api/v1/docs")
    expect(page.get_by_role("heading", name="TrueUp")).to_be_visible(timeout=9 * PATIENCE)
    page.get_by_role("link", name="Yourself").click()
    operation = page.locator("#operations-Yourself-change_notifications")
    operation.locator("button.opblock-summary-control").click()
    expect(operation.get_by_role("heading", name="Responses")).to_be_visible()
    return page


class TestLooks:
    @pytest.mark.parametrize(("scheme", "width", "dark"), [("dark", 360, True), ("light", 1280, False)])
    def test_can_be_read_in_both_themes_at_any_width(self, browser_as: BrowserAs, scheme: str, width: int, dark: bool) -> None:
        page = opened(browser_as, color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True, locale="de-DE")
        assert page.evaluate("document.documentElement.classList.contains('dark-mode')") is dark
        assert not overflows(page)
        assert [found for found in violations(page) if not found.startswith(OF_THE_LIBRARY)] == []

    def test_says_which_part_is_english_in_every_language(self, browser_as: BrowserAs) -> None:
        page = browser_as(None, locale="de-DE")
        page.goto("/api/v1/docs")
        assert page.evaluate("[document.documentElement.lang, document.getElementById('operations').lang]") == ["de", "en"]


class TestPage:
    def test_shows_the_operations_without_a_complaint(self, browser_as: BrowserAs) -> None:
        page = browser_as(None)
        page.set_default_timeout(9 * PATIENCE)  # the library is large, and so is the document
        page.goto("/api/v1/docs")
        expect(page.get_by_role("heading", name="TrueUp")).to_be_visible(timeout=9 * PATIENCE)
        page.get_by_role("link", name="Yourself").click()
        operation = page.locator("#operations-Yourself-me")
        operation.locator("button.opblock-summary-control").click()
        expect(operation.get_by_role("heading", name="Responses")).to_be_visible()
        operation.get_by_role("button", name="Try it out").click()
        operation.get_by_role("button", name="Execute").click()
        expect(operation.locator(".live-responses-table")).to_contain_text("a token is needed")
        page.get_by_role("button", name="Authorize").first.click()
        expect(page.locator(".auth-container").first).to_be_visible()
