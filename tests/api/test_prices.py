"""Price lists as programs keep and read them."""

import json
from datetime import date
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.api.conftest import AsProgram, Program
from tests.api.reading import errors, etag, whole
from tests.web.conftest import NOW
from trueup.accounts.rules import Scope, Viewer
from trueup.prices.actions import save_price_list
from trueup.prices.models import KeptPriceList
from trueup.prices.rules.lists import ListKey

pytestmark = pytest.mark.usefixtures("world")

ONLY_NEW = {"if_none_match": "*"}
DEFAULT, BOLTS = "/price-lists/north/*/2026-01-01", "/price-lists/north/bolt/2026-01-01"
VENDORS, RESALE = "/price-lists/acme-vendor/*/0001-01-01", "/price-lists/bolt/*/2026-01-01"
SELLING: dict[str, Any] = {
    "currency": "EUR",
    "tax": {"percent": 19},
    "margin_percent": "12.5",
    "services": {
        "workspace-security": "4.20",
        "endpoint-core": {"pricing": "graduated", "tiers": [{"up_to": "10", "price": "5"}, {"price": "4"}], "free_units": "5"},
    },
    "packs": {"credits": {"price": 12, "complimentary_of": {"bolt-dental": "8000"}}},
}


def keep(seller: str, buyer: str | None = None, begin: date = date(2026, 1, 1), **said: Any) -> None:
    """A list of somebody, kept by the operator."""
    save_price_list(Viewer.system(), ListKey(seller, buyer, begin), {"currency": "EUR", **said}, seen=None, now=NOW)


def keep_all() -> None:
    """A list for each step of the channel."""
    keep("acme-vendor")
    keep("north")
    keep("north", "bolt")
    keep("bolt")
    keep("bolt", "bolt-dental")
    keep("south")


def names(items: list[dict[str, Any]]) -> list[str]:
    return [f"{one['seller']} {one['buyer'] or '*'}" for one in items]


@pytest.fixture
def north(as_program: AsProgram) -> Program:
    return as_program("north")


