"""Reports in months of their own: measured anew, fifty lines at once, and several people at once."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from tests.api.conftest import AsProgram, Program
from tests.api.october import ENDPOINT, build, do, edit, line_of, paths, tag_of
from tests.reports.month import OPERATOR, October, at
from tests.world import FILE_NAME, NETWORK
from trueup.accounts.rules import Scope
from trueup.answers.models import KeptAnswer
from trueup.kit.errors import Conflict
from trueup.network.actions import apply


@pytest.fixture
def closed(db: None, ledger_home: Path, tmp_path: Path) -> October:
    """The month of tests/api/october.py."""
    return build(tmp_path)


class TestRegenerate:
    def test_measures_a_report_anew(self, closed: October, as_program: AsProgram) -> None:
        north = as_program("north")
        closed.edit("bolt", ENDPOINT, by="billing@bolt.example", chargeable="33", comment="rolling out")
        closed.deliver("2026-10-31,bolt-dental,endpoint-core,50,31,", now="2026-11-03T11:00:00Z")
        answer = north.call("POST", "/reports/2026-10/bolt/regenerate", {"comment": "late feed"}, if_match=tag_of(north))
        report = json.loads(answer.content)
        line = line_of(report, ENDPOINT)
        assert (answer.status_code, line["provisioned"], line["chargeable_units"]) == (200, "50", "33")
        assert "source_changed" in [issue["code"] for issue in line["issues"]]
        assert answer["ETag"] == f'"{report["version"]}"' == '"3"'

    def test_can_be_asked_anew_with_its_key_if_it_was_refused_after_the_pin(
        self, closed: October, as_program: AsProgram, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        north, path = as_program("north"), "/reports/2026-10/bolt/regenerate"
        headers = {"if_match": tag_of(north), "idempotency_key": "k"}

        def refuse(*_arguments: Any, **_more: Any) -> None:
            raise Conflict("not now")

        with monkeypatch.context() as meanwhile:
            meanwhile.setattr("trueup.reports.generating.incomplete_lines", refuse)
            assert north.call("POST", path, {}, **headers).status_code == 409
        assert not KeptAnswer.objects.exists()
        assert north.call("POST", path, {}, **headers).status_code == 200


class TestFifty:
    """Fifty lines in one call."""

    @pytest.fixture
    def wide(self, db: None, ledger_home: Path, tmp_path: Path, as_program: AsProgram) -> Program:
        services = [f"extra-{number:02d}" for number in range(50)]
        catalog = "".join(f"  - {{code: {code}, name: {code}, group: smb, unit: seat, measure: own_maxima}}\n" for code in services)
        network = NETWORK.replace("services:\n", f"services:\n{catalog}", 1)
        apply(OPERATOR, network, file_name=FILE_NAME, dry_run=False, now=at("2026-09-02T00:00:00Z"))
        october = October(tmp_path)
        october.deliver(*(f"2026-10-31,bolt-dental,{code},10,10," for code in services))
        october.close()
        return as_program("bolt", Scope.REPORTS_READ, Scope.REPORTS_PREPARE)

    def test_are_saved_together_or_not_at_all(self, wide: Program) -> None:
        edits = [{"service": f"extra-{number:02d}", "chargeable_units": str(number), "comment": "counted"} for number in range(50)]
        wrong = [dict(one) for one in edits]
        wrong[7]["chargeable_units"], wrong[31]["reason"], wrong[49]["service"] = "7.5", "No!", "extra-99"
        status, problem = edit(wide, *wrong)
        assert (status, paths(problem)) == (
            422,
            [
                ("/lines/7/chargeable_units", "not_readable"),
                ("/lines/31/reason", "not_readable"),
                ("/lines/49/service", "unknown_service"),
            ],
        )
        assert tag_of(wide) == '"1"'
        status, report = edit(wide, *edits)
        assert (status, report["version"], len(report["lines"])) == (200, 2, 50)
        assert [line["chargeable_units"] for line in report["lines"]] == [str(number) for number in range(50)]
        assert len(wide.get("/reports/2026-10/bolt/history")[1]["items"]) == 2


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_of_those_who_saw_the_same_one_wins(self, closed: October, as_program: AsProgram) -> None:
        program = as_program("bolt", Scope.REPORTS_READ, Scope.REPORTS_PREPARE)
        seen, together = tag_of(program), Barrier(4)

        def run(number: int) -> tuple[int, Any]:
            together.wait()
            try:
                return edit(Program(program.token), {"service": ENDPOINT, "chargeable_units": str(32 + number)}, tag=seen)
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(run, range(4)))
        assert sorted(status for status, _ in answers) == [200, 412, 412, 412]
        won = next(report for status, report in answers if status == 200)
        assert all(problem["current"] == won for status, problem in answers if status == 412)
        assert closed.events("bolt")[1:] == [("Program of bolt", "draft_saved")]

    def test_a_report_is_approved_once(self, closed: October, as_program: AsProgram) -> None:
        closed.edit("bolt", ENDPOINT, by="billing@bolt.example", comment="rolling out")
        closed.submit("bolt", by="billing@bolt.example")
        program, together = as_program("north"), Barrier(4)

        def run(_number: int) -> tuple[int, Any]:
            together.wait()
            try:
                return do(Program(program.token), "approve", tag="*")
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(run, range(4)))
        assert sorted(status for status, _ in answers) == [200, 409, 409, 409]
        assert [event for _, event in closed.events("bolt")].count("approved") == 1
