"""What an MSP bills its customers: to the unit what its report charges, and what is left of it."""

import csv
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.reports.month import OCTOBER, OPERATOR, October, at, at_times
from tests.reports.test_adjusting import DECEMBER, LATE, LATER, NOVEMBER, close_month
from tests.reports.test_adjusting import approve as approve_report
from tests.statements.conftest import SELLING, issue_all, save_prices
from trueup.accounts.queries import viewers_of
from trueup.kit.errors import NotAllowed, NotFound
from trueup.kit.period import Month
from trueup.statements.actions import correct
from trueup.statements.customers import CustomerBills, customer_bills
from trueup.statements.files import customer_bills_file
from trueup.statements.models import Statement

Approve = Callable[..., October]
RETAIL: dict[str, Any] = {
    "currency": "EUR",
    "tax": {"percent": 19},
    "services": {"workspace-security": 6, "endpoint-core": "0.75", "nfr-license": 1},
}


def bills(email: str = "billing@bolt.example", msp: str = "bolt", month: Month = OCTOBER) -> CustomerBills:
    return customer_bills(viewers_of(email)[0], month, msp)


class TestCustomerBills:
    def test_sum_to_the_report_to_the_unit(self, approve: Approve) -> None:
        october = approve("bolt")
        found = bills()
        for line in october.report("bolt").lines:
            assert (
                sum((one.units for bill in found.bills for one in bill.lines if one.service == line.service), Decimal(0)) == line.chargeable
            )
        assert [(bill.customer, bill.name) for bill in found.bills] == [("bolt-dental", "Dental Care"), ("bolt-garage", "Garage Center")]
        assert (found.is_final, found.currency, found.cost_currency) == (True, "", "")
        assert {str(bill.reason) for bill in found.bills} == {"there is no price list"}

    def test_are_priced_by_the_msp_s_own_list(self, approve: Approve) -> None:
        approve("bolt")
        save_prices("bolt", RETAIL)
        save_prices("bolt", {"currency": "EUR", "services": {"workspace-security": 5}}, buyer="bolt-garage")
        found = {bill.customer: bill.settled for bill in bills().bills}
        dental, garage = found["bolt-dental"], found["bolt-garage"]
        assert dental
        assert garage
        assert [(line.code, line.quantity, line.amount) for line in dental.lines] == [
            ("workspace-security", 10, Decimal("60.00")), ("endpoint-core", 400, Decimal("300.00")), ("nfr-license", 40, Decimal("40.00")),
        ]  # fmt: skip
        assert (garage.net, garage.tax) == (Decimal("65.00"), 0)

    def test_say_what_is_left_once_the_msp_has_paid(self, approve: Approve) -> None:
        approve("bolt")
        save_prices("bolt", RETAIL)
        assert [bill.margin for bill in bills().bills] == [None, None]
        save_prices("north", SELLING)
        expected = [bill.cost for bill in bills().bills]
        assert sum(cost for cost in expected if cost is not None) == Decimal("234.60")
        issue_all()
        save_prices("north", SELLING | {"margin_percent": 50}, now="2026-11-09T00:00:00Z")  # what was issued stays
        found = bills()
        assert [bill.cost for bill in found.bills] == expected == [Decimal("222.00"), Decimal("12.60")]
        assert [bill.margin for bill in found.bills] == [Decimal("178.00"), Decimal("55.40")]
        assert (found.sums.cost, found.sums.margin, found.cost_of_nobody) == (Decimal("234.60"), Decimal("233.40"), 0)
        assert [(one.line.units, one.missing) for one in found.reconciled] == [(13, 0), (400, 0), (90, 0)]

    def test_have_no_margin_across_currencies(self, approve: Approve) -> None:
        approve("bolt")
        save_prices("bolt", RETAIL | {"currency": "USD"})
        save_prices("north", SELLING)
        found = bills()
        assert (found.currency, found.cost_currency) == ("USD", "EUR")
        assert [bill.cost for bill in found.bills] == [None, None]
        assert (found.sums.cost, found.sums.margin, found.cost_of_nobody) == (Decimal("234.60"), None, None)

    def test_are_the_msp_s_alone(self, approve: Approve) -> None:
        approve("bolt")
        with pytest.raises(NotAllowed, match="only “bolt” sees what it bills its customers"):
            bills("north@north.example")
        with pytest.raises(NotFound):
            bills("billing@coil.example")


def late(october: October, *rows: str, month: Month = NOVEMBER, adjustment: Month = LATE) -> None:
    """Usage of October comes late, is adjusted in a later month, and approved."""
    october.deliver(*rows, now=f"{month}-20T10:00:00Z")
    close_month(month)
    approve_report("bolt", adjustment, {LATE: "2026-12-09T10:00:00Z", LATER: "2027-01-04T10:00:00Z"}[adjustment])


