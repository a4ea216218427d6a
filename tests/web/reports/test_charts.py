"""Charts as geometry."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from trueup.web.charts import chart, spark

FIRST = date(2026, 10, 1)


@dataclass(frozen=True)
class Day:
    """A day of usage."""

    day: date
    provisioned: Decimal
    used: Decimal | None
    credits: Decimal | None


def month(*provisioned: int, used: bool = True) -> list[Day]:
    """Days with so many units."""
    return [
        Day(FIRST + timedelta(days=at), Decimal(units), Decimal(units) / 2 if used else None, None) for at, units in enumerate(provisioned)
    ]


units = st.lists(st.integers(0, 10**11), min_size=28, max_size=31)


class TestSpark:
    def test_of_nothing_is_none(self) -> None:
        assert spark([], []) is None

    def test_marks_the_days_that_count(self) -> None:
        drawn = spark(month(1, 5, 3), [FIRST + timedelta(days=1)])
        assert drawn is not None
        assert [x for x, _ in drawn.dots] == [6]

    def test_marks_none_of_very_many(self) -> None:
        drawn = spark(month(*range(31)), [FIRST + timedelta(days=at) for at in range(10)])
        assert drawn is not None
        assert drawn.dots == ()

    @given(units)
    def test_stays_inside_its_picture(self, values: list[int]) -> None:
        drawn = spark(month(*values), [])
        assert drawn is not None
        for pair in [*drawn.line.split(), *drawn.area.split()]:
            x, y = map(int, pair.split(","))
            assert 0 <= x <= drawn.width
            assert 0 <= y <= drawn.height


class TestChart:
    def test_of_nothing_is_none(self) -> None:
        assert chart([], []) is None

    def test_has_round_values_at_its_side(self) -> None:
        drawn = chart(month(*[43] * 31), [])
        assert drawn is not None
        assert [tick.value for tick in drawn.units.ticks] == [0, 20, 40, 60]

    def test_has_no_line_where_used_is_unknown(self) -> None:
        drawn = chart(month(1, 2, used=False), [])
        assert drawn is not None
        assert not drawn.knows_used
        assert drawn.units.line == ""

    def test_numbers_no_two_days_side_by_side(self) -> None:
        drawn = chart(month(*range(31)), [FIRST, FIRST + timedelta(days=1), FIRST + timedelta(days=5)])
        assert drawn is not None
        assert [bar.day.day for bar in drawn.units.bars if bar.marked] == [1, 6]

    @given(units)
    def test_stays_inside_its_picture(self, values: list[int]) -> None:
        drawn = chart(month(*values), [])
        assert drawn is not None
        for bar in drawn.units.bars:
            assert 0 <= float(bar.x) <= drawn.units.width
            assert 0 <= float(bar.y) <= drawn.units.bottom
