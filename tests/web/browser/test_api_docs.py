"""The page of the API, which loads nothing from elsewhere and nothing that our policy forbids."""

from playwright.sync_api import expect

from tests.web.browser.conftest import PATIENCE, BrowserAs


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
