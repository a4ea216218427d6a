"""Months are settled in their order: what comes late for one is a difference to all that was said of it before."""

import pytest

from tests.reports.month import OCTOBER, OPERATOR, October, at, at_times, row
from tests.reports.test_adjusting import CLOSINGS, DECEMBER, LATE, LATER, NOVEMBER, adjusted, approve, close_month, figures
from trueup.cycles.actions import close
from trueup.cycles.models import Cycle
from trueup.kit.errors import Conflict
from trueup.kit.period import Month
from trueup.reports.generating import generate, is_generated
from trueup.reports.models import LateCheck, Report
from trueup.reports.verifying import verify

NEW_YEAR = CLOSINGS[DECEMBER]
JANUARY = Month(2027, 1)


@pytest.fixture
def approved(october: October) -> October:
    """October is approved, and got usage late."""
    october.deliver(*at_times("bolt-dental", "workspace-security", "10", "10"))
    october.close()
    october.submit("bolt", by="billing@bolt.example")
    october.deliver(row(31, "bolt-dental", "workspace-security", "13", "13"), now="2026-11-10T10:00:00Z")
    return october


def test_reports_of_a_month_wait_for_those_of_the_month_before(approved: October) -> None:
    approved.deliver("2026-11-30,bolt-dental,workspace-security,1,1,", now="2026-11-30T10:00:00Z")
    november, december = (close(OPERATOR, month, now=at(CLOSINGS[month])) for month in (NOVEMBER, DECEMBER))
    with pytest.raises(Conflict, match="the reports of 2026-11 come before those of 2026-12: make them first"):
        generate(OPERATOR, december, now=at(NEW_YEAR))
    assert not is_generated(december)
    assert Report.objects.count() == 1
    assert generate(OPERATOR, november, now=at(NEW_YEAR)) == 2
    assert generate(OPERATOR, december, now=at(NEW_YEAR)) == 0
    assert adjusted(LATE) == ["bolt"]
    assert figures("bolt", NOVEMBER)["workspace-security"] == ("1", "1", "None", "1", "1")
    assert verify(None) == []


def test_a_month_that_is_closed_after_a_later_one_leaves_late_usage_to_that(approved: October) -> None:
    close_month(DECEMBER)
    november = close(OPERATOR, NOVEMBER, now=at("2027-01-05T00:00:00Z"))
    assert generate(OPERATOR, november, now=at("2027-01-05T00:00:00Z")) == 0
    assert adjusted(LATER) == ["bolt"]
    assert not Cycle.objects.of(LATE).exists()
    assert figures("bolt", LATER)["workspace-security"] == ("13", "13", "10", "13", "13")
    approve("bolt", LATER, "2027-01-06T10:00:00Z")
    approved.deliver(
        row(31, "bolt-dental", "workspace-security", "14", "14"), "2026-11-30,bolt-dental,workspace-security,2,2,",
        now="2027-01-10T10:00:00Z",
    )  # fmt: skip
    january = close(OPERATOR, JANUARY, now=at("2027-02-01T00:00:00Z"))
    assert generate(OPERATOR, january, now=at("2027-02-01T00:00:00Z")) == 2
    for month, said in ((OCTOBER, ("14", "14", "13", "14", "14")), (NOVEMBER, ("2", "2", "0", "2", "2"))):
        assert figures("bolt", Month.adjusting(JANUARY, month))["workspace-security"] == said
    looked = LateCheck.objects.values_list("cycle__first_day__month", "month__first_day__month")
    assert sorted(looked) == [
        (1, 10),
        (1, 11),
        (1, 12),
        (12, 10),
    ]
    assert verify(None) == []
