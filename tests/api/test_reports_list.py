"""The list of reports: who sees what, narrowed, sorted and read page by page."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from tests.api.conftest import AsProgram, Program
from tests.api.october import pages, queries
from tests.web.month import Autumn, standing
from trueup.accounts.rules import Scope
from trueup.api.endpoints.report_list import Order
from trueup.api.endpoints.report_shapes import FLAG_ASKED
from trueup.reports.models import Report
from trueup.reports.queries import FLAGS

pytestmark = pytest.mark.django_db

READ = Scope.REPORTS_READ


@pytest.fixture(scope="module", autouse=True)
def autumn(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Autumn]:
    """One month for all tests here: each takes back what it did."""
    with django_db_blocker.unblock(), standing(tmp_path_factory.mktemp("autumn")) as month:
        yield month


@pytest.fixture
def bolt(as_program: AsProgram) -> Program:
    """A program of bolt, which reads only."""
    return as_program("bolt", READ)


@pytest.fixture
def north(as_program: AsProgram) -> Program:
    """A program of north, which reads only."""
    return as_program("north", READ)


def found(program: Program, query: str = "") -> list[str]:
    """The MSPs of a list, in its order."""
    status, answer = program.get(f"/reports{query}")
    assert status == 200, answer
    return [one["msp"] for one in answer["items"]]


class TestList:
    def test_shows_a_distributor_the_reports_of_its_msps(self, north: Program) -> None:
        assert found(north) == ["bolt", "coil", "echo", "fern", "gale"]

    def test_shows_a_vendor_all_below_it(self, as_program: AsProgram) -> None:
        assert found(as_program("acme-vendor", READ)) == ["bolt", "coil", "dune", "echo", "fern", "gale"]

    def test_shows_an_msp_its_own(self, bolt: Program) -> None:
        assert found(bolt) == ["bolt"]
        assert found(bolt, "?msp=coil") == []

    def test_says_what_there_is_to_know_of_a_report(self, north: Program) -> None:
        row = north.get("/reports?msp=coil")[1]["items"][0]
        assert row == {
            "cycle": "2026-10", "msp": "coil", "msp_name": "Coil Services", "company_id": "", "distributor": "north",
            "status": "under_review", "submission": "manual", "flags": ["commented", "changed"], "has_access": True,
            "deadline": "2026-11-07T00:00:00Z", "submitted_at": "2026-11-03T10:00:00Z", "approved_at": None, "time_zone": "UTC",
            "version": 3, "line_count": 2, "changed_lines": 1, "commented_lines": 1, "penalty_lines": 0, "stake": "5",
            "chargeable": "35", "default": "40", "lines": None,
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("query", "msps"),
        [
            ("?cycle=2026-10", ["bolt", "coil", "echo", "fern", "gale"]),
            ("?cycle=2026-09", []),
            ("?from=2026-10&to=2026-10", ["bolt", "coil", "echo", "fern", "gale"]),
            ("?from=2026-11", []),
            ("?to=2026-09", []),
            ("?status=rejected", ["echo"]),
            ("?status=under_review", ["coil", "gale"]),
            ("?submission=automatic_with_penalty", ["gale"]),
            ("?flag=may_require_review", ["gale"]),
            ("?flag=penalty", ["gale"]),
            ("?flag=commented", ["bolt", "coil", "echo", "fern"]),
            ("?flag=on_behalf", []),
            ("?search=SERV", ["coil"]),
            ("?search=%20echo%20", ["echo"]),
            ("?msp=fern", ["fern"]),
            ("?distributor=north&status=approved", ["fern"]),
            ("?distributor=south", []),
            ("?waiting=true", ["coil", "gale"]),
            ("?waiting=true&status=rejected", []),
            ("?order=-stake", ["gale", "echo", "coil", "bolt", "fern"]),
        ],
    )
    def test_can_be_narrowed_and_sorted(self, north: Program, query: str, msps: list[str]) -> None:
        assert sorted(found(north, query)) == sorted(msps)
        assert "order" not in query or found(north, query)[0] == msps[0]

    def test_knows_every_flag_of_the_inbox(self) -> None:
        assert list(FLAG_ASKED.values()) == list(FLAGS)

    def test_says_what_waits_for_whom(self, as_program: AsProgram, bolt: Program) -> None:
        assert found(bolt, "?waiting=true") == ["bolt"]
        assert found(as_program("south", READ), "?waiting=true") == ["dune"]
        assert found(as_program("coil", READ), "?waiting=true") == []
        assert found(as_program("acme-vendor", READ), "?waiting=true") == []

    @pytest.mark.parametrize("order", [order.value for order in Order])
    def test_goes_on_where_a_page_ended(self, as_program: AsProgram, order: str) -> None:
        program = as_program("acme-vendor", READ)
        whole = [one["msp"] for one in program.get(f"/reports?order={order}")[1]["items"]]
        assert [one["msp"] for one in pages(program, f"/reports?order={order}&limit=1")] == whole
        assert len(whole) == 6

    def test_links_to_the_next_page(self, north: Program) -> None:
        answer = north.call("GET", "/reports?limit=2&status=under_review&order=-stake&fields=msp")
        assert answer.get("Link") is None
        answer = north.call("GET", "/reports?limit=1&status=under_review")
        assert "status=under_review" in answer["Link"]
        assert answer["Link"].endswith('rel="next"')

    def test_is_not_shifted_by_what_changes_meanwhile(self, north: Program) -> None:
        first = north.get("/reports?order=partner&limit=2")[1]
        Report.objects.filter(msp_ref="bolt").update(searched="zzz")
        rest = north.get(f"/reports?order=partner&limit=9&cursor={first['next']}")[1]
        assert [one["msp"] for one in rest["items"]] == ["echo", "fern", "gale", "bolt"]

    @pytest.mark.parametrize(
        "place",
        [
            "nonsense",
            ["-stake", "5", "2026-10", "coil", 1],
            ["-cycle", "2026-13-01", "2026-10", "coil", 1],
            ["-cycle", "2026-10-01", "2026-10", "co\0il", 1],
            ["-cycle", "2026-10-01", "2026-10", "co\ud800il", 1],
            ["-cycle", "2026-10-01", "2026-10", "coil", 2**70],
            ["-cycle", "2026-10-01", "2026-10", "coil"],
        ],
    )
    def test_refuses_a_cursor_of_something_else(self, north: Program, place: Any) -> None:
        cursor = base64.urlsafe_b64encode(json.dumps(place).encode()).decode() if isinstance(place, list) else place
        status, problem = north.get(f"/reports?cursor={cursor}")
        assert (status, problem["errors"][0]["path"], problem["errors"][0]["code"]) == (422, "/query/cursor", "bad_cursor")

    @pytest.mark.parametrize(
        ("order", "value"), [("stake", "NaN"), ("stake", "1e99"), ("lines", "x"), ("deadline", "then"), ("partner", "\0")]
    )
    def test_refuses_a_cursor_with_a_value_that_cannot_be(self, north: Program, order: str, value: str) -> None:
        cursor = base64.urlsafe_b64encode(json.dumps([order, value, "2026-10", "coil", 1]).encode()).decode()
        assert north.get(f"/reports?order={order}&cursor={cursor}")[0] == 422

    @pytest.mark.parametrize(
        ("query", "path"),
        [
            ("?status=lost", "/query/status"), ("?flag=red", "/query/flag"), ("?order=color", "/query/order"),
            ("?cycle=2026-13", "/query/cycle"), ("?from=yesterday", "/query/from"), ("?limit=0", "/query/limit"),
            ("?limit=201", "/query/limit"), ("?fields=msp,purchase_price", "/query/fields"), ("?expand=everything", "/query/expand"),
            ("?search=%00", "/query/search"), ("?waiting=perhaps", "/query/waiting"),
        ],
    )  # fmt: skip
    def test_refuses_what_it_does_not_know(self, north: Program, query: str, path: str) -> None:
        status, problem = north.get(f"/reports{query}")
        assert (status, problem["errors"][0]["path"]) == (422, path)

    def test_gives_only_the_fields_that_are_asked_for(self, north: Program) -> None:
        answer = north.get("/reports?fields=msp,stake,deadline&limit=1")[1]
        assert answer["items"] == [{"msp": "bolt", "stake": "2", "deadline": "2026-11-06T23:00:00Z"}]
        assert north.get(f"/reports?fields=msp,stake,deadline&limit=9&cursor={answer['next']}")[1]["items"][0]["msp"] == "coil"

    def test_gives_the_lines_with_it(self, north: Program) -> None:
        listed = {one["msp"]: one["lines"] for one in north.get("/reports?expand=lines")[1]["items"]}
        assert listed["coil"] == north.get("/reports/2026-10/coil?expand=lines")[1]["lines"]

    @pytest.mark.parametrize("value", ["2026-10-01\0", "bolt\ud800"])
    def test_refuses_a_place_that_no_database_could_be_asked_for(self, north: Program, value: str) -> None:
        place = ["-cycle", "2026-10-01", "2026-10", value, 1]
        cursor = base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")
        assert north.get(f"/reports?cursor={cursor}")[1]["errors"][0]["code"] == "bad_cursor"

    def test_is_asked_for_in_a_fixed_number_of_queries(self, bolt: Program, north: Program) -> None:
        assert queries(north, "/reports", "/reports?expand=lines") == {"/reports": 3, "/reports?expand=lines": 4}
        assert queries(bolt, "/reports", "/reports?expand=lines") == {"/reports": 4, "/reports?expand=lines": 5}


class TestCounts:
    def test_say_what_each_choice_would_leave(self, north: Program) -> None:
        counts = north.get("/reports/counts?status=under_review&cycle=2026-10")[1]
        assert counts["total"] == 2
        assert counts["statuses"] == {"msp_preparing": 1, "under_review": 2, "approved": 1, "rejected": 1}
        assert counts["submissions"] == {"manual": 1, "automatic": 0, "automatic_with_penalty": 1, "returned": 0}

    @pytest.mark.parametrize("query", ["", "?waiting=true", "?search=bolt", "?flag=penalty", "?submission=manual", "?cycle=2026-09"])
    def test_are_those_of_the_list(self, north: Program, query: str) -> None:
        assert north.get(f"/reports/counts{query}")[1]["total"] == len(found(north, query))

    def test_are_of_what_somebody_sees(self, bolt: Program, as_program: AsProgram) -> None:
        assert bolt.get("/reports/counts")[1]["total"] == 1
        status, problem = as_program("dune", READ).get("/reports/counts")
        assert (status, problem["code"]) == (403, "not_allowed")

    def test_refuse_what_they_do_not_know(self, north: Program) -> None:
        status, problem = north.get("/reports/counts?status=lost")
        assert (status, problem["errors"][0]["path"]) == (422, "/query/status")


class TestWaiting:
    def test_says_what_there_is_to_do(self, as_program: AsProgram) -> None:
        status, found = as_program("north").get("/waiting")
        assert (status, found["next"]) == (200, None)
        assert found["items"][0] == {
            "kind": "to_review", "count": 2, "cycle": "2026-10", "msp": None, "msp_name": None, "on_behalf": False, "deadline": None,
            "since": "2026-11-03T01:00:00Z", "stake": "35", "sources": [],
        }  # fmt: skip

    def test_is_the_most_urgent_first(self, as_program: AsProgram) -> None:
        item = as_program("bolt").get("/waiting")[1]["items"][0]
        assert (item["kind"], item["msp"], item["deadline"]) == ("to_prepare", "bolt", "2026-11-06T23:00:00Z")
        south = as_program("south").get("/waiting")[1]["items"]
        assert [(one["kind"], one["msp"], one["on_behalf"]) for one in south] == [("to_prepare", "dune", True)]

    def test_is_nothing_for_who_may_do_nothing(self, bolt: Program, as_program: AsProgram) -> None:
        assert bolt.get("/waiting")[1] == {"items": [], "next": None}
        assert as_program("dune").get("/waiting")[1]["items"] == []

    def test_needs_the_scope(self, as_program: AsProgram) -> None:
        for path in ("/waiting", "/reports/counts"):
            assert as_program("north", Scope.NETWORK_READ).get(path)[1]["code"] == "missing_scope"
