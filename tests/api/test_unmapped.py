"""Names nobody knows: what they may stand for, and many of them mapped at once."""

from typing import Any

import pytest
from django.db.utils import OperationalError

from tests.api.conftest import AsProgram, Program
from tests.api.reading import errors
from tests.reports.month import HEADER
from trueup.accounts.rules import Scope, Viewer
from trueup.ledger.actions import MappingResult, map_name

pytestmark = [pytest.mark.usefixtures("world", "ledger_home"), pytest.mark.django_db(transaction=True)]

ROWS = "2026-10-01,Dental Carre,EPC,4,3,\n2026-10-02,Dental Carre,email-core,5,5,\n2026-10-02,bolt-garage,Endpoint Security,6,6,\n"
MANUAL = {"source": "manual"}


@pytest.fixture
def vendor(as_program: AsProgram) -> Program:
    """The vendor's program, after usage with names nobody knows."""
    program = as_program("acme-vendor")
    sent = program.call("POST", "/usage?source=manual", f"{HEADER}\n{ROWS}".encode(), content_type="text/csv")
    assert sent.status_code == 201, sent.content
    return program


class TestSuggestions:
    def test_are_there_where_they_are_asked_for(self, vendor: Program) -> None:
        found = vendor.get("/unmapped?expand=suggestion")[1]["items"]
        assert {one["name"]: one["suggestion"] for one in found} == {
            "Dental Carre": {"code": "bolt-dental", "name": "Dental Care"},
            "Endpoint Security": {"code": "endpoint-core", "name": "Endpoint Security Core"},
            "EPC": None,
        }
        assert [one["suggestion"] for one in vendor.get("/unmapped")[1]["items"]] == [None] * 3
        assert vendor.get("/unmapped?expand=everything")[0] == 422

    def test_are_not_acted_upon(self, vendor: Program) -> None:
        vendor.get("/unmapped?expand=suggestion")
        assert vendor.get("/usage?month=2026-10")[1]["items"] == []


class TestManyAtOnce:
    def test_are_mapped_each_by_itself(self, vendor: Program) -> None:
        status, told = vendor.post("/mappings/batch", {"mappings": [
            {"name": "EPC", "service": "endpoint-core"} | MANUAL, {"name": "Nothing", "customer": "nobody"},
            {"name": "EPC", "service": "email-core"} | MANUAL, {"name": "x", "customer": "bolt-dental", "source": "nowhere"},
            {"name": "x"}, {"name": "Dental Carre", "customer": "bolt-dental"},
        ]})  # fmt: skip
        codes = [one["problem"] and one["problem"]["code"] for one in told["results"]]
        assert (status, told["mapped"], told["failed"]) == (200, 2, 4)
        assert codes == [None, "not_found", "conflict", "unknown_source", "one_of", None]
        assert [(one["name"], one["source"]) for one in told["results"]][:2] == [("EPC", "manual"), ("Nothing", None)]
        assert [one["replayed"] for one in told["results"]] == [0, 0, 0, 0, 0, 2]
        assert len(vendor.get("/usage?month=2026-10")[1]["items"]) == 2

    def test_are_told_that_the_ledger_was_busy(self, vendor: Program, monkeypatch: pytest.MonkeyPatch) -> None:
        mappings = [{"name": "EPC", "service": "endpoint-core"}, {"name": "Dental Carre", "customer": "bolt-dental"}]

        def busy(viewer: Viewer, name: str, **more: Any) -> MappingResult:
            if name != "EPC":
                raise OperationalError("database is locked")
            return map_name(viewer, name, **more)

        with monkeypatch.context() as meanwhile:
            meanwhile.setattr("trueup.api.endpoints.unmapped.map_name", busy)
            status, told = vendor.post("/mappings/batch", {"mappings": mappings})
        assert (status, [one["problem"] and one["problem"]["code"] for one in told["results"]]) == (200, [None, "busy"])
        assert vendor.post("/mappings/batch", {"mappings": mappings})[1]["mapped"] == 2

    def test_are_some_and_not_too_many(self, vendor: Program) -> None:
        one = {"name": "x", "customer": "bolt-dental"}
        bodies: list[dict[str, object]] = [{"mappings": []}, {"mappings": [one] * 101}, {}]
        for body in bodies:
            status, problem = vendor.post("/mappings/batch", body)
            assert (status, list(errors(problem))) == (422, ["/mappings"])
        status, problem = vendor.post("/mappings/batch", {"mappings": [one, {"name": ""}]})
        assert (status, list(errors(problem))) == (422, ["/mappings/1/name"])

    def test_are_a_vendors_matter(self, vendor: Program, as_program: AsProgram) -> None:
        body = {"mappings": [{"name": "EPC", "service": "endpoint-core"}]}
        assert as_program("north").post("/mappings/batch", body)[1]["code"] == "not_allowed"
        assert as_program("acme-vendor", Scope.USAGE_READ).post("/mappings/batch", body)[1]["code"] == "missing_scope"
