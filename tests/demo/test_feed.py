"""The usage the demo world delivers, as files."""

import csv
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from trueup.demo.channel import MSPS, OFFERS, SOURCES, Habit, World, customers
from trueup.demo.usage import Feed, deliveries
from trueup.kit.period import Month
from trueup.kit.quantity import parse_quantity

WORLD = World(Month(2025, 9))


@pytest.fixture(scope="module")
def feed() -> Feed:
    return Feed(WORLD)


def _file(feed: Feed, tmp_path: Path, source: str, month: Month) -> list[dict[str, str]]:
    path = tmp_path / f"{source}-{month}.csv"
    feed.write(path, source, month.first_day, month.end)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class TestWorld:
    def test_has_about_three_hundred_customers_of_twelve_msps(self) -> None:
        found = [customer for customer, _ in customers(WORLD)]
        assert (len(found), len({customer.ref for customer in found}), len(MSPS)) == (312, 312, 12)

    def test_has_customers_of_every_habit(self) -> None:
        habits = Counter(own.habit for _, subscriptions in customers(WORLD) for own in subscriptions)
        assert set(habits) == set(Habit)

    def test_is_the_same_every_time(self) -> None:
        assert list(customers(WORLD)) == list(customers(World(Month(2025, 9))))

    def test_ends_with_the_fourteenth_month(self) -> None:
        assert WORLD.last == Month(2026, 10)

    def test_puts_the_day_of_a_change_into_the_network_file(self) -> None:
        assert "2026-04-01" in WORLD.network()


class TestFile:
    def test_is_the_same_every_time(self, feed: Feed, tmp_path: Path) -> None:
        first = _file(feed, tmp_path, "rmm-feed", Month(2026, 1))
        assert first == _file(Feed(WORLD), tmp_path, "rmm-feed", Month(2026, 1))

    def test_holds_exact_numbers_and_each_key_once(self, feed: Feed, tmp_path: Path) -> None:
        rows = _file(feed, tmp_path, "portal", Month(2026, 10))
        assert max(Counter((row["day"], row["customer"], row["service"]) for row in rows).values()) == 1
        for row in rows:
            assert parse_quantity(row["provisioned_units"], decimals=3) >= 0

    def test_has_services_of_its_source_only(self, feed: Feed, tmp_path: Path) -> None:
        for source in SOURCES:
            found = {OFFERS[row["service"]].source for row in _file(feed, tmp_path, source, Month(2026, 9))}
            assert found == {source}

    def test_leaves_used_empty_where_it_cannot_be_measured(self, feed: Feed, tmp_path: Path) -> None:
        rows = _file(feed, tmp_path, "portal", Month(2026, 9))
        assert {row["used_units"] for row in rows if row["service"] == "device-encryption"} == {""}

    def test_misses_the_days_of_the_outage(self, feed: Feed, tmp_path: Path) -> None:
        days = {row["day"] for row in _file(feed, tmp_path, "mail-gateway", Month(2026, 10))}
        assert {f"2026-10-{day}" for day in (11, 12, 13, 14)}.isdisjoint(days)
        assert len(days) == 27

    def test_brings_late_what_was_left_out_a_month_before(self, feed: Feed, tmp_path: Path) -> None:
        late = {row["day"] for row in _file(feed, tmp_path, "portal", Month(2026, 10)) if row["day"] < "2026-10"}
        assert (min(late), max(late)) == ("2026-09-24", "2026-09-30")

    def test_corrects_what_was_misread(self, feed: Feed, tmp_path: Path) -> None:
        wrong = _file(feed, tmp_path, "portal", Month(2026, 10))
        right = [row for row in _file(feed, tmp_path, "portal", Month(2026, 11)) if row["day"] < "2026-11"]
        assert [row["day"] for row in right] == ["2026-10-12"]
        key = (right[0]["day"], right[0]["customer"], right[0]["service"])
        before = next(row for row in wrong if (row["day"], row["customer"], row["service"]) == key)
        assert parse_quantity(before["provisioned_units"]) == 10 * parse_quantity(right[0]["provisioned_units"])

    def test_names_a_customer_nobody_knows(self, feed: Feed, tmp_path: Path) -> None:
        known = {customer.ref for customer in feed.customers}
        assert {row["customer"] for row in _file(feed, tmp_path, "portal", Month(2026, 10))} - known == {"Saltmarsh Dental (new tenant)"}


class TestDeliveries:
    def test_never_span_two_months(self) -> None:
        since = dict.fromkeys(SOURCES, date(2026, 9, 29))
        found = [(first, end) for source, first, end in deliveries(since, date(2026, 11, 3)) if source == "portal"]
        assert found == [
            (date(2026, 9, 29), date(2026, 10, 1)),
            (date(2026, 10, 1), date(2026, 11, 1)),
            (date(2026, 11, 1), date(2026, 11, 3)),
        ]

    def test_go_on_where_each_source_ended(self) -> None:
        since = {"portal": date(2026, 11, 1), "mail-gateway": date(2026, 11, 2), "rmm-feed": date(2026, 11, 3)}
        assert [source for source, _, _ in deliveries(since, date(2026, 11, 3))] == ["portal", "mail-gateway"]
