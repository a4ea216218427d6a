"""A usage file of any layout."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.exchange.test_rules_profiles import IN
from trueup.exchange.rules import coming_in
from trueup.exchange.rules.coming_in import gathered
from trueup.exchange.rules.definition import read_profile
from trueup.kit.errors import Invalid

HEADING = ["Day", "Client", "SKU", "Qty", "Used", "Credits"]
COLUMNS = [
    {"field": name, "heading": heading}
    for name, heading in zip(("day", "customer", "service", "provisioned_units", "used_units", "allocated_credits"), HEADING, strict=True)
]


def rows(*cells: str, day: date | None = None, heading: list[str] | None = None, **said: Any) -> list[tuple[int, str]]:
    """What a file comes to; rows are written with `|` between their cells and begin with row 4."""
    profile = read_profile("mine", IN | {"columns": COLUMNS} | said)
    given_rows = [(number, row.split("|")) for number, row in enumerate(cells, 4)]
    return [(number, "|".join(row)) for number, row in gathered(profile, heading or HEADING, given_rows, day).rows()]


def refused(*cells: str, **said: Any) -> list[tuple[str, str]]:
    """Where and why a file is refused."""
    with pytest.raises(Invalid) as error:
        rows(*cells, **said)
    return [(problem.where, problem.code) for problem in error.value.problems]


class TestGathered:
    def test_calls_everything_what_we_call_it(self) -> None:
        assert rows("2026-10-31|Dental Care|EPC-1|40|31|150") == [(4, "2026-10-31|bolt-dental|endpoint-core|40|31|150")]

    def test_keeps_a_name_without_an_alias(self) -> None:
        assert rows("2026-10-31|bolt-garage|nfr|4||") == [(4, "2026-10-31|bolt-garage|nfr|4||")]

    def test_adds_up_rows_of_one_day_customer_and_service(self) -> None:
        found = rows("2026-10-31|Dental Care|EPC-1|1.5|1|", "2026-10-30|Dental Care|EPC-1|9|9|", "2026-10-31|Dental Care|EPC-2|2.5||")
        assert found == [(5, "2026-10-30|bolt-dental|endpoint-core|9|9|"), (4, "2026-10-31|bolt-dental|endpoint-core|4|3.5|")]

    def test_does_not_know_used_units_that_no_row_knows(self) -> None:
        assert rows("2026-10-31|a|s|1||", "2026-10-31|a|s|2||") == [(4, "2026-10-31|a|s|3||")]

    def test_refuses_repetitions_that_are_not_to_be_added_up(self) -> None:
        assert refused("2026-10-31|a|s|1||", "2026-10-31|a|s|2||", sum_per_sku=False) == [("row 5", "duplicate")]

    def test_refuses_credits_of_a_part_of_a_sum(self) -> None:
        assert refused("2026-10-31|a|s|1||5", "2026-10-31|a|s|2||") == [("row 5, column Credits", "credits_unclear")]

    def test_skips_empty_rows(self) -> None:
        assert rows("|||||", "2026-10-31|a|s|1|1|", "") == [(5, "2026-10-31|a|s|1|1|")]

    def test_finds_columns_in_any_order_and_spelling_and_one_for_two_fields(self) -> None:
        assert rows("7|x|EPC-1|Dental Care", heading=["QTY ", "other", "sku", "  client"], columns=IN["columns"]) == [
            (4, "2026-10-31|bolt-dental|endpoint-core|7|7|")
        ]

    def test_takes_another_day_in_place_of_the_constant(self) -> None:
        found = rows("7|EPC-1|a", heading=["Qty", "SKU", "Client"], columns=IN["columns"], day=date(2026, 11, 30))
        assert found == [(4, "2026-11-30|a|endpoint-core|7|7|")]

    def test_reads_numbers_and_days_as_the_profile_says(self) -> None:
        found = rows("31.10.2026|a|s|1.234,5|12|", decimal_comma=True, day_format="DD.MM.YYYY")
        assert found == [(4, "2026-10-31|a|s|1234.5|12|")]

    def test_says_row_and_column_of_everything_that_is_wrong(self) -> None:
        assert refused("2026-10-31||s|x|1|", "31.10.2026|a|s|1,234|-1|", "2026-10-31|a|s||1|", "2026-10-31|a|s|1|1||more") == [
            ("row 4, column Client", "missing"), ("row 4, column Qty", "not_a_number"),
            ("row 5, column Day", "not_a_date"), ("row 5, column Qty", "not_a_number"), ("row 5, column Used", "not_a_number"),
            ("row 6, column Qty", "missing"), ("row 7", "malformed"),
        ]  # fmt: skip

    def test_says_which_headings_are_not_there(self) -> None:
        assert refused("", heading=["Day", "Client", "SKU", "Qty", "Used", "Used"]) == [("row 3", "heading_twice"), ("row 3", "no_heading")]

    def test_tells_the_first_thousand_problems_and_counts_all(self) -> None:
        with pytest.raises(Invalid, match="1200 values of the file cannot be read") as error:
            rows(*["2026-10-31|a|s|x||"] * 1200)
        assert len(error.value.problems) == 1000

    def test_holds_no_more_than_is_added_up_in_memory(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(coming_in, "MOST_RECORDS", 2)
        assert len(rows("2026-10-31|a|s|1||", "2026-10-31|b|s|1||", "2026-10-31|a|s|1||")) == 2
        with pytest.raises(Invalid, match="2 records at most: split it"):
            rows("2026-10-31|a|s|1||", "2026-10-31|b|s|1||", "2026-10-31|c|s|1||")

    @given(
        st.lists(
            st.tuples(st.sampled_from("ab"), st.sampled_from(["EPC-1", "EPC-2", "s"]), st.integers(0, 10**6)), min_size=1, max_size=20
        ),
        st.randoms(use_true_random=False),
    )
    def test_comes_to_the_same_whatever_the_order(self, usage: list[tuple[str, str, int]], random: Any) -> None:
        cells = [f"2026-10-31|{customer}|{service}|{Decimal(units).scaleb(-3)}||" for customer, service, units in usage]
        before = [row for _, row in rows(*cells)]
        random.shuffle(cells)
        assert [row for _, row in rows(*cells)] == before
        total = sum((Decimal(row.split("|")[3]) for row in before), Decimal(0))
        assert total == sum((Decimal(units).scaleb(-3) for *_, units in usage), Decimal(0))
