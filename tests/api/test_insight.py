"""Insight as programs read it: what was billed, how months were reviewed, what could be saved."""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from tests.api import money
from tests.api.conftest import AsProgram, Program
from tests.api.reading import errors, whole
from tests.reports.month import October
from trueup.accounts.rules import Scope
from trueup.catalog.rules import MeasureName

pytestmark = pytest.mark.django_db

SPAN = "from=2026-09&to=2026-11"


@pytest.fixture(scope="module", autouse=True)
def october(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[October]:
    """One month for all tests here: each takes back what it did."""
    with django_db_blocker.unblock(), money.standing(tmp_path_factory.mktemp("money")) as month:
        yield month


@pytest.fixture
def north(as_program: AsProgram) -> Program:
    return as_program("north")


def code(program: Program, path: str) -> tuple[int, str]:
    status, problem = program.get(path)
    return status, problem["code"]


class TestBilled:
    @pytest.mark.parametrize(
        ("account", "by", "expected"),
        [
            ("north", "month", [("2026-10", "62.4")]),
            ("north", "msp", [("bolt", "62.4"), ("coil", "0")]),
            ("bolt", "month", [("2026-10", "62.4")]),
            ("bolt", "service", [("workspace-security", "50.4"), ("endpoint-core", "12")]),
            ("acme-vendor", "msp", []),
            ("dune", "month", []),
        ],
    )
    def test_is_of_ones_own_side(self, as_program: AsProgram, account: str, by: str, expected: list[tuple[str, str]]) -> None:
        status, page = as_program(account).get(f"/insight/billed?{SPAN}&by={by}")
        assert (status, [(one["key"], one["amount"]) for one in page["items"]]) == (200, expected)

    def test_comes_in_pages(self, north: Program) -> None:
        pages = whole(north, f"/insight/billed?{SPAN}&by=service", 1)
        assert [one["key"] for page in pages for one in page] == ["workspace-security", "endpoint-core"]
        assert errors(north.get(f"/insight/billed?{SPAN}&cursor=WyJFVVIiLCJ4Il0")[1]) == {"/query/cursor": "bad_cursor"}

    @pytest.mark.parametrize(
        ("query", "path"),
        [
            ("from=2026-11&to=2026-10", "/query/to"),
            ("from=2020-01&to=2026-10", "/query/from"),
            ("from=2026-10&to=2026-10&by=day", "/query/by"),
            ("to=2026-10", "/query/from"),
        ],
    )
    def test_refuses_what_it_does_not_know(self, north: Program, query: str, path: str) -> None:
        status, problem = north.get(f"/insight/billed?{query}")
        assert (status, list(errors(problem))) == (422, [path])


class TestReview:
    def test_says_how_a_month_went(self, north: Program) -> None:
        (month,) = north.get(f"/insight/review?{SPAN}")[1]["items"]
        assert [month[name] for name in ("cycle", "reports", "provisioned", "over_provisioned", "penalties")] == [
            "2026-10",
            2,
            "59",
            "9",
            0,
        ]
        assert month["comments"] == {"agreed": 1}

    def test_is_for_distributors_and_vendors(self, as_program: AsProgram) -> None:
        assert as_program("acme-vendor").get(f"/insight/review?{SPAN}")[0] == 200
        assert code(as_program("bolt"), f"/insight/review?{SPAN}") == (403, "not_allowed")


class TestOfAReport:
    def test_says_what_to_deprovision(self, as_program: AsProgram, north: Program) -> None:
        status, found = as_program("bolt").get("/reports/2026-10/bolt/deprovision")
        (line,) = found["lines"]
        assert (status, found["msp_name"], line["service"], line["over_provisioned"]) == (200, "Bolt IT", "endpoint-core", "9")
        (dental,) = line["customers"]
        assert [dental[name] for name in ("customer", "provisioned", "used", "units")] == ["bolt-dental", "40", "31", "9"]
        assert (found["currency"], north.get("/reports/2026-10/bolt/deprovision")[1]) == ("EUR", found)

    def test_says_what_other_measures_come_to(self, as_program: AsProgram) -> None:
        status, found = as_program("bolt").get("/reports/2026-10/bolt/measures")
        assert (status, set(found["totals"])) == (200, {str(name) for name in MeasureName})
        seats, endpoints = found["lines"]
        assert (seats["measure"], endpoints["measure"]) == ("own_maxima", "group_peak_day")
        assert endpoints["by_measure"]["group_peak_day"] == {"provisioned": "40", "used": "31", "chargeable": "31"}
        assert (found["currency"], found["in_force"], found["totals"]["group_peak_day"]) == ("EUR", "62.4", "62.4")

    @pytest.mark.parametrize("part", ["deprovision", "measures"])
    def test_tells_money_to_its_parties_alone(self, as_program: AsProgram, part: str) -> None:
        path = f"/reports/2026-10/bolt/{part}"
        status, found = as_program("acme-vendor").get(path)
        assert (status, found["currency"]) == (200, "")
        for account in ("coil", "south"):
            assert code(as_program(account), path) == (404, "not_found")
        assert code(as_program("bolt", Scope.REPORTS_READ), path) == (403, "missing_scope")
