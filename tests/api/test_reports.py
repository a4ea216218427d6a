"""Reading reports: their details, and what is behind them."""

import base64
import csv
import io
import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from tests.api.conftest import AsProgram, Program
from tests.api.october import figures, pages, queries
from tests.web.month import Autumn, standing
from trueup.accounts.rules import Scope
from trueup.cycles.models import Cycle
from trueup.reports.models import Report
from trueup.reports.queries import behind, charts, table
from trueup.web.pages.report_line import TITLES

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


class TestDetails:
    def test_say_everything_of_the_head(self, bolt: Program) -> None:
        answer = bolt.call("GET", "/reports/2026-10/bolt")
        report = json.loads(answer.content)
        assert answer["ETag"] == f'"{report["version"]}"'
        assert figures(report, "cycle", "from_date", "to_date", "msp_name", "city", "state") == [
            "2026-10", "2026-10-01", "2026-10-31", "Bolt IT", "Berlin", "BE",
        ]  # fmt: skip
        assert figures(report, "status", "submission", "deadline", "stake") == ["msp_preparing", None, "2026-11-06T23:00:00Z", "2"]
        assert report["terms"]["over_provision_percent"] == "10"
        assert report["terms"]["reminder_days_before"] == [3, 1, 0]
        assert figures(report, "lines", "groups", "issues", "forecast", "rejection") == [None] * 5

    def test_say_what_may_be_done(self, bolt: Program, as_program: AsProgram) -> None:
        assert bolt.get("/reports/2026-10/bolt")[1]["may"] == []
        assert as_program("bolt").get("/reports/2026-10/bolt")[1]["may"] == ["save_draft", "submit"]
        assert as_program("north").get("/reports/2026-10/coil")[1]["may"] == ["approve", "reject", "waive"]

    def test_show_the_parts_that_are_asked_for(self, bolt: Program) -> None:
        report = bolt.get("/reports/2026-10/bolt?expand=lines,groups,issues,forecast")[1]
        line = next(one for one in report["lines"] if one["service"] == "workspace-security")
        assert figures(line, "provisioned", "used", "credits", "default_chargeable", "chargeable_units", "chargeable") == [
            "40", "40", None, "40", "38", "38",
        ]  # fmt: skip
        assert figures(line, "comment", "reason", "outcome", "penalty") == ["Two were returned.", "returned", "as_saved", False]
        endpoint = next(one for one in report["lines"] if one["service"] == "endpoint-core")
        assert figures(endpoint, "provisioned", "used", "over_provisioned", "over_provisioned_percent", "credits", "days") == [
            "70", "50", "20", "28.6", "262.5", ["2026-10-01"],
        ]  # fmt: skip
        assert endpoint["issues"][0]["severity"] == "blocking"
        assert endpoint["issues"][0] in report["issues"]
        assert [group["group"] for group in report["groups"]] == ["smb", "credits", "nfr"]
        assert report["groups"][1]["units"][0]["chargeable"] == "50"
        assert {one["service"]: one["if_nothing"] for one in report["forecast"]["lines"]}["endpoint-core"] == "70"

    def test_give_unknown_use_as_null(self, bolt: Program) -> None:
        line = next(one for one in bolt.get("/reports/2026-10/bolt/lines")[1]["items"] if one["service"] == "backup-storage")
        assert figures(line, "used", "over_provisioned", "over_provisioned_percent") == [None] * 3

    def test_say_why_it_came_back(self, as_program: AsProgram) -> None:
        rejection = as_program("echo", READ).get("/reports/2026-10/echo")[1]["rejection"]
        assert (rejection["reason"], rejection["by"]) == ("Please explain.", "north@north.example")

    def test_have_no_forecast_once_submitted(self, north: Program) -> None:
        assert north.get("/reports/2026-10/coil?expand=forecast")[1]["forecast"] is None

    def test_compare_each_line_with_the_month_before(self, north: Program) -> None:
        comparison = north.get("/reports/2026-10/echo?expand=comparison")[1]["comparison"]
        assert figures(comparison[0], "previous", "from_previous", "from_previous_percent", "rejected") == [None, None, None, False]
        coil = north.get("/reports/2026-10/coil?expand=comparison")[1]["comparison"]
        endpoint = next(one for one in coil if one["service"] == "endpoint-core")
        assert figures(endpoint, "from_default", "remarks") == ["-5", ["changed", "commented"]]

    def test_suggest_what_was_said_last_month(self, north: Program) -> None:
        report = Report.objects.get(msp_ref="coil")
        lines = list(report.lines.all())
        report.pk, report.cycle = None, Cycle.objects.create(
            first_day=date(2026, 9, 1), status="closed", closed_at=report.generated_at, as_of=report.as_of
        )  # fmt: skip
        report.save()
        for line in lines:
            line.pk, line.report, line.chargeable = None, report, Decimal(20)
            line.save()
        found = north.get("/reports/2026-10/coil?expand=comparison")[1]
        endpoint = next(one for one in found["comparison"] if one["service"] == "endpoint-core")
        assert found["previous_cycle"] == "2026-09"
        assert figures(endpoint["previous"], "chargeable", "provisioned") == ["20", "30"]
        assert endpoint["previous"]["comment"]
        assert figures(endpoint, "from_previous", "from_previous_percent") == ["5", "25"]

    def test_refuse_a_part_there_is_not(self, bolt: Program) -> None:
        status, problem = bolt.get("/reports/2026-10/bolt?expand=lines,margins")
        assert (status, problem["errors"][0]["path"]) == (422, "/query/expand")

    def test_are_asked_for_in_a_fixed_number_of_queries(self, bolt: Program) -> None:
        charts.KEPT.clear()
        behind.KEPT.clear()
        own = "/reports/2026-10/bolt"
        assert queries(bolt, own, f"{own}?expand=lines,groups,issues,forecast", *(f"{own}/{part}" for part in QUERIES)) == {
            own: 6, f"{own}?expand=lines,groups,issues,forecast": 6, **{f"{own}/{part}": count for part, count in QUERIES.items()},
        }  # fmt: skip


