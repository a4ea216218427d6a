"""Money: decimals of currencies, rounded once, added up exactly."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.kit.errors import Invalid
from trueup.kit.money import currency_decimals, money_text, parse_currency, parse_percent, parse_price, total
from trueup.kit.quantity import added, share, times


class TestCurrencies:
    @pytest.mark.parametrize(("currency", "decimals"), [("EUR", 2), ("USD", 2), ("JPY", 0), ("KWD", 3), ("HUF", 2), ("IQD", 3)])
    def test_have_the_decimals_of_the_standard(self, currency: str, decimals: int) -> None:
        assert currency_decimals(currency) == decimals

    def test_are_read_in_any_case(self) -> None:
        assert parse_currency(" eur ") == "EUR"

    @pytest.mark.parametrize("typed", ["", "EURO", "QQQ", "€"])
    def test_that_there_are_not_are_refused(self, typed: str) -> None:
        with pytest.raises(Invalid) as refused:
            parse_currency(typed)
        assert refused.value.message == f"“{typed}” is not a currency: write its three letters, like EUR"


class TestAmounts:
    @pytest.mark.parametrize(
        ("exact", "currency", "written"),
        [("1234.5", "EUR", "1234.50"), ("0.005", "EUR", "0.01"), ("-0.005", "EUR", "-0.01"), ("0.5", "JPY", "1"), ("1", "KWD", "1.000")],
    )
    def test_are_written_with_all_decimals(self, exact: str, currency: str, written: str) -> None:
        assert money_text(Decimal(exact), currency) == written

    def test_of_nothing_come_to_nothing(self) -> None:
        assert str(total([], "EUR")) == "0.00"


class TestTyped:
    def test_prices_have_six_decimals_at_most(self) -> None:
        assert parse_price("0.000125", name="the price") == Decimal("0.000125")
        with pytest.raises(Invalid, match="at most 6 decimal places"):
            parse_price("0.0000001", name="the price")

    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ("100.5", "the margin must not be above 100 percent, but is 100.5"),
            ("-1", "the margin must not be below 0, but is -1"),
            ("many", "the margin must be a number, not “many”"),
        ],
    )
    def test_percentages_are_from_0_to_100(self, typed: str, said: str) -> None:
        with pytest.raises(Invalid) as refused:
            parse_percent(typed, name="the margin")
        assert refused.value.message == said


LONG = st.decimals(0, 10**20, places=6)


class TestExact:
    @given(LONG, LONG)
    def test_products_and_sums_lose_no_digit(self, one: Decimal, other: Decimal) -> None:
        assert Fraction(times(one, other)) == Fraction(one) * Fraction(other)
        assert Fraction(added((one, other))) == Fraction(one) + Fraction(other)

    @given(LONG, st.decimals("0.000001", 10**20, places=6))
    def test_shares_are_rounded_half_up_once(self, value: Decimal, whole: Decimal) -> None:
        assert share(value, whole, whole, 6) == value
