"""What is in force on a day."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.world import FILE_NAME
from trueup.accounts.models import Account
from trueup.accounts.queries import viewers_of
from trueup.accounts.rules import Viewer
from trueup.catalog.queries import ServiceInForce, service, services_on, terms_on, vendor_of_groups
from trueup.catalog.rules import AutoApprove, ChargeableBasis, Measure, MeasureName, Penalty, TermsInForce, combine_terms, usual_decimals
from trueup.kit.errors import NotFound
from trueup.network.actions import apply

NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)
AUGUST = date(2026, 8, 31)


def terms_of(ref: str, distributor: str, day: date) -> TermsInForce:
    ids = dict(Account.objects.values_list("ref", "pk"))
    return terms_on({ids[ref]: (ids[distributor], ids[ref])}, day)[ids[ref]]


def by_code(day: date) -> dict[str, ServiceInForce]:
    return {item.code: item for item in services_on(day).values()}


class TestTerms:
    def test_are_the_defaults_where_nobody_says_anything(self) -> None:
        assert combine_terms([]) == TermsInForce(
            5, 3, (3, 1, 0), Decimal(10), Decimal(5), Penalty.CHARGE_PROVISIONED, AutoApprove.CLEAN, zero_reports=False
        )

    def test_of_a_lower_level_override_what_they_name(self) -> None:
        levels: list[dict[str, Any]] = [
            {"auto_submit_after_days": 7, "zero_reports": True},
            {"auto_submit_after_days": 9},
            {"zero_reports": None},
        ]
        combined = combine_terms(levels)
        assert (combined.auto_submit_after_days, combined.zero_reports) == (9, True)

    def test_may_be_zero_false_and_empty(self) -> None:
        levels: list[dict[str, Any]] = [{"auto_submit_after_days": 7, "zero_reports": True, "reminder_days_before": (3,)}]
        combined = combine_terms([*levels, {"auto_submit_after_days": 0, "zero_reports": False, "reminder_days_before": ()}])
        assert (combined.auto_submit_after_days, combined.zero_reports, combined.reminder_days_before) == (0, False, ())

    @pytest.mark.django_db
    def test_combine_installation_distributor_and_msp_by_day(self, world: None) -> None:
        text = """\
terms:
  - {from: 2026-01-01, auto_submit_after_days: 1, resubmit_within_days: 1, zero_reports: true, reminder_days_before: [0, 2, 2]}
  - {account: north, from: 2026-01-01, auto_submit_after_days: 2, over_provision_percent: 12.5}
  - {account: north, from: 2026-09-01, auto_submit_after_days: 3}
  - {account: bolt, from: 2026-02-01, auto_approve: never, penalty: none}
"""
        apply(Viewer.system(), text, file_name=FILE_NAME, dry_run=False, now=NOW)
        bolt = terms_of("bolt", "north", AUGUST)
        assert bolt == TermsInForce(2, 1, (2, 0), Decimal("12.5"), Decimal(5), Penalty.NONE, AutoApprove.NEVER, zero_reports=True)
        assert terms_of("dune", "south", AUGUST).auto_submit_after_days == 1
        later = terms_of("bolt", "north", date(2026, 9, 1))
        assert (later.auto_submit_after_days, later.over_provision_percent) == (3, Decimal(10))
        assert terms_of("bolt", "north", date(2025, 12, 31)) == TermsInForce()


@pytest.mark.django_db
class TestServices:
    def test_come_in_the_order_of_the_report(self, world: None) -> None:
        assert list(by_code(AUGUST)) == ["workspace-security", "endpoint-core", "email-core", "backup-storage", "nfr-license"]

    def test_are_complete(self, world: None) -> None:
        found = by_code(AUGUST)["email-core"]
        assert found.measure == Measure(MeasureName.PERCENTILE_DAY, Decimal(85))
        assert (found.group_code, found.group_name, found.unit, found.decimals) == ("credits", "Credit-based services", "user", 0)
        assert (found.reports_used, found.basis, found.credits_per_unit) == (True, ChargeableBasis.USED, Decimal("1.5"))
        assert set(vendor_of_groups().values()) == {Account.objects.get(ref="acme-vendor").pk}

    def test_have_the_requirement_of_the_day(self, world: None) -> None:
        days = [date(2024, 12, 31), date(2025, 1, 1), date(2026, 6, 30), date(2026, 7, 1)]
        assert [by_code(day)["email-core"].credits_per_unit for day in days] == [None, Decimal("1.25"), Decimal("1.25"), Decimal("1.5")]

    def test_have_the_measure_of_the_day(self, world: None) -> None:
        measures = "measure: [{name: average}, {from: 2026-09-01, name: percentile_day, percentile: '99.5'}]"
        text = f"services: [{{code: workspace-security, group: smb, unit: seat, {measures}}}]"
        apply(Viewer.system(), text, file_name=FILE_NAME, dry_run=False, now=NOW)
        found = [by_code(day)["workspace-security"].measure for day in (AUGUST, date(2026, 9, 1))]
        assert found == [Measure(MeasureName.AVERAGE), Measure(MeasureName.PERCENTILE_DAY, Decimal("99.5"))]

    def test_are_not_found_by_strangers(self, world: None) -> None:
        viewer = viewers_of("billing@bolt.example")[0]
        assert service(viewer, "email-core").unit.code == "user"
        with pytest.raises(NotFound, match="there is no service “x”"):
            service(viewer, "x")


class TestUsualDecimals:
    @pytest.mark.parametrize(("unit", "decimals"), [("seat", 0), ("endpoint", 0), ("GB", 3), ("Gbps", 3), ("TB", 3), ("hour", 3)])
    def test_are_those_of_well_known_units(self, unit: str, decimals: int) -> None:
        assert usual_decimals(unit) == decimals