QUERIES = {
    "lines": 4, "forecast": 4, "history": 4, "export.csv": 4, "lines/endpoint-core/days": 7, "lines/endpoint-core/customers": 11,
    "customers": 15, "customers?limit=1": 5,
}  # fmt: skip
"""Most of those about customers are about what the ledger has: for each line that is not in memory yet."""


PARTS = (
    "", "/lines", "/forecast", "/customers", "/lines/endpoint-core/customers", "/lines/endpoint-core/days", "/history", "/export.csv",
    "/lines/endpoint-core/customers.csv",
)  # fmt: skip


class TestWhoReads:
    @pytest.mark.parametrize("part", PARTS)
    def test_a_stranger_is_told_what_is_told_of_nothing(self, as_program: AsProgram, part: str) -> None:
        for account, msp in (("coil", "bolt"), ("south", "bolt"), ("bolt", "dune")):
            program = as_program(account)
            status, real = program.get(f"/reports/2026-10/{msp}{part}")
            invented = program.get(f"/reports/2026-10/nobody{part}")[1]
            assert status == 404
            assert json.dumps(real).replace(msp, "…") == json.dumps(invented).replace("nobody", "…")

    @pytest.mark.parametrize("part", PARTS)
    def test_an_msp_without_access_is_told_why_and_nothing_else(self, as_program: AsProgram, part: str) -> None:
        status, problem = as_program("dune").get(f"/reports/2026-10/dune{part}")
        assert (status, problem["code"]) == (403, "not_allowed")
        assert "not available in the region latam" in problem["detail"]
        assert set(problem) == {"type", "title", "status", "code", "detail"}

    def test_an_msp_without_access_has_no_list(self, as_program: AsProgram) -> None:
        for path in ("/reports", "/cycles/2026-10"):
            status, problem = as_program("dune").get(path)
            assert (status, problem["code"]) == (403, "not_allowed")
            assert "latam" in problem["detail"]

    @pytest.mark.parametrize("part", PARTS)
    def test_its_distributor_and_its_vendor_read(self, as_program: AsProgram, part: str) -> None:
        for account in ("south", "acme-vendor"):
            answer = as_program(account, READ).call("GET", f"/reports/2026-10/dune{part}")
            assert answer.status_code == 200

    @pytest.mark.parametrize("part", ["/reports", *(f"/reports/2026-10/bolt{part}" for part in PARTS), "/cycles", "/cycles/2026-10"])
    def test_a_token_needs_the_scope(self, as_program: AsProgram, part: str) -> None:
        status, problem = as_program("bolt", Scope.USAGE_READ, Scope.REPORTS_PREPARE).get(part)
        assert (status, problem["code"]) == (403, "missing_scope")
        assert Program(None).get(part)[0] == 401

    def test_a_month_that_is_none_is_no_address(self, bolt: Program) -> None:
        for path in ("/reports/2026-13/bolt", "/reports/now/bolt/lines", "/reports/2026-10/bo%00lt"):
            assert bolt.get(path)[0] == 404
        assert bolt.get("/reports/2025-01/bolt")[1]["code"] == "not_found"


