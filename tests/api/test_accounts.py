"""Accounts as programs keep them: read, added, changed, moved; and nothing of anybody else's."""

import json

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.api.conftest import AsProgram
from tests.api.reading import errors, etag, whole
from tests.web.conftest import NOW
from trueup.accounts.models import Account, Placement
from trueup.accounts.rules import Scope, Viewer
from trueup.kit.period import BEGINNING
from trueup.network.actions import change

pytestmark = pytest.mark.usefixtures("world")

NEW = {"tier": "customer", "parent": "bolt", "name": "New Ltd"}
ONLY_NEW = {"if_none_match": "*"}


def history(ref: str) -> list[tuple[str, str]]:
    rows = Placement.objects.filter(account__ref=ref).order_by("from_date").values_list("parent__ref", "from_date")
    return [(parent, "" if day == BEGINNING else day.isoformat()) for parent, day in rows]


class TestTheList:
    @pytest.mark.parametrize(
        ("account", "query", "expected"),
        [
            ("bolt", "", "bolt bolt-dental bolt-garage"),
            ("coil", "", "bolt-moved coil coil-bakery"),
            ("north", "tier=msp", "bolt coil"),
            ("north", "tier=vendor", ""),
            ("acme-vendor", "tier=distributor", "north south"),
            ("north", "search=BAKE", "coil-bakery"),
            ("north", "search=berlin", "bolt"),
            ("north", "below=coil", "bolt-moved coil-bakery"),
            ("acme-vendor", "below=south", "dune dune-hotel"),
            ("acme-vendor", "below=north&tier=customer", "bolt-dental bolt-garage bolt-moved coil-bakery"),
            ("north", "below=bolt-dental", ""),
        ],
    )
    def test_has_the_accounts_of_the_subtree_by_ref(self, as_program: AsProgram, account: str, query: str, expected: str) -> None:
        status, page = as_program(account).get(f"/accounts?{query}")
        assert (status, " ".join(one["ref"] for one in page["items"]), page["next"]) == (200, expected, None)

    def test_shifts_nothing_when_something_is_added_between_two_pages(self, as_program: AsProgram) -> None:
        north = as_program("north")
        first = north.get("/accounts?limit=2")[1]
        change(Viewer.system(), "accounts", {"ref": "a-first", "tier": "customer", "parent": "bolt"}, now=NOW)
        second = north.get(f"/accounts?limit=2&cursor={first['next']}")[1]
        assert [one["ref"] for one in (*first["items"], *second["items"])] == ["bolt", "bolt-dental", "bolt-garage", "bolt-moved"]

    @pytest.mark.parametrize("limit", [1, 2, 6, 7])
    def test_comes_whole_in_pages_of_any_size(self, as_program: AsProgram, limit: int) -> None:
        pages = whole(as_program("north"), "/accounts", limit)
        assert [one["ref"] for page in pages for one in page] == [
            "bolt", "bolt-dental", "bolt-garage", "bolt-moved", "coil", "coil-bakery", "north",
        ]  # fmt: skip
        assert all(len(page) == limit for page in pages[:-1])

    def test_has_the_address_of_the_next_page(self, as_program: AsProgram) -> None:
        answer = as_program("north").call("GET", "/accounts?tier=msp&limit=1")
        cursor = json.loads(answer.content)["next"]
        assert answer["Link"] == f'<http://testserver/api/v1/accounts?tier=msp&limit=1&cursor={cursor}>; rel="next"'

    @pytest.mark.parametrize("query", ["limit=0", "limit=201", "tier=boss", "cursor=nonsense", "cursor=WzFd", "search=%00", "below=%00"])
    def test_is_refused_for_what_cannot_be_asked(self, as_program: AsProgram, query: str) -> None:
        status, problem = as_program("north").get(f"/accounts?{query}")
        assert (status, list(errors(problem))) == (422, [f"/query/{query.partition('=')[0]}"])

    def test_says_nothing_of_what_is_below_strangers(self, as_program: AsProgram) -> None:
        stranger, nobody = as_program("bolt").get("/accounts?below=coil"), as_program("bolt").get("/accounts?below=nobody")
        assert (stranger[0], nobody[0]) == (404, 404)
        assert stranger[1]["detail"].replace("coil", "nobody") == nobody[1]["detail"]

    def test_says_nothing_of_what_is_below_an_account_that_has_gone(self, as_program: AsProgram) -> None:
        change(Viewer.system(), "accounts", {"ref": "coil", "placements": {"from": "2026-11-01", "parent": "south"}}, now=NOW)
        assert as_program("north").get("/accounts?below=coil") == (200, {"items": [], "next": None})
        assert as_program("north").get("/accounts?search=coil")[1]["items"] == []

    def test_asks_as_much_for_many_as_for_few(self, as_program: AsProgram, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        north = as_program("north")
        north.get("/accounts")
        with django_assert_num_queries(9):
            north.get("/accounts?limit=1")
        with django_assert_num_queries(9):
            north.get("/accounts")


class TestAnAccount:
    def test_is_shown_with_everything_that_is_said_of_it(self, as_program: AsProgram) -> None:
        status, bolt = as_program("north").get("/accounts/bolt")
        version = bolt.pop("version")
        assert (status, len(version)) == (200, 16)
        assert bolt == {
            "ref": "bolt", "tier": "msp", "name": "Bolt IT", "company_id": "", "city": "Berlin", "state": "BE", "region": "emea",
            "type": "msp", "time_zone": "Europe/Berlin", "time_zone_in_force": "Europe/Berlin", "usage_reports_excluded": False,
            "usage_reports": {"granted": True, "reason": ""},
            "parent": {"ref": "north", "name": "North Distribution", "tier": "distributor"},
            "placements": [{"parent": "north", "parent_name": "North Distribution", "from": None, "until": None, "when": "in_force"}],
        }  # fmt: skip

    def test_says_why_it_has_no_usage_reports(self, as_program: AsProgram) -> None:
        reports = as_program("dune").get("/accounts/dune")[1]["usage_reports"]
        assert reports == {"granted": False, "reason": "usage reports are not available in the region latam"}

    def test_shows_what_is_in_force_and_what_comes(self, as_program: AsProgram) -> None:
        change(Viewer.system(), "accounts", {"ref": "bolt-garage", "placements": {"from": "2026-12-01", "parent": "coil"}}, now=NOW)
        garage = as_program("north").get("/accounts/bolt-garage")[1]
        assert garage["parent"]["ref"] == "bolt"
        assert [(one["parent"], one["from"], one["until"], one["when"]) for one in garage["placements"]] == [
            ("bolt", None, "2026-12-01", "in_force"), ("coil", "2026-12-01", None, "coming"),
        ]  # fmt: skip

    def test_does_not_name_the_other_msp_to_one(self, as_program: AsProgram) -> None:
        moved = as_program("coil").get("/accounts/bolt-moved")[1]
        assert [(one["parent"], one["parent_name"]) for one in moved["placements"]] == [(None, "another MSP"), ("coil", "Coil Services")]
        assert 'bolt"' not in json.dumps(moved).replace("bolt-moved", "")

    @pytest.mark.parametrize("path", ["", "/placements", "/history"])
    @pytest.mark.parametrize("account", ["coil", "coil-bakery", "north", "dune", "acme-vendor"])
    def test_does_not_exist_for_strangers(self, as_program: AsProgram, account: str, path: str) -> None:
        bolt = as_program("bolt")
        stranger, nobody = bolt.get(f"/accounts/{account}{path}"), bolt.get(f"/accounts/nobody{path}")
        assert (stranger[0], stranger[1]["code"]) == (404, "not_found")
        assert json.dumps(stranger[1]).replace(account, "nobody") == json.dumps(nobody[1])

    def test_needs_the_scope(self, as_program: AsProgram) -> None:
        reading, writing = as_program("north", Scope.NETWORK_READ), as_program("north", Scope.NETWORK_WRITE)
        assert writing.get("/accounts/bolt")[1]["code"] == "missing_scope"
        assert reading.patch("/accounts/bolt", {}, if_match="*")[1]["code"] == "missing_scope"
        assert as_program("north", Scope.REPORTS_READ).get("/accounts")[0] == 403

    def test_is_found_by_a_ref_with_anything_in_it(self, as_program: AsProgram) -> None:
        north = as_program("north")
        assert north.put("/accounts/a~2Fb~7E c", NEW, **ONLY_NEW)[0] == 201
        assert Account.objects.filter(ref="a/b~ c").exists()
        assert north.get("/accounts/a~2Fb~7E%20c")[1]["ref"] == "a/b~ c"


class TestAdding:
    def test_makes_the_account_that_is_sent(self, as_program: AsProgram) -> None:
        bolt = as_program("bolt")
        answer = bolt.call("PUT", "/accounts/bolt-new", NEW, **ONLY_NEW)
        assert (answer.status_code, json.loads(answer.content)) == (201, bolt.get("/accounts/bolt-new")[1])
        assert answer["ETag"] == etag(bolt, "/accounts/bolt-new")
        assert history("bolt-new") == [("bolt", "")]

    def test_needs_no_condition_where_there_is_nothing(self, as_program: AsProgram) -> None:
        assert (
            as_program("north").put("/accounts/echo", {"tier": "msp", "placements": [{"parent": "north", "from": "2026-12-01"}]})[0] == 201
        )
        assert history("echo") == [("north", "2026-12-01")]

    def test_is_refused_where_there_is_one(self, as_program: AsProgram) -> None:
        answer = as_program("bolt").call("PUT", "/accounts/bolt-dental", NEW, **ONLY_NEW)
        problem = json.loads(answer.content)
        assert (answer.status_code, problem["code"], problem["current"]["name"]) == (412, "exists", "Dental Care")
        assert answer["ETag"] == f'"{problem["current"]["version"]}"'
        assert Account.objects.get(ref="bolt-dental").name == "Dental Care"

    def test_says_no_more_than_that_the_ref_is_taken_of_a_strangers(self, as_program: AsProgram) -> None:
        bolt = as_program("bolt")
        for headers in (ONLY_NEW, {}):
            status, problem = bolt.put("/accounts/coil-bakery", NEW, **headers)
            assert (status, problem["code"], problem["detail"], "current" in problem) == (412, "exists", "this ref is taken", False)

    def test_asks_what_was_seen_where_there_is_one_and_nothing_was_said(self, as_program: AsProgram) -> None:
        assert as_program("bolt").put("/accounts/bolt-dental", NEW)[1]["code"] == "precondition_required"

    def test_says_the_path_of_each_bad_field(self, as_program: AsProgram) -> None:
        entry = {"tier": "customer", "region": "emae", "city": "x" * 201, "placements": [
            {"parent": "bolt"}, {"parent": "nobody", "from": "2026-12-01"}, {"parent": "north", "from": "2026-13-01"},
        ]}  # fmt: skip
        status, problem = as_program("north").put("/accounts/bolt-new", entry, **ONLY_NEW)
        assert (status, problem["code"]) == (422, "invalid")
        assert errors(problem) == {"/city": "wrong_maxlength"}
        status, problem = as_program("north").put("/accounts/bolt-new", {**entry, "city": "Ulm"}, **ONLY_NEW)
        assert errors(problem) == {
            "/region": "unknown", "/placements/1/parent": "unknown", "/placements/2/parent": "wrong_tier", "/placements/2/from": "invalid",
        }  # fmt: skip
        assert not Account.objects.filter(ref="bolt-new").exists()

    def test_does_not_know_a_strangers_account_as_a_parent(self, as_program: AsProgram) -> None:
        bolt = as_program("bolt")
        for parent in ("coil", "nobody"):
            status, problem = bolt.put("/accounts/bolt-new", NEW | {"parent": parent}, **ONLY_NEW)
            assert (status, errors(problem)) == (422, {"/parent": "unknown"})

    @pytest.mark.parametrize(
        ("entry", "path", "code"),
        [
            ({"parent": "bolt"}, "/tier", "missing"),
            ({"tier": "customer"}, "/parent", "parent"),
            ({"tier": "boss", "parent": "bolt"}, "/tier", "not_readable"),
            ({**NEW, "ref": "bolt-new"}, "/ref", "unknown_field"),
            ({**NEW, "usage_reports_excluded": "yes"}, "/usage_reports_excluded", "not_readable"),
            ({**NEW, "usage_reports_excluded": 1}, "/usage_reports_excluded", "not_readable"),
            ({**NEW, "name": 5}, "/name", "not_readable"),
            ({**NEW, "name": "a\0b"}, "/name", "wrong_pattern"),
            ({**NEW, "time_zone": "Mars/Base"}, "/time_zone", "unknown_zone"),
            ({**NEW, "time_zone": "\0"}, "/time_zone", "unknown_zone"),
            ({"tier": "customer", "placements": []}, "/placements", "wrong_minitems"),
            ({"tier": "customer", "placements": [{}]}, "/placements/0/parent", "missing"),
            ({"tier": "customer", "placements": [{"parent": None}]}, "/placements/0/parent", "wrong_type"),
        ],
    )
    def test_is_refused_for_what_cannot_be(self, as_program: AsProgram, entry: dict[str, object], path: str, code: str) -> None:
        status, problem = as_program("bolt").put("/accounts/bolt-new", entry, **ONLY_NEW)
        assert (status, errors(problem)) == (422, {path: code})

    @pytest.mark.parametrize("body", [b'{"name": "\\ud800"}', b'{"name": NaN}', b"{", b"[" * 100_000])
    def test_is_refused_for_what_is_no_json(self, as_program: AsProgram, body: bytes) -> None:
        status, problem = as_program("bolt").put("/accounts/bolt-new", body, **ONLY_NEW)
        assert (status, problem["code"]) == (400, "bad_request")

    def test_places_what_is_wrong_with_a_ref_in_the_address(self, as_program: AsProgram) -> None:
        status, problem = as_program("bolt").put("/accounts/ %20x", NEW, **ONLY_NEW)
        assert (status, errors(problem)) == (422, {"/path/ref": "wrong_pattern"})
        assert as_program("bolt").put("/accounts/a%00b", NEW, **ONLY_NEW)[0] == 404

    def test_is_not_a_right_of_who_is_not_above(self, as_program: AsProgram) -> None:
        status, problem = as_program("bolt").put("/accounts/echo", {"tier": "msp", "parent": "north"}, **ONLY_NEW)
        assert (status, problem["code"]) == (403, "not_allowed")

    @pytest.mark.parametrize("headers", [{"if_none_match": '"abc"'}, {"if_none_match": "*", "if_match": "*"}])
    def test_is_refused_on_a_condition_that_says_nothing(self, as_program: AsProgram, headers: dict[str, str]) -> None:
        assert as_program("bolt").put("/accounts/bolt-new", NEW, **headers)[1]["code"] == "bad_if_none_match"


class TestChanging:
    def test_changes_what_is_sent_and_nothing_else(self, as_program: AsProgram) -> None:
        north = as_program("north")
        answer = north.call("PATCH", "/accounts/bolt", {"city": "Potsdam", "time_zone": None}, if_match=etag(north, "/accounts/bolt"))
        bolt = json.loads(answer.content)
        assert (answer.status_code, bolt["city"], bolt["time_zone"], bolt["time_zone_in_force"], bolt["state"]) == (
            200, "Potsdam", None, "UTC", "BE",
        )  # fmt: skip
        assert answer["ETag"] == etag(north, "/accounts/bolt")

    def test_replaces_everything_but_the_placements(self, as_program: AsProgram) -> None:
        north = as_program("north")
        moved = history("bolt-moved")
        status, found = north.put("/accounts/bolt-moved", {"tier": "customer", "city": "Ulm"}, if_match=etag(north, "/accounts/bolt-moved"))
        assert (status, found["name"], found["city"], history("bolt-moved")) == (200, "bolt-moved", "Ulm", moved)
        status, bolt = north.put("/accounts/bolt", {"tier": "msp", "name": "Bolt"}, if_match="*")
        assert (status, bolt["region"], bolt["type"], bolt["time_zone"], bolt["city"], bolt["state"]) == (200, None, None, None, "", "")

    def test_does_nothing_where_it_is_so_already(self, as_program: AsProgram) -> None:
        north = as_program("north")
        seen = etag(north, "/accounts/bolt")
        answer = north.call("PATCH", "/accounts/bolt", {"city": "Berlin"}, if_match=seen)
        assert (answer.status_code, answer["ETag"]) == (200, seen)

    def test_tells_who_has_seen_something_else_what_there_is(self, as_program: AsProgram) -> None:
        north = as_program("north")
        seen = etag(north, "/accounts/bolt")
        assert north.patch("/accounts/bolt", {"city": "Potsdam"}, if_match=seen)[0] == 200
        for method in ("PATCH", "PUT"):
            answer = north.call(method, "/accounts/bolt", {"city": "Ulm"} | ({"tier": "msp"} if method == "PUT" else {}), if_match=seen)
            problem = json.loads(answer.content)
            assert (answer.status_code, problem["code"], problem["current"]) == (412, "stale", north.get("/accounts/bolt")[1])
            assert answer["ETag"] == etag(north, "/accounts/bolt")
        assert Account.objects.get(ref="bolt").city == "Potsdam"

    @pytest.mark.parametrize("seen", ['"nonsense"', '""', '"*"'])
    def test_knows_no_version_that_never_was(self, as_program: AsProgram, seen: str) -> None:
        status, problem = as_program("north").patch("/accounts/bolt", {"city": "Ulm"}, if_match=seen)
        assert (status, problem["code"]) == (412, "stale")

    def test_has_to_say_what_was_seen(self, as_program: AsProgram) -> None:
        north = as_program("north")
        assert north.patch("/accounts/bolt", {})[1]["code"] == "precondition_required"
        assert north.put("/accounts/bolt/placements", {"placements": []})[1]["code"] == "precondition_required"
        assert north.delete("/accounts/bolt")[1]["code"] == "precondition_required"
        assert north.patch("/accounts/bolt", {}, if_match="bolt")[1]["code"] == "bad_if_match"

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [
            ("PATCH", "/accounts/{}", {"city": "Ulm"}),
            ("PUT", "/accounts/{}", NEW),
            ("DELETE", "/accounts/{}", None),
            ("PUT", "/accounts/{}/placements", {"placements": [{"parent": "bolt"}]}),
        ],
    )
    def test_finds_neither_strangers_nor_what_is_not_there(
        self, as_program: AsProgram, method: str, path: str, body: dict[str, object] | None
    ) -> None:
        bolt = as_program("bolt")
        for seen in ("*", '"0123456789abcdef"'):
            answers = [bolt.call(method, path.format(ref), body, if_match=seen) for ref in ("coil-bakery", "nobody")]
            assert [one.status_code for one in answers] == [404, 404]
            assert answers[0].content.replace(b"coil-bakery", b"nobody") == answers[1].content

    def test_is_not_a_right_over_ones_own_account(self, as_program: AsProgram) -> None:
        status, problem = as_program("bolt").patch("/accounts/bolt", {"city": "Ulm"}, if_match="*")
        assert (status, problem["code"]) == (403, "not_allowed")

    def test_keeps_the_tier(self, as_program: AsProgram) -> None:
        status, problem = as_program("north").put("/accounts/bolt-dental", {"tier": "msp", "parent": "north"}, if_match="*")
        assert (status, errors(problem)) == (422, {"/tier": "tier_changed"})

    def test_removes_no_account(self, as_program: AsProgram) -> None:
        status, problem = as_program("north").delete("/accounts/bolt", if_match="*")
        assert (status, problem["code"], "it has a history" in problem["detail"]) == (409, "conflict", True)


