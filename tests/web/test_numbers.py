"""Numbers as people write and read them."""

from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from trueup.kit.errors import Invalid
from trueup.web import numbers

QUANTITIES = st.decimals(min_value=0, max_value=10**12 - 1, places=6)


class TestShown:
    @pytest.mark.parametrize(
        ("language", "value", "text"),
        [
            ("en", "1234.5", "1,234.5"),
            ("de", "1234.5", "1.234,5"),
            ("en", "40.000000", "40"),
            ("de", "1234567.125", "1.234.567,125"),
            ("en", "0", "0"),
        ],
    )
    def test_has_the_separators_of_the_language(self, language: str, value: str, text: str) -> None:
        with translation.override(language):
            assert numbers.shown(Decimal(value)) == text

    def test_shows_at_least_the_decimals_asked_for_and_never_cuts(self) -> None:
        with translation.override("en"):
            assert [numbers.shown(Decimal("1.5"), 3), numbers.shown(Decimal("1.23456"), 3)] == ["1.500", "1.23456"]


class TestRead:
    @pytest.mark.parametrize(
        ("language", "written", "value"),
        [
            ("en", "1,234.5", "1234.5"),
            ("en", "1234.5", "1234.5"),
            ("de", "1.234,5", "1234.5"),
            ("de", "1234,5", "1234.5"),
            ("de", "1.234", "1234"),
            ("en", " 40 ", "40"),
            ("en", "0.125", "0.125"),
            ("en", "", ""),
            ("de", "", ""),
        ],
    )
    def test_reads_what_the_language_writes(self, language: str, written: str, value: str) -> None:
        with translation.override(language):
            assert numbers.read(written) == value

    @pytest.mark.parametrize(
        ("language", "written"),
        [
            ("de", "1.5"),
            ("en", "1,5"),
            ("de", "1,234,567"),
            ("en", "1.234.567"),
            ("en", "12,34"),
            ("en", "forty"),
            ("en", "1e3"),
            ("en", "NaN"),
            ("en", "1 2"),
            ("en", "٣"),
        ],
    )
    def test_refuses_what_could_be_read_in_two_ways_or_in_none(self, language: str, written: str) -> None:
        with translation.override(language), pytest.raises(Invalid, match="is not a number as it is written here"):
            numbers.read(written)

    @given(value=QUANTITIES, language=st.sampled_from(["en", "de"]))
    def test_reads_back_what_was_shown_and_what_stands_in_a_field(self, value: Decimal, language: str) -> None:
        with translation.override(language):
            assert Decimal(numbers.read(numbers.shown(value))) == value
            assert Decimal(numbers.read(numbers.typed(value))) == value