class TestLines:
    def test_are_listed_in_pages_with_the_etag_of_the_report(self, bolt: Program) -> None:
        answer = bolt.call("GET", "/reports/2026-10/bolt/lines?limit=1")
        assert answer["ETag"] == bolt.call("GET", "/reports/2026-10/bolt")["ETag"]
        services = [line["service"] for line in pages(bolt, "/reports/2026-10/bolt/lines?limit=1")]
        assert services == ["workspace-security", "endpoint-core", "backup-storage", "nfr-license"]


class TestForecast:
    def test_says_what_happens_if_nobody_does_anything(self, bolt: Program) -> None:
        forecast = bolt.get("/reports/2026-10/bolt/forecast")[1]
        assert figures(forecast, "deadline", "days_left", "stake") == ["2026-11-06T23:00:00Z", 3, "20"]
        assert forecast["lines"][1] == {"service": "endpoint-core", "as_saved": "50", "if_nothing": "70", "reason": "penalty"}

    def test_is_none_of_a_submitted_report(self, north: Program) -> None:
        status, problem = north.get("/reports/2026-10/fern/forecast")
        assert (status, problem["code"]) == (409, "conflict")


class TestCustomers:
    def test_of_all_lines_add_up_to_each(self, bolt: Program) -> None:
        customers = pages(bolt, "/reports/2026-10/bolt/customers?limit=2")
        assert [(one["service"], one["customer"]) for one in customers] == [
            ("workspace-security", "bolt-dental"),
            ("endpoint-core", "bolt-dental"),
            ("endpoint-core", "bolt-garage"),
            ("backup-storage", "bolt-garage"),
            ("nfr-license", "bolt-dental"),
        ]
        for line in bolt.get("/reports/2026-10/bolt/lines")[1]["items"]:
            own = [Decimal(one["provisioned"]) for one in customers if one["service"] == line["service"]]
            assert sum(own) == Decimal(line["provisioned"])

    @pytest.mark.parametrize(
        ("query", "refs"),
        [
            ("", ["bolt-dental", "bolt-garage"]),
            ("?order=provisioned", ["bolt-garage", "bolt-dental"]),
            ("?order=-provisioned", ["bolt-dental", "bolt-garage"]),
            ("?search=GARAGE", ["bolt-garage"]),
            ("?search=nobody", []),
        ],
    )
    def test_of_a_line_can_be_searched_and_sorted(self, bolt: Program, query: str, refs: list[str]) -> None:
        path = f"/reports/2026-10/bolt/lines/endpoint-core/customers{query}"
        assert [one["customer"] for one in bolt.get(path)[1]["items"]] == refs
        assert [one["customer"] for one in pages(bolt, f"{path}{'&' if query else '?'}limit=1")] == refs

    def test_say_what_each_has(self, bolt: Program) -> None:
        one = bolt.get("/reports/2026-10/bolt/lines/endpoint-core/customers")[1]["items"][0]
        assert one == {"customer": "bolt-dental", "name": "Dental Care", "provisioned": "50", "used": "30", "credits": "187.5"}

    def test_refuse_a_place_in_another_order(self, bolt: Program) -> None:
        path = "/reports/2026-10/bolt/lines/endpoint-core/customers?limit=1"
        cursor = bolt.get(path)[1]["next"]
        assert bolt.get(f"{path}&order=used&cursor={cursor}")[1]["errors"][0]["code"] == "bad_cursor"

    @pytest.mark.parametrize("part", ["customers", "days"])
    def test_are_not_of_a_line_there_is_not(self, bolt: Program, part: str) -> None:
        assert bolt.get(f"/reports/2026-10/bolt/lines/email-core/{part}")[0] == 404