class TestLateUsage:
    @pytest.fixture
    def priced(self, approve: Approve) -> October:
        """October has its statements, and bolt has a price list for its customers."""
        october = approve()
        save_prices("north", SELLING)
        save_prices("bolt", RETAIL)
        issue_all()
        return october

    def test_bills_the_difference_alone(self, priced: October) -> None:
        before = bills().sums
        late(priced, *at_times("bolt-garage", "workspace-security", "5", "5"))
        found = bills(month=LATE)
        (garage,) = found.bills
        assert (found.adjusts, found.is_final, found.currency) == (OCTOBER, True, "EUR")
        assert (garage.customer, [(line.service, line.units) for line in garage.lines]) == ("bolt-garage", [("workspace-security", 2)])
        assert garage.settled
        assert [(line.quantity, line.exact, line.amount) for line in garage.settled.lines] == [(2, 12, Decimal("12.00"))]
        assert (garage.settled.net, garage.settled.tax) == (Decimal("12.00"), Decimal("2.28"))
        assert (garage.cost, garage.margin) == (Decimal("8.40"), Decimal("3.60"))
        assert [(one.line.service, one.line.units, one.missing) for one in found.reconciled] == [("workspace-security", 2, 0)]
        assert (found.sums.cost, found.cost_of_nobody) == (Decimal("8.40"), 0)
        assert bills().sums == before  # what was billed for October stays

    def test_costs_what_its_statement_says(self, priced: October) -> None:
        late(priced, *at_times("bolt-garage", "workspace-security", "5", "5"))
        expected = bills(month=LATE).cost_net
        save_prices("north", SELLING | {"margin_percent": 50}, now="2026-12-09T12:00:00Z")
        assert issue_all("2026-12-10T00:00:00Z") == 1
        statement = Statement.objects.get(report__cycle__adjusts__isnull=False)
        assert bills(month=LATE).cost_net == expected == statement.net

    def test_gives_back_what_moved_to_another_customer(self, priced: October) -> None:
        late(
            priced, *at_times("bolt-garage", "workspace-security", "1", "1"), *at_times("bolt-dental", "workspace-security", "15", "13")
        )  # fmt: skip
        found = bills(month=LATE)
        assert {bill.customer: bill.settled and bill.settled.net for bill in found.bills} == {
            "bolt-dental": Decimal("18.00"), "bolt-garage": Decimal("-12.00"),
        }  # fmt: skip
        assert [(one.line.units, one.billed, one.customers) for one in found.reconciled] == [(1, 1, 2)]
        assert (found.sums.net, found.sums.tax, found.sums.margin) == (Decimal("6.00"), Decimal("1.14"), Decimal("1.80"))

    def test_gives_everything_back_to_who_has_nothing_left_and_bills_who_is_new(self, priced: October) -> None:
        late(priced, *at_times("bolt-garage", "workspace-security", "0", "0"), *at_times("bolt-garage", "backup-storage", "15.5", "15.5"))
        save_prices("bolt", RETAIL | {"services": RETAIL["services"] | {"backup-storage": "0.5"}}, now="2026-12-10T00:00:00Z")
        (garage,) = [bill for bill in bills(month=LATE).bills if bill.lines]
        assert garage.settled
        assert {line.code: line.amount for line in garage.settled.lines} == {
            "workspace-security": Decimal("-18.00"), "backup-storage": Decimal("0.50"),
        }  # fmt: skip

    def test_says_what_has_no_price(self, priced: October) -> None:
        late(priced, *at_times("bolt-garage", "backup-storage", "15.5", "15.5"))
        (garage,) = [bill for bill in bills(month=LATE).bills if bill.lines]
        assert (garage.settled, str(garage.reason)) == (None, "there is no price for backup-storage")
        assert [(line.service, line.units) for line in garage.lines] == [("backup-storage", 1)]

    def test_of_an_adjustment_that_is_adjusted_is_the_difference_to_that(self, priced: October) -> None:
        late(priced, *at_times("bolt-garage", "workspace-security", "5", "5"))
        late(priced, *at_times("bolt-garage", "workspace-security", "4", "4"), month=DECEMBER, adjustment=LATER)
        found = bills(month=LATER)
        assert (found.adjusts, found.sums.net) == (LATE, Decimal("-6.00"))
        assert sum((bills(month=month).sums.net for month in (OCTOBER, LATE, LATER)), Decimal(0)) == Decimal("468.00") + 6

    def test_says_who_costs_the_msp_less_though_nothing_of_it_changed(self, priced: October) -> None:
        """By volume eleven seats and more are cheaper for all."""
        tiers = {"pricing": "volume", "tiers": [{"up_to": 13, "price": 5}, {"price": 4}]}
        save_prices("north", SELLING | {"services": {"workspace-security": tiers}}, now="2026-11-09T00:00:00Z")
        correct(OPERATOR, Statement.objects.get(buyer__ref="bolt").number, reason="Tiers", now=at("2026-11-10T00:00:00Z"))
        late(priced, *at_times("bolt-garage", "workspace-security", "4", "4"))
        found = {bill.customer: bill for bill in bills(month=LATE).bills}
        dental = found["bolt-dental"]
        assert dental.settled
        assert (dental.lines, dental.settled.net, dental.cost, dental.margin) == ((), 0, Decimal(-10), Decimal(10))
        assert bills(month=LATE).cost_of_nobody == 0
        rows = list(
            csv.DictReader(
                b"".join(customer_bills_file(viewers_of("billing@bolt.example")[0], LATE, "bolt", "csv").content).decode().splitlines()
            )
        )
        assert {row["customer"]: row["cost"] for row in rows} == {"bolt-dental": "-10.00", "bolt-garage": "1.00"}
