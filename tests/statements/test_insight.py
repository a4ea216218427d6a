"""What was billed, how months were reviewed, what could be saved, and the same month measured otherwise."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.reports.month import OPERATOR, October, at, at_times
from tests.statements.conftest import BUYING, SELLING, issue_all, save_prices
from trueup.accounts.queries import viewers_of
from trueup.accounts.rules import Viewer
from trueup.catalog.rules import MeasureName
from trueup.kit.errors import Invalid, NotAllowed, NotFound
from trueup.kit.period import Month
from trueup.kit.quantity import added
from trueup.statements.actions import correct
from trueup.statements.insight import By, ReviewedBy, billed, deprovision, measured_otherwise, review_figures
from trueup.statements.models import Statement

pytestmark = pytest.mark.django_db(transaction=True)

OCTOBER = Month(2026, 10)
WORKSPACE = "workspace-security"


def person(email: str) -> Viewer:
    return viewers_of(email)[0]


@pytest.fixture
def priced(approve: Callable[..., October]) -> October:
    """October approved, with prices and statements."""
    october = approve()
    save_prices("north", SELLING)
    save_prices("acme-vendor", BUYING)
    issue_all()
    return october


def amounts(found: Any) -> dict[str, str]:
    return {one.key: str(one.amount.normalize()) for one in found}


class TestBilled:
    def test_is_what_statements_say_by_month_service_and_msp(self, priced: October) -> None:
        viewer = person("north@north.example")
        whole = sum(Statement.objects.values_list("net", flat=True), Decimal(0))
        for by in By:
            assert sum((one.amount for one in billed(viewer, OCTOBER, OCTOBER, by=by)), Decimal(0)) == whole
        (month,) = billed(viewer, OCTOBER, OCTOBER, by=By.MONTH)
        assert (month.key, month.name, month.currency) == ("2026-10", "", "EUR")
        services = {one.key: one for one in billed(viewer, OCTOBER, OCTOBER, by=By.SERVICE)}
        workspace = services["workspace-security"]
        assert (workspace.name, workspace.unit, workspace.units, workspace.credits) == ("Workspace Security", "seat", Decimal(18), None)
        assert services["endpoint-core"].credits == Decimal(1500)
        assert [one.key for one in billed(viewer, OCTOBER, OCTOBER, by=By.MSP)] == ["bolt", "coil"]

    def test_takes_credit_notes_off(self, priced: October) -> None:
        viewer = person("north@north.example")
        before = billed(viewer, OCTOBER, OCTOBER, by=By.SERVICE)
        number = Statement.objects.get(buyer__ref="bolt").number
        correct(OPERATOR, number, reason="again", now=at("2026-11-09T12:00:00Z"))
        assert billed(viewer, OCTOBER, OCTOBER, by=By.SERVICE) == before

    def test_is_each_ones_own_side(self, priced: October) -> None:
        bolt, north = (person(email) for email in ("billing@bolt.example", "north@north.example"))
        own = billed(bolt, OCTOBER, OCTOBER, by=By.MONTH)
        assert amounts(own) == {"2026-10": amounts(billed(north, OCTOBER, OCTOBER, by=By.MSP))["bolt"]}
        assert billed(person("vendor@acme.example"), OCTOBER, OCTOBER, by=By.MSP) == []
        assert billed(person("south@south.example"), OCTOBER, OCTOBER, by=By.MSP) == []
        assert amounts(billed(OPERATOR, OCTOBER, OCTOBER, by=By.MSP)) == amounts(billed(north, OCTOBER, OCTOBER, by=By.MSP))

    def test_is_of_some_months_in_their_order(self, priced: October) -> None:
        viewer = person("north@north.example")
        assert billed(viewer, Month(2026, 11), Month(2026, 12), by=By.MONTH) == []
        assert len(billed(viewer, Month(2024, 1), Month(2026, 12), by=By.MONTH)) == 1
        for first, last in ((Month(2026, 11), OCTOBER), (Month(2023, 10), OCTOBER)):
            with pytest.raises(Invalid):
                billed(viewer, first, last, by=By.MONTH)


class TestReview:
    def test_tells_what_was_charged_of_what_was_provisioned_and_what_was_said(self, priced: October) -> None:
        (month,) = review_figures(person("north@north.example"), OCTOBER, OCTOBER)
        assert (month.month, month.reports) == (OCTOBER, 2)
        assert month.over_provisioned == Decimal(2)
        assert month.chargeable == month.provisioned - 2
        assert (month.penalties, month.penalty_units) == (0, 0)
        assert dict(month.comments) == {"": 2}
        (vendors,) = review_figures(person("vendor@acme.example"), OCTOBER, OCTOBER)
        assert vendors.provisioned >= month.provisioned

    def test_is_told_by_service_msp_and_distributor_too(self, priced: October) -> None:
        north, vendor = person("north@north.example"), person("vendor@acme.example")
        (month,) = review_figures(north, OCTOBER, OCTOBER)
        for by in ReviewedBy:
            found = review_figures(north, OCTOBER, OCTOBER, by=by)
            for name in ("provisioned", "chargeable", "over_provisioned"):
                assert sum((getattr(one, name) for one in found), Decimal(0)) == getattr(month, name), (by, name)
            assert sum(sum(one.comments.values()) for one in found) == 2
        services = {one.key: one for one in review_figures(north, OCTOBER, OCTOBER, by=ReviewedBy.SERVICE)}
        workspace = services[WORKSPACE]
        assert (workspace.name, workspace.unit, workspace.reports, workspace.credits) == ("Workspace Security", "seat", 2, None)
        assert (workspace.provisioned, workspace.over_provisioned, workspace.chargeable) == (20, 2, 18)
        assert workspace.over_provisioned_percent == 10
        assert services["endpoint-core"].credits == 1500
        bolt, coil = review_figures(north, OCTOBER, OCTOBER, by=ReviewedBy.MSP)
        assert (bolt.key, bolt.name, bolt.reports, bolt.over_provisioned, bolt.credits) == ("bolt", "Bolt IT", 1, 2, 1590)
        assert (coil.key, coil.over_provisioned, coil.credits) == ("coil", 0, None)
        assert next(one.key for one in review_figures(vendor, OCTOBER, OCTOBER, by=ReviewedBy.DISTRIBUTOR)) == "north"
        assert {one.key for one in review_figures(vendor, OCTOBER, OCTOBER, by=ReviewedBy.MSP)} >= {"bolt", "coil"}

    def test_of_a_service_knows_who_uses_more_than_there_is(self, october: October) -> None:
        """Bolt uses more than was provisioned: that takes nothing off what coil does not use."""
        october.deliver(*at_times("bolt-dental", WORKSPACE, "9.5", "110"), *at_times("coil-bakery", WORKSPACE, "100", "20"))
        october.close()
        found = {one.key: one for one in review_figures(person("north@north.example"), OCTOBER, OCTOBER, by=ReviewedBy.SERVICE)}
        assert found[WORKSPACE].over_provisioned == 80
        (month,) = review_figures(person("north@north.example"), OCTOBER, OCTOBER)
        assert month.over_provisioned == 80

    def test_tells_penalties_by_what_has_them(self, october: October) -> None:
        october.deliver(*at_times("bolt-dental", WORKSPACE, "40", "10"), *at_times("coil-bakery", WORKSPACE, "1000", "5"))
        october.close()
        october.deadline()
        north = person("north@north.example")
        (month,) = review_figures(north, OCTOBER, OCTOBER)
        assert month.penalties
        for name in ("provisioned", "chargeable", "over_provisioned"):  # what people and the clock have changed is written in another way
            by_service = review_figures(north, OCTOBER, OCTOBER, by=ReviewedBy.SERVICE)
            assert added(getattr(one, name) for one in by_service) == getattr(month, name), name
        services = {one.key: (one.penalties, one.penalty_units) for one in review_figures(north, OCTOBER, OCTOBER, by=ReviewedBy.SERVICE)}
        assert services[WORKSPACE] == (month.penalties, month.penalty_units)
        msps = {one.key: one.penalties for one in review_figures(north, OCTOBER, OCTOBER, by=ReviewedBy.MSP)}
        assert msps == {"bolt": month.penalties, "coil": 0}

    def test_is_not_for_msps(self, priced: October) -> None:
        with pytest.raises(NotAllowed):
            review_figures(person("billing@bolt.example"), OCTOBER, OCTOBER)

    def test_is_of_nobody_elses_reports(self, priced: October) -> None:
        found = review_figures(person("south@south.example"), OCTOBER, OCTOBER)
        assert [one.reports for one in found] in ([], [1])


class TestDeprovision:
    @pytest.fixture
    def over(self, october: October) -> October:
        """Bolt pays for what it provisioned of the workspace: 2 of dental's 12 and 1 of garage's 4 are not used."""
        dental, garage = (at_times(*one) for one in (("bolt-dental", WORKSPACE, "12", "10"), ("bolt-garage", WORKSPACE, "4", "3")))
        october.deliver(*dental, *garage)
        october.close()
        october.edit("bolt", "workspace-security", by="billing@bolt.example", chargeable="16", comment="As agreed")
        save_prices("north", SELLING)
        return october

    def test_tells_what_is_saved_customer_by_customer(self, over: October) -> None:
        found = deprovision(person("billing@bolt.example"), OCTOBER, "bolt")
        (line,) = [one for one in found.lines if one.service == "workspace-security"]
        assert (line.over_provisioned, line.charged, line.cost, line.saving) == (3, 3, Decimal("12.60"), Decimal("12.60"))
        assert [(one.customer, one.units, one.saving) for one in line.customers] == [
            ("bolt-dental", 2, Decimal("8.40")), ("bolt-garage", 1, Decimal("4.20")),
        ]  # fmt: skip
        assert (found.currency, found.cost, found.saving) == ("EUR", Decimal("12.60"), Decimal("12.60"))

    def test_saves_by_the_prices_of_the_next_month(self, over: October) -> None:
        dearer = SELLING | {"services": {"workspace-security": "5"}}
        save_prices("north", dearer, begin=date(2026, 11, 1))
        found = deprovision(person("billing@bolt.example"), OCTOBER, "bolt")
        assert (found.cost, found.saving) == (Decimal("12.60"), Decimal("15.00"))

    def test_costs_nothing_where_only_used_units_are_charged(self, over: October) -> None:
        over.edit("bolt", "workspace-security", by="billing@bolt.example", chargeable="13", comment="As used")
        (line,) = deprovision(person("billing@bolt.example"), OCTOBER, "bolt").lines
        assert (line.over_provisioned, line.charged, line.cost, line.saving) == (3, 0, 0, 0)
        assert [one.units for one in line.customers] == [2, 1]

    def test_names_who_leaves_units_where_others_use_more_than_they_have(self, october: October) -> None:
        october.deliver(*at_times("bolt-dental", WORKSPACE, "12", "2"), *at_times("bolt-garage", WORKSPACE, "4", "14"))
        october.close()
        save_prices("north", SELLING)
        (line,) = deprovision(person("billing@bolt.example"), OCTOBER, "bolt").lines
        assert (line.over_provisioned, line.charged, line.cost, line.saving) == (10, 0, 0, 0)
        assert [(one.customer, one.units, one.saving) for one in line.customers] == [("bolt-dental", 10, 0)]

    def test_is_dearer_where_fewer_units_fall_into_another_tier(self, over: October) -> None:
        tiers = {"pricing": "volume", "tiers": [{"up_to": "13", "price": "10"}, {"price": "1"}]}
        save_prices("north", SELLING | {"services": {"workspace-security": tiers}}, begin=date(2026, 10, 15))
        found = deprovision(person("billing@bolt.example"), OCTOBER, "bolt")
        (line,) = found.lines
        assert line.saving == Decimal(16) - Decimal(130)
        assert sum((one.saving or 0 for one in line.customers), Decimal(0)) == line.saving

    def test_tells_no_money_to_the_vendor_nor_without_prices(self, over: October) -> None:
        vendors = deprovision(person("vendor@acme.example"), OCTOBER, "bolt")
        assert (vendors.currency, vendors.cost, vendors.lines[0].saving, vendors.lines[0].customers[0].saving) == ("", None, None, None)
        save_prices("north", {"currency": "EUR", "services": {"email-core": "1"}}, begin=date(2026, 10, 20))
        assert deprovision(person("billing@bolt.example"), OCTOBER, "bolt").cost is None

    def test_is_nobody_elses(self, over: October) -> None:
        with pytest.raises(NotFound):
            deprovision(person("billing@coil.example"), OCTOBER, "bolt")


class TestMeasuredOtherwise:
    @pytest.fixture
    def busy(self, october: October) -> October:
        """A day on which much is used."""
        rows = (f"2026-10-{day:02d},bolt-dental,workspace-security,{'30,20' if day == 9 else '10,8'}," for day in range(1, 32))
        october.deliver(*rows)
        october.close()
        save_prices("north", SELLING)
        return october

    def test_has_every_measure_with_what_it_comes_to(self, busy: October) -> None:
        found = measured_otherwise(person("billing@bolt.example"), OCTOBER, "bolt")
        (line,) = [one for one in found.lines if one.service == "workspace-security"]
        charged = {name: one.chargeable for name, one in line.by_measure.items()}
        assert set(charged) == set(MeasureName)
        assert charged[MeasureName.SERVICE_PEAK_DAY] == 20
        assert charged[MeasureName.PERCENTILE_DAY] == charged[MeasureName.LAST_DAY] == 8
        assert found.totals[MeasureName.SERVICE_PEAK_DAY] == Decimal("84.00")
        assert found.totals[MeasureName.LAST_DAY] == Decimal("33.60")
        assert found.in_force == found.totals[line.measure]

    def test_tells_no_money_to_the_vendor(self, busy: October) -> None:
        found = measured_otherwise(person("vendor@acme.example"), OCTOBER, "bolt")
        assert (found.currency, found.in_force, set(found.totals.values())) == ("", None, {None})
        assert found.lines

    def test_is_nobody_elses(self, busy: October) -> None:
        with pytest.raises(NotFound):
            measured_otherwise(person("billing@coil.example"), OCTOBER, "bolt")
