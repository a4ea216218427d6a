"""Lists that have grown: a page takes as many queries as before, and no more than its share of the work."""

import sys
from collections.abc import Iterator
from datetime import date

import pytest
from pytest_django import DjangoDbBlocker

from tests.api.conftest import AsProgram, Program
from tests.api.october import pages, queries
from tests.reports.month import at, row
from tests.web.month import Autumn, standing
from trueup.accounts.models import Account, Placement
from trueup.accounts.rules import Scope
from trueup.catalog.models import Service
from trueup.cycles.models import Cycle
from trueup.kit.period import Month
from trueup.ledger.models import Source
from trueup.reports import actions
from trueup.reports.actions import LineEdit
from trueup.reports.models import Report, ReportLine
from trueup.reports.queries import behind, charts

pytestmark = pytest.mark.django_db

READ = Scope.REPORTS_READ
LATE = "2026-11-03T10:30:00Z"
FEEDS = ("feed-0", "feed-1", "feed-2", "feed-3")
MANY = 60
"""Of everything: more than a page has without a limit."""


@pytest.fixture(scope="module", autouse=True)
def autumn(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Autumn]:
    """One month for all tests here: each takes back what it did."""
    with django_db_blocker.unblock(), standing(tmp_path_factory.mktemp("autumn")) as month:
        deliver_late(month)
        yield month


@pytest.fixture
def north(as_program: AsProgram) -> Program:
    """A program of north, which reads only."""
    return as_program("north", READ)


def months(count: int) -> None:
    """So many months before October, each with a report of bolt and one of coil."""
    month = Month(2026, 10)
    for _ in range(count):
        month = month.previous()
        then = at(f"{month.next()}-01T00:00:00Z")
        cycle = Cycle.objects.create(first_day=month.first_day, status="closed", closed_at=then, as_of=then)
        for found in Report.objects.filter(cycle__first_day=date(2026, 10, 1), msp_ref__in=["bolt", "coil"]):
            lines = list(found.lines.all())
            found.pk, found.cycle = None, cycle
            found.save()
            for line in lines:
                line.pk, line.report = None, found
                line.save()


def lines(count: int) -> None:
    """So many more lines of bolt's report."""
    report = Report.objects.get(cycle__first_day=date(2026, 10, 1), msp_ref="bolt")
    line = report.lines.get(service_code="endpoint-core")
    known = Service.objects.get(code="endpoint-core")
    for number in range(count):
        service = Service.objects.get(pk=known.pk)
        service.pk, service.code, service.name = None, f"more-{number:03d}", f"More {number}"
        service.save()
        line.pk, line.service, line.service_code, line.position = None, service, service.code, 100 + number
        line.save()
    Report.objects.filter(pk=report.pk).update(line_count=ReportLine.objects.filter(report=report).count())


def steps(autumn: Autumn, count: int) -> None:
    """So many more steps in the history of bolt's report."""
    for number in range(count):
        edit = LineEdit("endpoint-core", comment=f"Counted {number} times.")
        viewer = autumn.october.viewer("billing@bolt.example", "bolt")
        actions.save_draft(viewer, Month(2026, 10), "bolt", [edit], now=at(LATE))


def deliver_late(autumn: Autumn) -> None:
    """Many customers of bolt, and sources that are not expected daily yet: after the month was closed."""
    bolt = Account.objects.get(ref="bolt")
    refs = [f"bolt-{number:03d}" for number in range(MANY)]
    for ref in refs:
        Placement.objects.create(
            account=Account.objects.create(ref=ref, tier="customer", name=ref.title()), parent=bolt, from_date=date(2025, 1, 1)
        )
    autumn.october.deliver(*(row(1, ref, "endpoint-core", "2", "1") for ref in refs), now=LATE)
    for day, source in enumerate(FEEDS, 2):
        Source.objects.create(code=source)
        autumn.october.deliver(row(day, refs[0], "endpoint-core", "2", "1"), now=LATE, source=source)


def sources(*codes: str) -> None:
    """More sources are expected daily."""
    Source.objects.filter(code__in=codes).update(expected_daily=True)


def customers(autumn: Autumn) -> None:
    """Many more customers behind bolt's endpoints."""
    autumn.october.regenerate("bolt")


def counted(program: Program, *paths: str) -> dict[str, int]:
    """The queries of each, with nothing in memory."""
    found: dict[str, int] = {}
    for path in paths:
        charts.KEPT.clear()
        behind.KEPT.clear()
        found |= queries(program, path)
    return found


