"""Cells of spreadsheets."""

import pytest

from trueup.kit.cells import safe_cell


class TestSafeCell:
    @pytest.mark.parametrize(
        "text", ["=1+1", "+1 555", "-x", "@SUM(1)", "\t=1", "\r=1", "\n=1", "  =1", "\u00a0=1", "|cmd", "%x", "\tplain", "-1+2"]
    )
    def test_puts_an_apostrophe_before_what_could_be_a_formula(self, text: str) -> None:
        assert safe_cell(text) == f"'{text}"

    @pytest.mark.parametrize("text", ["", "Dental Care", "-5", "-0.5", "1234.5", "a=b", " indented", "ü"])
    def test_leaves_the_rest(self, text: str) -> None:
        assert safe_cell(text) == text