class TestPlacements:
    def test_are_those_of_the_account(self, as_program: AsProgram) -> None:
        north = as_program("north")
        status, found = north.get("/accounts/bolt-moved/placements")
        assert (status, found["ref"], [one["when"] for one in found["placements"]]) == (200, "bolt-moved", ["past", "in_force"])
        assert etag(north, "/accounts/bolt-moved/placements") == etag(north, "/accounts/bolt-moved")

    def test_are_given_as_a_whole(self, as_program: AsProgram) -> None:
        north = as_program("north")
        wanted = {"placements": [{"parent": "bolt", "from": None}, {"parent": "coil", "from": "2026-12-01"}]}
        answer = north.call("PUT", "/accounts/bolt-garage/placements", wanted, if_match=etag(north, "/accounts/bolt-garage"))
        assert (answer.status_code, history("bolt-garage")) == (200, [("bolt", ""), ("coil", "2026-12-01")])
        assert [one["when"] for one in json.loads(answer.content)["placements"]] == ["in_force", "coming"]
        assert answer["ETag"] == etag(north, "/accounts/bolt-garage")

    def test_come_back_as_they_were_sent(self, as_program: AsProgram) -> None:
        coil = as_program("coil")
        found = coil.get("/accounts/bolt-moved/placements")[1]["placements"]
        before = history("bolt-moved")
        same = [{"parent": one["parent"], "from": one["from"]} for one in found]
        assert coil.put("/accounts/bolt-moved/placements", {"placements": same}, if_match="*")[0] == 200
        assert history("bolt-moved") == before

    def test_stay_where_they_are_not_the_viewers(self, as_program: AsProgram) -> None:
        coil = as_program("coil")
        mine = {"parent": "coil", "from": "2026-10-16"}
        for others in ([], [{"parent": "coil", "from": "2025-01-01"}]):
            status, problem = coil.put("/accounts/bolt-moved/placements", {"placements": [*others, mine]}, if_match="*")
            assert (status, problem["code"]) == (403, "not_allowed")
        status, problem = coil.put("/accounts/bolt-moved/placements", {"placements": [{"parent": "bolt"}, mine]}, if_match="*")
        assert (status, errors(problem)) == (422, {"/placements/0/parent": "unknown"})
        status, problem = coil.put("/accounts/bolt-moved/placements", {"placements": [{"parent": None}, mine]}, if_match="*")
        assert (status, errors(problem)) == (422, {"/placements/0/parent": "wrong_type"})

    def test_are_refused_where_they_cannot_be(self, as_program: AsProgram) -> None:
        north = as_program("north")
        wanted = [{"parent": "bolt"}, {"parent": "bolt"}, {"parent": "dune", "from": "2026-12-01"}]
        status, problem = north.put("/accounts/bolt-garage/placements", {"placements": wanted}, if_match="*")
        assert (status, errors(problem)) == (422, {"/placements/1/from": "invalid", "/placements/2/parent": "unknown"})

    def test_of_a_stale_write_are_told(self, as_program: AsProgram) -> None:
        north = as_program("north")
        status, problem = north.put("/accounts/bolt-garage/placements", {"placements": [{"parent": "coil"}]}, if_match='"0123456789abcdef"')
        assert (status, problem["current"]) == (412, north.get("/accounts/bolt-garage/placements")[1])


