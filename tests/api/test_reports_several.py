"""Several reports in one call: each is done or refused for itself."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db.utils import OperationalError
from pytest_django import DjangoDbBlocker

from tests.api.conftest import AsProgram, Program
from tests.api.october import figures, pages, paths
from tests.reports.month import OCTOBER
from tests.web.month import Autumn, standing
from trueup.accounts.rules import Scope
from trueup.kit.errors import Busy
from trueup.reports.models import Report
from trueup.reports.several import Chosen, one_by_one

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def autumn(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Autumn]:
    """One month for all tests here: each takes back what it did."""
    with django_db_blocker.unblock(), standing(tmp_path_factory.mktemp("autumn")) as month:
        yield month


@pytest.fixture
def north(as_program: AsProgram) -> Program:
    """A program of north."""
    return as_program("north")


def seen(program: Program, *msps: str) -> list[dict[str, Any]]:
    """Reports in the version they have."""
    listed = program.get("/reports?fields=cycle,msp,version")[1]["items"]
    return [one for msp in msps for one in listed if one["msp"] == msp]


def version(msp: str) -> int:
    """The version a report has."""
    return Report.objects.get(msp_ref=msp).version


class TestApprove:
    def test_approves_each_that_was_seen(self, north: Program) -> None:
        status, answer = north.post("/reports/approve", {"reports": seen(north, "gale", "coil"), "comment": "Fine."})
        assert (status, answer["done"], answer["refused"]) == (200, 2, 0)
        assert answer["reports"] == [
            {"cycle": "2026-10", "msp": msp, "done": True, "problem": None, "status": "approved", "version": version(msp)}
            for msp in ("gale", "coil")
        ]
        last = pages(north, "/reports/2026-10/coil/history")[-1]
        assert (last["event"], last["actor_kind"]) == ("approved", "client")
        assert {"field": "review_comment", "before": None, "after": "Fine."} in last["changes"]

    def test_refuses_each_for_itself(self, north: Program) -> None:
        coil, gale, bolt, fern = seen(north, "coil", "gale", "bolt", "fern")
        others = [{"cycle": "2026-10", "msp": msp, "version": 1} for msp in ("dune", "nobody")]
        status, answer = north.post("/reports/approve", {"reports": [gale | {"version": gale["version"] - 1}, bolt, fern, *others, coil]})
        assert (status, answer["done"], answer["refused"]) == (200, 1, 5)
        assert [(one["msp"], one["problem"] and one["problem"]["code"], one["status"]) for one in answer["reports"]] == [
            ("gale", "stale", "under_review"),
            ("bolt", "conflict", "msp_preparing"),
            ("fern", "conflict", "approved"),
            ("dune", "not_found", None),
            ("nobody", "not_found", None),
            ("coil", None, "approved"),
        ]
        assert answer["reports"][0]["version"] == version("gale") == gale["version"]
        stranger, invented = (str(one).replace(one["msp"], "…") for one in answer["reports"][3:5])
        assert stranger == invented

    def test_takes_any_version_where_null_is_said(self, north: Program) -> None:
        answer = north.post("/reports/approve", {"reports": [{"cycle": "2026-10", "msp": "coil", "version": None}]})[1]
        assert answer["done"] == 1

    @pytest.mark.parametrize(
        ("body", "place"),
        [
            ({"reports": []}, "/reports"),
            ({}, "/reports"),
            ({"reports": [{"cycle": "2026-10", "msp": "coil"}]}, "/reports/0/version"),
            ({"reports": [{"cycle": "2026-10", "msp": "coil", "version": "3"}]}, "/reports/0/version"),
            ({"reports": [{"cycle": "2026-10", "msp": "coil", "version": 3.5}]}, "/reports/0/version"),
            ({"reports": [{"cycle": "2026-13", "msp": "coil", "version": 3}]}, "/reports/0/cycle"),
            ({"reports": [{"cycle": "2026-10", "msp": "co\0il", "version": 3}]}, "/reports/0/msp"),
            ({"reports": [{"cycle": "2026-10", "msp": "coil", "version": 3, "force": True}]}, "/reports/0/force"),
            ({"reports": [{"cycle": "2026-10", "msp": f"msp-{one}", "version": None} for one in range(101)]}, "/reports"),
        ],
    )
    def test_refuses_what_it_cannot_read(self, north: Program, body: dict[str, Any], place: str) -> None:
        status, problem = north.post("/reports/approve", body)
        assert (status, problem["errors"][0]["path"]) == (422, place)

    def test_does_nothing_for_a_report_that_is_named_twice(self, north: Program) -> None:
        coil, gale = seen(north, "coil", "gale")
        status, problem = north.post("/reports/approve", {"reports": [coil, gale, coil]})
        assert (status, paths(problem)) == (422, [("/reports/2", "twice")])
        assert version("coil") == coil["version"]

    def test_does_nothing_with_a_comment_that_is_too_long(self, north: Program) -> None:
        coil = seen(north, "coil")
        status, problem = north.post("/reports/approve", {"reports": coil, "comment": "x" * 4001})
        assert (status, problem["errors"][0]["path"]) == (422, "/comment")
        assert version("coil") == coil[0]["version"]

    def test_is_done_once_by_its_key(self, north: Program) -> None:
        body = {"reports": seen(north, "coil")}
        first, again = (north.call("POST", "/reports/approve", body, idempotency_key="approve-october") for _ in range(2))
        assert (first.content, again["Idempotent-Replayed"]) == (again.content, "true")
        assert version("coil") == body["reports"][0]["version"] + 1

    def test_is_for_reviewers(self, as_program: AsProgram) -> None:
        body = {"reports": [{"cycle": "2026-10", "msp": "coil", "version": None}]}
        for program in (as_program("coil"), as_program("acme-vendor"), as_program("north", Scope.REPORTS_READ, Scope.REPORTS_PREPARE)):
            assert program.post("/reports/approve", body)[1]["code"] == "missing_scope"


class TestRegenerate:
    def test_measures_each_anew(self, north: Program, autumn: Autumn) -> None:
        bolt, echo, coil = seen(north, "bolt", "echo", "coil")
        body = {"reports": [{"msp": one["msp"], "version": one["version"]} for one in (bolt, echo, coil)], "comment": "Late usage."}
        status, answer = north.post("/cycles/2026-10/regenerate", body)
        assert (status, answer["done"], answer["refused"]) == (200, 2, 1)
        assert [figures(one, "msp", "done", "status") for one in answer["reports"]] == [
            ["bolt", True, "msp_preparing"], ["echo", True, "rejected"], ["coil", False, "under_review"],
        ]  # fmt: skip
        assert answer["reports"][2]["problem"]["code"] == "conflict"
        assert [one["changed_lines"] for one in answer["reports"]] == [1, 0, 0]  # what came late is bolt's
        last = pages(north, "/reports/2026-10/bolt/history")[-1]
        assert last["event"] == "regenerated"
        assert {"field": "review_comment", "before": None, "after": "Late usage."} in last["changes"]

    def test_leaves_what_has_changed_since(self, north: Program) -> None:
        before = version("bolt")
        answer = north.post("/cycles/2026-10/regenerate", {"reports": [{"msp": "bolt", "version": before - 1}]})[1]
        assert (answer["reports"][0]["problem"]["code"], version("bolt")) == ("stale", before)

    def test_is_of_a_cycle_there_is(self, north: Program) -> None:
        status, problem = north.post("/cycles/2020-01/regenerate", {"reports": [{"msp": "bolt", "version": None}]})
        assert (status, problem["code"]) == (404, "not_found")
        assert north.post("/cycles/2020-13/regenerate", {"reports": [{"msp": "bolt", "version": None}]})[0] == 404

    @pytest.mark.parametrize(
        ("reports", "place"),
        [
            ([], "/reports"),
            ([{"msp": f"msp-{one}", "version": None} for one in range(51)], "/reports"),
            ([{"msp": "bolt", "version": None}] * 2, "/reports/1"),
        ],
    )
    def test_refuses_what_it_cannot_read(self, north: Program, reports: list[Any], place: str) -> None:
        status, problem = north.post("/cycles/2026-10/regenerate", {"reports": reports})
        assert (status, problem["errors"][0]["path"]) == (422, place)

    def test_is_for_reviewers(self, as_program: AsProgram) -> None:
        body = {"reports": [{"msp": "bolt", "version": None}]}
        for program in (as_program("bolt"), as_program("acme-vendor"), as_program("north", Scope.REPORTS_READ)):
            assert program.post("/cycles/2026-10/regenerate", body)[1]["code"] == "missing_scope"


class TestBusy:
    def test_leaves_the_others_for_later(self) -> None:
        tried = []

        def do(one: Chosen) -> int:
            tried.append(one.msp)
            if one.msp == "b":
                raise OperationalError("database is locked")
            return 2

        done = one_by_one([Chosen(OCTOBER, msp, None) for msp in "abc"], do)
        assert [(one.lines, type(one.refusal)) for one in done] == [(2, type(None)), (0, Busy), (0, Busy)]
        assert tried == ["a", "b"]
