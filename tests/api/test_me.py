"""Who is calling, and everything that is the same for all operations."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.utils import OperationalError

from tests.api.conftest import AsProgram, Program, said, token_of_person
from tests.web.conftest import Clock
from trueup.accounts.models import ApiClient
from trueup.accounts.rules import Scope

pytestmark = pytest.mark.usefixtures("world")


class TestMe:
    def test_says_for_which_account_and_how_far_a_program_acts(self, as_program: AsProgram) -> None:
        status, me = as_program("bolt", Scope.USAGE_WRITE, Scope.REPORTS_READ).get("/me")
        assert (status, me["account"], me["tier"], me["kind"]) == (200, "bolt", "msp", "client")
        assert me["scopes"] == ["reports:read", "usage:write"]
        assert me["rights"] == ["read", "import_usage"]

    def test_says_what_a_person_may_do_with_the_command_line(self) -> None:
        status, me = Program(token_of_person("viewer@bolt.example")).get("/me")
        assert (status, me["kind"], me["name"], me["rights"]) == (200, "person", "viewer@bolt.example", ["read"])

    def test_is_refused_without_a_token(self) -> None:
        answer = Program(None).call("GET", "/me")
        assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
        assert answer["WWW-Authenticate"] == 'Bearer realm="TrueUp"'
        assert Program("nonsense").get("/me")[1]["code"] == "unauthenticated"

    def test_is_refused_once_the_client_is_revoked(self, as_program: AsProgram, clock: Clock) -> None:
        program = as_program("bolt")
        assert program.get("/me")[0] == 200
        ApiClient.objects.update(revoked_at=clock.at)
        assert program.get("/me")[0] == 401

    def test_notes_when_a_program_was_here(self, as_program: AsProgram, clock: Clock) -> None:
        as_program("bolt").get("/me")
        assert ApiClient.objects.get().last_used_at == clock.at


class TestEveryAnswer:
    def test_says_how_many_requests_are_left(self, as_program: AsProgram, settings: object) -> None:
        settings.TRUEUP_API_LIMIT = 2  # type: ignore[attr-defined]
        program = as_program("bolt")
        assert program.call("GET", "/me")["RateLimit"] == '"default";r=1;t=60'
        program.get("/me")
        refused = program.call("GET", "/me")
        assert (refused.status_code, refused["Retry-After"]) == (429, "60")

    def test_is_a_problem_document_where_there_is_nothing(self, as_program: AsProgram) -> None:
        status, problem = as_program("bolt").get("/nothing/here")
        assert (status, problem["code"]) == (404, "not_found")

    def test_names_the_methods_of_an_address(self, as_program: AsProgram) -> None:
        answer = as_program("bolt").call("DELETE", "/me")
        assert (answer.status_code, answer["Allow"]) == (405, "GET")

    def test_is_that_a_body_is_too_large_before_it_is_read(self, as_program: AsProgram, settings: Any) -> None:
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1 << 20
        answer = as_program("bolt").call("PUT", "/accounts/bolt-dental", b" " * ((1 << 20) + 1))
        assert (answer.status_code, said(answer)[1]["code"]) == (413, "too_large")

    def test_is_that_the_database_is_busy_also_where_only_the_caller_is_looked_up(self, as_program: AsProgram) -> None:
        program = as_program("bolt")

        def locked(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
            if sql.startswith("UPDATE"):
                raise OperationalError("database is locked")
            return execute(sql, *rest)

        with connection.execute_wrapper(locked):
            answer = program.call("GET", "/me")
        assert (answer.status_code, said(answer)[1]["code"], answer["Retry-After"]) == (503, "busy", "10")

    @pytest.mark.parametrize("place", ["\0", "\ud800"])
    def test_refuses_a_cursor_that_no_database_can_be_asked_for(self, as_program: AsProgram, place: str) -> None:
        cursor = base64.urlsafe_b64encode(json.dumps([place]).encode()).decode().rstrip("=")
        status, problem = as_program("bolt").get(f"/accounts?cursor={cursor}")
        assert (status, problem["errors"][0]["code"]) == (422, "bad_cursor")
