"""Customers from a CSV, by a program."""

import json

import pytest

from tests.api.conftest import AsProgram, Program, said
from trueup.accounts.models import Account
from trueup.accounts.rules import Scope
from trueup.api.endpoints import customers

pytestmark = pytest.mark.usefixtures("world")

LIST = "ref,name,msp,from\nbolt-new,New Ltd,bolt,\nbolt-dental,Dental Group,bolt,\nbolt-garage,Garage Center,coil,2026-12-01\n"
BAD = "ref,name,msp,from\nbolt-new,,bolt,\nbolt-other,Other,nobody,\nbolt-day,Day,bolt,2026-13-01\nbolt-good,Good,bolt,\n"


def sent(program: Program, content: str | bytes, query: str = "", **headers: str) -> tuple[int, dict[str, object]]:
    body = content if isinstance(content, bytes) else content.encode()
    return said(program.call("POST", f"/customers{query}", body, **{"content_type": "text/csv", **headers}))


class TestImport:
    def test_adds_renames_and_moves(self, as_program: AsProgram) -> None:
        north = as_program("north")
        assert sent(north, LIST) == (200, {"dry_run": False, "added": 1, "renamed": 1, "moved": 1, "unchanged": 0})
        assert north.get("/accounts/bolt-new")[1]["name"] == "New Ltd"
        moved = north.get("/accounts/bolt-garage/placements")[1]["placements"]
        assert [(one["parent"], one["from"]) for one in moved] == [("bolt", None), ("coil", "2026-12-01")]

    def test_changes_nothing_the_second_time(self, as_program: AsProgram) -> None:
        north = as_program("north")
        sent(north, LIST)
        assert sent(north, LIST) == (200, {"dry_run": False, "added": 0, "renamed": 0, "moved": 0, "unchanged": 3})

    def test_says_in_a_dry_run_what_it_would_do(self, as_program: AsProgram) -> None:
        north = as_program("north")
        assert sent(north, LIST, "?dry_run=true") == (200, {"dry_run": True, "added": 1, "renamed": 1, "moved": 1, "unchanged": 0})
        assert not Account.objects.filter(ref="bolt-new").exists()

    @pytest.mark.parametrize("query", ["", "?dry_run=true"])
    def test_refuses_the_whole_list_and_names_every_bad_row(self, as_program: AsProgram, query: str) -> None:
        status, problem = sent(as_program("north"), BAD, query)
        assert (status, problem["code"], problem["refused_count"]) == (422, "rows_refused", 3)
        assert problem["errors"] == [
            {"code": "missing", "detail": "`name` is missing", "row": 1, "column": "name", "value": ""},
            {"code": "no_msp", "detail": "there is no MSP of this ref", "row": 2, "column": "msp", "value": "nobody"},
            {
                "code": "day", "detail": "`from` must be a day that exists, like 2026-10-16, not “2026-13-01”", "row": 3, "column": "from",
                "value": "2026-13-01",
            },
        ]  # fmt: skip
        assert not Account.objects.filter(ref="bolt-good").exists()

    def test_names_no_more_problems_than_an_answer_holds(self, as_program: AsProgram, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(customers, "MOST_REFUSALS", 2)
        problem = sent(as_program("north"), BAD)[1]
        assert (len(problem["errors"]), problem["refused_count"]) == (2, 3)  # type: ignore[arg-type]

    def test_knows_no_strangers(self, as_program: AsProgram) -> None:
        told = {sent(as_program("bolt"), f"ref,name,msp\nx,X,{msp}\n")[1]["errors"][0]["detail"] for msp in ("coil", "nobody")}  # type: ignore[index]
        assert told == {"there is no MSP of this ref"}
        assert sent(as_program("bolt"), "ref,name,msp\ncoil-bakery,Mine,bolt\n")[1]["errors"][0]["code"] == "taken"  # type: ignore[index]

    def test_is_answered_alike_for_the_same_key(self, as_program: AsProgram) -> None:
        north = as_program("north")
        first = sent(north, LIST, idempotency_key="monday")
        assert (sent(north, LIST, idempotency_key="monday"), first[1]["added"]) == (first, 1)

    @pytest.mark.parametrize(
        ("content", "code"),
        [(b"\n", "invalid"), (b"ref,name\n", "invalid"), (b"ref,name,msp\n\xff,x,bolt\n", "invalid"), (b'ref,name,msp\n"a', "invalid")],
    )
    def test_refuses_what_is_no_list_of_customers(self, as_program: AsProgram, content: bytes, code: str) -> None:
        status, problem = sent(as_program("north"), content)
        assert (status, problem["code"]) == (422, code)
        assert "/" not in str(problem["detail"])  # no path of ours

    @pytest.mark.parametrize(
        "headers",
        [{"content_type": "application/json"}, {"content_type": "text/csv; charset=utf-16"}, {"content_encoding": "gzip"}],
    )
    def test_refuses_what_is_no_csv(self, as_program: AsProgram, headers: dict[str, str]) -> None:
        answer = as_program("north").call("POST", "/customers", b"{}", **{"content_type": "text/csv", **headers})
        assert (answer.status_code, answer["Accept-Post"]) == (415, "text/csv")
        assert json.loads(answer.content)["code"] == "unsupported_media_type"

    def test_needs_the_scope(self, as_program: AsProgram) -> None:
        assert sent(as_program("north", Scope.NETWORK_READ), LIST)[1]["code"] == "missing_scope"
