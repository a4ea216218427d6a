"""The rules of the measures by themselves; the page of the measures has the worked tables."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.catalog.rules import MeasureName
from trueup.kit.period import Month
from trueup.ledger.rules.measures import (
    MEASURES,
    Line,
    Ranking,
    Received,
    Record,
    average,
    group_peak_day,
    last_day,
    own_maxima,
    peak_day,
    percentile_day,
    percentile_position,
    ranked_by,
    service_peak_day,
    volume,
    winning,
)

OCTOBER = Month(2026, 10)
NOON = datetime(2026, 10, 20, 12, tzinfo=UTC)


def record(day: int, provisioned: str, used: str | None = None, credits: str | None = None, *, customer: int = 1, msp: int = 9) -> Record:  # noqa: A002
    return Record(
        date(2026, 10, day), msp, customer, 5, Decimal(provisioned), Decimal(used) if used else None, Decimal(credits) if credits else None
    )


def line(records: Sequence[Record], group: Sequence[Record] | None = None, percentile: str = "85") -> Line:
    return Line(OCTOBER, records, records if group is None else group, Decimal(percentile), 0)


class TestWinning:
    FIRST = Received(record(3, "4"), NOON, 1)

    def test_takes_the_record_received_last(self) -> None:
        later = Received(record(3, "0"), NOON + timedelta(microseconds=1), 2)
        assert winning([later, self.FIRST]) == [later.record]

    def test_takes_the_later_batch_of_the_same_moment(self) -> None:
        later = Received(record(3, "0"), NOON, 2)
        assert winning([later, self.FIRST]) == [later.record]

    def test_leaves_out_what_was_received_after_the_moment(self) -> None:
        later = Received(record(3, "0"), NOON + timedelta(seconds=1), 2)
        assert winning([self.FIRST, later], NOON) == [self.FIRST.record]
        assert winning([self.FIRST], NOON - timedelta(seconds=1)) == []

    def test_lets_a_correction_name_another_msp(self) -> None:
        moved = Received(record(3, "4", msp=8), NOON, 2)
        assert winning([self.FIRST, moved]) == [moved.record]


class TestRanking:
    def test_is_by_credits_if_any_record_has_them(self) -> None:
        assert ranked_by([record(1, "5", "4"), record(2, "1", None, "0")]) is Ranking.CREDITS

    def test_is_by_used_if_any_record_knows_it(self) -> None:
        assert ranked_by([record(1, "5"), record(2, "1", "1")]) is Ranking.USED

    def test_is_by_provisioned_otherwise(self) -> None:
        assert ranked_by([record(1, "5")]) is Ranking.PROVISIONED


class TestPeakDay:
    def test_is_the_earliest_of_equals(self) -> None:
        assert peak_day([record(20, "5"), record(4, "5"), record(9, "1")], Ranking.PROVISIONED, OCTOBER) == date(2026, 10, 4)

    def test_is_the_first_of_the_month_where_all_is_zero(self) -> None:
        assert peak_day([record(20, "0")], Ranking.PROVISIONED, OCTOBER) == OCTOBER.first_day


class TestPercentilePosition:
    @pytest.mark.parametrize(
        ("percentile", "days", "position"),
        [
            ("85", 28, 24),
            ("85", 29, 25),
            ("85", 30, 26),
            ("85", 31, 27),
            ("100", 31, 31),
            ("50", 30, 15),
            ("50.0000000000000000000000000001", 30, 16),
            ("0.1", 31, 1),
            ("3.3333333333333333333333333333", 30, 1),
            ("3.3333333333333333333333333334", 30, 2),
        ],
    )
    def test_is_the_nearest_rank_exactly(self, percentile: str, days: int, position: int) -> None:
        assert percentile_position(Decimal(percentile), days) == position


class TestTheMeasures:
    def test_are_one_registry_of_all_names(self) -> None:
        assert set(MEASURES) == set(MeasureName)

    def test_take_the_day_of_the_group_whatever_the_own_one_is(self) -> None:
        own = [record(4, "5", "5", "10"), record(7, "2", "2", "4")]
        other = replace(record(7, "9", "9", "90"), service_id=6)
        assert group_peak_day(line(own, [*own, other])).days == (date(2026, 10, 7),)
        assert service_peak_day(line(own, [*own, other])).days == (date(2026, 10, 4),)

    def test_know_used_in_part_as_provisioned_in_the_rest(self) -> None:
        figures = volume(line([record(4, "5"), record(7, "2", "1")]))
        assert (figures.provisioned, figures.used, figures.credits) == (7, 6, None)

    def test_round_an_average_half_up_once(self) -> None:
        assert average(line([record(4, "15.5")])).provisioned == 1
        assert average(line([record(4, "15.499999")])).provisioned == 0

    def test_count_nothing_on_a_last_day_without_records(self) -> None:
        figures = last_day(line([record(4, "5", "4")]))
        assert (figures.provisioned, figures.used, figures.days) == (0, 0, (date(2026, 10, 31),))

    @given(st.lists(st.tuples(st.integers(1, 31), st.integers(0, 9), st.integers(0, 9)), min_size=1, unique_by=lambda each: each[0]))
    def test_are_never_above_the_maxima_nor_the_maxima_above_the_volume(self, days: list[tuple[int, int, int]]) -> None:
        month = line([record(day, str(provisioned), str(used)) for day, provisioned, used in days])
        most, all_of_it = own_maxima(month), volume(month)
        for measure in (group_peak_day, service_peak_day, percentile_day, last_day):
            figures = measure(month)
            assert figures.provisioned <= most.provisioned <= all_of_it.provisioned
            assert (figures.used or 0) <= (most.used or 0) <= (all_of_it.used or 0)

    @given(st.lists(st.tuples(st.integers(1, 31), st.integers(0, 9)), min_size=1, unique_by=lambda each: each[0]))
    def test_have_the_service_peak_as_the_hundredth_percentile_of_one_customer(self, days: list[tuple[int, int]]) -> None:
        month = line([record(day, str(provisioned)) for day, provisioned in days], percentile="100")
        assert percentile_day(month) == service_peak_day(month)
