"""Price lists that tests of the portal keep, and the sheet on which one is edited, as a browser sends it."""

from datetime import date
from typing import Any

from tests.exchange.test_actions import who
from tests.web.conftest import NOW
from tests.web.sending import Fields
from trueup.prices.actions import save_price_list
from trueup.prices.queries import price_list
from trueup.prices.rules.lists import ListKey

NORTH, BOLT = "north@north.example", "billing@bolt.example"
DEFAULT, FOR_BOLT = ListKey("north", None, date(2026, 1, 1)), ListKey("north", "bolt", date(2026, 1, 1))
SAID: dict[str, Any] = {
    "currency": "EUR",
    "tax": {"percent": 19},
    "services": {"workspace-security": "4.20", "email-core": {"pricing": "volume", "tiers": [{"up_to": 10, "price": 5}, {"price": 4}]}},
    "packs": {"credits": 12},
}
ADDRESS = "/prices/north/*/2026-01-01/"


def keep(key: ListKey = DEFAULT, said: dict[str, Any] | None = None) -> str:
    """A list of its seller; its fingerprint."""
    keeper = who({"north": NORTH, "bolt": BOLT, "acme-vendor": "vendor@acme.example"}[key.seller])
    save_price_list(keeper, key, said or SAID, seen=None, now=NOW)
    return price_list(keeper, key).fingerprint


def typed(seen: str, **more: str) -> dict[str, str]:
    """A sheet with one service, as a browser sends it."""
    row = {"s-0-code": "email-core", "s-0-pricing": "unit", "s-0-price": "2", "s-0-tiers": "2"}
    return {"seen": seen, "language": "en", "currency": "EUR", "s-rows": "1", "p-rows": "0", **row, **more}


def fields_of(shown: str) -> dict[str, str]:
    """What a browser sends of the sheet that a page shows, with its first button."""
    reader = Fields()
    reader.feed(shown.split('id="sheet"')[1].split("</form>", maxsplit=1)[0].split(">", 1)[1])
    return reader.found
