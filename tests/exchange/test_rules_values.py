"""Numbers and days of other programs."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.exchange.rules.days import DAY_FORMATS, read_day, written_day
from trueup.exchange.rules.numbers import read_number, written_number
from trueup.kit.errors import Invalid

QUANTITIES = st.decimals(min_value=0, max_value=999_999_999_999, places=6, allow_nan=False, allow_infinity=False)


class TestReadNumber:
    @pytest.mark.parametrize(
        ("written", "comma", "value"),
        [
            ("40", False, "40"),
            (" 40 ", True, "40"),
            ("12.5", False, "12.5"),
            ("12,5", True, "12.5"),
            (".5", False, "0.5"),
            (",5", True, "0.5"),
            ("1.234", False, "1.234"),
            ("1,234", True, "1.234"),
            ("1,234.5", False, "1234.5"),
            ("1.234,5", True, "1234.5"),
            ("1,234,567", False, "1234567"),
            ("1.234.567", True, "1234567"),
            ("1 234", False, "1234"),
            ("1\u00a0234,5", True, "1234.5"),
            ("1'234.5", False, "1234.5"),
            ("0012", False, "12"),
        ],
    )
    def test_reads(self, written: str, comma: bool, value: str) -> None:
        assert read_number(written, decimal_comma=comma) == Decimal(value)

    @pytest.mark.parametrize(("written", "comma"), [("1,234", False), ("1.234", True), ("12,345", False)])
    def test_refuses_what_could_be_two_numbers(self, written: str, comma: bool) -> None:
        with pytest.raises(Invalid, match="two numbers"):
            read_number(written, decimal_comma=comma)

    @pytest.mark.parametrize(
        ("written", "comma"),
        [
            ("12,5", False), ("12.5", True), ("1,23,456", False), ("1,234 567", False), ("1e3", False), ("forty", False), ("", False),
            ("1..5", False), ("٤٠", False), ("40 €", True), ("1 2", False), ("NaN", False), ("+4", False), ("9" * 100, False),
        ],
    )  # fmt: skip
    def test_refuses_what_is_no_number_as_the_profile_writes_them(self, written: str, comma: bool) -> None:
        with pytest.raises(Invalid, match="not a number written like"):
            read_number(written, decimal_comma=comma)

    @pytest.mark.parametrize(("written", "why"), [("-5", "below 0"), ("0.1234567", "6 decimal places"), ("1" + "0" * 12, "too large")])
    def test_refuses_what_the_ledger_cannot_keep(self, written: str, why: str) -> None:
        with pytest.raises(Invalid, match=why):
            read_number(written, decimal_comma=False)

    @given(QUANTITIES, st.booleans())
    def test_reads_what_is_written(self, value: Decimal, comma: bool) -> None:
        assert read_number(written_number(value, decimal_comma=comma), decimal_comma=comma) == value

    def test_writes_nothing_for_the_unknown(self) -> None:
        assert written_number(None, decimal_comma=True) == ""


class TestReadDay:
    @pytest.mark.parametrize(
        ("written", "day_format"),
        [
            ("2026-10-03", "YYYY-MM-DD"), ("2026-10-03 00:00:00", "YYYY-MM-DD"), ("2026-10-03T00:00:00.000Z", "YYYY-MM-DD"),
            ("20261003", "YYYYMMDD"), ("03.10.2026", "DD.MM.YYYY"), ("3.10.2026 0:00", "DD.MM.YYYY"), ("03/10/2026", "DD/MM/YYYY"),
            ("10/3/2026", "MM/DD/YYYY"),
        ],
    )  # fmt: skip
    def test_reads(self, written: str, day_format: str) -> None:
        assert read_day(written, day_format) == date(2026, 10, 3)

    @pytest.mark.parametrize(
        ("written", "day_format"),
        [
            ("2026-10-03 14:00", "YYYY-MM-DD"), ("2026-13-03", "YYYY-MM-DD"), ("03.10.2026", "YYYY-MM-DD"), ("10/30/2026", "DD/MM/YYYY"),
            ("31.02.2026", "DD.MM.YYYY"), ("03.10.26", "DD.MM.YYYY"), ("", "YYYYMMDD"), ("２０２６-10-03", "YYYY-MM-DD"),
            ("yesterday", "YYYY-MM-DD"),
        ],
    )  # fmt: skip
    def test_refuses(self, written: str, day_format: str) -> None:
        with pytest.raises(Invalid, match="is not a day written as"):
            read_day(written, day_format)

    @given(st.dates(min_value=date(1000, 1, 1)), st.sampled_from(sorted(DAY_FORMATS)))
    def test_reads_what_is_written(self, day: date, day_format: str) -> None:
        assert read_day(written_day(day, day_format), day_format) == day
