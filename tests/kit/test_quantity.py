"""Decimals: read, rounded, shared out, written."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.kit.errors import Invalid
from trueup.kit.quantity import apportion, decimals_of, parse_quantity, plain, round_half_up

NUMBERS = st.decimals(min_value=0, max_value=10**9, places=6)


class TestRoundHalfUp:
    @pytest.mark.parametrize(
        ("value", "decimals", "expected"),
        [
            ("32.49", 0, "32"),
            ("32.5", 0, "33"),
            ("0.5", 0, "1"),
            ("2.5", 0, "3"),
            ("-2.5", 0, "-3"),
            ("1.0005", 3, "1.001"),
            ("7", 2, "7.00"),
        ],
    )
    def test_rounds_halves_away_from_zero(self, value: str, decimals: int, expected: str) -> None:
        assert str(round_half_up(Decimal(value), decimals)) == expected

    @given(NUMBERS, st.integers(0, 6))
    def test_is_never_more_than_half_a_step_away(self, value: Decimal, decimals: int) -> None:
        assert abs(round_half_up(value, decimals) - value) <= Decimal(1).scaleb(-decimals) / 2


class TestPlain:
    @pytest.mark.parametrize(
        ("value", "expected"),
        [("22.50", "22.5"), ("40", "40"), ("0.000", "0"), ("-0", "0"), ("1E+3", "1000"), ("1E-6", "0.000001"), ("100", "100")],
    )
    def test_has_no_exponent_and_no_trailing_zeros(self, value: str, expected: str) -> None:
        assert plain(Decimal(value)) == expected

    def test_leaves_unknown_unknown(self) -> None:
        assert plain(None) is None

    @given(NUMBERS)
    def test_is_read_back_as_the_same(self, value: Decimal) -> None:
        assert parse_quantity(plain(value) or "") == value


class TestParseQuantity:
    @pytest.mark.parametrize(
        ("text", "expected"), [("3.75", "3.75"), (" 7 ", "7"), ("0", "0"), ("-0", "0"), ("1e3", "1000"), ("1.5000000", "1.5")]
    )
    def test_reads_numbers_exactly(self, text: str, expected: str) -> None:
        assert parse_quantity(text) == Decimal(expected)

    @pytest.mark.parametrize("text", ["", "x", "1,5", "NaN", "Infinity", "-Infinity", "1_000", "-1", "1000000000000", "0.0000001", "1 2"])
    def test_refuses_everything_else(self, text: str) -> None:
        with pytest.raises(Invalid):
            parse_quantity(text)

    def test_allows_the_decimals_of_the_unit_only(self) -> None:
        assert decimals_of(parse_quantity("1.50", decimals=1)) == 1
        with pytest.raises(Invalid, match=r"chargeable allows whole numbers only, not 1\.5"):
            parse_quantity("1.5", decimals=0, name="chargeable")


class TestApportion:
    def test_gives_what_is_left_to_those_cut_most(self) -> None:
        assert apportion(Decimal(10), [Decimal(1)] * 3, 0) == [Decimal(4), Decimal(3), Decimal(3)]
        assert apportion(Decimal(1), [Decimal(1), Decimal(2)], 2) == [Decimal("0.33"), Decimal("0.67")]

    def test_gives_everything_to_the_first_without_weights(self) -> None:
        assert apportion(Decimal(5), [Decimal(0), Decimal(0)], 0) == [Decimal(5), Decimal(0)]
        assert apportion(Decimal(5), [], 0) == []

    @given(NUMBERS, st.lists(NUMBERS, min_size=1, max_size=20), st.integers(0, 6))
    def test_sums_to_the_total_exactly(self, total: Decimal, weights: list[Decimal], decimals: int) -> None:
        shares = apportion(total, weights, decimals)
        assert sum(shares) == total
        assert min(shares) >= 0