class TestDays:
    def test_are_those_of_the_month_with_the_chosen_one(self, bolt: Program) -> None:
        days = bolt.get("/reports/2026-10/bolt/lines/endpoint-core/days")[1]
        assert (len(days["items"]), days["next"], days["unit"]) == (31, None, "endpoint")
        assert days["items"][0] == {"day": "2026-10-01", "provisioned": "70", "used": "50", "credits": "262.5", "chosen": True}
        assert days["items"][1]["provisioned"] == "0"
        assert "1 October" in days["why"] or "2026-10-01" in days["why"]


class TestHistory:
    def test_tells_every_step(self, north: Program) -> None:
        steps = pages(north, "/reports/2026-10/coil/history?limit=1")
        assert [(step["event"], step["actor"], step["actor_kind"]) for step in steps] == [
            ("generated", "system", "system"),
            ("draft_saved", "billing@coil.example", "person"),
            ("submitted", "billing@coil.example", "person"),
        ]
        assert steps[1]["at"] == "2026-11-02T10:00:00Z"
        assert {"field": "chargeable", "service": "endpoint-core", "before": "30", "after": "25"} in steps[1]["changes"]

    @pytest.mark.parametrize("place", [[-1], [2**63], [10**600], ["x"], [True]])
    def test_refuses_a_place_there_is_not(self, north: Program, place: list[Any]) -> None:
        cursor = base64.urlsafe_b64encode(json.dumps(place).encode()).decode()
        assert north.get(f"/reports/2026-10/coil/history?cursor={cursor}")[1]["errors"][0]["code"] == "bad_cursor"


class TestExport:
    def test_is_csv_with_a_row_for_each_line(self, bolt: Program) -> None:
        answer = bolt.call("GET", "/reports/2026-10/bolt/export.csv")
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        assert answer["Content-Disposition"] == 'attachment; filename="report-2026-10-bolt.csv"'
        rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
        assert figures(rows[1], "service", "unit", "provisioned", "used", "over_provisioned_percent", "chargeable", "days") == [
            "endpoint-core", "endpoint", "70", "50", "28.6", "50", "2026-10-01",
        ]  # fmt: skip
        assert figures(rows[2], "service", "used") == ["backup-storage", ""]

    def test_of_customers_adds_up_to_the_line(self, bolt: Program) -> None:
        answer = bolt.call("GET", "/reports/2026-10/bolt/lines/endpoint-core/customers.csv")
        assert answer["Content-Disposition"] == 'attachment; filename="customers-2026-10-bolt-endpoint-core.csv"'
        rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
        assert [figures(row, "customer", "name", "provisioned", "used", "credits") for row in rows] == [
            ["bolt-dental", "Dental Care", "50", "30", "187.5"], ["bolt-garage", "Garage Center", "20", "20", "75"],
        ]  # fmt: skip
        assert bolt.get("/reports/2026-10/bolt/lines/email-core/customers.csv")[0] == 404

    def test_has_the_columns_of_the_portal(self) -> None:
        assert {*table.LINE_COLUMNS, *table.CUSTOMER_COLUMNS} == set(TITLES)

    def test_is_safe_to_open_in_a_spreadsheet(self, bolt: Program) -> None:
        Report.objects.get(msp_ref="bolt").lines.filter(service_code="nfr-license").update(comment='=HYPERLINK("x")')
        assert "'=HYPERLINK" in bolt.call("GET", "/reports/2026-10/bolt/export.csv").content.decode()
