"""Late usage as programs read it: what a difference lies between, what it adjusts, and what is corrected with it."""

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from tests.api import late, money
from tests.api.conftest import AsProgram, Program
from tests.api.late import BILLING, FIRST, LATER, VENDORS
from tests.api.october import figures
from tests.reports.month import OPERATOR, October, at
from tests.reports.test_adjusting import LATE
from tests.web.conftest import Clock
from trueup.prices.actions import save_price_list
from trueup.prices.rules.lists import ListKey
from trueup.statements.issuing import issue_of_billing
from trueup.statements.models import BillingReport

pytestmark = pytest.mark.django_db

SIDES = {
    "before": {"quantity": "12", "list_amount": "50.4", "amount": "50.4", "slices": []},
    "after": {"quantity": "14", "list_amount": "58.8", "amount": "58.8", "slices": [{"units": "14", "price": "4.2"}]},
}
"""bolt's seats, as its statements say."""


@pytest.fixture(scope="module", autouse=True)
def october(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[October]:
    """One month for all tests here: each takes back what it did."""
    with django_db_blocker.unblock(), late.standing(tmp_path_factory.mktemp("late")) as month:
        yield month


@pytest.fixture(autouse=True)
def december(clock: Clock) -> None:
    clock.at = at(late.NOW)


@pytest.fixture
def north(as_program: AsProgram) -> Program:
    return as_program("north")


def tag(program: Program) -> str:
    return str(program.call("GET", BILLING)["ETag"])


def billed(north: Program, vendor: Program) -> None:
    """The difference is submitted and completed, and has its statement."""
    assert north.post(f"{BILLING}/submit", {}, if_match=tag(north))[0] == 200
    assert vendor.post(f"{BILLING}/complete", {}, if_match=tag(vendor))[0] == 200
    vendor_id = BillingReport.objects.all()[0].vendor_id
    assert issue_of_billing(vendor_id, now=at("2026-12-12T13:00:00Z")) == 1


class TestStatement:
    @pytest.mark.parametrize("account", ["north", "bolt"])
    def test_says_what_it_lies_between_and_what_it_adjusts(self, as_program: AsProgram, account: str) -> None:
        status, found = as_program(account).get(f"/statements/{LATER}")
        assert (status, found["cycle"], found["net"], found["amounts"]["adjusts"]) == (200, str(LATE), "8.4", [FIRST])
        assert figures(found["source"], "kind", "cycle", "msp", "distributor") == ["report", str(LATE), "bolt", None]
        [line] = found["amounts"]["lines"]
        assert figures(line, "code", "quantity", "list_amount", "amount", "slices", "billed_units") == [
            "workspace-security", "2", "8.4", "8.4", [], None,
        ]  # fmt: skip
        assert {name: line[name] for name in SIDES} == SIDES

    def test_is_a_difference_only_where_usage_came_late(self, north: Program) -> None:
        status, found = north.get(f"/statements/{FIRST}")
        assert (status, found["amounts"]["adjusts"]) == (200, [])
        assert {(line["before"], line["after"]) for line in found["amounts"]["lines"]} == {(None, None)}

    def test_is_nobody_elses(self, as_program: AsProgram) -> None:
        for account in ("coil", "south", "acme-vendor"):
            assert as_program(account).get(f"/statements/{LATER}")[0] == 404


class TestCorrection:
    def test_names_all_that_was_corrected_with_it(self, north: Program) -> None:
        said = {"currency": "EUR", "tax": {"percent": 19}, "services": {"workspace-security": "5"}, "packs": {"credits": 12, "nfr": 12}}
        save_price_list(OPERATOR, ListKey("north", "bolt", money.BEGIN), said, seen=None, now=at(late.NOW))
        status, made = north.post(f"/statements/{FIRST}/correct", {"reason": "A price was wrong."})
        assert (status, made["corrected"], made["credit_note"]["corrects"]) == (200, FIRST, FIRST)
        assert [figures(one, "number", "kind", "net", "corrects", "cycle") for one in made["also"]] == [
            ["north-2026-000006", "credit_note", "8.4", LATER, str(LATE)], ["north-2026-000007", "statement", "10", LATER, str(LATE)],
        ]  # fmt: skip
        for one in made["also"]:
            status, found = north.get(f"/statements/{one['number']}")
            assert (status, found["amounts"]["lines"][0]["after"]["quantity"]) == (200, "14")
        assert found["amounts"]["adjusts"] == [FIRST]
        assert north.get(f"/statements/{FIRST}")[1]["corrected_by"] == ["north-2026-000004", "north-2026-000005"]

    def test_of_what_came_late_alone_has_nothing_with_it(self, north: Program) -> None:
        status, made = north.post(f"/statements/{LATER}/correct", {"reason": "A price was wrong."})
        assert (status, made["also"]) == (200, [])


class TestBillingReport:
    def test_says_the_difference_while_it_is_collected(self, north: Program) -> None:
        status, found = north.get(BILLING)
        assert (status, found["status"], found["obstacles"], found["amounts"]["net"]) == (200, "collecting", [], "5.6")
        assert found["amounts"]["adjusts"] == [VENDORS]
        [line] = found["amounts"]["lines"]
        assert figures(line, "quantity", "amount", "slices") == ["2", "5.6", []]
        assert [line[name]["quantity"] for name in ("before", "after")] == ["12", "14"]
        assert line["after"]["slices"] == [{"units": "14", "price": "4"}]

    def test_is_edited_submitted_and_completed_like_any(self, as_program: AsProgram, north: Program) -> None:
        status, found = north.patch(BILLING, {"po_number": "PO-7"}, if_match=tag(north))
        assert (status, found["po_number"], found["amounts"]["net"]) == (200, "PO-7", "5.6")
        vendor = as_program("acme-vendor")
        answers: list[tuple[int, Any]] = [
            north.post(f"{BILLING}/submit", {}, if_match=tag(north)),
            vendor.post(f"{BILLING}/return", {"reason": "Why?"}, if_match=tag(vendor)),
            north.post(f"{BILLING}/submit", {}, if_match=tag(north)),
            vendor.post(f"{BILLING}/complete", {}, if_match=tag(vendor)),
        ]
        assert [(code, said["status"]) for code, said in answers] == [
            (200, "submitted"), (200, "returned"), (200, "submitted"), (200, "completed"),
        ]  # fmt: skip
        assert answers[3][1]["amounts"]["lines"][0]["before"]["quantity"] == "12"

    def test_has_a_statement_of_the_difference(self, as_program: AsProgram, north: Program) -> None:
        vendor = as_program("acme-vendor")
        billed(north, vendor)
        status, found = vendor.get("/statements/acme-vendor-2026-000002")
        assert (status, found["net"], found["amounts"]["adjusts"]) == (200, "5.6", [VENDORS])
        assert found["amounts"]["lines"][0]["before"]["amount"] == "33.6"
        status, made = vendor.post(f"/statements/{VENDORS}/correct", {"reason": "A price was wrong."})
        assert (status, [one["kind"] for one in made["also"]]) == (200, ["credit_note", "statement"])

    def test_is_stale_with_the_difference(self, north: Program) -> None:
        status, problem = north.patch(BILLING, {"po_number": "PO-7"}, if_match='"0"')
        assert (status, problem["current"]["amounts"]["adjusts"]) == (412, [VENDORS])
