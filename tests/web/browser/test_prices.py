"""Keeping prices in a real browser: the sheet by the keyboard alone, and without scripts; nothing typed is lost."""

from datetime import date

import pytest
from playwright.sync_api import Page, expect

from tests.exchange.test_actions import who
from tests.web.browser.conftest import WIDTHS, BrowserAs, overflows, violations
from tests.web.conftest import NOW
from trueup.prices.actions import save_price_list
from trueup.prices.queries import price_list
from trueup.prices.rules.lists import ListKey

NORTH = "north@north.example"
DEFAULT = ListKey("north", None, date(2026, 1, 1))
SHEET = "/prices/north/*/2026-01-01/edit/"


@pytest.fixture
def kept(server: str) -> str:
    """The default list of north; its fingerprint."""
    said = {"currency": "EUR", "services": {"workspace-security": "4.20", "email-core": "2", "backup-storage": "0.1"}}
    save_price_list(who(NORTH), DEFAULT, said, seen=None, now=NOW)
    return price_list(who(NORTH), DEFAULT).fingerprint


def prices() -> dict[str, list[str]]:
    """The tiers of each service."""
    found = price_list(who(NORTH), DEFAULT).prices.services
    return {code: [f"{tier.up_to}: {tier.price}" for tier in price.tiers] for code, price in found.items()}


def price_of(page: Page, service: str) -> str:
    """The id of its price field."""
    row = page.locator("[data-row]").filter(has_text=service)
    return f"#{row.get_attribute('id')}-price"


class TestTheSheet:
    @pytest.mark.usefixtures("kept")
    def test_is_filled_by_the_keyboard_alone(self, browser_as: BrowserAs) -> None:
        page = browser_as(NORTH)
        page.goto(SHEET)
        first = page.locator("[data-column=price]").first
        first.focus()
        first.select_text()
        page.keyboard.type("4.50")
        page.keyboard.press("Enter")
        page.keyboard.type("2.25")
        page.keyboard.press("ArrowUp")
        expect(first).to_be_focused()
        page.keyboard.press("Control+s")
        expect(page.locator(".message--success")).to_be_visible()
        assert prices() == {"workspace-security": ["None: 4.5"], "email-core": ["None: 2.25"], "backup-storage": ["None: 0.1"]}

    @pytest.mark.usefixtures("kept")
    def test_takes_more_tiers_at_once(self, browser_as: BrowserAs) -> None:
        page = browser_as(NORTH)
        page.goto(SHEET)
        row = page.locator("[data-row]").filter(has_text="email-core")
        row.locator("select").select_option("graduated")
        for place in range(3):
            if place == 2:
                row.get_by_role("button", name="More tiers").click()
            row.locator("input[name$=up_to]").nth(place).fill(str(10 * (place + 1)))
            row.locator("[data-tier] input[name$=price]").nth(place).fill(str(5 - place))
        page.locator("[data-save]").click()
        expect(page.locator(".message--success")).to_be_visible()
        assert prices()["email-core"] == ["10: 5", "20: 4", "30: 3", "None: 2"]

    @pytest.mark.usefixtures("kept")
    def test_works_without_scripts(self, browser_as: BrowserAs) -> None:
        page = browser_as(NORTH, java_script_enabled=False)
        page.goto(SHEET)
        page.locator(price_of(page, "email-core")).fill("x")
        page.locator("#what").select_option("service:endpoint-core")
        page.get_by_role("button", name="Add to the list").click()
        page.locator(price_of(page, "endpoint-core")).fill("0.75")
        page.locator("[data-save]").click()
        expect(page.locator(".field__error")).to_contain_text("x")
        page.locator(price_of(page, "email-core")).fill("3")
        page.locator("[data-save]").click()
        expect(page.locator(".message--success")).to_be_visible()
        assert (prices()["email-core"], prices()["endpoint-core"]) == (["None: 3"], ["None: 0.75"])

    @pytest.mark.usefixtures("kept")
    def test_that_was_changed_meanwhile_shows_both(self, browser_as: BrowserAs) -> None:
        page = browser_as(NORTH, bypass_csp=True)
        page.goto(SHEET)
        save_price_list(who(NORTH), DEFAULT, {"currency": "EUR", "services": {"email-core": "7", "endpoint-core": "1"}}, seen=None, now=NOW)
        page.locator(price_of(page, "email-core")).fill("3")
        page.locator("[data-save]").click()
        expect(page.get_by_role("alert")).to_contain_text("Nothing of yours is lost")
        expect(page.locator("[data-row]").filter(has_text="email-core")).to_contain_text("now it is: 7.00")
        expect(page.locator(price_of(page, "email-core"))).to_have_value("3")
        assert violations(page) == []
        for width in WIDTHS.values():
            page.set_viewport_size({"width": width, "height": 900})
            assert not overflows(page), width
        page.locator("[data-save]").click()
        expect(page.locator(".message--success")).to_be_visible()
        assert set(prices()) == {"workspace-security", "email-core", "backup-storage", "endpoint-core"}
