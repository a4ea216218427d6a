"""Cycles: the calendar as programs read it."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from pytest_django import DjangoDbBlocker

from tests.api.conftest import AsProgram
from tests.api.october import queries
from tests.reports.month import OPERATOR, at
from tests.web.month import Autumn, standing
from trueup.accounts.rules import Scope
from trueup.cycles.actions import close
from trueup.kit.period import Month
from trueup.ledger.actions import import_usage

pytestmark = pytest.mark.django_db

READ = Scope.REPORTS_READ


@pytest.fixture(scope="module", autouse=True)
def autumn(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Autumn]:
    """One month for all tests here, and what a source that is expected daily delivered in November."""
    with django_db_blocker.unblock(), standing(tmp_path_factory.mktemp("autumn")) as month:
        file = month.october.folder / "november.csv"
        file.write_text("day,customer,service,provisioned_units,used_units\n2026-11-01,coil-bakery,workspace-security,1,1\n")
        import_usage(OPERATOR, file, source="rmm-feed", now=at("2026-11-03T09:00:00Z"))
        yield month


class TestList:
    def test_shows_months_and_the_reports_that_are_seen(self, as_program: AsProgram) -> None:
        november, october = as_program("north", READ).get("/cycles")[1]["items"]
        assert (november["cycle"], november["status"], november["closed_at"], november["as_of"]) == ("2026-11", "open", None, None)
        assert (november["closes_at"], sum(november["reports"].values())) == ("2026-12-01T00:00:00Z", 0)
        assert (october["cycle"], october["first_day"], october["last_day"]) == ("2026-10", "2026-10-01", "2026-10-31")
        assert (october["status"], october["closed_at"]) == ("closed", "2026-11-01T00:00:00Z")
        assert october["reports"] == {"msp_preparing": 1, "under_review": 2, "approved": 1, "rejected": 1}

    def test_counts_an_msp_only_its_own(self, as_program: AsProgram) -> None:
        october = as_program("coil", READ).get("/cycles")[1]["items"][1]
        assert october["reports"] == {"msp_preparing": 0, "under_review": 1, "approved": 0, "rejected": 0}

    @pytest.mark.parametrize("path", ["/cycles", "/cycles/2026-10"])
    def test_is_not_for_an_msp_without_access_which_is_told_why(self, as_program: AsProgram, path: str) -> None:
        status, problem = as_program("dune", READ).get(path)
        assert (status, problem["code"], "items" in problem) == (403, "not_allowed", False)
        assert "usage reports" in problem["detail"]

    def test_goes_on_where_a_page_ended(self, as_program: AsProgram) -> None:
        program = as_program("north", READ)
        first = program.get("/cycles?limit=1")[1]
        rest = program.get(f"/cycles?cursor={first['next']}")[1]
        assert [one["cycle"] for one in (*first["items"], *rest["items"])] == ["2026-11", "2026-10"]
        assert rest["next"] is None

    def test_shows_what_the_reports_come_to(self, as_program: AsProgram) -> None:
        north = as_program("north", READ)
        november, october = (one["figures"] for one in north.get("/cycles?expand=figures")[1]["items"])
        assert november == dict.fromkeys(("chargeable", "provisioned", "over_provisioned", "over_provisioned_percent"), "0") | {
            "reports": 0
        }
        rows = north.get("/reports?cycle=2026-10&fields=chargeable")[1]["items"]
        assert (october["reports"], Decimal(october["chargeable"])) == (5, sum(Decimal(row["chargeable"]) for row in rows))
        assert [one["figures"] for one in north.get("/cycles")[1]["items"]] == [None, None]

    def test_refuses_a_part_there_is_not(self, as_program: AsProgram) -> None:
        status, problem = as_program("north", READ).get("/cycles?expand=margins")
        assert (status, problem["errors"][0]["path"]) == (422, "/query/expand")


class TestCycle:
    def test_shows_how_far_its_reports_are(self, as_program: AsProgram) -> None:
        status, cycle = as_program("north", READ).get("/cycles/2026-10")
        assert (status, cycle["generated"], cycle["missing_days"]) == (200, True, [])
        assert cycle["deadlines"] == [
            {"at": "2026-11-06T00:00:00Z", "reports": 1, "overdue": False},
            {"at": "2026-11-06T23:00:00Z", "reports": 1, "overdue": False},
        ]
        assert (cycle["first_deadline"], cycle["last_deadline"]) == ("2026-11-06T00:00:00Z", "2026-11-06T23:00:00Z")

    def test_says_which_days_are_missing(self, as_program: AsProgram) -> None:
        cycle = as_program("acme-vendor", READ).get("/cycles/2026-11")[1]
        assert cycle["missing_days"] == [{"source": "rmm-feed", "days": ["2026-11-02"]}]

    def test_shows_an_msp_no_sources(self, as_program: AsProgram) -> None:
        cycle = as_program("bolt", READ).get("/cycles/2026-10")[1]
        assert (cycle["missing_days"], sum(cycle["reports"].values())) == (None, 1)

    def test_is_not_found_without_usage(self, as_program: AsProgram) -> None:
        for path in ("/cycles/2020-01", "/cycles/2020-01/calendar"):
            status, problem = as_program("north", READ).get(path)
            assert (status, problem["code"]) == (404, "not_found")
        assert as_program("north", READ).get("/cycles/2026-13")[0] == 404

    def test_is_there_once_it_is_closed(self, as_program: AsProgram) -> None:
        close(OPERATOR, Month(2026, 8), now=at("2026-11-03T11:00:00Z"))
        cycle = as_program("north", READ).get("/cycles/2026-08")[1]
        assert (cycle["status"], cycle["generated"], cycle["first_deadline"]) == ("closed", False, None)

    def test_is_asked_for_in_a_fixed_number_of_queries(self, as_program: AsProgram) -> None:
        paths = ("/cycles", "/cycles/2026-10", "/cycles/2026-10/calendar")
        assert queries(as_program("north", READ), *paths) == dict(zip(paths, (8, 12, 9), strict=True))


class TestCalendar:
    def test_shows_every_day_of_every_source(self, as_program: AsProgram) -> None:
        (feed,) = as_program("north", READ).get("/cycles/2026-11/calendar")[1]["items"]
        assert (feed["source"], feed["missing"], len(feed["days"])) == ("rmm-feed", 1, 30)
        assert feed["days"][:3] == [
            {"day": "2026-11-01", "state": "delivered"},
            {"day": "2026-11-02", "state": "missing"},
            {"day": "2026-11-03", "state": "to_come"},
        ]

    def test_is_not_for_an_msp(self, as_program: AsProgram) -> None:
        status, problem = as_program("bolt", READ).get("/cycles/2026-11/calendar")
        assert (status, problem["code"]) == (403, "not_allowed")

    @pytest.mark.parametrize("path", ["/cycles", "/cycles/2026-10", "/cycles/2026-10/calendar"])
    def test_needs_the_scope(self, as_program: AsProgram, path: str) -> None:
        assert as_program("north", Scope.NETWORK_READ).get(path)[1]["code"] == "missing_scope"