class TestQueries:
    """As many for many as for few."""

    def test_of_lists_of_reports_and_cycles(self, north: Program) -> None:
        paths = ("/reports", "/reports?expand=lines", "/reports?order=-stake", "/reports/counts", "/cycles", "/cycles?expand=figures",
                 "/cycles/2026-10", "/waiting")  # fmt: skip
        few = counted(north, *paths)
        months(MANY)
        assert counted(north, *paths) == few

    def test_of_pages_of_any_length(self, north: Program) -> None:
        months(MANY)
        for path in ("/reports?limit=", "/reports?expand=lines&limit=", "/cycles?limit="):
            one, all_ = counted(north, f"{path}1", f"{path}200").values()
            assert one == all_

    def test_of_a_report_and_its_lines(self, north: Program) -> None:
        own = "/reports/2026-10/bolt"
        paths = (own, f"{own}?expand=lines,groups,issues,forecast,comparison", f"{own}/lines", f"{own}/forecast", f"{own}/export.csv")
        few = counted(north, *paths)
        lines(MANY)
        assert counted(north, *paths) == few

    def test_of_a_history(self, north: Program, autumn: Autumn) -> None:
        few = counted(north, "/reports/2026-10/bolt/history", "/reports/2026-10/bolt")
        steps(autumn, MANY)
        assert counted(north, *few) == few

    def test_of_days_of_sources(self, north: Program) -> None:
        sources("feed-0")
        few = counted(north, "/cycles/2026-10/calendar")
        sources(*FEEDS)
        assert counted(north, *few) == few

    def test_of_customers(self, north: Program, autumn: Autumn) -> None:
        line = "/reports/2026-10/bolt/lines/endpoint-core"
        few = counted(north, f"{line}/customers", f"{line}/customers.csv", f"{line}/days", "/reports/2026-10/bolt/customers?limit=200")
        customers(autumn)
        assert counted(north, *few) == few

    def test_of_customers_that_are_in_memory_are_few(self, north: Program, autumn: Autumn) -> None:
        customers(autumn)
        path = "/reports/2026-10/bolt/lines/endpoint-core/customers?limit=5"
        (cold,) = counted(north, path).values()
        cursor = north.get(path)[1]["next"]
        warm = queries(north, f"{path}&cursor={cursor}")
        assert list(warm.values()) == [5]
        assert cold > 5


class TestPages:
    def test_of_months_count_their_own_reports(self, north: Program) -> None:
        months(3)
        found = pages(north, "/cycles?limit=2&expand=figures")
        assert [one["cycle"] for one in found] == ["2026-10", "2026-09", "2026-08", "2026-07"]
        assert [sum(one["reports"].values()) for one in found] == [5, 2, 2, 2]
        assert [one["figures"]["reports"] for one in found] == [5, 2, 2, 2]

    def test_of_lines_are_in_the_order_of_the_report(self, north: Program) -> None:
        lines(MANY)
        whole = [line["service"] for line in north.get("/reports/2026-10/bolt?expand=lines")[1]["lines"]]
        assert [line["service"] for line in pages(north, "/reports/2026-10/bolt/lines?limit=7")] == whole
        assert len(whole) == MANY + 4

    def test_of_sources_are_by_their_code(self, north: Program) -> None:
        sources(*FEEDS)
        found = pages(north, "/cycles/2026-10/calendar?limit=2")
        assert [one["source"] for one in found if one["source"] in FEEDS] == list(FEEDS)
        assert found == north.get("/cycles/2026-10/calendar")[1]["items"]

    def test_of_customers_are_each_there_once(self, north: Program, autumn: Autumn) -> None:
        customers(autumn)
        path = "/reports/2026-10/bolt/lines/endpoint-core/customers"
        for order in ("customer", "-provisioned"):
            found = [one["customer"] for one in pages(north, f"{path}?limit=7&order={order}")]
            assert found == [one["customer"] for one in north.get(f"{path}?limit=200&order={order}")[1]["items"]]
            assert len(set(found)) == len(found) == MANY + 2

    def test_with_lines_end_before_they_have_too_many(self, north: Program, monkeypatch: pytest.MonkeyPatch) -> None:
        whole = north.get("/reports?expand=lines&order=partner")[1]
        sizes = [one["line_count"] for one in whole["items"]]
        assert (sizes[0] > 3, whole["next"]) == (True, None)
        monkeypatch.setattr(sys.modules["trueup.reports.queries.listing"], "MOST_LINES", 3)  # the package calls a function by this name
        page = north.get("/reports?expand=lines&order=partner")[1]
        assert [one["msp"] for one in page["items"]] == ["bolt"]  # a report is never parted
        assert pages(north, "/reports?expand=lines&order=partner") == whole["items"]
        assert north.get("/reports?order=partner")[1]["next"] is None

    @pytest.mark.parametrize("path", ["/reports/2026-10/bolt/lines", "/cycles", "/cycles/2026-10/calendar"])
    @pytest.mark.parametrize("place", ["W10", "WzFd", "WzE4NDQ2NzQ0MDczNzA5NTUxNjE2LCJ4Il0", "x"])
    def test_refuse_a_place_there_is_not(self, north: Program, path: str, place: str) -> None:
        status, problem = north.get(f"{path}?cursor={place}")
        assert (status, problem["errors"][0]["code"]) == (422, "bad_cursor")
