"""The list of an MSP, and what home and the cycle's page show."""

from decimal import Decimal

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from tests.reports.month import OCTOBER, OPERATOR, October, at, at_times, every_day
from trueup.cycles.rules import CycleStatus, DayState
from trueup.kit.errors import NotAllowed
from trueup.kit.period import Month
from trueup.ledger.actions import import_usage
from trueup.ledger.queries import expected_deliveries
from trueup.reports import queries
from trueup.reports.queries import LastAct, Waiting, WaitingItem
from trueup.reports.rules.workflow import Status

D = Decimal
BOLT, NORTH, SOUTH, VENDOR = "billing@bolt.example", "north@north.example", "south@south.example", "vendor@acme.example"
NOW = at("2026-11-04T12:00:00Z")


@pytest.fixture
def closed(october: October) -> October:
    """bolt uses three services, coil one, dune one."""
    october.deliver(
        *at_times("bolt-dental", "endpoint-core", "40", "31"),
        *at_times("bolt-dental", "workspace-security", "12", "12"),
        "2026-10-31,bolt-dental,backup-storage,31.031,,",
        *at_times("coil-bakery", "endpoint-core", "7", "7"),
        *at_times("dune-hotel", "endpoint-core", "40", "31"),
    )
    october.close()
    return october


class TestReportRows:
    def test_show_what_is_to_be_done_and_what_is_charged(self, closed: October) -> None:
        closed.edit("bolt", "endpoint-core", by="admin@bolt.example", chargeable="33", comment="rolling out")
        closed.remind("2026-11-03T12:00:00Z")
        (row,) = queries.report_rows(closed.viewer(BOLT, "bolt"), now=NOW).items
        assert (row.cycle, row.status, row.submission, row.flags) == (OCTOBER, Status.MSP_PREPARING, None, ())
        assert (row.deadline, row.days_left) == (at("2026-11-06T23:00:00Z"), 2)
        assert [(one.group, one.unit, one.chargeable) for one in row.chargeable] == [
            ("smb", "seat", 12),
            ("credits", "endpoint", 33),
            ("credits", "GB", D("1.001")),
        ]
        assert row.last == LastAct("admin@bolt.example", "draft_saved", at("2026-11-02T10:00:00Z"))

    @pytest.mark.parametrize(("now", "left"), [("2026-11-05T22:59:00Z", 1), ("2026-11-05T23:00:00Z", 0), ("2026-11-08T00:00:00Z", 0)])
    def test_count_the_days_in_the_zone_of_the_msp(self, closed: October, now: str, left: int) -> None:
        assert queries.report_rows(closed.viewer(BOLT, "bolt"), now=at(now)).items[0].days_left == left

    def test_have_no_days_left_once_submitted(self, closed: October) -> None:
        closed.submit("coil", by="billing@coil.example")
        (row,) = queries.report_rows(closed.viewer("billing@coil.example", "coil"), now=NOW).items
        assert (row.status, row.days_left, row.last and row.last.event) == (Status.APPROVED, None, "automatically_approved")

    def test_are_read_in_a_fixed_number_of_reads(self, closed: October, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        for email, reads in ((BOLT, 6), (NORTH, 5)):
            viewer = closed.viewer(email, "bolt")
            with django_assert_num_queries(reads):  # an MSP is also asked about its access
                queries.report_rows(viewer, now=NOW)

    @pytest.mark.parametrize(
        ("asked", "now", "count"),
        [
            ({}, "2027-10-31T12:00:00Z", 1),
            ({}, "2027-11-01T12:00:00Z", 0),
            ({"months": 1}, "2026-11-30T12:00:00Z", 1),
            ({"year": 2026}, "2030-01-01T00:00:00Z", 1),
            ({"year": 2025}, "2026-11-01T00:00:00Z", 0),
        ],
    )
    def test_are_those_of_the_last_months_or_of_a_year(self, closed: October, asked: dict[str, int], now: str, count: int) -> None:
        assert queries.report_rows(closed.viewer(BOLT, "bolt"), now=at(now), **asked).total == count

    def test_tell_an_msp_without_access_why(self, closed: October) -> None:
        with pytest.raises(NotAllowed, match="latam"):
            queries.report_rows(closed.viewer("billing@dune.example", "dune"), now=NOW)

    def test_know_their_years(self, closed: October) -> None:
        assert queries.report_years(closed.viewer(BOLT, "bolt")) == [2026]


class TestWaiting:
    def test_of_an_msp_is_its_report(self, closed: October) -> None:
        assert queries.waiting(closed.viewer(BOLT, "bolt"), now=NOW) == [
            WaitingItem(Waiting.TO_PREPARE, 1, OCTOBER, "bolt", "Bolt IT", deadline=at("2026-11-06T23:00:00Z"))
        ]

    def test_of_a_distributor_are_reviews_and_what_it_prepares(self, closed: October) -> None:
        closed.deadline()
        assert queries.waiting(closed.viewer(NORTH, "bolt"), now=NOW) == [
            WaitingItem(Waiting.TO_REVIEW, 1, OCTOBER, "bolt", "Bolt IT", since=at("2026-11-06T23:00:00Z"), stake=D(9))
        ]
        (south,) = queries.waiting(closed.viewer(SOUTH, "dune"), now=NOW)
        assert (south.kind, south.msp, south.on_behalf) == (Waiting.TO_PREPARE, "dune", True)

    def test_puts_reviews_of_a_cycle_together(self, closed: October) -> None:
        closed.edit("coil", "endpoint-core", by="billing@coil.example", comment="checked")
        closed.submit("coil", by="billing@coil.example")
        closed.deadline()
        (item,) = queries.waiting(closed.viewer(NORTH, "bolt"), now=NOW)
        assert (item.count, item.msp, item.since) == (2, None, at("2026-11-03T10:00:00Z"))

    def test_says_what_came_back(self, closed: October) -> None:
        closed.deadline()
        closed.reject("bolt", "please explain")
        (item,) = queries.waiting(closed.viewer(BOLT, "bolt"), now=NOW)
        assert (item.kind, item.deadline) == (Waiting.REJECTED, at("2026-11-11T23:00:00Z"))

    @pytest.mark.parametrize("by", ["viewer@bolt.example", VENDOR])
    def test_is_nothing_for_those_who_cannot_do_it(self, closed: October, by: str) -> None:
        assert queries.waiting(closed.viewer(by, "bolt"), now=NOW) == []

    def test_of_an_msp_without_access_is_nothing(self, closed: October) -> None:
        assert queries.waiting(closed.viewer("billing@dune.example", "dune"), now=NOW) == []

    def test_of_a_vendor_are_unmapped_names_and_missing_days(self, closed: October) -> None:
        closed.deliver("2026-11-01,bolt-dental,endpoint-core,1,1,", now="2026-11-01T20:00:00Z", source="rmm-feed")
        file = closed.folder / "unmapped.csv"
        header = "day,customer,service,provisioned_units,used_units,allocated_credits"
        file.write_text(f"{header}\n2026-11-01,nobody,endpoint-core,1,1,\n", encoding="utf-8")
        import_usage(OPERATOR, file, source="manual", now=at("2026-11-02T10:00:00Z"))
        found = queries.waiting(closed.viewer(VENDOR, "bolt"), now=NOW)
        assert found == [
            WaitingItem(Waiting.UNMAPPED_NAMES, 1, sources=("manual",)),
            WaitingItem(Waiting.MISSING_DAYS, 2, Month(2026, 11), sources=("rmm-feed",)),
        ]
        assert [item.kind for item in queries.waiting(closed.viewer(NORTH, "bolt"), now=NOW)] == [Waiting.MISSING_DAYS]


class TestRecentCycles:
    def test_are_added_up_in_one_read(self, closed: October, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        viewer = closed.viewer(NORTH, "bolt")
        with django_assert_num_queries(1):
            (figures,) = queries.recent_cycles(viewer)
        assert (figures.month, figures.reports, figures.chargeable) == (OCTOBER, 2, D("51.001"))
        assert (figures.provisioned, figures.over_provisioned, figures.over_provisioned_percent) == (D("60.001"), 9, D("15.0"))

    def test_are_the_latest_in_the_order_of_time(self, closed: October) -> None:
        assert queries.recent_cycles(OPERATOR, 0) == []

    def test_of_an_msp_without_access_are_none(self, closed: October) -> None:
        assert queries.recent_cycles(closed.viewer("billing@dune.example", "dune")) == []


class TestCycle:
    @pytest.fixture
    def watched(self, october: October) -> October:
        """A source that begins on the 3rd, misses the 5th and brings the 6th too late."""
        rows = every_day("bolt-dental", "endpoint-core", "40", "31", without=[1, 2, 5, 6])
        october.deliver(*rows, source="rmm-feed")
        october.close()
        october.deliver("2026-10-06,bolt-dental,endpoint-core,40,31,", source="rmm-feed", now="2026-11-02T00:00:00Z")
        return october

    def test_shows_every_day_of_every_source(self, watched: October) -> None:
        shown = queries.cycle_page(watched.viewer(NORTH, "bolt"), OCTOBER, now=NOW)
        (source,) = shown.sources
        assert source.days[:7] == (
            DayState.NOT_EXPECTED, DayState.NOT_EXPECTED, DayState.DELIVERED, DayState.DELIVERED, DayState.MISSING, DayState.LATE,
            DayState.DELIVERED,
        )  # fmt: skip
        assert (source.source, source.missing, len(source.days)) == ("rmm-feed", 1, 31)

    def test_shows_days_that_have_not_come(self, watched: October) -> None:
        watched.deliver("2026-11-02,bolt-dental,endpoint-core,40,31,", source="rmm-feed", now="2026-11-03T00:00:00Z")
        shown = queries.cycle_page(watched.viewer(VENDOR, "bolt"), Month(2026, 11), now=NOW)
        assert shown.sources[0].days[:5] == (
            DayState.MISSING, DayState.DELIVERED, DayState.MISSING, DayState.TO_COME, DayState.TO_COME,
        )  # fmt: skip
        assert (shown.view.status, shown.generated, shown.total) == (CycleStatus.OPEN, False, 0)

    def test_hides_sources_of_other_vendors(self, watched: October) -> None:
        vendor = watched.viewer(VENDOR, "bolt").account_id or 0
        assert [one.source for one in expected_deliveries(OCTOBER, as_of=None, vendor_ids=[vendor])] == ["rmm-feed"]
        assert expected_deliveries(OCTOBER, as_of=None, vendor_ids=[vendor + 1]) == []

    def test_counts_reports_and_deadlines_the_viewer_sees(self, closed: October) -> None:
        closed.submit("coil", by="billing@coil.example")
        shown = queries.cycle_page(closed.viewer(NORTH, "bolt"), OCTOBER, now=NOW)
        assert (shown.total, shown.reports[Status.APPROVED], shown.reports[Status.MSP_PREPARING], shown.generated) == (2, 1, 1, True)
        assert [(one.at, one.reports, one.overdue) for one in shown.deadlines] == [(at("2026-11-06T23:00:00Z"), 1, False)]

    def test_stands_in_the_calendar_with_its_reports(self, closed: October) -> None:
        (row,) = queries.cycle_list(closed.viewer(VENDOR, "bolt"))
        assert (row.view.month, row.view.status, row.reports[Status.MSP_PREPARING]) == (OCTOBER, CycleStatus.CLOSED, 3)

    def test_is_not_for_an_msp(self, closed: October) -> None:
        viewer = closed.viewer(BOLT, "bolt")
        with pytest.raises(NotAllowed):
            queries.cycle_page(viewer, OCTOBER, now=NOW)
        with pytest.raises(NotAllowed):
            queries.cycle_list(viewer)

    def test_is_read_in_a_fixed_number_of_reads(self, closed: October, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        viewer = closed.viewer(NORTH, "bolt")
        with django_assert_num_queries(9):
            queries.cycle_page(viewer, OCTOBER, now=NOW)
