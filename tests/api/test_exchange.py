"""Mapping profiles and exports for programs."""

from pathlib import Path
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.api.conftest import AsProgram, Program
from tests.exchange.test_rules_profiles import IN, OUT
from tests.reports.month import October, at_times
from trueup.accounts.rules import Scope
from trueup.events.models import Event

pytestmark = pytest.mark.usefixtures("world")

MINE = "/mapping-profiles/mine"
NEW = {"if_none_match": "*"}


@pytest.fixture
def bolt(as_program: AsProgram) -> Program:
    """A program of bolt that may do everything."""
    return as_program("bolt")


def saved(program: Program, said: dict[str, Any] | None = None, path: str = MINE) -> str:
    """Save a profile; its ETag."""
    answer = program.call("PUT", path, said or OUT, **NEW)
    assert answer.status_code == 201, answer.content
    return answer["ETag"]


class TestProfiles:
    def test_are_those_of_the_account_and_the_built_in_ones(self, bolt: Program, as_program: AsProgram) -> None:
        saved(bolt)
        status, listed = bolt.get("/mapping-profiles")
        assert (status, [one["name"] for one in listed["items"]]) == (200, ["connectwise", "mine"])
        assert [one["name"] for one in as_program("north").get("/mapping-profiles")[1]["items"]] == ["connectwise"]

    def test_are_listed_in_pages(self, bolt: Program) -> None:
        saved(bolt)
        first = bolt.get("/mapping-profiles?limit=1")[1]
        rest = bolt.get(f"/mapping-profiles?limit=1&cursor={first['next']}")[1]
        assert ([one["name"] for one in rest["items"]], rest["next"]) == (["mine"], None)
        assert bolt.get("/mapping-profiles?cursor=x")[0] == 422

    def test_are_read_with_as_many_questions_whatever_there_is(
        self, bolt: Program, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for number in range(3):
            saved(bolt, path=f"/mapping-profiles/p{number}")
        for limit in (1, 200):
            with django_assert_num_queries(3):
                bolt.get(f"/mapping-profiles?limit={limit}")

    def test_are_shown_as_they_were_saved(self, bolt: Program) -> None:
        tag = saved(bolt)
        answer = bolt.call("GET", MINE)
        assert answer["ETag"] == tag
        shown = bolt.get(MINE)[1]
        assert shown["customers"]["bolt-garage"] == {"company": "GARAGE", "agreement": "", "agreement_id": ""}
        assert (shown["per"], shown["saved_by"], shown["saved_at"]) == ("customer", "Program of bolt", "2026-11-03T12:00:00Z")

    @pytest.mark.parametrize("name", ["mine", "nobodys"])
    def test_of_others_do_not_exist(self, bolt: Program, as_program: AsProgram, name: str) -> None:
        saved(bolt)
        for account in ("north", "coil", "acme-vendor"):
            status, problem = as_program(account).get(f"/mapping-profiles/{name}")
            assert (status, problem["detail"]) == (404, f"there is no mapping profile “{name}”")
            assert as_program(account).delete(f"/mapping-profiles/{name}", if_match="*")[0] == 404

    def test_need_a_scope(self, as_program: AsProgram) -> None:
        reader, writer = as_program("bolt", Scope.REPORTS_READ), as_program("bolt", Scope.USAGE_WRITE)
        assert reader.put(MINE, OUT, **NEW)[1]["code"] == "missing_scope"
        assert writer.get(MINE)[1]["code"] == "missing_scope"
        assert writer.put(MINE, IN, **NEW)[0] == 201
        assert reader.get(MINE)[0] == 200


class TestPut:
    def test_changes_what_was_seen(self, bolt: Program) -> None:
        tag = saved(bolt)
        answer = bolt.call("PUT", MINE, OUT | {"delimiter": ","}, if_match=tag)
        assert (answer.status_code, answer["ETag"] != tag) == (200, True)
        (event,) = Event.objects.filter(kind="mapping_profile_saved").order_by("-id")[:1]
        assert event.changes == [{"of": "mapping profile mine", "field": "delimiter", "before": ";", "after": ","}]

    def test_changes_nothing_a_second_time(self, bolt: Program) -> None:
        tag = saved(bolt)
        told = Event.objects.count()
        assert bolt.call("PUT", MINE, OUT, if_match=tag)["ETag"] == tag
        assert Event.objects.count() == told

    def test_is_refused_with_what_is_there_where_somebody_was_quicker(self, bolt: Program) -> None:
        tag = saved(bolt)
        bolt.put(MINE, OUT | {"delimiter": ","}, if_match=tag)
        answer = bolt.call("PUT", MINE, OUT | {"delimiter": "|"}, if_match=tag)
        assert (answer.status_code, answer["ETag"]) == (412, bolt.call("GET", MINE)["ETag"])
        assert bolt.put(MINE, OUT, if_match=tag)[1]["current"] == bolt.get(MINE)[1]

    def test_needs_to_say_what_was_seen(self, bolt: Program) -> None:
        assert bolt.put(MINE, OUT)[0] == 201
        assert bolt.put(MINE, OUT | {"delimiter": ","})[0] == 428
        assert bolt.put(MINE, OUT, **NEW)[1]["code"] == "exists"
        assert bolt.put(MINE, OUT, if_none_match='"x"')[0] == 400
        assert bolt.put("/mapping-profiles/other", OUT, if_match='"0123456789abcdef"')[0] == 412

    def test_says_where_a_profile_is_wrong(self, bolt: Program) -> None:
        columns = [{"heading": "x", "field": "price"}]
        status, problem = bolt.put(MINE, OUT | {"columns": columns, "customers": {"a/b": {"company": "x\ny"}}}, **NEW)
        assert (status, [one["path"] for one in problem["errors"]]) == (422, ["/columns/0/field", "/customers/a~1b/company"])
        assert bolt.put(MINE, OUT | {"colour": "red"}, **NEW)[1]["errors"][0]["path"] == "/colour"
        assert bolt.put("/mapping-profiles/a%20b", OUT, **NEW)[0] == 422

    def test_leaves_built_in_profiles_alone(self, bolt: Program) -> None:
        assert bolt.put("/mapping-profiles/connectwise", OUT, **NEW)[1]["code"] == "conflict"
        assert bolt.delete("/mapping-profiles/connectwise", if_match="*")[1]["code"] == "conflict"


class TestDelete:
    def test_removes_what_was_seen(self, bolt: Program) -> None:
        tag = saved(bolt)
        assert bolt.delete(MINE)[0] == 428
        assert bolt.delete(MINE, if_match='"0123456789abcdef"')[0] == 412
        assert bolt.call("DELETE", MINE, if_match=tag).status_code == 204
        assert bolt.get(MINE)[0] == 404
        assert bolt.delete(MINE, if_match=tag)[0] == 404
        assert bolt.delete("/mapping-profiles/no%20name", if_match="*")[0] == 404


@pytest.fixture
def october(transactional_db: None, ledger_home: Path, tmp_path: Path, world: None) -> October:
    """A month in which bolt over-provisioned."""
    month = October(tmp_path)
    month.deliver(*at_times("bolt-dental", "endpoint-core", "50", "30"), *at_times("bolt-garage", "endpoint-core", "20", "20"),
                  *at_times("dune-hotel", "endpoint-core", "8", "8"))  # fmt: skip
    month.close()
    return month


@pytest.mark.usefixtures("october")
class TestMappedReport:
    REPORT = "/reports/2026-10/bolt/mapped.csv"

    def test_is_a_file_with_a_row_for_each_customer(self, bolt: Program) -> None:
        answer = bolt.call("GET", f"{self.REPORT}?profile=connectwise")
        assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
        assert answer["Content-Disposition"] == 'attachment; filename="connectwise-2026-10-bolt.csv"'
        rows = [line.split(",") for line in answer.content.decode().splitlines()]
        assert [(row[0], row[3], row[4]) for row in rows[1:]] == [
            ("bolt-dental", "endpoint-core", "30"),
            ("bolt-garage", "endpoint-core", "20"),
        ]

    def test_is_the_same_file_each_time(self, bolt: Program) -> None:
        files = {bolt.call("GET", f"{self.REPORT}?profile=connectwise").content for _ in range(2)}
        assert len(files) == 1

    def test_has_a_row_for_each_line_if_asked(self, as_program: AsProgram) -> None:
        content = as_program("north").call("GET", f"{self.REPORT}?profile=connectwise&customers=false").content.decode()
        assert content.splitlines()[1].startswith("bolt,,Bolt IT,endpoint-core,50,")

    def test_is_made_by_the_callers_own_profile(self, bolt: Program, as_program: AsProgram) -> None:
        saved(bolt)
        assert bolt.call("GET", f"{self.REPORT}?profile=mine").content == b"Agreement;Qty;Price\r\nManaged;30;\r\nGarage Center;20;\r\n"
        assert as_program("north").get(f"{self.REPORT}?profile=mine")[0] == 404

    def test_is_refused(self, bolt: Program, as_program: AsProgram) -> None:
        saved(bolt, IN, "/mapping-profiles/feed")
        assert bolt.get(f"{self.REPORT}?profile=feed")[0] == 422
        assert bolt.get(self.REPORT)[0] == 422
        assert as_program("coil").get(f"{self.REPORT}?profile=connectwise")[0] == 404
        assert as_program("dune").get("/reports/2026-10/dune/mapped.csv?profile=connectwise")[0] == 403
        assert as_program("bolt", Scope.USAGE_READ).get(f"{self.REPORT}?profile=connectwise")[1]["code"] == "missing_scope"
