"""Billing reports as programs collect, submit and complete them; and billing details."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from tests.api import money
from tests.api.conftest import AsProgram, Program
from tests.api.money import BILLING, tag
from tests.api.october import queries
from tests.api.reading import errors, whole
from tests.reports.month import October
from trueup.accounts.rules import Scope

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def october(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[October]:
    """One month for all tests here: each takes back what it did."""
    with django_db_blocker.unblock(), money.standing(tmp_path_factory.mktemp("money")) as month:
        yield month


@pytest.fixture
def north(as_program: AsProgram) -> Program:
    return as_program("north")


@pytest.fixture
def vendor(as_program: AsProgram) -> Program:
    return as_program("acme-vendor")


def do(program: Program, verb: str, body: Any = None, seen: str = "*") -> tuple[int, Any]:
    return program.post(f"{BILLING}/{verb}", body, if_match=seen)


def code(answer: tuple[int, Any]) -> tuple[int, str]:
    return answer[0], answer[1]["code"]


class TestTheList:
    @pytest.mark.parametrize(
        ("account", "query", "expected"),
        [
            ("acme-vendor", "", ["north", "south"]),
            ("north", "", ["north"]),
            ("south", "cycle=2026-10", ["south"]),
            ("bolt", "", []),
            ("acme-vendor", "cycle=2026-09", []),
            ("acme-vendor", "cycle=2026-11-adjusts-2026-10", []),
            ("acme-vendor", "status=submitted", []),
            ("acme-vendor", "status=collecting", ["north", "south"]),
        ],
    )
    def test_has_those_of_the_distributor_and_its_vendor(
        self, as_program: AsProgram, account: str, query: str, expected: list[str]
    ) -> None:
        status, page = as_program(account).get(f"/billing-reports?{query}")
        assert (status, [one["distributor"] for one in page["items"]]) == (200, expected)

    def test_comes_in_pages(self, vendor: Program) -> None:
        assert [one["distributor"] for page in whole(vendor, "/billing-reports", 1) for one in page] == ["north", "south"]
        status, problem = vendor.get("/billing-reports?cursor=WyIyMDI2LTEwIiwibm9ib2R5Il0")
        assert (status, errors(problem)) == (422, {"/query/cursor": "bad_cursor"})

    def test_asks_as_much_for_many_as_for_few(self, north: Program, vendor: Program) -> None:
        counts = {*queries(north, "/billing-reports").values(), *queries(vendor, "/billing-reports", "/billing-reports?limit=1").values()}
        assert counts == {3}

    def test_says_what_was_submitted(self, north: Program, vendor: Program) -> None:
        assert north.get("/billing-reports")[1]["items"][0] | {"version": 1} == {
            "cycle": "2026-10", "distributor": "north", "distributor_name": "North Distribution", "vendor": "acme-vendor",
            "vendor_name": "Acme Security", "status": "collecting", "po_number": "", "submitted_at": None, "completed_at": None,
            "currency": None, "net": None, "tax": None, "gross": None, "version": 1,
        }  # fmt: skip
        do(north, "submit")
        row = vendor.get("/billing-reports?status=submitted")[1]["items"][0]
        assert (row["currency"], row["net"], row["tax"], row["gross"], row["submitted_at"]) == (
            "USD", "40.6", "0", "40.6", "2026-11-03T12:00:00Z",
        )  # fmt: skip


class TestOne:
    def test_says_what_it_comes_to_and_how(self, north: Program) -> None:
        answer = north.call("GET", BILLING)
        found = json.loads(answer.content)
        assert answer["ETag"] == f'"{found["version"]}"'
        assert [(one["msp"], one["submission"] is not None) for one in found["reports"]] == [("bolt", True), ("coil", True)]
        assert (found["missing"], found["unpriced"], found["obstacles"], found["promo_codes"]) == ([], [], [], [])
        assert [(one["service"], one["units"]) for one in found["units"]] == [("workspace-security", "12"), ("endpoint-core", "38")]
        amounts = found["amounts"]
        assert [(one["kind"], one["code"], one["quantity"], one["list_amount"], one["amount"]) for one in amounts["lines"]] == [
            ("service", "workspace-security", "12", "48", "33.6"), ("packs", "credits", "1", "10", "7"),
        ]  # fmt: skip
        assert (amounts["currency"], amounts["net"], amounts["tax"], amounts["gross"]) == ("USD", "40.6", "0", "40.6")
        packs = amounts["lines"][1]
        assert (packs["slices"], packs["pack_size"], packs["billed_credits"]) == (
            [{"units": packs["quantity"], "price": "10"}], "100", packs["credits"],
        )  # fmt: skip

    def test_says_what_stands_in_its_way(self, as_program: AsProgram) -> None:
        found = as_program("south").get("/billing-reports/2026-10/south")[1]
        assert [(one["msp"], one["status"]) for one in found["missing"]] == [("dune", "msp_preparing")]
        assert found["obstacles"] == ["1 report of its MSPs is not approved yet"]
        assert (found["reports"], found["units"], found["amounts"]["lines"]) == ([], [], [])

    def test_is_the_distributors_own_until_it_is_submitted(self, north: Program, vendor: Program) -> None:
        for path in (BILLING, f"{BILLING}/history"):
            assert code(vendor.get(path)) == (403, "not_allowed")
        do(north, "submit")
        assert vendor.get(BILLING) == north.get(BILLING)
        assert vendor.get(f"{BILLING}/history")[0] == 200

    def test_does_not_exist_for_msps_and_other_distributors(self, as_program: AsProgram, north: Program) -> None:
        do(north, "submit")
        for account in ("bolt", "coil", "south"):
            program = as_program(account)
            nothing = json.dumps(program.get("/billing-reports/2026-10/nobody")[1])
            for path in (BILLING, f"{BILLING}/history"):
                status, problem = program.get(path)
                assert (status, json.dumps(problem).replace("north", "nobody")) == (404, nothing)
        for month in ("2026-09", "2026-11-adjusts-2026-10", "October"):
            assert north.get(f"/billing-reports/{month}/north")[0] == 404

    def test_asks_as_much_whatever_is_in_it(self, as_program: AsProgram, north: Program) -> None:
        many, few = queries(north, BILLING), queries(as_program("south"), "/billing-reports/2026-10/south")
        assert max(*many.values(), *few.values()) <= 16

    def test_needs_the_scopes(self, as_program: AsProgram) -> None:
        reading, writing = as_program("north", Scope.STATEMENTS_READ), as_program("north", Scope.STATEMENTS_WRITE)
        answers = [
            writing.get("/billing-reports"), writing.get(BILLING), writing.get(f"{BILLING}/history"),
            reading.patch(BILLING, {}, if_match="*"), *(do(reading, verb, {"reason": "x"}) for verb in ("submit", "return", "complete")),
        ]  # fmt: skip
        assert {code(answer) for answer in answers} == {(403, "missing_scope")}


class TestEditing:
    def test_saves_what_is_sent_and_leaves_the_rest(self, north: Program) -> None:
        sent = {"po_number": " PO 7 ", "promo_codes": {"workspace-security": "LAUNCH"}, "comment": "Two\nlines"}
        answer = north.call("PATCH", BILLING, sent, if_match=tag(north))
        found = json.loads(answer.content)
        assert (answer.status_code, found, answer["ETag"]) == (200, north.get(BILLING)[1], tag(north))
        assert (found["po_number"], found["comment"]) == ("PO 7", "Two\nlines")
        assert found["promo_codes"] == [{"service": "workspace-security", "code": "LAUNCH", "problem": None}]
        line = found["amounts"]["lines"][0]
        assert (line["promo_code"], line["list_amount"], line["amount"]) == ("LAUNCH", "12", "8.4")
        status, again = north.patch(BILLING, {"promo_codes": {"workspace-security": None}}, if_match=tag(north))
        assert (status, again["promo_codes"], again["po_number"], again["comment"]) == (200, [], "PO 7", "Two\nlines")

    def test_says_which_code_does_not_hold(self, north: Program) -> None:
        found = north.patch(BILLING, {"promo_codes": {"endpoint-core": "LAUNCH"}}, if_match="*")[1]
        why = "the promo code “LAUNCH” is not for the service “endpoint-core”"
        assert found["promo_codes"] == [{"service": "endpoint-core", "code": "LAUNCH", "problem": why}]
        assert found["obstacles"] == [why]
        assert code(do(north, "submit")) == (422, "invalid")

    @pytest.mark.parametrize(
        ("body", "path", "said"),
        [
            ({"promo_codes": {"email-core": "X"}}, "/promo_codes/email-core", "unknown"),
            ({"po_number": "x" * 101}, "/po_number", "text"),
            ({"po_number": "a\nb"}, "/po_number", "text"),
            ({"po_number": 7}, "/po_number", "not_readable"),
            ({"comment": "a\u0007"}, "/comment", "text"),
            ({"status": "completed"}, "/status", "unknown_field"),
        ],
    )
    def test_is_refused_at_the_place_that_is_wrong(self, north: Program, body: dict[str, Any], path: str, said: str) -> None:
        status, problem = north.patch(BILLING, body, if_match="*")
        assert (status, errors(problem)) == (422, {path: said})
        assert north.get(BILLING)[1]["version"] == 1

    def test_of_a_stale_write_is_told_what_there_is(self, north: Program) -> None:
        seen = tag(north)
        north.patch(BILLING, {"po_number": "PO 1"}, if_match=seen)
        for answer in (
            north.call("PATCH", BILLING, {"po_number": "PO 2"}, if_match=seen), north.call("POST", f"{BILLING}/submit", if_match=seen),
        ):  # fmt: skip
            problem = json.loads(answer.content)
            assert (answer.status_code, problem["code"], answer["ETag"]) == (412, "stale", tag(north))
            assert problem["current"] == north.get(BILLING)[1]
        assert code(north.patch(BILLING, {"po_number": "PO 2"})) == (428, "precondition_required")

    def test_is_for_the_distributor(self, as_program: AsProgram, north: Program, vendor: Program) -> None:
        assert code(vendor.patch(BILLING, {"po_number": "1"}, if_match="*")) == code(do(vendor, "submit")) == (403, "not_allowed")
        assert code(as_program("south").patch(BILLING, {"po_number": "1"}, if_match="*")) == (404, "not_found")


class TestTheWay:
    def test_leads_to_a_statement(self, north: Program, vendor: Program) -> None:
        status, found = do(north, "submit", seen=tag(north))
        assert (status, found["status"], found["amounts"]["gross"]) == (200, "submitted", "40.6")
        status, found = do(vendor, "complete", seen=tag(vendor))
        assert (status, found["status"], found["completed_at"]) == (200, "completed", "2026-11-03T12:00:00Z")
        money.issue_billed()
        (row,) = north.get("/statements?seller=acme-vendor")[1]["items"]
        assert (row["buyer"], row["gross"], row["currency"]) == ("north", "40.6", "USD")
        events = [one["event"] for page in whole(vendor, f"{BILLING}/history", 2) for one in page]
        assert events == ["billing_begun", "billing_submitted", "billing_completed"]

    def test_goes_back_with_a_reason(self, north: Program, vendor: Program) -> None:
        do(north, "submit")
        answer = vendor.call("POST", f"{BILLING}/return", {"reason": "The PO number is missing."}, if_match=tag(vendor))
        row = json.loads(answer.content)
        assert (answer.status_code, row["status"], row["gross"], "return_reason" in row) == (200, "returned", None, False)
        assert answer["ETag"] == tag(north) == f'"{row["version"]}"'
        assert code(vendor.get(BILLING)) == (403, "not_allowed")
        assert north.get(BILLING)[1]["return_reason"] == "The PO number is missing."
        assert do(north, "submit")[1]["status"] == "submitted"

    @pytest.mark.parametrize("reason", ["", "  ", "a\u0007"])
    def test_does_not_go_back_without_one(self, north: Program, vendor: Program, reason: str) -> None:
        do(north, "submit")
        status, problem = do(vendor, "return", {"reason": reason})
        assert (status, list(errors(problem))) == (422, ["/reason"])

    def test_is_one(self, north: Program, vendor: Program) -> None:
        assert [code(do(vendor, verb, {"reason": "x"})) for verb in ("return", "complete")] == [(409, "conflict")] * 2
        do(north, "submit")
        assert code(do(north, "submit")) == code(north.patch(BILLING, {"po_number": "1"}, if_match="*")) == (409, "conflict")
        assert code(do(north, "complete")) == code(do(north, "return", {"reason": "x"})) == (403, "not_allowed")
        stale = vendor.call("POST", f"{BILLING}/complete", if_match='"1"')
        assert (stale.status_code, json.loads(stale.content)["current"]["status"]) == (412, "submitted")

    def test_of_a_stale_vendor_shows_no_more_than_it_reads(self, north: Program, vendor: Program) -> None:
        do(north, "submit")
        seen = tag(vendor)
        do(vendor, "return", {"reason": "x"})
        answer = vendor.call("POST", f"{BILLING}/complete", if_match=seen)
        current = json.loads(answer.content)["current"]
        assert (answer.status_code, current["status"], "amounts" in current) == (412, "returned", False)

    def test_names_everything_in_the_way(self, as_program: AsProgram) -> None:
        status, problem = as_program("south").post("/billing-reports/2026-10/south/submit", if_match="*")
        assert (status, errors(problem)) == (422, {"": "obstacle"})

    def test_is_gone_once_with_a_key(self, north: Program) -> None:
        said = {"if_match": tag(north), "idempotency_key": "submit-october"}
        first, again = (north.call("POST", f"{BILLING}/submit", **said) for _ in range(2))
        assert (first.status_code, again.status_code, first.content) == (200, 200, again.content)
        assert again["Idempotent-Replayed"] == "true"


DETAILS = "/billing-details/north"
SAID = {"legal_name": "North GmbH", "country": "DE", "iban": "DE02120300000000202051", "payment_days": "14"}


class TestDetails:
    def test_are_saved_as_a_whole(self, north: Program) -> None:
        empty = north.call("GET", DETAILS)
        assert (empty["ETag"], json.loads(empty.content)["iban"], json.loads(empty.content)["version"]) == ('""', "", "")
        answer = north.call("PUT", DETAILS, SAID, if_match='""')
        found = json.loads(answer.content)
        assert (answer.status_code, found, answer["ETag"]) == (200, north.get(DETAILS)[1], f'"{found["version"]}"')
        assert {name: found[name] for name in (*SAID, "city", "account")} == {**SAID, "city": "", "account": "north"}
        status, found = north.put(DETAILS, {"city": "Hamburg"}, if_match=answer["ETag"])
        assert (status, found["city"], found["iban"]) == (200, "Hamburg", "")

    def test_of_a_stale_write_are_told(self, north: Program) -> None:
        north.put(DETAILS, SAID, if_match="*")
        answer = north.call("PUT", DETAILS, {"city": "Hamburg"}, if_match='""')
        problem = json.loads(answer.content)
        assert (answer.status_code, problem["code"], problem["current"]) == (412, "stale", north.get(DETAILS)[1])
        assert answer["ETag"] == tag(north, DETAILS)
        assert code(north.put(DETAILS, SAID)) == (428, "precondition_required")

    @pytest.mark.parametrize(
        ("body", "path", "said"),
        [
            ({"iban": "DE 02"}, "/iban", "iban"), ({"country": "Germany"}, "/country", "country"),
            ({"bank": "x"}, "/bank", "unknown_field"),
            ({"payment_days": 14}, "/payment_days", "not_readable"), ({"endpoint_scheme": "9930"}, "/endpoint_id", "endpoint_id"),
        ],
    )  # fmt: skip
    def test_are_refused_at_the_place_that_is_wrong(self, north: Program, body: dict[str, Any], path: str, said: str) -> None:
        status, problem = north.put(DETAILS, body, if_match="*")
        assert (status, errors(problem)) == (422, {path: said})

    def test_are_the_accounts_own(self, as_program: AsProgram, north: Program, vendor: Program) -> None:
        for program, account in ((vendor, "north"), (north, "bolt")):
            path = f"/billing-details/{account}"
            assert code(program.get(path)) == code(program.put(path, SAID, if_match="*")) == (403, "not_allowed")
        bolt = as_program("bolt")
        assert code(bolt.get(DETAILS)) == code(bolt.put(DETAILS, SAID, if_match="*")) == (404, "not_found")
        assert bolt.put("/billing-details/bolt", SAID, if_match="*")[0] == 200

    def test_need_the_scopes(self, as_program: AsProgram) -> None:
        reading, writing = as_program("north", Scope.STATEMENTS_READ), as_program("north", Scope.PRICES_WRITE)
        assert code(writing.get(DETAILS)) == code(reading.put(DETAILS, SAID, if_match="*")) == (403, "missing_scope")


class TestLinesBehind:
    def test_are_where_the_units_come_from(self, as_program: AsProgram) -> None:
        north = as_program("north")
        pages = whole(north, f"{BILLING}/services/endpoint-core/lines", 1)
        assert [(one["msp"], one["units"], one["credits"], one["cycle"]) for page in pages for one in page] == [
            ("bolt", "31", "116.25", "2026-10"), ("coil", "7", "26.25", "2026-10"),
        ]  # fmt: skip
        assert [len(page) for page in pages] == [1, 1]
        assert north.get(f"{BILLING}/services/nothing/lines") == (200, {"items": [], "next": None})
        assert as_program("acme-vendor").get(f"{BILLING}/services/endpoint-core/lines")[0] == 403
        for account in ("south", "bolt"):
            assert as_program(account).get(f"{BILLING}/services/endpoint-core/lines")[0] == 404
