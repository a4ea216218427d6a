"""October, approved and with prices."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.reports.conftest import october as october  # noqa: PLC0414 -- the fixture
from tests.reports.month import OPERATOR, October, at, at_times
from trueup.accounts.models import Account
from trueup.prices.actions import save_price_list
from trueup.prices.rules.lists import ListKey
from trueup.statements.due import sellers_due
from trueup.statements.issuing import issue_of

BEGIN = date(2026, 1, 1)
SELLING: dict[str, Any] = {
    "currency": "EUR",
    "tax": {"percent": 19},
    "services": {"workspace-security": "4.20"},
    "packs": {"credits": {"price": 12}, "nfr": {"price": 12, "complimentary": 30}},
}
BUYING: dict[str, Any] = {
    "currency": "USD",
    "margin_percent": 30,
    "services": {"workspace-security": "4"},
    "packs": {"credits": 10, "nfr": 10},
}


def save_prices(
    seller: str, said: dict[str, Any], *, buyer: str | None = None, begin: date = BEGIN, now: str = "2026-10-01T00:00:00Z"
) -> None:
    """A price list, kept by the operator."""
    save_price_list(OPERATOR, ListKey(seller, buyer, begin), said, seen=None, now=at(now))


def issue_all(now: str = "2026-11-08T12:00:00Z") -> int:
    """The clock issues what is due."""
    return sum(issue_of(seller_id, now=at(now)).count for seller_id in sellers_due(now=at(now)))


def account_id(ref: str) -> int:
    return Account.objects.get(ref=ref).pk


@pytest.fixture
def approve(october: October) -> Callable[..., October]:
    """October with what bolt and coil use, approved."""

    def made(*msps: str) -> October:
        october.deliver(
            *at_times("bolt-dental", "workspace-security", "12", "10"),
            *at_times("bolt-garage", "workspace-security", "3", "3"),
            *at_times("bolt-dental", "endpoint-core", "400", "400"),
            *at_times("bolt-dental", "nfr-license", "40", "40"),
            *at_times("bolt-garage", "nfr-license", "50", "50"),
            *at_times("coil-bakery", "workspace-security", "5", "5"),
        )
        october.close()
        for msp in msps or ("bolt", "coil"):
            october.edit(msp, "workspace-security", by=f"billing@{msp}.example", comment="As agreed")
            october.submit(msp, by=f"billing@{msp}.example")
            october.approve(msp)
        return october

    return made
