"""Several people and clocks at final billing at the same moment: each thing happens once."""

from pathlib import Path

import pytest

from tests.processes import start
from tests.reports.month import OCTOBER, OPERATOR, October, at_times
from tests.reports.test_adjusting import LATE, NOVEMBER, close_month
from tests.statements.many import NOW, at_once, issue_everything, many, what_is_wrong
from trueup.accounts.models import Account
from trueup.accounts.queries import viewers_of
from trueup.accounts.rules import Viewer
from trueup.cycles.models import Cycle
from trueup.events.models import Event
from trueup.kit.errors import Conflict
from trueup.kit.period import Month
from trueup.reports.models import Report
from trueup.reports.rules.workflow import Status
from trueup.statements.actions import (
    complete_billing,
    correct,
    open_billing_reports,
    return_billing,
    save_billing,
    save_details,
    submit_billing,
)
from trueup.statements.due import vendors_due
from trueup.statements.issuing import issue_of_billing
from trueup.statements.models import BillingReport, Statement

pytestmark = pytest.mark.django_db(transaction=True)


def who(email: str) -> Viewer:
    return viewers_of(email)[0]


@pytest.fixture
def october(ledger_home: Path, tmp_path: Path) -> October:
    """Ten MSPs, approved."""
    return many(tmp_path, 10)


def bill(month: Month) -> None:
    """North bills a month to its vendor."""
    open_billing_reports(OPERATOR, Cycle.objects.of(month).get(), now=NOW)
    submit_billing(who("north@north.example"), month, "north", now=NOW)
    complete_billing(who("vendor@acme.example"), month, "north", now=NOW)
    issue_of_billing(Account.objects.get(ref="acme-vendor").pk, now=NOW)


class TestClocks:
    def test_issue_each_statement_once(self, october: October) -> None:
        made = at_once(*[issue_everything] * 4)
        assert sum(one for one in made if isinstance(one, int)) == 11, made
        assert Statement.objects.count() == Report.objects.count() == 11
        assert what_is_wrong() == []

    def test_of_other_processes_do_so_too(self, october: October) -> None:
        clocks = [start("trueup", "work", "--once", "--now", "2026-11-09T00:00:00Z") for _ in range(3)]
        for clock in clocks:
            out, err = clock.communicate(timeout=900)
            assert clock.returncode == 0, out + err
        assert Statement.objects.count() == 11
        assert BillingReport.objects.count() == 2
        assert what_is_wrong() == []

    def test_begin_each_billing_report_once(self, october: October) -> None:
        cycle = Cycle.objects.get()
        made = at_once(*[lambda: open_billing_reports(OPERATOR, cycle, now=NOW)] * 3)
        assert sorted(map(str, made)) == ["0", "0", "2"]
        assert Event.objects.filter(kind="billing_begun").count() == 2

    def test_issue_the_statement_of_a_billing_report_once(self, october: October) -> None:
        open_billing_reports(OPERATOR, Cycle.objects.get(), now=NOW)
        submit_billing(who("north@north.example"), OCTOBER, "north", now=NOW)
        complete_billing(who("vendor@acme.example"), OCTOBER, "north", now=NOW)
        vendor_id = Account.objects.get(ref="acme-vendor").pk
        made = at_once(*[lambda: issue_of_billing(vendor_id, now=NOW)] * 3)
        assert sorted(map(str, made)) == ["0", "0", "1"]
        assert what_is_wrong() == []


class TestApproving:
    def test_while_the_clock_issues_leaves_nobody_out(self, ledger_home: Path, tmp_path: Path) -> None:
        october = many(tmp_path, 8, approved=False)
        names = [f"msp-{number:03d}" for number in range(8)]
        Report.objects.filter(msp_ref__startswith="msp-").update(status=Status.UNDER_REVIEW, submission="manual", submitted_at=NOW)

        def approve() -> int:
            for name in names:
                october.approve(name)
            return len(names)

        def issue() -> int:
            return sum(issue_everything() for _ in range(6))

        made = at_once(approve, issue, issue)
        assert made[0] == 8, made
        assert all(isinstance(one, int) for one in made), made
        issue_everything()
        assert Statement.objects.count() == 8
        assert not Statement.objects.exclude(report__status=Status.APPROVED).exists()
        assert what_is_wrong() == []


