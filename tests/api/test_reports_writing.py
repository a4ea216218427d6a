"""Editing, submitting and reviewing reports: what is done, what is refused and why, and two at once."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from tests.api.conftest import AsProgram, Program
from tests.api.october import ENDPOINT, WORKSPACE, do, edit, line_of, paths, standing, tag_of
from tests.reports.month import October
from trueup.accounts.rules import Scope

pytestmark = pytest.mark.django_db

NOW = "2026-11-03T12:00:00Z"


@pytest.fixture(scope="module")
def closed(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[October]:
    """One month for all tests here: each takes back what it did."""
    with django_db_blocker.unblock(), standing(tmp_path_factory.mktemp("october")) as month:
        yield month


@pytest.fixture
def bolt(closed: October, as_program: AsProgram) -> Program:
    """A program of bolt that prepares."""
    return as_program("bolt", Scope.REPORTS_READ, Scope.REPORTS_PREPARE)


@pytest.fixture
def north(closed: October, as_program: AsProgram) -> Program:
    """A program of north that reviews."""
    return as_program("north", Scope.REPORTS_READ, Scope.REPORTS_REVIEW)


VERBS: dict[str, tuple[str, Any]] = {
    "lines": ("PATCH", {"lines": [{"service": ENDPOINT, "comment": "rolling out"}]}),
    "submit": ("POST", None),
    "approve": ("POST", None),
    "reject": ("POST", {"reason": "explain"}),
    "regenerate": ("POST", None),
    "waivers": ("POST", {"service": ENDPOINT, "reason": "agreed"}),
}
PREPARING = frozenset({"lines", "submit"})


@pytest.mark.parametrize("verb", VERBS)
class TestEveryChange:
    def test_says_which_version_it_is_for(self, closed: October, as_program: AsProgram, verb: str) -> None:
        method, body = VERBS[verb]
        program = as_program("bolt" if verb in PREPARING else "north")
        for headers, status, code in (
            ({}, 428, "precondition_required"),
            ({"if_match": "2"}, 400, "bad_if_match"),
            ({"if_match": '"999"'}, 412, "stale"),
            ({"if_match": '"x"'}, 412, "stale"),
        ):
            answer = program.call(method, f"/reports/2026-10/bolt/{verb}", body, **headers)
            problem = json.loads(answer.content)
            assert (answer.status_code, problem["code"]) == (status, code)
        assert answer["ETag"] == tag_of(program)
        assert problem["current"] == program.get("/reports/2026-10/bolt?expand=lines")[1]
        assert closed.events("bolt") == [("system", "generated")]

    def test_is_not_for_a_stranger(self, closed: October, as_program: AsProgram, verb: str) -> None:
        method, body = VERBS[verb]
        for account in ("coil", "south") if verb in PREPARING else ("south",):
            program = as_program(account)
            real = program.call(method, f"/reports/2026-10/bolt/{verb}", body, if_match="*")
            invented = program.call(method, f"/reports/2026-10/nobody/{verb}", body, if_match="*")
            assert real.status_code == invented.status_code == 404
            assert real.content.replace(b"bolt", b"nobody") == invented.content

    def test_needs_its_scope(self, closed: October, as_program: AsProgram, verb: str) -> None:
        method, body = VERBS[verb]
        program = as_program("north", Scope.REPORTS_READ, Scope.REPORTS_REVIEW if verb in PREPARING else Scope.REPORTS_PREPARE)
        answer = program.call(method, f"/reports/2026-10/bolt/{verb}", body, if_match="*")
        assert (answer.status_code, json.loads(answer.content)["code"]) == (403, "missing_scope")

    def test_is_of_whom_the_workflow_says(self, closed: October, as_program: AsProgram, verb: str) -> None:
        method, body = VERBS[verb]
        other = as_program("north", Scope.REPORTS_READ, Scope.REPORTS_PREPARE, Scope.REPORTS_REVIEW)
        answer = other.call(method, f"/reports/2026-10/bolt/{verb}", body, if_match="*")
        assert answer.status_code == (403 if verb in PREPARING else 200 if verb == "regenerate" else 409)


@pytest.mark.parametrize("verb", sorted(PREPARING))
class TestWithoutAccess:
    @pytest.mark.parametrize("tag", ["*", '"999"'])
    def test_an_msp_is_told_why_and_nothing_else(self, closed: October, as_program: AsProgram, verb: str, tag: str) -> None:
        method, body = VERBS[verb]
        answer = as_program("dune").call(method, f"/reports/2026-10/dune/{verb}", body, if_match=tag)
        problem = json.loads(answer.content)
        assert (answer.status_code, problem["code"]) == (403, "not_allowed")
        assert "latam" in problem["detail"]
        assert set(problem) == {"type", "title", "status", "code", "detail"}


class TestEdit:
    def test_saves_and_answers_the_report(self, bolt: Program) -> None:
        answer = bolt.call(
            "PATCH", "/reports/2026-10/bolt/lines",
            {"lines": [{"service": ENDPOINT, "chargeable_units": "35", "comment": " rolling out ", "reason": "onboarding"}]},
            if_match=tag_of(bolt),
        )  # fmt: skip
        report = json.loads(answer.content)
        line = line_of(report, ENDPOINT)
        assert (line["chargeable_units"], line["chargeable"], line["default_chargeable"]) == ("35", "35", "31")
        assert (line["comment"], line["reason"]) == ("rolling out", "onboarding")
        assert answer["ETag"] == f'"{report["version"]}"' == tag_of(bolt) == '"2"'
        assert report == bolt.get("/reports/2026-10/bolt?expand=lines")[1]
        step = bolt.get("/reports/2026-10/bolt/history")[1]["items"][-1]
        assert (step["event"], step["actor"], step["actor_kind"]) == ("draft_saved", "Program of bolt", "client")

    def test_takes_what_was_read(self, bolt: Program) -> None:
        edit(bolt, {"service": WORKSPACE, "chargeable_units": 11, "comment": "one left"})
        lines = bolt.get("/reports/2026-10/bolt/lines")[1]["items"]
        edits = [{name: line[name] for name in ("service", "chargeable_units", "comment", "reason")} for line in lines]
        status, report = edit(bolt, *edits)
        assert (status, report["version"]) == (200, 2)  # nothing has changed

    def test_takes_edits_back(self, bolt: Program) -> None:
        edit(bolt, {"service": ENDPOINT, "chargeable_units": "35", "comment": "rolling out", "reason": "onboarding"})
        status, report = edit(bolt, {"service": ENDPOINT, "chargeable_units": None, "comment": None, "reason": ""})
        line = line_of(report, ENDPOINT)
        assert (status, line["chargeable_units"], line["chargeable"], line["comment"], line["reason"]) == (200, None, "31", "", "")

    def test_leaves_what_is_not_named(self, bolt: Program) -> None:
        edit(bolt, {"service": ENDPOINT, "chargeable_units": "35", "comment": "rolling out"})
        line = line_of(edit(bolt, {"service": ENDPOINT, "comment": "rolling out until Friday"})[1], ENDPOINT)
        assert (line["chargeable_units"], line["comment"]) == ("35", "rolling out until Friday")

    @pytest.mark.parametrize(
        ("wrong", "path", "code"),
        [
            ({"service": ENDPOINT, "chargeable_units": "3.5"}, "/lines/1/chargeable_units", "not_readable"),
            ({"service": ENDPOINT, "chargeable_units": "-1"}, "/lines/1/chargeable_units", "not_readable"),
            ({"service": ENDPOINT, "chargeable_units": "many"}, "/lines/1/chargeable_units", "not_readable"),
            ({"service": ENDPOINT, "chargeable_units": -1}, "/lines/1/chargeable_units", "not_readable"),
            ({"service": ENDPOINT, "chargeable_units": 35.5}, "/lines/1/chargeable_units", "invalid"),
            ({"service": ENDPOINT, "chargeable_units": True}, "/lines/1/chargeable_units", "invalid"),
            ({"service": ENDPOINT, "chargeable_units": "1e1"}, "/lines/1/chargeable_units", "invalid"),
            ({"service": ENDPOINT, "chargeable_units": "١٢"}, "/lines/1/chargeable_units", "invalid"),
            ({"service": ENDPOINT, "chargeable_units": "+12"}, "/lines/1/chargeable_units", "invalid"),
            ({"service": ENDPOINT, "chargeable_units": ["35"]}, "/lines/1/chargeable_units", "not_readable"),
            ({"service": ENDPOINT, "comment": "x" * 4001}, "/lines/1/comment", "not_readable"),
            ({"service": ENDPOINT, "comment": "a\0b"}, "/lines/1/comment", "invalid"),
            ({"service": ENDPOINT, "reason": "Not Snake"}, "/lines/1/reason", "not_readable"),
            ({"service": "nothing"}, "/lines/1/service", "unknown_service"),
            ({"service": WORKSPACE}, "/lines/1/service", "twice"),
            ({"service": ENDPOINT, "provisioned": "1"}, "/lines/1/provisioned", "unknown_field"),
            ({"comment": "of what?"}, "/lines/1/service", "missing"),
        ],
    )
    def test_saves_nothing_if_one_field_is_wrong(self, bolt: Program, wrong: dict[str, Any], path: str, code: str) -> None:
        status, problem = edit(bolt, {"service": WORKSPACE, "chargeable_units": "11"}, wrong)
        assert (status, problem["code"], paths(problem)) == (422, "invalid", [(path, code)])
        report = bolt.get("/reports/2026-10/bolt?expand=lines")[1]
        assert (report["version"], line_of(report, WORKSPACE)["chargeable_units"]) == (1, None)

    def test_names_everything_that_is_wrong_in_a_line(self, bolt: Program) -> None:
        status, problem = edit(bolt, {"service": ENDPOINT, "chargeable_units": "x", "comment": "x" * 4001, "reason": "No"})
        assert (status, [path for path, _ in paths(problem)]) == (422, ["/lines/0/chargeable_units", "/lines/0/comment", "/lines/0/reason"])

    @pytest.mark.parametrize(
        "body",
        [
            b"{",
            b"[]",
            b'{"lines": 1}',
            b'{"lines": [1]}',
            b"{}",
            b'{"lines": [], "force": true}',
            b'{"lines": [{"service": "\\ud800"}]}',
            b"",
        ],
    )
    def test_refuses_what_is_no_edit(self, bolt: Program, body: bytes) -> None:
        assert bolt.call("PATCH", "/reports/2026-10/bolt/lines", body, if_match="*").status_code in (400, 422)

    def test_is_stale_if_somebody_was_faster(self, bolt: Program, closed: October) -> None:
        seen = tag_of(bolt)
        closed.edit("bolt", ENDPOINT, by="admin@bolt.example", chargeable="33")
        answer = bolt.call("PATCH", "/reports/2026-10/bolt/lines", {"lines": [{"service": ENDPOINT, "comment": "mine"}]}, if_match=seen)
        problem = json.loads(answer.content)
        assert (answer.status_code, problem["code"], answer["ETag"]) == (412, "stale", '"2"')
        assert "admin@bolt.example saved a draft" in problem["detail"]
        assert line_of(problem["current"], ENDPOINT)["chargeable_units"] == "33"
        status, report = edit(bolt, {"service": ENDPOINT, "comment": "mine"}, tag=answer["ETag"])
        assert (status, line_of(report, ENDPOINT)["comment"]) == (200, "mine")

    def test_is_a_conflict_once_submitted(self, bolt: Program) -> None:
        edit(bolt, {"service": ENDPOINT, "comment": "rolling out"})
        do(bolt, "submit")
        status, problem = edit(bolt, {"service": ENDPOINT, "comment": "more"})
        assert (status, problem["code"]) == (409, "conflict")

    def test_of_an_msp_without_access_is_its_distributors(self, closed: October, as_program: AsProgram) -> None:
        south = as_program("south", Scope.REPORTS_READ, Scope.REPORTS_PREPARE)
        status, report = edit(south, {"service": ENDPOINT, "comment": "hotel is being refurbished"}, msp="dune")
        assert (status, report["has_access"], report["flags"]) == (200, False, ["on_behalf", "commented"])
        assert do(south, "submit", msp="dune")[1]["status"] == "under_review"


class TestSubmit:
    def test_names_every_issue_that_blocks_it(self, bolt: Program) -> None:
        edit(bolt, {"service": WORKSPACE, "chargeable_units": "11"})
        status, problem = do(bolt, "submit")
        assert (status, problem["code"]) == (422, "invalid")
        assert paths(problem) == [("/lines/0/comment", "changed_without_comment"), ("/lines/1/comment", "over_provisioned")]
        assert bolt.get("/reports/2026-10/bolt")[1]["status"] == "msp_preparing"

    def test_puts_it_under_review(self, bolt: Program) -> None:
        edit(bolt, {"service": ENDPOINT, "comment": "rolling out"})
        answer = bolt.call("POST", "/reports/2026-10/bolt/submit", {"comment": "as agreed"}, if_match=tag_of(bolt))
        report = json.loads(answer.content)
        assert (report["status"], report["submission"], report["comment"]) == ("under_review", "manual", "as agreed")
        assert (report["submitted_at"], report["may"], answer["ETag"]) == (NOW, [], '"3"')

    def test_says_so_if_it_is_approved_at_once(self, closed: October, as_program: AsProgram) -> None:
        status, report = do(as_program("coil"), "submit", msp="coil")
        assert (status, report["status"], report["approved_at"]) == (200, "approved", NOW)

    def test_is_a_conflict_the_second_time(self, bolt: Program) -> None:
        edit(bolt, {"service": ENDPOINT, "comment": "rolling out"})
        seen = tag_of(bolt)
        assert do(bolt, "submit", tag=seen)[0] == 200
        assert do(bolt, "submit", tag=seen)[0] == 412
        status, problem = do(bolt, "submit", tag="*")
        assert (status, problem["code"]) == (409, "conflict")

    def test_refuses_a_comment_that_is_too_long(self, bolt: Program) -> None:
        edit(bolt, {"service": ENDPOINT, "comment": "rolling out"})
        status, problem = do(bolt, "submit", {"comment": "x" * 4001})
        assert (status, paths(problem)) == (422, [("/comment", "invalid")])

    def test_happens_once_with_the_same_key(self, bolt: Program) -> None:
        edit(bolt, {"service": ENDPOINT, "comment": "rolling out"})
        seen = tag_of(bolt)
        first = bolt.call("POST", "/reports/2026-10/bolt/submit", if_match=seen, idempotency_key="november")
        again = bolt.call("POST", "/reports/2026-10/bolt/submit", if_match=seen, idempotency_key="november")
        assert (first.status_code, again.status_code, again["Idempotent-Replayed"]) == (200, 200, "true")
        assert (first.content, first["ETag"]) == (again.content, again["ETag"])


@pytest.fixture
def under_review(closed: October) -> October:
    """bolt's report is under review, with a comment."""
    closed.edit("bolt", ENDPOINT, by="billing@bolt.example", chargeable="33", comment="rolling out")
    closed.submit("bolt", by="billing@bolt.example")
    return closed


