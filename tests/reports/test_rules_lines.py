"""The figures of a line."""

from datetime import date
from decimal import Decimal

import pytest

from trueup.catalog.rules import ChargeableBasis, TermsInForce
from trueup.kit.errors import Invalid
from trueup.kit.quantity import ZERO
from trueup.reports.rules.lines import Figures, LineState, Outcome, default_chargeable, is_over_provisioned, read_chargeable

D = Decimal


def figures(provisioned: str, used: str | None) -> Figures:
    """Figures of a line, by hand."""
    return Figures(D(provisioned), None if used is None else D(used), None, (date(2026, 10, 3),))


class TestOverProvisioning:
    @pytest.mark.parametrize(
        ("provisioned", "used", "units", "percent"),
        [
            ("40", "31", "9", "22.5"),
            ("40", "40", "0", "0"),
            ("40", "50", "0", "0"),  # overuse is not negative over-provisioning
            ("0", "0", "0", "0"),
            ("0", "3", "0", "0"),
            ("3", "2", "1", "33.3"),
            ("2000", "1801", "199", "10.0"),  # 9.95 half up
            ("2000", "1802", "198", "9.9"),
            ("1.5", "1.125", "0.375", "25"),
        ],
    )
    def test_is_what_is_provisioned_and_not_used(self, provisioned: str, used: str, units: str, percent: str) -> None:
        line = figures(provisioned, used)
        assert line.over_provisioned == D(units)
        assert line.over_provisioned_percent == D(percent)

    def test_is_unknown_where_used_is(self) -> None:
        assert figures("40", None).over_provisioned is None
        assert figures("40", None).over_provisioned_percent is None

    @pytest.mark.parametrize(
        ("provisioned", "used", "reached"),
        [
            ("50", "45", True),  # 5 units and 10 %
            ("49", "44", True),
            ("51", "46", False),  # 5 units, 9.8 %
            ("40", "36", False),  # 10 %, 4 units
            ("40", None, False),
            ("5", "0", True),
        ],
    )
    def test_counts_when_both_thresholds_are_reached(self, provisioned: str, used: str | None, reached: bool) -> None:
        assert is_over_provisioned(figures(provisioned, used), TermsInForce()) is reached

    def test_of_nothing_never_counts(self) -> None:
        terms = TermsInForce(over_provision_percent=ZERO, over_provision_units=ZERO)
        assert not is_over_provisioned(figures("40", "40"), terms)
        assert is_over_provisioned(figures("40", "39"), terms)


class TestDefaultChargeable:
    @pytest.mark.parametrize(
        ("used", "basis", "expected"),
        [
            ("31", ChargeableBasis.USED, "31"),
            ("31", ChargeableBasis.PROVISIONED, "40"),
            ("31", ChargeableBasis.GREATER, "40"),
            ("50", ChargeableBasis.GREATER, "50"),
            (None, ChargeableBasis.USED, "40"),
            (None, ChargeableBasis.GREATER, "40"),
        ],
    )
    def test_starts_from_the_basis(self, used: str | None, basis: ChargeableBasis, expected: str) -> None:
        assert default_chargeable(figures("40", used), basis) == D(expected)


class TestReadChargeable:
    @pytest.mark.parametrize(("text", "value"), [("38", "38"), (" 38.0 ", "38"), ("0", "0"), ("1e1", "10")])
    def test_takes_a_number(self, text: str, value: str) -> None:
        assert read_chargeable(text, default=D(40), decimals=0) == D(value)

    @pytest.mark.parametrize("text", ["", "  "])
    def test_takes_nothing_as_the_default(self, text: str) -> None:
        assert read_chargeable(text, default=D(40), decimals=0) is None

    @pytest.mark.parametrize("text", ["40", "40.000"])
    def test_keeps_a_value_that_equals_the_default(self, text: str) -> None:
        assert read_chargeable(text, default=D(40), decimals=0) == D(40)

    def test_takes_back_a_measured_default_finer_than_the_unit(self) -> None:
        assert read_chargeable("40.5", default=D("40.500000"), decimals=0) == D("40.5")

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("-1", "below 0"),
            ("38.5", "whole numbers only"),
            ("abc", "must be a number"),
            ("NaN", "must be a number"),
            ("Infinity", "must be a number"),
            ("1_000", "must be a number"),
            ("1e12", "too large"),
            ("38,5", "must be a number"),
        ],
    )
    def test_refuses_anything_else(self, text: str, why: str) -> None:
        with pytest.raises(Invalid, match=why):
            read_chargeable(text, default=D(40), decimals=0)

    def test_allows_the_decimals_of_the_unit(self) -> None:
        assert read_chargeable("38.125", default=D(40), decimals=3) == D("38.125")
        with pytest.raises(Invalid, match="at most 3 decimal places"):
            read_chargeable("38.1255", default=D(40), decimals=3)


class TestChargeable:
    @pytest.mark.parametrize(
        ("outcome", "expected"),
        [(Outcome.AS_SAVED, "35"), (Outcome.PENALTY, "40"), (Outcome.DEFAULT_RESTORED, "31"), (Outcome.WAIVED, "35")],
    )
    def test_follows_the_outcome(self, outcome: Outcome, expected: str) -> None:
        line = LineState("endpoint-core", figures("40", "31"), D(31), D(35), "", outcome)
        assert line.chargeable == D(expected)