class TestHistory:
    def test_is_read_from_the_newest_to_the_oldest(self, as_program: AsProgram) -> None:
        north = as_program("north")
        for city in ("Potsdam", "Ulm"):
            north.patch("/accounts/bolt", {"city": city}, if_match="*")
        pages = whole(north, "/accounts/bolt/history", 1)
        assert len(pages) >= 3
        newest = pages[0][0]
        assert (newest["at"], newest["actor"], newest["kind"], newest["told_in"]["ref"]) == (
            "2026-11-03T12:00:00Z", {"kind": "client", "name": "Program of north"}, "network_changed", "bolt",
        )  # fmt: skip
        assert newest["changes"] == [{"of": "account bolt", "field": "city", "before": "Potsdam", "after": "Ulm"}]
        assert pages[1][0]["changes"][0]["after"] == "Potsdam"
        assert pages[-1][0]["kind"] == "network_applied"
        assert [one for page in pages for one in page] == north.get("/accounts/bolt/history")[1]["items"]

    def test_of_a_customer_is_in_those_of_its_msps(self, as_program: AsProgram) -> None:
        events = as_program("north").get("/accounts/bolt-moved/history")[1]["items"]
        assert {event["told_in"]["ref"] for event in events} == {"bolt", "coil"}
        assert {change["of"] for event in events for change in event["changes"]} == {"account bolt-moved"}

    def test_never_names_another_msp_to_one(self, as_program: AsProgram) -> None:
        events = as_program("coil").get("/accounts/bolt-moved/history")[1]["items"]
        assert {event["told_in"]["ref"] for event in events} == {"coil"}
        assert "another MSP" in json.dumps(events)
        assert "bolt" not in json.dumps(events).replace("bolt-moved", "")

    def test_is_refused_with_a_cursor_of_another_list(self, as_program: AsProgram) -> None:
        cursor = as_program("north").get("/accounts?limit=1")[1]["next"]
        assert as_program("north").get(f"/accounts/bolt/history?cursor={cursor}")[0] == 422