class TestReview:
    def test_approves(self, under_review: October, north: Program) -> None:
        answer = north.call("POST", "/reports/2026-10/bolt/approve", {"comment": "fine"}, if_match=tag_of(north))
        report = json.loads(answer.content)
        assert (report["status"], report["approved_at"], answer["ETag"]) == ("approved", NOW, tag_of(north))
        status, problem = do(north, "approve")
        assert (status, problem["code"]) == (409, "conflict")

    def test_approves_nothing_that_was_not_seen(self, under_review: October, north: Program) -> None:
        seen = tag_of(north)
        under_review.reject("bolt", "why?", now="2026-11-03T11:00:00Z")
        status, problem = do(north, "approve", tag=seen)
        assert (status, problem["code"], problem["current"]["status"]) == (412, "stale", "rejected")
        assert problem["current"]["rejection"]["reason"] == "why?"

    def test_rejects_with_a_reason_and_lines(self, under_review: October, north: Program) -> None:
        status, report = do(north, "reject", {"reason": "still?", "lines": [ENDPOINT]})
        assert (status, report["status"], report["submission"]) == (200, "rejected", None)
        assert (report["rejection"]["reason"], report["rejection"]["services"]) == ("still?", [ENDPOINT])
        assert report["rejection"]["by"] == "Program of north"

    @pytest.mark.parametrize(
        ("body", "path", "code"),
        [
            ({}, "/reason", "missing"),
            ({"reason": "  "}, "/reason", "missing"),
            ({"reason": "x" * 4001}, "/reason", "invalid"),
            ({"reason": "a\0b"}, "/reason", "invalid"),
            ({"reason": "why", "lines": [ENDPOINT, "nothing"]}, "/lines/1", "unknown_service"),
            ({"reason": "why", "comment": "because"}, "/comment", "unknown_field"),
        ],
    )
    def test_rejects_nothing_without_a_reason(
        self, under_review: October, north: Program, body: dict[str, Any], path: str, code: str
    ) -> None:
        status, problem = do(north, "reject", body)
        assert (status, paths(problem)) == (422, [(path, code)])
        assert north.get("/reports/2026-10/bolt")[1]["status"] == "under_review"

    def test_waives_a_penalty(self, closed: October, north: Program) -> None:
        closed.edit("bolt", ENDPOINT, by="billing@bolt.example", chargeable="33")
        closed.deadline()
        before = north.get("/reports/2026-10/bolt?expand=lines")[1]
        assert (before["flags"], line_of(before, ENDPOINT)["chargeable"]) == (["may_require_review", "penalty", "changed"], "40")
        status, report = do(north, "waivers", {"service": ENDPOINT, "reason": "agreed"})
        line = line_of(report, ENDPOINT)
        assert (status, line["outcome"], line["chargeable"], report["flags"]) == (200, "waived", "33", ["may_require_review", "changed"])

    @pytest.mark.parametrize(
        ("body", "path", "code"),
        [
            ({"service": ENDPOINT, "reason": ""}, "/reason", "missing"),
            ({"service": ENDPOINT, "reason": "x" * 4001}, "/reason", "invalid"),
            ({"service": "nothing", "reason": "agreed"}, "/service", "unknown_service"),
            ({"reason": "agreed"}, "/service", "missing"),
        ],
    )
    def test_waives_nothing_without_line_and_reason(
        self, closed: October, north: Program, body: dict[str, Any], path: str, code: str
    ) -> None:
        closed.deadline()
        status, problem = do(north, "waivers", body)
        assert (status, paths(problem)) == (422, [(path, code)])

    def test_waives_nothing_where_there_is_nothing(self, closed: October, north: Program) -> None:
        closed.deadline()
        status, problem = do(north, "waivers", {"service": WORKSPACE, "reason": "agreed"})
        assert (status, problem["code"]) == (409, "conflict")

    def test_regenerates_nothing_that_was_not_seen(self, closed: October, north: Program) -> None:
        seen = tag_of(north)
        closed.edit("bolt", ENDPOINT, by="billing@bolt.example", comment="rolling out")
        assert do(north, "regenerate", tag=seen)[1]["code"] == "stale"
        assert closed.events("bolt")[-1] == ("billing@bolt.example", "draft_saved")

    def test_regenerates_nothing_under_review(self, under_review: October, north: Program) -> None:
        assert do(north, "regenerate")[1]["code"] == "conflict"

    def test_is_not_the_vendors(self, under_review: October, as_program: AsProgram) -> None:
        vendor = as_program("acme-vendor")
        assert vendor.get("/reports/2026-10/bolt")[1]["may"] == []
        assert do(vendor, "approve")[1]["code"] == "missing_scope"
