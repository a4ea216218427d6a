"""What stands around every page."""

import pytest
from playwright.sync_api import expect

from tests.web.browser.conftest import WIDTHS, BrowserAs, overflows, violations


class TestFrame:
    def test_opens_for_somebody_signed_in(self, browser_as: BrowserAs) -> None:
        page = browser_as("billing@bolt.example")
        page.goto("/")
        expect(page.get_by_role("link", name="TrueUp")).to_be_visible()

    def test_asks_for_sign_in_first(self, browser_as: BrowserAs) -> None:
        page = browser_as(None)
        page.goto("/")
        expect(page).to_have_url("/account/login/?next=/")

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_has_no_violations_with_its_menus_open(self, browser_as: BrowserAs, scheme: str) -> None:
        page = browser_as("billing@bolt.example", color_scheme=scheme, bypass_csp=True)
        page.goto("/")
        page.locator(".me > summary").click()
        for width in WIDTHS.values():
            page.set_viewport_size({"width": width, "height": 900})
            assert violations(page) == []
            assert not overflows(page)
