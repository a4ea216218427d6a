"""Statements as programs read and correct them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from tests.api import money
from tests.api.conftest import AsProgram, Program
from tests.api.october import queries
from tests.api.reading import errors, whole
from tests.reports.month import OPERATOR, October, at
from tests.statements.conftest import issue_all
from trueup.accounts.rules import Scope
from trueup.kit.period import Month
from trueup.prices.models import KeptPriceList
from trueup.statements.actions import complete_billing, submit_billing
from trueup.statements.rules.documents import checksum

pytestmark = pytest.mark.django_db

BOLTS, COILS, NORTHS = "north-2026-000001", "north-2026-000002", "acme-vendor-2026-000001"


@pytest.fixture(scope="module", autouse=True)
def october(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[October]:
    """One month for all tests here, billed: each takes back what it did."""
    with django_db_blocker.unblock(), money.standing(tmp_path_factory.mktemp("money")) as month:
        submit_billing(OPERATOR, Month(2026, 10), "north", now=at(money.NOW))
        complete_billing(OPERATOR, Month(2026, 10), "north", now=at(money.NOW))
        money.issue_billed()
        yield month


@pytest.fixture
def north(as_program: AsProgram) -> Program:
    return as_program("north")


def correct(program: Program, number: str = BOLTS, reason: str = "A price was wrong.") -> tuple[int, Any]:
    return program.post(f"/statements/{number}/correct", {"reason": reason})


def code(answer: tuple[int, Any]) -> tuple[int, str]:
    return answer[0], answer[1]["code"]


class TestTheList:
    @pytest.mark.parametrize(
        ("account", "query", "expected"),
        [
            ("north", "", [NORTHS, COILS, BOLTS]),
            ("acme-vendor", "", [NORTHS]),
            ("bolt", "", [BOLTS]),
            ("coil", "", [COILS]),
            ("south", "", []),
            ("dune", "", []),
            ("north", "seller=north", [COILS, BOLTS]),
            ("north", "buyer=bolt", [BOLTS]),
            ("north", "cycle=2026-10&search=ACME", [NORTHS]),
            ("north", "cycle=2026-09", []),
            ("north", "cycle=2026-11-adjusts-2026-10", []),
            ("north", "kind=credit_note", []),
            ("bolt", "seller=acme-vendor", []),
        ],
    )
    def test_has_what_the_account_has_issued_and_got(self, as_program: AsProgram, account: str, query: str, expected: list[str]) -> None:
        status, page = as_program(account).get(f"/statements?{query}")
        assert (status, [one["number"] for one in page["items"]]) == (200, expected)

    def test_comes_in_pages(self, north: Program) -> None:
        assert [one["number"] for page in whole(north, "/statements", 1) for one in page] == [NORTHS, COILS, BOLTS]

    def test_asks_as_much_for_many_as_for_few(self, north: Program) -> None:
        assert set(queries(north, "/statements?limit=1", "/statements?limit=2", "/statements").values()) == {4}

    @pytest.mark.parametrize("query", ["cycle=October", "kind=bill", "limit=0", "cursor=x"])
    def test_refuses_what_it_does_not_know(self, north: Program, query: str) -> None:
        status, problem = north.get(f"/statements?{query}")
        assert (status, list(errors(problem))) == (422, [f"/query/{query.partition('=')[0]}"])


class TestOne:
    def test_says_all_it_says(self, as_program: AsProgram) -> None:
        status, found = as_program("bolt").get(f"/statements/{BOLTS}")
        assert status == 200
        assert (found["seller"], found["buyer"], found["cycle"], found["issue_date"], found["corrected_by"], found["corrects"]) == (
            "north", "bolt", "2026-10", "2026-11-09", [], None,
        )  # fmt: skip
        assert found["source"] == {
            "kind": "report",
            "cycle": "2026-10",
            "msp": "bolt",
            "distributor": None,
            "version": 4,
            "po_number": None,
        }
        assert (found["seller_party"]["name"], found["buyer_party"]["city"]) == ("North Distribution", "Berlin")
        amounts = found["amounts"]
        assert [(one["code"], one["quantity"], one["amount"]) for one in amounts["lines"]] == [
            ("workspace-security", "12", "50.4"), ("credits", "1", "12"),
        ]  # fmt: skip
        assert amounts["lines"][1]["charged"] == [
            {"service": "endpoint-core", "name": "Endpoint Security Core", "unit": "endpoint", "units": "31", "credits": "116.25"}
        ]
        assert [found[name] for name in ("net", "tax", "gross")] == ["62.4", "11.86", "74.26"]
        assert [amounts[name] for name in ("net", "tax", "gross")] == ["62.4", "11.86", "74.26"]
        assert found["document"] is None

    def test_can_be_proved(self, north: Program) -> None:
        found = north.get(f"/statements/{NORTHS}?expand=document")[1]
        assert checksum(found["document"]) == found["checksum"]
        assert found["document"]["gross"] == "40.60"
        assert (found["source"]["distributor"], found["source"]["msp"]) == ("north", None)
        assert code(north.get(f"/statements/{NORTHS}?expand=lines")) == (422, "invalid")

    @pytest.mark.parametrize(("number", "seen_by"), [(BOLTS, {"north", "bolt"}), (NORTHS, {"north", "acme-vendor"})])
    def test_is_of_its_two_parties_alone(self, as_program: AsProgram, number: str, seen_by: set[str]) -> None:
        for account in ("acme-vendor", "north", "south", "bolt", "coil", "dune"):
            program = as_program(account)
            status, found = program.get(f"/statements/{number}")
            nothing = json.dumps(program.get("/statements/nothing")[1]).replace("nothing", number)
            assert (status == 200) == (account in seen_by)
            assert status == 200 or (status, json.dumps(found)) == (404, nothing)

    def test_needs_the_scopes(self, as_program: AsProgram) -> None:
        reading, writing = as_program("north", Scope.STATEMENTS_READ), as_program("north", Scope.STATEMENTS_WRITE)
        answers = [writing.get(path) for path in ("/statements", f"/statements/{BOLTS}", "/statements/waiting")]
        assert {code(answer) for answer in (*answers, correct(reading), correct(as_program("north", Scope.PRICES_WRITE)))} == {
            (403, "missing_scope"),
        }  # fmt: skip


class TestCorrecting:
    def test_makes_a_credit_note_and_a_replacement(self, as_program: AsProgram, north: Program) -> None:
        cheaper = {"currency": "EUR", "services": {"workspace-security": "4", "endpoint-core": "1"}}
        assert north.put("/price-lists/north/bolt/2026-01-01", cheaper, if_match="*")[0] == 200
        status, made = correct(north)
        assert (status, made["corrected"]) == (200, BOLTS)
        note, replacement = made["credit_note"], made["replacement"]
        assert (note["number"], note["kind"], note["gross"], note["corrects"]) == ("north-2026-000003", "credit_note", "74.26", BOLTS)
        assert (replacement["number"], replacement["kind"], replacement["gross"]) == ("north-2026-000004", "statement", "79")
        bolt = as_program("bolt")
        assert bolt.get(f"/statements/{BOLTS}")[1]["corrected_by"] == [note["number"], replacement["number"]]
        assert bolt.get(f"/statements/{note['number']}")[1]["reason"] == "A price was wrong."
        assert bolt.get("/statements?kind=credit_note")[1]["items"] == [note]
        assert code(correct(north)) == code(correct(north, note["number"])) == (409, "conflict")
        assert correct(north, replacement["number"])[0] == 200

    @pytest.mark.parametrize("reason", ["", " ", "a\u0007", "x" * 5001])
    def test_needs_a_reason(self, north: Program, reason: str) -> None:
        status, problem = correct(north, reason=reason)
        assert (status, list(errors(problem))) == (422, ["/reason"])

    def test_is_for_who_issued_it(self, as_program: AsProgram, north: Program) -> None:
        assert code(correct(north, NORTHS)) == (403, "not_allowed")
        assert code(correct(as_program("bolt"))) == (403, "missing_scope")
        assert code(correct(as_program("acme-vendor"))) == code(correct(as_program("south"))) == (404, "not_found")

    def test_waits_for_prices(self, north: Program) -> None:
        KeptPriceList.objects.filter(seller__ref="north").delete()
        assert code(correct(north)) == (422, "invalid")

    def test_twice_with_a_key_is_done_once(self, north: Program) -> None:
        sent = {"reason": "A price was wrong."}
        first, again = (north.call("POST", f"/statements/{COILS}/correct", sent, idempotency_key="coil") for _ in range(2))
        assert (first.status_code, first.content, again["Idempotent-Replayed"]) == (200, again.content, "true")


class TestWaiting:
    def test_says_what_has_no_statement_and_why(self, as_program: AsProgram, north: Program, october: October) -> None:
        assert north.get("/statements/waiting") == (200, {"items": [], "next": None})
        KeptPriceList.objects.filter(seller__ref="south").delete()
        october.edit("dune", "endpoint-core", by="south@south.example", comment="Spares.", reason="agreed")
        october.submit("dune", by="south@south.example")
        south = as_program("south")
        if not south.get("/statements/waiting")[1]["items"]:
            october.approve("dune", by="south@south.example")
        issue_all(money.NOW)
        assert south.get("/statements/waiting")[1]["items"] == [
            {"cycle": "2026-10", "msp": "dune", "msp_name": "Dune Computing", "reason": "there is no price list"}
        ]
        assert all(as_program(account).get("/statements/waiting")[1]["items"] == [] for account in ("north", "dune", "acme-vendor"))
