"""What an MSP bills its customers: to the unit what its report charges, and what is left of it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.reports.month import OCTOBER, October
from tests.statements.conftest import SELLING, issue_all, save_prices
from trueup.accounts.queries import viewers_of
from trueup.kit.errors import NotAllowed, NotFound
from trueup.statements.customers import CustomerBills, customer_bills

Approve = Callable[..., October]
RETAIL: dict[str, Any] = {
    "currency": "EUR",
    "tax": {"percent": 19},
    "services": {"workspace-security": 6, "endpoint-core": "0.75", "nfr-license": 1},
}


def bills(email: str = "billing@bolt.example", msp: str = "bolt") -> CustomerBills:
    return customer_bills(viewers_of(email)[0], OCTOBER, msp)


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
