"""The pages of prices ask the database as often for much as for little."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.exchange.test_actions import who
from tests.web.conftest import NOW, AsPerson
from tests.web.sending import page
from tests.web.sheets import ADDRESS, NORTH, SAID, keep
from trueup.accounts.rules import Viewer
from trueup.network import actions
from trueup.prices.actions import save_promo_code

pytestmark = pytest.mark.usefixtures("world")

PAGES = {
    ADDRESS: 14, f"{ADDRESS}edit/": 13, f"{ADDRESS}remove/": 4, "/prices/new/": 5, "/prices/history/": 12, "/prices/file/": 3,
    "/prices/file/prices.yaml": 5, "/promos/": 11, "/promos/new/": 11, "/settings/billing-details/": 5,
}  # fmt: skip
"""How many queries each needs, those of the session, the person and the membership included."""


def counted(client: Client, address: str) -> int:
    """How many queries a page needs once it was opened."""
    page(client, address)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        page(client, address)
    return len(asked)


def test_each_needs_as_many_queries_however_much_there_is(as_person: AsPerson) -> None:
    keep()
    client = as_person(NORTH)
    little = {address: counted(client, address) for address in PAGES}
    services = dict(SAID["services"])
    for number in range(30):
        code = f"service-{number}"
        said: dict[str, Any] = {"code": code, "name": code, "group": "smb", "unit": "seat", "measure": {"name": "last_day"}}
        actions.change(Viewer.system(), "services", said, now=NOW)
        services[code] = "1.25"
        promo = {"from": "2026-01-01", "until": "2026-12-31", "margin_percent": 10}
        save_promo_code(who(NORTH), "north", f"CODE-{number}", promo, seen=None, now=NOW)
    keep(said=SAID | {"services": services})
    much = {address: counted(client, address) for address in PAGES}
    assert much == little
    assert little == PAGES