class TestCorrecting:
    def test_is_done_by_one_of_those_who_try(self, october: October) -> None:
        issue_everything()
        north = who("north@north.example")
        made = at_once(*[lambda: correct(north, "north-2026-000003", reason="Wrong", now=NOW)] * 4)
        assert sorted(type(one).__name__ for one in made) == ["Conflict", "Conflict", "Conflict", "list"], made
        assert all("was corrected already" in str(one) for one in made if isinstance(one, Conflict))
        assert [one for one in made if isinstance(one, list)] == [["north-2026-000011", "north-2026-000012"]]
        assert what_is_wrong() == []

    def test_of_several_leaves_no_gap(self, october: October) -> None:
        issue_everything()
        north = who("north@north.example")
        numbers = [f"north-2026-{number:06d}" for number in (1, 2, 3)]
        made = at_once(*[lambda number=number: correct(north, number, reason="Wrong", now=NOW) for number in numbers])
        assert all(isinstance(one, list) for one in made), made
        assert Statement.objects.filter(seller__ref="north").count() == 16
        assert what_is_wrong() == []

    def test_never_leaves_a_difference_without_a_statement(self, october: October) -> None:
        """A billing report for late usage is completed while what it is a difference to is corrected: one of the two is refused."""
        north, vendor = who("north@north.example"), who("vendor@acme.example")
        issue_everything()
        bill(OCTOBER)
        october.deliver(*at_times("msp-000-one", "workspace-security", "9", "9"), now="2026-11-20T10:00:00Z")
        close_month(NOVEMBER)
        Report.objects.filter(cycle__adjusts__isnull=False).update(status=Status.APPROVED, submission="manual", approved_at=NOW)
        issue_everything()
        open_billing_reports(OPERATOR, Cycle.objects.of(LATE).get(), now=NOW)

        def complete() -> int:
            submit_billing(north, LATE, "north", now=NOW)
            return complete_billing(vendor, LATE, "north", now=NOW)

        made = at_once(lambda: correct(vendor, "acme-vendor-2026-000001", reason="Wrong", now=NOW), complete)
        assert all(isinstance(one, list | int | Conflict) for one in made), made
        assert sum(isinstance(one, Conflict) for one in made) <= 1, made
        issue_of_billing(vendor.account_id or 0, now=NOW)
        assert vendors_due() == []
        assert what_is_wrong() == []


class TestBillingDetails:
    def test_that_are_the_first_ones_are_saved_once(self, october: October) -> None:
        north = who("north@north.example")
        made = at_once(
            *[lambda name=name: save_details(north, "north", {"legal_name": name}, seen="", now=NOW) for name in ("A", "B", "C")]
        )
        assert sorted(type(one).__name__ for one in made) == ["Stale", "Stale", "bool"], made
        assert Event.objects.filter(kind="billing_details_saved").count() == 1


class TestBillingReport:
    @pytest.fixture
    def begun(self, october: October) -> None:
        open_billing_reports(OPERATOR, Cycle.objects.get(), now=NOW)

    def test_is_submitted_once(self, begun: None) -> None:
        north = who("north@north.example")
        made = at_once(*[lambda: submit_billing(north, OCTOBER, "north", now=NOW)] * 3)
        assert sorted(type(one).__name__ for one in made) == ["Conflict", "Conflict", "int"], made
        assert Event.objects.filter(kind="billing_submitted").count() == 1

    def test_is_either_completed_or_returned(self, begun: None) -> None:
        submit_billing(who("north@north.example"), OCTOBER, "north", now=NOW)
        vendor = who("vendor@acme.example")
        made = at_once(
            lambda: complete_billing(vendor, OCTOBER, "north", now=NOW),
            lambda: return_billing(vendor, OCTOBER, "north", reason="Why?", now=NOW),
        )
        assert sorted(type(one).__name__ for one in made) == ["Conflict", "int"], made
        told = set(Event.objects.filter(kind__in=["billing_completed", "billing_returned"]).values_list("kind", flat=True))
        assert told == {f"billing_{BillingReport.objects.get(distributor_ref='north').status}"}

    def test_that_was_submitted_is_not_saved_by_who_saw_it_before(self, begun: None) -> None:
        north = who("north@north.example")
        version = BillingReport.objects.get(distributor_ref="north").version
        made = at_once(
            lambda: submit_billing(north, OCTOBER, "north", expected_version=version, now=NOW),
            lambda: save_billing(north, OCTOBER, "north", po_number="7", expected_version=version, now=NOW),
        )
        assert sum(isinstance(one, int) for one in made) == 1, made
        assert all(isinstance(one, int | Conflict) for one in made), made