class TestTheList:
    @pytest.mark.parametrize(
        ("account", "query", "expected"),
        [
            ("acme-vendor", "", ["acme-vendor *"]),
            ("north", "", ["acme-vendor *", "north *", "north bolt"]),
            ("bolt", "", ["bolt *", "bolt bolt-dental", "north *", "north bolt"]),
            ("coil", "", ["north *"]),
            ("dune", "", ["south *"]),
            ("north", "seller=north", ["north *", "north bolt"]),
            ("north", "seller=bolt", []),
            ("bolt", "seller=acme-vendor", []),
            ("north", "buyer=bolt", ["north bolt"]),
            ("north", "buyer=*", ["acme-vendor *", "north *"]),
        ],
    )
    def test_has_what_the_account_sells_and_buys_by_and_nobody_elses(
        self, as_program: AsProgram, account: str, query: str, expected: list[str]
    ) -> None:
        keep_all()
        status, page = as_program(account).get(f"/price-lists?{query}")
        assert (status, names(page["items"])) == (200, expected)

    @pytest.mark.parametrize("limit", [1, 2, 5])
    def test_comes_whole_in_pages_of_any_size(self, as_program: AsProgram, limit: int) -> None:
        keep_all()
        keep("north", "bolt", date(2026, 6, 1))
        pages = whole(as_program("bolt"), "/price-lists", limit)
        items = [one for page in pages for one in page]
        assert [f"{name} {one['from']}" for name, one in zip(names(items), items, strict=True)] == [
            "bolt * 2026-01-01", "bolt bolt-dental 2026-01-01", "north * 2026-01-01", "north bolt 2026-01-01", "north bolt 2026-06-01",
        ]  # fmt: skip

    @pytest.mark.parametrize("cursor", ["x", "WyJhIiwiYiIsImMiXQ"])
    def test_refuses_what_is_no_cursor_of_it(self, north: Program, cursor: str) -> None:
        status, problem = north.get(f"/price-lists?cursor={cursor}")
        assert (status, errors(problem)) == (422, {"/query/cursor": "bad_cursor"})

    def test_asks_as_much_for_many_as_for_few(self, north: Program, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        keep_all()
        north.get("/me")
        for count in (1, 50):
            with django_assert_num_queries(3):
                assert north.get(f"/price-lists?limit={count}")[0] == 200

    def test_says_how_much_is_in_each(self, north: Program) -> None:
        north.put(DEFAULT, SELLING, **ONLY_NEW)
        (row,) = north.get("/price-lists")[1]["items"]
        assert (row["currency"], row["service_count"], row["pack_count"], row["seller_name"]) == ("EUR", 2, 1, "North Distribution")
        assert "services" not in row


class TestOne:
    def test_says_what_was_sent_and_can_be_sent_back(self, north: Program) -> None:
        status, made = north.put(BOLTS, SELLING, **ONLY_NEW)
        assert status == 201
        answer = north.call("GET", BOLTS)
        found = json.loads(answer.content)
        assert (found, answer["ETag"]) == (made, f'"{made["version"]}"')
        assert (found["seller"], found["buyer"], found["buyer_name"], found["from"]) == ("north", "bolt", "Bolt IT", "2026-01-01")
        assert found["tax"] == {"percent": "19", "category": "standard", "reason": ""}
        assert found["margin_percent"] == "12.5"
        assert found["services"] == {
            "workspace-security": {"price": "4.2"},
            "endpoint-core": {"pricing": "graduated", "tiers": [{"up_to": "10", "price": "5"}, {"price": "4"}], "free_units": "5"},
        }
        assert found["packs"] == {"credits": {"pack_size": "100", "tiers": [{"price": "12"}], "complimentary_of": {"bolt-dental": "8000"}}}
        again = {name: found[name] for name in SELLING}
        status, same = north.put(BOLTS, again, if_match=answer["ETag"])
        assert (status, same) == (200, found)

    @pytest.mark.parametrize(
        ("path", "seen_by"),
        [
            (VENDORS, {"acme-vendor", "north", "south"}),
            (DEFAULT, {"north", "bolt", "coil"}),
            (BOLTS, {"north", "bolt"}),
            (RESALE, {"bolt"}),
            ("/price-lists/bolt/bolt-dental/2026-01-01", {"bolt"}),
        ],
    )
    def test_is_seen_by_its_seller_and_its_buyer_alone(self, as_program: AsProgram, path: str, seen_by: set[str]) -> None:
        keep_all()
        keep("acme-vendor", begin=date.min)
        accounts = ("acme-vendor", "north", "south", "bolt", "coil", "dune")
        answers = {account: as_program(account).get(path) for account in accounts}
        nothing = as_program("coil").get("/price-lists/nobody/*/2026-01-01")[1]
        assert {account for account, (status, _) in answers.items() if status == 200} == seen_by
        assert all(answers[account] == (404, nothing) for account in set(accounts) - seen_by)

    @pytest.mark.parametrize("path", ["/price-lists/north/*/2026-13-01", "/price-lists/north/*/tomorrow"])
    def test_has_an_address_only_for_days(self, north: Program, path: str) -> None:
        assert north.get(path)[0] == 404

    def test_needs_the_scopes(self, as_program: AsProgram) -> None:
        keep_all()
        reading, writing = as_program("north", Scope.STATEMENTS_READ), as_program("north", Scope.PRICES_WRITE)
        answers = [
            writing.get("/price-lists"), writing.get(DEFAULT), writing.get(f"{DEFAULT}/history"),
            reading.put(DEFAULT, SELLING, if_match="*"), reading.delete(DEFAULT, if_match="*"),
        ]  # fmt: skip
        assert {(status, problem["code"]) for status, problem in answers} == {(403, "missing_scope")}


class TestSaving:
    def test_replaces_the_whole_list(self, north: Program) -> None:
        north.put(DEFAULT, SELLING, **ONLY_NEW)
        status, found = north.put(DEFAULT, {"currency": "USD"}, if_match=etag(north, DEFAULT))
        assert (status, found["currency"], found["services"], found["margin_percent"]) == (200, "USD", {}, "0")
        assert found["tax"] == {"percent": "0", "category": "zero_rated", "reason": ""}

    def test_of_a_stale_write_is_told_what_there_is(self, north: Program) -> None:
        north.put(DEFAULT, SELLING, **ONLY_NEW)
        seen = etag(north, DEFAULT)
        north.put(DEFAULT, {"currency": "USD"}, if_match=seen)
        now = north.get(DEFAULT)[1]
        for method in ("PUT", "DELETE"):
            answer = north.call(method, DEFAULT, SELLING, if_match=seen)
            problem = json.loads(answer.content)
            assert (answer.status_code, problem["code"], problem["current"], answer["ETag"]) == (412, "stale", now, f'"{now["version"]}"')
        status, problem = north.put(DEFAULT, SELLING, **ONLY_NEW)
        assert (status, problem["code"], problem["current"]) == (412, "exists", now)
        assert north.put(DEFAULT, SELLING)[1]["code"] == "precondition_required"
        assert north.delete(DEFAULT)[1]["code"] == "precondition_required"
        assert north.put(DEFAULT, SELLING, if_match='""')[0] == 412

    @pytest.mark.parametrize(
        ("body", "path", "code"),
        [
            ({"currency": "XYZ"}, "/currency", "currency"),
            ({"currency": "EUR", "tax": {"percent": "101"}}, "/tax/percent", "not_a_number"),
            ({"currency": "EUR", "tax": {"percent": 0, "category": "standard"}}, "/tax/percent", "tax"),
            ({"currency": "EUR", "margin_percent": 12.5}, "/margin_percent", "not_a_number"),
            ({"currency": "EUR", "services": {"endpoint-core": 4.2}}, "/services/endpoint-core/price", "not_a_number"),
            ({"currency": "EUR", "services": {"endpoint-core": {"price": "-1"}}}, "/services/endpoint-core/price", "not_a_number"),
            ({"currency": "EUR", "services": {"a/b": {"price": "1"}}}, "/services/a~1b", "unknown"),
            (
                {"currency": "EUR", "services": {"endpoint-core": {"pricing": "volume", "tiers": [{"up_to": "x", "price": 1}]}}},
                "/services/endpoint-core/tiers/0/up_to", "not_a_number",
            ),
            ({"currency": "EUR", "packs": {"nothing": 1}}, "/packs/nothing", "unknown"),
            (
                {"currency": "EUR", "packs": {"credits": {"price": 1, "complimentary_of": {"dune-hotel": 1}}}},
                "/packs/credits/complimentary_of/dune-hotel", "unknown",
            ),
            ({"currency": "EUR", "prices": {}}, "/prices", "unknown_field"),
            ({"currency": 7}, "/currency", "not_readable"),
            ({}, "/currency", "missing"),
        ],
    )  # fmt: skip
    def test_is_refused_at_the_place_that_is_wrong(self, north: Program, body: dict[str, Any], path: str, code: str) -> None:
        status, problem = north.put(DEFAULT, body, **ONLY_NEW)
        assert (status, errors(problem)) == (422, {path: code})
        assert not KeptPriceList.objects.exists()

    def test_is_for_the_seller_alone(self, as_program: AsProgram) -> None:
        keep_all()
        bolt, vendor, north = as_program("bolt"), as_program("acme-vendor"), as_program("north")
        seen = {"if_match": "*"}
        assert bolt.put(BOLTS, SELLING, **seen)[1]["code"] == bolt.delete(BOLTS, **seen)[1]["code"] == "not_allowed"
        assert north.put(VENDORS, SELLING, **ONLY_NEW)[1]["code"] == bolt.put(BOLTS, SELLING, **ONLY_NEW)[1]["code"] == "not_found"
        for program, path in ((vendor, DEFAULT), (north, RESALE)):
            assert program.put(path, SELLING, **seen)[1]["code"] == program.delete(path, **seen)[1]["code"] == "not_found"
            assert program.put(path, SELLING, **ONLY_NEW)[1]["code"] == "not_allowed"

    def test_is_for_buyers_right_below(self, north: Program) -> None:
        for buyer in ("dune", "bolt-dental", "south", "nobody", "acme-vendor", "north"):
            assert north.put(f"/price-lists/north/{buyer}/2026-01-01", SELLING, **ONLY_NEW)[1]["code"] == "not_found"

    def test_twice_with_a_key_is_done_once(self, north: Program) -> None:
        first = north.call("PUT", DEFAULT, SELLING, idempotency_key="k1", **ONLY_NEW)
        again = north.call("PUT", DEFAULT, SELLING, idempotency_key="k1", **ONLY_NEW)
        assert (first.status_code, again.status_code, again["Idempotent-Replayed"]) == (201, 201, "true")
        assert (first.content, first["ETag"]) == (again.content, again["ETag"])


class TestRemoving:
    def test_leaves_nothing_there(self, north: Program) -> None:
        north.put(DEFAULT, SELLING, **ONLY_NEW)
        answer = north.call("DELETE", DEFAULT, if_match=etag(north, DEFAULT))
        assert (answer.status_code, answer.content, north.get(DEFAULT)[0]) == (204, b"", 404)
        assert north.delete(DEFAULT, if_match="*")[0] == 404


class TestHistory:
    def test_tells_the_seller_who_changed_what(self, as_program: AsProgram, north: Program) -> None:
        north.put(BOLTS, {"currency": "EUR", "services": {"endpoint-core": "5"}}, **ONLY_NEW)
        north.put(BOLTS, {"currency": "EUR", "services": {"endpoint-core": "4"}}, if_match="*")
        pages = whole(north, f"{BOLTS}/history", 1)
        first, second = (page[0] for page in pages)
        assert (first["event"], first["actor_kind"], first["at"]) == ("price_list_saved", "client", "2026-11-03T12:00:00Z")
        assert second["changes"] == [
            {"of": "bolt 2026-01-01", "field": "endpoint-core", "before": {"price": "5"}, "after": {"price": "4"}},
        ]  # fmt: skip
        assert as_program("bolt").get(BOLTS)[0] == 200
        for account in ("bolt", "coil", "acme-vendor"):
            assert as_program(account).get(f"{BOLTS}/history")[0] == 404

    def test_goes_on_once_a_list_was_removed(self, as_program: AsProgram, north: Program) -> None:
        north.put(BOLTS, {"currency": "EUR"}, **ONLY_NEW)
        north.delete(BOLTS, if_match="*")
        status, found = north.get(f"{BOLTS}/history")
        assert (status, [one["event"] for one in found["items"]]) == (200, ["price_list_saved", "price_list_removed"])
        assert as_program("bolt").get(f"{BOLTS}/history")[0] == 404

    def test_of_all_lists_and_codes_is_read_page_by_page(self, as_program: AsProgram, north: Program) -> None:
        north.put(DEFAULT, {"currency": "EUR"}, **ONLY_NEW)
        north.put(BOLTS, {"currency": "USD"}, **ONLY_NEW)
        north.put("/promo-codes/north/TEN", {"from": "2026-01-01", "until": "2026-12-31", "margin_percent": 10}, **ONLY_NEW)
        north.delete(DEFAULT, if_match="*")
        pages = whole(north, "/prices/history", 3)
        assert [[(one["event"], one["changes"][0]["of"]) for one in page] for page in pages] == [
            [("price_list_saved", "* 2026-01-01"), ("price_list_saved", "bolt 2026-01-01"), ("promo_code_saved", "TEN")],
            [("price_list_removed", "* 2026-01-01")],
        ]  # fmt: skip
        assert whole(north, "/prices/history?seller=north", 3) == pages
        assert as_program("bolt").get("/prices/history") == (200, {"items": [], "next": None})
        for account in ("bolt", "acme-vendor", "south"):
            assert as_program(account).get("/prices/history?seller=north")[0] == 404
