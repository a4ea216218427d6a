"""Programs hear of statements and billing reports: those of the two who trade, and nobody's else."""

import json
from collections.abc import Callable

import pytest

from tests.reports.month import OCTOBER, OPERATOR, October, at
from tests.statements.conftest import BUYING, SELLING, account_id, issue_all, save_prices
from tests.statements.conftest import approve as approve  # noqa: PLC0414 -- the fixture
from tests.webhooks.conftest import Hooks, listen
from trueup.accounts.queries import viewers_of
from trueup.cycles.models import Cycle
from trueup.statements.actions import complete_billing, open_billing_reports, return_billing, submit_billing
from trueup.statements.issuing import issue_of_billing
from trueup.webhooks.models import Delivery

pytestmark = pytest.mark.usefixtures("private")
NOW = at("2026-11-09T00:00:00Z")
ALL = ("acme-vendor", "north", "south", "bolt", "coil", "dune")
BILLING = ("billing_report.submitted", "billing_report.returned", "billing_report.completed")
Approve = Callable[..., October]


def told(ref: str) -> list[tuple[str, dict[str, str]]]:
    """(type, data) of everything an account is told."""
    rows = Delivery.objects.filter(endpoint__account__ref=ref).order_by("pk").values_list("type", "payload")
    return [(name, json.loads(payload)["data"]) for name, payload in rows]


@pytest.fixture
def billed(approve: Approve, hooks: Hooks) -> None:
    """The month to its end: two statements of north, and a billing report that was returned once."""
    for ref in ALL:
        listen(ref, "https://hooks.example/", "statement.issued", *BILLING)
    approve()
    open_billing_reports(OPERATOR, Cycle.objects.get(), now=NOW)
    save_prices("north", SELLING)
    save_prices("acme-vendor", BUYING)
    issue_all("2026-11-09T00:00:00Z")
    north, vendor = viewers_of("north@north.example")[0], viewers_of("vendor@acme.example")[0]
    submit_billing(north, OCTOBER, "north", now=NOW)
    return_billing(vendor, OCTOBER, "north", reason="Why?", now=NOW)
    submit_billing(north, OCTOBER, "north", now=NOW)
    complete_billing(vendor, OCTOBER, "north", now=NOW)
    issue_of_billing(account_id("acme-vendor"), now=NOW)
    hooks.gather("2026-11-09T00:00:01Z")


class TestFinalBilling:
    def test_is_told_to_those_who_trade(self, billed: None) -> None:
        numbers = {ref: [data["statement"] for name, data in told(ref) if name == "statement.issued"] for ref in ALL}
        assert {ref: sorted(own) for ref, own in numbers.items()} == {
            "acme-vendor": ["acme-vendor-2026-000001"],  # never what an MSP pays
            "north": ["acme-vendor-2026-000001", "north-2026-000001", "north-2026-000002"],
            "south": [],
            "bolt": ["north-2026-000001"],
            "coil": ["north-2026-000002"],
            "dune": [],
        }

    def test_tells_of_billing_reports_the_distributor_and_its_vendor(self, billed: None) -> None:
        went = ["billing_report.submitted", "billing_report.returned", "billing_report.submitted", "billing_report.completed"]
        of = {ref: [name for name, _ in told(ref) if name in BILLING] for ref in ALL}
        assert of == {"acme-vendor": went, "north": went, "south": [], "bolt": [], "coil": [], "dune": []}

    def test_says_where_to_ask_and_no_figures(self, billed: None) -> None:
        said = dict(told("north")) | dict(told("bolt"))
        assert said["statement.issued"] == {
            "statement": "north-2026-000001", "url": "https://portal.example/api/v1/statements/north-2026-000001",
        }  # fmt: skip
        assert said["billing_report.completed"] == {
            "cycle": "2026-10", "distributor": "north", "url": "https://portal.example/api/v1/billing-reports/2026-10/north",
        }  # fmt: skip

    def test_is_told_once(self, billed: None, hooks: Hooks) -> None:
        assert hooks.gather("2026-11-09T00:01:00Z") == 0
