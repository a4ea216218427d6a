"""Months, days and instants."""

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.kit.errors import Invalid, Problem
from trueup.kit.period import Month, at_time, end_of_day, instant_text, local_date, parse_instant, parse_zone


class TestMonth:
    def test_is_half_open(self) -> None:
        october = Month.parse("2026-10")
        assert (october.first_day, october.last_day, october.end) == (date(2026, 10, 1), date(2026, 10, 31), date(2026, 11, 1))
        assert (len(october.days), str(october)) == (31, "2026-10")

    @pytest.mark.parametrize(("text", "days"), [("2026-02", 28), ("2028-02", 29), ("2026-04", 30), ("2026-12", 31)])
    def test_has_its_days(self, text: str, days: int) -> None:
        assert len(Month.parse(text).days) == days

    @pytest.mark.parametrize("text", ["2026-13", "2026-00", "2026-1", "26-01", "0000-01", "9999-12", "october", ""])
    def test_is_refused_when_it_is_none(self, text: str) -> None:
        with pytest.raises(Invalid, match="is not a month"):
            Month.parse(text)

    @given(st.dates(date(2, 1, 1), date(9998, 11, 30)))
    def test_follows_the_one_before(self, day: date) -> None:
        month = Month.of(day)
        assert month.next().previous() == month
        assert month.previous() < month < month.next()
        assert day in month.days


class TestInstant:
    @pytest.mark.parametrize(
        ("day", "zone", "expected"),
        [
            (date(2026, 11, 6), "Europe/Berlin", "2026-11-06T23:00:00Z"),
            (date(2026, 7, 6), "Europe/Berlin", "2026-07-06T22:00:00Z"),
            (date(2026, 10, 24), "Europe/Berlin", "2026-10-24T22:00:00Z"),
            (date(2026, 10, 25), "Europe/Berlin", "2026-10-25T23:00:00Z"),
            (date(2026, 11, 6), "UTC", "2026-11-07T00:00:00Z"),
        ],
    )
    def test_of_the_midnight_that_ends_a_day_follows_the_clock_changes(self, day: date, zone: str, expected: str) -> None:
        assert instant_text(end_of_day(day, zone)) == expected

    def test_of_a_local_time_that_does_not_exist_is_after_the_gap(self) -> None:
        assert instant_text(at_time(date(2026, 3, 29), time(2, 30), "Europe/Berlin")) == "2026-03-29T01:30:00Z"

    def test_lies_on_another_date_elsewhere(self) -> None:
        late = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)
        assert (local_date(late, "Europe/Berlin"), local_date(late, "UTC")) == (date(2026, 11, 1), date(2026, 10, 31))

    def test_is_read_with_its_zone_and_written_in_utc(self) -> None:
        assert instant_text(parse_instant("2026-11-07T00:00:00+01:00")) == "2026-11-06T23:00:00Z"

    @pytest.mark.parametrize("text", ["2026-11-06", "2026-11-06T23:00:00", "tomorrow", "", "0001-01-01T00:00:00+14:00"])
    def test_is_refused_without_zone_or_sense(self, text: str) -> None:
        with pytest.raises(Invalid):
            parse_instant(text)


class TestZone:
    def test_is_known_by_name(self) -> None:
        assert parse_zone("Europe/Berlin") == "Europe/Berlin"

    @pytest.mark.parametrize("name", ["Mars/Base", "", "../etc/passwd", "/etc/localtime"])
    def test_is_refused_by_any_other_name(self, name: str) -> None:
        with pytest.raises(Invalid, match="is not a time zone"):
            parse_zone(name)


class TestProblem:
    def test_reads_as_a_sentence(self) -> None:
        assert (str(Problem("line 3", "no")), str(Problem("", "no"))) == ("line 3: no", "no")
