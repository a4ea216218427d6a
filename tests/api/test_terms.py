"""Terms as programs read and agree on them."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.api.conftest import AsProgram
from tests.api.reading import errors, etag, whole
from tests.web.conftest import NOW
from trueup.accounts.rules import Scope, Viewer
from trueup.catalog.models import Terms
from trueup.network.actions import change

pytestmark = pytest.mark.usefixtures("world")

ONLY_NEW = {"if_none_match": "*"}
DECEMBER = "/terms/bolt/2026-12-01"
AGREED = {"auto_submit_after_days": 7, "over_provision_percent": "12.5", "over_provision_units": 3, "penalty": "none"}


def refs(items: list[dict[str, Any]]) -> list[str]:
    return [one["account"]["ref"] if one["account"] else "" for one in items]


class TestTheList:
    @pytest.mark.parametrize(
        ("account", "query", "expected"),
        [
            ("acme-vendor", "", ["", "bolt", "coil", "dune", "north", "south"]),
            ("north", "", ["", "bolt", "coil", "north"]),
            ("bolt", "", ["", "bolt"]),
            ("north", "search=IT", ["bolt"]),
            ("north", "search=dune", []),
        ],
    )
    def test_has_the_installations_and_those_of_the_subtree(
        self, as_program: AsProgram, account: str, query: str, expected: list[str]
    ) -> None:
        status, page = as_program(account).get(f"/terms?{query}")
        assert (status, refs(page["items"])) == (200, expected)

    @pytest.mark.parametrize("limit", [1, 2, 3, 4])
    def test_comes_whole_in_pages_of_any_size(self, as_program: AsProgram, limit: int) -> None:
        pages = whole(as_program("north"), "/terms", limit)
        assert refs([one for page in pages for one in page]) == ["", "bolt", "coil", "north"]

    def test_asks_as_much_for_many_as_for_few(self, as_program: AsProgram, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        vendor, north = as_program("acme-vendor"), as_program("north")
        for program in (vendor, north):
            program.get("/terms")
            with django_assert_num_queries(10):
                program.get("/terms")


class TestOfAnAccount:
    def test_are_what_is_in_force_with_its_origin_and_what_it_says_itself(self, as_program: AsProgram) -> None:
        north = as_program("north")
        assert north.put(DECEMBER, AGREED, **ONLY_NEW)[0] == 201
        status, terms = north.get("/terms/bolt")
        assert (status, terms["account"]) == (200, {"ref": "bolt", "name": "Bolt IT", "tier": "msp"})
        assert terms["in_force"] == {
            "auto_submit_after_days": {"value": 5, "level": "distributor"},
            "resubmit_within_days": {"value": 3, "level": "standard"},
            "reminder_days_before": {"value": [3, 1, 0], "level": "standard"},
            "over_provision_percent": {"value": "10", "level": "distributor"},
            "over_provision_units": {"value": "5", "level": "distributor"},
            "penalty": {"value": "charge_provisioned", "level": "distributor"},
            "auto_approve": {"value": "clean", "level": "distributor"},
            "zero_reports": {"value": False, "level": "standard"},
        }
        (entry,) = terms["entries"]
        assert len(entry.pop("version")) == 16
        assert entry == {
            "account": "bolt", "day": "2026-12-01", "from": "2026-12-01", "when": "coming", "auto_submit_after_days": 7,
            "resubmit_within_days": None, "reminder_days_before": None, "over_provision_percent": "12.5", "over_provision_units": "3",
            "penalty": "none", "auto_approve": None, "zero_reports": None,
        }  # fmt: skip

    def test_since_ever_have_the_first_day_there_is(self, as_program: AsProgram) -> None:
        north = as_program("north")
        status, entry = north.put("/terms/bolt/0001-01-01", {"zero_reports": True}, **ONLY_NEW)
        assert (status, entry["day"], entry["from"], entry["when"]) == (201, "0001-01-01", None, "in_force")
        assert north.get("/terms/bolt")[1]["in_force"]["zero_reports"] == {"value": True, "level": "msp"}

    @pytest.mark.parametrize("account", ["bolt-dental", "acme-vendor"])
    def test_are_of_distributors_and_msps_only(self, as_program: AsProgram, account: str) -> None:
        vendor = as_program("acme-vendor")
        assert vendor.get(f"/terms/{account}")[1]["detail"] == f"there are no terms of {account}"

    def test_do_not_exist_for_strangers(self, as_program: AsProgram) -> None:
        bolt = as_program("bolt")
        for path in ("/terms/{}", "/terms/{}/2026-01-01"):
            for ref in ("north", "coil", "dune"):
                stranger, nobody = bolt.get(path.format(ref)), bolt.get(path.format("nobody"))
                assert stranger[0] == 404
                assert json.dumps(stranger[1]).replace(ref, "nobody") == json.dumps(nobody[1])

    def test_are_gone_with_the_account_and_come_with_it(self, as_program: AsProgram) -> None:
        change(Viewer.system(), "accounts", {"ref": "coil", "placements": {"from": "2026-11-01", "parent": "south"}}, now=NOW)
        change(Viewer.system(), "accounts", {"ref": "dune", "placements": {"from": "2026-12-01", "parent": "north"}}, now=NOW)
        assert refs(as_program("north").get("/terms")[1]["items"]) == ["", "bolt", "north"]
        assert [as_program("north").get(f"/terms/{ref}")[0] for ref in ("coil", "dune")] == [404, 404]
        assert refs(as_program("south").get("/terms")[1]["items"]) == ["", "coil", "dune", "south"]

    def test_need_the_scope(self, as_program: AsProgram) -> None:
        reading, writing = as_program("north", Scope.NETWORK_READ), as_program("north", Scope.NETWORK_WRITE)
        answers = [
            writing.get("/terms"), writing.get("/terms/north"), writing.get("/terms/north/2026-01-01"),
            reading.put(DECEMBER, AGREED, **ONLY_NEW), reading.delete("/terms/north/2026-01-01", if_match="*"),
        ]  # fmt: skip
        assert {(status, problem["code"]) for status, problem in answers} == {(403, "missing_scope")}


class TestAgreeing:
    def test_says_what_holds_from_a_day_on(self, as_program: AsProgram) -> None:
        north = as_program("north")
        answer = north.call("PUT", DECEMBER, AGREED, **ONLY_NEW)
        assert (answer.status_code, json.loads(answer.content)) == (201, north.get(DECEMBER)[1])
        assert answer["ETag"] == etag(north, DECEMBER)
        kept = Terms.objects.get(account__ref="bolt")
        assert (kept.from_date, kept.over_provision_percent, kept.penalty, kept.auto_approve) == (
            date(2026, 12, 1), Decimal("12.5"), "none", None,
        )  # fmt: skip

    def test_replaces_what_was_said_of_that_day(self, as_program: AsProgram) -> None:
        north = as_program("north")
        north.put(DECEMBER, AGREED, **ONLY_NEW)
        status, entry = north.put(DECEMBER, {"reminder_days_before": [1, 5, 1]}, if_match=etag(north, DECEMBER))
        assert (status, entry["reminder_days_before"], entry["auto_submit_after_days"], entry["penalty"]) == (200, [5, 1], None, None)

    def test_says_nothing_of_what_held_before(self, as_program: AsProgram) -> None:
        north = as_program("north")
        entry = north.put("/terms/north/2026-12-01", {"zero_reports": True}, **ONLY_NEW)[1]
        assert entry["auto_submit_after_days"] is None

    def test_of_a_stale_write_is_told_what_there_is(self, as_program: AsProgram) -> None:
        north = as_program("north")
        north.put(DECEMBER, AGREED, **ONLY_NEW)
        seen = etag(north, DECEMBER)
        north.put(DECEMBER, {"penalty": "none"}, if_match=seen)
        now = north.get(DECEMBER)[1]
        for method in ("PUT", "DELETE"):
            answer = north.call(method, DECEMBER, AGREED, if_match=seen)
            problem = json.loads(answer.content)
            assert (answer.status_code, problem["code"], problem["current"], answer["ETag"]) == (412, "stale", now, f'"{now["version"]}"')
        status, problem = north.put(DECEMBER, AGREED, **ONLY_NEW)
        assert (status, problem["code"], problem["current"]) == (412, "exists", now)
        assert north.put(DECEMBER, AGREED)[1]["code"] == "precondition_required"

    @pytest.mark.parametrize(
        ("body", "path", "code"),
        [
            ({"auto_submit_after_days": -1}, "/auto_submit_after_days", "wrong_minimum"),
            ({"auto_submit_after_days": "5"}, "/auto_submit_after_days", "not_readable"),
            ({"auto_submit_after_days": True}, "/auto_submit_after_days", "not_readable"),
            ({"reminder_days_before": [1, 367]}, "/reminder_days_before/1", "wrong_maximum"),
            ({"over_provision_percent": 12.5}, "/over_provision_percent", "invalid"),
            ({"over_provision_percent": "lots"}, "/over_provision_percent", "invalid"),
            ({"over_provision_units": True}, "/over_provision_units", "invalid"),
            ({"penalty": "jail"}, "/penalty", "not_readable"),
            ({"zero_reports": "no"}, "/zero_reports", "not_readable"),
            ({"from": "2026-12-01"}, "/from", "unknown_field"),
        ],
    )
    def test_is_refused_at_the_place_that_is_wrong(self, as_program: AsProgram, body: dict[str, Any], path: str, code: str) -> None:
        status, problem = as_program("north").put(DECEMBER, body, **ONLY_NEW)
        assert status == 422
        assert set(errors(problem).items()) == {(path, code)}

    @pytest.mark.parametrize("day", ["2026-13-01", "2026-1-1", "tomorrow"])
    def test_has_an_address_only_for_days(self, as_program: AsProgram, day: str) -> None:
        assert as_program("north").put(f"/terms/bolt/{day}", AGREED, **ONLY_NEW)[0] == 404

    def test_is_refused_for_the_end_of_days(self, as_program: AsProgram) -> None:
        status, problem = as_program("north").put("/terms/bolt/9999-12-31", AGREED, **ONLY_NEW)
        assert (status, errors(problem)) == (422, {"/path/day": "invalid"})

    def test_is_a_right_of_the_distributor(self, as_program: AsProgram) -> None:
        bolt, vendor = as_program("bolt", Scope.NETWORK_READ, Scope.NETWORK_WRITE), as_program("acme-vendor")
        assert bolt.put(DECEMBER, AGREED, **ONLY_NEW)[1]["code"] == "not_allowed"
        assert vendor.put(DECEMBER, AGREED, **ONLY_NEW)[1]["code"] == "not_allowed"
        assert bolt.put("/terms/coil/2026-12-01", AGREED, **ONLY_NEW)[1]["code"] == "not_found"
        assert as_program("north").put("/terms/dune/2026-12-01", AGREED, **ONLY_NEW)[1]["code"] == "not_found"


class TestTakingBack:
    def test_removes_what_is_still_to_come(self, as_program: AsProgram) -> None:
        north = as_program("north")
        north.put(DECEMBER, AGREED, **ONLY_NEW)
        answer = north.call("DELETE", DECEMBER, if_match=etag(north, DECEMBER))
        assert (answer.status_code, answer.content, north.get(DECEMBER)[0]) == (204, b"", 404)
        assert not Terms.objects.filter(account__ref="bolt").exists()

    def test_leaves_what_is_in_force(self, as_program: AsProgram) -> None:
        status, problem = as_program("north").delete("/terms/north/2026-01-01", if_match="*")
        assert (status, problem["code"]) == (409, "conflict")
        assert Terms.objects.filter(account__ref="north").exists()

    def test_has_to_be_told_what_was_seen(self, as_program: AsProgram) -> None:
        assert as_program("north").delete("/terms/north/2026-01-01")[1]["code"] == "precondition_required"

    def test_finds_nothing_that_is_not_there(self, as_program: AsProgram) -> None:
        assert as_program("north").delete(DECEMBER, if_match="*")[1]["detail"] == "there are no terms of bolt from 2026-12-01"
