"""The days behind the lines, and why these."""

from datetime import date
from decimal import Decimal

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from tests.reports.month import OCTOBER, OPERATOR, October, at_times, every_day, row
from trueup.kit.errors import NotFound
from trueup.kit.text import Text
from trueup.ledger.figures import line_days, msp_days
from trueup.reports import queries
from trueup.reports.models import Report
from trueup.reports.queries.charts import KEPT

SERVICES = ("workspace-security", "endpoint-core", "email-core", "backup-storage", "nfr-license")


@pytest.fixture
def closed(october: October) -> October:
    """bolt uses a bit of everything; on the 20th its endpoints peak."""
    KEPT.clear()
    october.deliver(
        *every_day("bolt-dental", "endpoint-core", "40", "31", without=[20]),
        row(20, "bolt-dental", "endpoint-core", "50", "44"),
        *at_times("bolt-dental", "email-core", "10", "9"),
        row(3, "bolt-dental", "workspace-security", "14", "2"),
        row(5, "bolt-dental", "workspace-security", "12", "11"),
        row(20, "bolt-dental", "backup-storage", "310.005", ""),
        *at_times("bolt-garage", "nfr-license", "3", "4"),
        *at_times("coil-bakery", "endpoint-core", "7", "7"),
    )
    october.close()
    return october


def why(service: str) -> Text:
    """The sentence of a line of bolt."""
    return queries.chart(OPERATOR, OCTOBER, "bolt", service).why


class TestDays:
    def test_of_all_lines_are_those_of_each(self, closed: October) -> None:
        report = Report.objects.get(msp_ref="bolt")
        together = msp_days(OCTOBER, as_of=report.as_of, msp_id=report.msp_id, vendor_id=report.vendor_id)
        each = {
            line.service_id: line_days(OCTOBER, as_of=report.as_of, msp_id=report.msp_id, service_id=line.service_id)
            for line in report.lines.all()
        }
        assert together == each

    def test_of_a_line_say_which_was_chosen(self, closed: October) -> None:
        days = queries.days(OPERATOR, OCTOBER, "bolt", "endpoint-core")
        assert [day.day for day in days if day.chosen] == [date(2026, 10, 20)]
        assert (days[19].provisioned, days[0].used, len(days)) == (50, 31, 31)

    def test_of_a_report_are_drawn_at_once(self, closed: October) -> None:
        found = queries.sparklines(OPERATOR, OCTOBER, "bolt")
        assert set(found) == set(SERVICES)
        assert list(found["endpoint-core"]) == queries.days(OPERATOR, OCTOBER, "bolt", "endpoint-core")

    def test_are_read_from_the_ledger_once(self, closed: October, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        queries.sparklines(OPERATOR, OCTOBER, "bolt")
        with django_assert_num_queries(3):  # the report, its lines and their vendor: the ledger would ask for its registry
            queries.chart(OPERATOR, OCTOBER, "bolt", "email-core")
        assert len(KEPT) == 1

    def test_are_read_anew_after_regeneration(self, closed: October) -> None:
        before = queries.sparklines(OPERATOR, OCTOBER, "bolt")
        closed.deliver(row(21, "bolt-dental", "endpoint-core", "200", "60"), now="2026-11-02T08:00:00Z")
        assert queries.sparklines(OPERATOR, OCTOBER, "bolt") == before
        closed.regenerate("bolt")
        assert queries.sparklines(OPERATOR, OCTOBER, "bolt")["endpoint-core"][20].chosen

    def test_are_not_shown_to_a_stranger_though_they_are_kept(self, closed: October) -> None:
        queries.sparklines(OPERATOR, OCTOBER, "bolt")
        with pytest.raises(NotFound):
            queries.sparklines(closed.viewer("billing@coil.example", "bolt"), OCTOBER, "bolt")

    def test_are_forgotten_beyond_the_limit(self, closed: October, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(KEPT, "_most", 3)
        queries.sparklines(OPERATOR, OCTOBER, "bolt")
        queries.sparklines(OPERATOR, OCTOBER, "coil")
        assert len(KEPT) == 1


class TestReason:
    def test_of_a_group_peak_tells_the_credits_of_the_group(self, closed: October) -> None:
        assert why("endpoint-core") == (
            "2026-10-20 is the day on which the credits of the whole group Credit-based services were highest: 342.5025 credits"
        )
        assert why("endpoint-core").values["total"] == Decimal("342.5025")

    def test_of_own_maxima_names_each_day(self, closed: October) -> None:
        assert why("workspace-security") == (
            "each figure is its own highest day of the month: provisioned 14 on 2026-10-03, used 11 on 2026-10-05"
        )

    def test_of_a_percentile_tells_the_place(self, closed: October) -> None:
        assert why("email-core") == (
            "each customer counts with the day at place 27 of 31, from its lowest credits up (percentile 85); "
            "added up: provisioned 0, used 0, credits 0"
        )

    def test_of_an_average_shows_the_division(self, closed: October) -> None:
        assert why("backup-storage") == (
            "the sum of all 31 days (provisioned 310.005, credits 155.0025) divided by 31, units rounded to 3 decimals: "
            "provisioned 10, credits 5.000081"
        )

    def test_of_the_last_day_says_so(self, closed: October) -> None:
        assert why("nfr-license") == "2026-10-31 is the last day of the month: provisioned 3, used 4, credits 3"
