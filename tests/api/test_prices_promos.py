"""Promo codes: kept by who sells, checked by who buys."""

import json
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.api.conftest import AsProgram, Program
from tests.api.reading import errors, etag, whole
from trueup.accounts.rules import Scope
from trueup.prices.models import KeptPromoCode

pytestmark = pytest.mark.usefixtures("world")

ONLY_NEW = {"if_none_match": "*"}
LAUNCH = "/promo-codes/north/LAUNCH"
SAID = {"from": "2026-10-01", "until": "2026-12-31", "service": "endpoint-core", "buyer": "bolt", "price": "3.50"}
MARGIN = {"from": "2026-01-01", "until": "2026-12-31", "margin_percent": 10}


@pytest.fixture
def north(as_program: AsProgram) -> Program:
    return as_program("north")


def checked(program: Program, code: str = "LAUNCH", **said: Any) -> tuple[int, Any]:
    wanted = {"seller": "north", "code": code, "service": "endpoint-core", "cycle": "2026-10"}
    return program.post("/promo-codes/check", {**wanted, **said})


class TestKeeping:
    def test_says_what_was_sent(self, north: Program) -> None:
        answer = north.call("PUT", LAUNCH, SAID, **ONLY_NEW)
        found = json.loads(answer.content)
        assert (answer.status_code, found, answer["ETag"]) == (201, north.get(LAUNCH)[1], etag(north, LAUNCH))
        assert {name: found[name] for name in (*SAID, "margin_percent", "seller", "code")} == {
            **SAID, "price": "3.5", "margin_percent": None, "seller": "north", "code": "LAUNCH",
        }  # fmt: skip

    def test_replaces_and_removes_what_was_seen(self, north: Program) -> None:
        north.put(LAUNCH, SAID, **ONLY_NEW)
        seen = etag(north, LAUNCH)
        status, now = north.put(LAUNCH, MARGIN, if_match=seen)
        assert (status, now["margin_percent"], now["price"], now["service"]) == (200, "10", None, None)
        for method in ("PUT", "DELETE"):
            answer = north.call(method, LAUNCH, SAID, if_match=seen)
            problem = json.loads(answer.content)
            assert (answer.status_code, problem["code"], problem["current"]) == (412, "stale", now)
        assert north.put(LAUNCH, SAID, **ONLY_NEW)[1]["code"] == "exists"
        assert north.put(LAUNCH, SAID)[1]["code"] == north.delete(LAUNCH)[1]["code"] == "precondition_required"
        assert north.delete(LAUNCH, if_match=f'"{now["version"]}"') == (204, None)
        assert north.get(LAUNCH)[0] == north.delete(LAUNCH, if_match="*")[0] == north.put(LAUNCH, SAID, if_match="*")[0] == 404

    @pytest.mark.parametrize(
        ("body", "path", "code"),
        [
            ({**SAID, "until": "2026-09-01"}, "", "promo_code"),
            ({**SAID, "margin_percent": 5}, "", "promo_code"),
            ({**SAID, "from": "tomorrow"}, "/from", "not_a_day"),
            ({**SAID, "price": 3.5}, "/price", "not_a_number"),
            ({**SAID, "service": "nothing"}, "/service", "unknown"),
            ({**SAID, "buyer": "dune"}, "/buyer", "unknown"),
            ({**SAID, "code": "X"}, "/code", "unknown_field"),
            ({"until": "2026-09-01"}, "/from", "missing"),
        ],
    )
    def test_is_refused_at_the_place_that_is_wrong(self, north: Program, body: dict[str, Any], path: str, code: str) -> None:
        status, problem = north.put(LAUNCH, body, **ONLY_NEW)
        assert (status, errors(problem)) == (422, {path: code})
        assert not KeptPromoCode.objects.exists()

    def test_has_a_code_that_people_can_type(self, north: Program) -> None:
        status, problem = north.put("/promo-codes/north/launch%20now", SAID, **ONLY_NEW)
        assert (status, errors(problem)) == (422, {"/path/code": "code"})

    def test_is_the_sellers_alone(self, as_program: AsProgram, north: Program) -> None:
        north.put(LAUNCH, SAID, **ONLY_NEW)
        bolt, vendor = as_program("bolt"), as_program("acme-vendor")
        nothing = {"if_match": "*"}
        for program in (bolt, vendor, as_program("south")):
            assert program.get("/promo-codes?seller=north")[1]["items"] == []
            assert program.get(LAUNCH) == (404, north.get("/promo-codes/nobody/LAUNCH")[1])
            assert program.put(LAUNCH, SAID, **nothing)[0] == program.delete(LAUNCH, **nothing)[0] == 404
        assert vendor.put(LAUNCH, SAID, **ONLY_NEW)[1]["code"] == "not_allowed"
        assert bolt.put(LAUNCH, SAID, **ONLY_NEW)[1]["code"] == "not_found"

    def test_is_listed_in_pages(self, north: Program, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        for code in ("LAUNCH", "ALWAYS", "Q-4"):
            north.put(f"/promo-codes/north/{code}", MARGIN, **ONLY_NEW)
        codes = [one["code"] for page in whole(north, "/promo-codes", 1) for one in page]
        assert codes == ["ALWAYS", "LAUNCH", "Q-4"]
        assert north.get("/promo-codes?seller=south")[1]["items"] == []
        for limit in (1, 50):
            with django_assert_num_queries(3):
                north.get(f"/promo-codes?limit={limit}")

    def test_needs_the_scopes(self, as_program: AsProgram) -> None:
        reading, writing = as_program("north", Scope.STATEMENTS_READ), as_program("north", Scope.PRICES_WRITE)
        answers = [
            writing.get("/promo-codes"), writing.get(LAUNCH), checked(writing),
            reading.put(LAUNCH, SAID, **ONLY_NEW), reading.delete(LAUNCH, if_match="*"),
        ]  # fmt: skip
        assert {(status, problem["code"]) for status, problem in answers} == {(403, "missing_scope")}


class TestHistory:
    def test_tells_the_seller_who_changed_what(self, as_program: AsProgram, north: Program) -> None:
        north.put(LAUNCH, SAID, **ONLY_NEW)
        north.put(LAUNCH, SAID | {"price": "3"}, if_match="*")
        north.delete(LAUNCH, if_match="*")
        steps = [one for page in whole(north, f"{LAUNCH}/history", 2) for one in page]
        assert [one["event"] for one in steps] == ["promo_code_saved", "promo_code_saved", "promo_code_removed"]
        assert steps[1]["changes"] == [{"of": "LAUNCH", "field": "price", "before": "3.5", "after": "3"}]
        for account in ("bolt", "acme-vendor"):
            assert as_program(account).get(f"{LAUNCH}/history")[0] == 404
        assert north.get("/promo-codes/north/NEVER/history")[0] == 404


class TestChecking:
    def test_says_what_a_code_unlocks(self, as_program: AsProgram, north: Program) -> None:
        north.put(LAUNCH, SAID, **ONLY_NEW)
        assert checked(as_program("bolt")) == (200, {"holds": True, "reason": None, "price": "3.5", "margin_percent": None})
        assert checked(north, buyer="bolt")[1]["holds"] is True

    @pytest.mark.parametrize(
        ("said", "reason"),
        [
            ({"cycle": "2026-09"}, "the promo code “LAUNCH” holds from 2026-10-01 to 2026-12-31, not on 2026-09-30"),
            ({"service": "email-core"}, "the promo code “LAUNCH” is not for the service “email-core”"),
            ({"code": "NEVER"}, "there is no promo code “NEVER”"),
        ],
    )
    def test_says_why_one_does_not_hold(self, as_program: AsProgram, north: Program, said: dict[str, Any], reason: str) -> None:
        north.put(LAUNCH, SAID, **ONLY_NEW)
        answer = checked(as_program("bolt"), **said)
        assert answer == (200, {"holds": False, "reason": reason, "price": None, "margin_percent": None})

    @pytest.mark.parametrize(("prices", "holds"), [({"services": {"endpoint-core": 4}}, True), ({"packs": {"credits": 12}}, False)])
    def test_unlocks_nothing_of_what_is_paid_in_packs(
        self, as_program: AsProgram, north: Program, prices: dict[str, Any], holds: bool
    ) -> None:
        north.put(LAUNCH, SAID, **ONLY_NEW)
        assert north.put("/price-lists/north/*/2026-01-01", {"currency": "EUR", **prices}, **ONLY_NEW)[0] == 201
        for program in (as_program("bolt"), north):
            answer = checked(program, buyer="bolt")[1]
            why = None if holds else "the service “endpoint-core” has no price of its own, so no promo code holds for it"
            assert (answer["holds"], answer["reason"]) == (holds, why)

    def test_knows_no_code_of_another_buyer(self, as_program: AsProgram, north: Program) -> None:
        north.put(LAUNCH, SAID, **ONLY_NEW)
        coil = as_program("coil")
        assert checked(coil)[1] == {"holds": False, "reason": "there is no promo code “LAUNCH”", "price": None, "margin_percent": None}
        assert checked(coil, buyer="bolt")[1]["code"] == "not_allowed"

    def test_is_of_those_one_buys_from(self, as_program: AsProgram) -> None:
        bolt = as_program("bolt")
        assert [checked(bolt, seller=seller)[0] for seller in ("north", "bolt", "south", "acme-vendor", "nobody")] == [
            200,
            200,
            404,
            404,
            404,
        ]
        assert checked(as_program("north"), seller="acme-vendor")[0] == 200

    @pytest.mark.parametrize(
        ("said", "path"), [({"cycle": "October"}, "/cycle"), ({"seller": ""}, "/seller"), ({"code": 7}, "/code"), ({"day": "x"}, "/day")]
    )
    def test_is_refused_at_the_place_that_is_wrong(self, north: Program, said: dict[str, Any], path: str) -> None:
        status, problem = checked(north, **said)
        assert (status, list(errors(problem))) == (422, [path])
