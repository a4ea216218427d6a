"""What an event says, what is wrong with it, and which of several values counts."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from trueup.intake.rules import cloudevents, lago
from trueup.intake.rules.pieces import Directory, Sent, Value, judge, key_of, meant, overtaken
from trueup.intake.rules.reading import amount, instant
from trueup.kit.period import FOREVER

NOON = datetime(2026, 10, 20, 12, tzinfo=UTC)
DIRECTORY = Directory(
    zone="Europe/Berlin", customers={"dental": 1, "homeless": 2},
    stays={"dental": [(date(2025, 1, 1), date(2026, 10, 16)), (date(2026, 10, 18), FOREVER)]}, services={"core": 3},
    aliases={("customer", "Dental Care"): {"": 1, "feed": 2}, ("service", "Core"): {"feed": 3}}, feeds={"queue": True, "feed": False},
)  # fmt: skip


def cloud_event(**changes: Any) -> dict[str, Any]:
    """An event with some fields changed."""
    event = {
        "specversion": "1.0", "id": "1", "source": "meter", "type": "core", "subject": "dental", "time": "2026-10-20T10:00:00Z",
        "data": {"provisioned": 40, "used": "31.5"},
    }  # fmt: skip
    return {**event, **changes}


def lago_event(**changes: Any) -> dict[str, Any]:
    """The same as Lago's clients send it."""
    event = {"transaction_id": "1", "external_subscription_id": "dental", "code": "core", "properties": {"provisioned": 40}}
    return {**event, **changes}


def sent(event: dict[str, Any]) -> Sent:
    """What a good event says."""
    found = (lago if "code" in event else cloudevents).read(event, (), "{}")
    assert isinstance(found, Sent)
    return found


def wrong(event: object) -> list[tuple[str, str]]:
    """The fields of a bad event, and what each of them is."""
    found = (lago if isinstance(event, dict) and "code" in event else cloudevents).read(event, ("3",), "{}")
    assert not isinstance(found, Sent)
    return [(".".join(problem.at), problem.code) for problem in found]


def reasons(event: dict[str, Any], now: datetime = NOON) -> list[tuple[str, str]]:
    """What the directory has against an event."""
    judged = judge(sent(event), DIRECTORY, usual_feed="default", now=now)
    return [(problem.where, problem.code) for problem in judged.problems]


class TestCloudEvent:
    def test_says_who_what_and_how_much(self) -> None:
        found = sent(cloud_event())
        assert (found.source, found.event_id, found.customer, found.service) == ("meter", "1", "dental", "core")
        assert (found.provisioned, found.used, found.credits, found.day) == ("40", "31.5", "", None)
        assert found.time == datetime(2026, 10, 20, 10, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("data", "amounts"),
        [
            ({"provisioned_units": "1", "used_units": 2, "allocated_credits": Decimal("0.5")}, ("1", "2", "0.5")),
            ({"value": 7}, ("7", "", "")),
            ({"value": 7, "provisioned": 8, "used": None, "plan": "gold"}, ("8", "", "")),
            ({"provisioned": 0}, ("0", "", "")),
        ],
    )
    def test_has_its_numbers_under_several_names(self, data: dict[str, Any], amounts: tuple[str, ...]) -> None:
        found = sent(cloud_event(data=data))
        assert (found.provisioned, found.used, found.credits) == amounts

    def test_names_the_day_itself_where_it_wants_to(self) -> None:
        assert sent(cloud_event(data={"value": 1, "day": "2026-10-03"})).day == date(2026, 10, 3)

    @pytest.mark.parametrize(
        ("changes", "problem"),
        [
            ({"specversion": "0.3"}, ("3.specversion", "unsupported_version")),
            ({"id": ""}, ("3.id", "missing")),
            ({"id": 7}, ("3.id", "not_text")),
            ({"id": "x" * 301}, ("3.id", "too_long")),
            ({"source": "a\0b"}, ("3.source", "bad_character")),
            ({"source": "a\ud800"}, ("3.source", "bad_character")),
            ({"subject": None}, ("3.subject", "missing")),
            ({"type": "  "}, ("3.type", "missing")),
            ({"time": "yesterday"}, ("3.time", "not_an_instant")),
            ({"time": 1_760_000_000}, ("3.time", "not_an_instant")),
            ({"data": None}, ("3.data.provisioned", "missing")),
            ({"data": [1]}, ("3.data", "not_an_object")),
            ({"data": {"used": 3}}, ("3.data.provisioned", "missing")),
            ({"data": {"provisioned": "many"}}, ("3.data.provisioned", "not_a_number")),
            ({"data": {"provisioned": 1, "used": -1}}, ("3.data.used", "negative")),
            ({"data": {"provisioned": 1, "provisioned_units": 2}}, ("3.data.provisioned_units", "ambiguous")),
            ({"data": {"value": 1, "day": "20261003"}}, ("3.data.day", "not_a_date")),
            ({"data_base64": "AAAA"}, ("3.data_base64", "not_json")),
            ({"datacontenttype": "text/xml"}, ("3.datacontenttype", "not_json")),
        ],
    )
    def test_is_refused_with_the_field_that_is_wrong(self, changes: dict[str, Any], problem: tuple[str, str]) -> None:
        assert problem in wrong(cloud_event(**changes))

    def test_is_refused_if_it_is_no_object(self) -> None:
        assert wrong("x") == [("3", "not_an_object")]


class TestLagoEvent:
    @pytest.mark.parametrize(
        "timestamp",
        [1_792_490_400, "1792490400", "1792490400.000", Decimal("1792490400.0"), "2026-10-20T10:00:00Z", "2026-10-20T12:00:00+02:00"],
    )
    def test_says_when_in_several_ways(self, timestamp: object) -> None:
        assert sent(lago_event(timestamp=timestamp)).time == datetime(2026, 10, 20, 10, tzinfo=UTC)

    def test_names_no_source(self) -> None:
        found = sent(lago_event())
        assert (found.source, found.event_id, found.customer, found.service) == ("", "1", "dental", "core")

    @pytest.mark.parametrize("timestamp", ["soon", True, [], 1_792_490_400_000, Decimal("1e999"), Decimal("Infinity"), -1])
    def test_is_refused_if_nobody_knows_when(self, timestamp: object) -> None:
        assert ("3.timestamp", "not_an_instant") in wrong(lago_event(timestamp=timestamp))

    def test_is_refused_with_the_field_that_is_wrong(self) -> None:
        assert wrong(lago_event(transaction_id=None, properties={"provisioned": True})) == [
            ("3.transaction_id", "missing"), ("3.properties.provisioned", "not_a_number"),
        ]  # fmt: skip


class TestAmount:
    @pytest.mark.parametrize(
        ("given", "plain"),
        [
            (40, "40"), ("40.500", "40.5"), (" 1 ", "1"), (Decimal("1E+3"), "1000"), ("1e-6", "0.000001"), (Decimal("0.10"), "0.1"),
            ("0e99", "0"), ("-0", "0"), ("999999999999.999999", "999999999999.999999"),
        ],
    )  # fmt: skip
    def test_is_read_by_its_digits(self, given: object, plain: str) -> None:
        assert amount(given) == plain

    @pytest.mark.parametrize(
        ("given", "reason"),
        [
            ("1_000", "not_a_number"), ("１", "not_a_number"), ("", "not_a_number"), (True, "not_a_number"), ([], "not_a_number"),
            ("1,5", "not_a_number"), ("nan", "not_a_number"), (Decimal("Infinity"), "not_a_number"), ("9" * 101, "not_a_number"),
            (-1, "negative"), ("0.0000001", "too_many_decimals"), (Decimal("0.30000000000000004"), "too_many_decimals"),
            (10**12, "too_large"), ("1e9999", "too_large"), ("1e-9999", "too_many_decimals"),
        ],
    )  # fmt: skip
    def test_is_refused_as_the_ledger_would(self, given: object, reason: str) -> None:
        assert amount(given) == reason


class TestInstant:
    @pytest.mark.parametrize(
        "written", ["2026-10-20t10:00:00z", "2026-10-20T10:00:00.000000000Z", "2026-10-20 12:00:00+02:00", "2026-10-20T10:00:00-00:00"]
    )
    def test_is_read_as_the_standard_writes_it(self, written: str) -> None:
        assert instant(written, unix=False) == datetime(2026, 10, 20, 10, tzinfo=UTC)

    @pytest.mark.parametrize(
        "written",
        ["2026-10-20T10:00:00", "2026-10-20", "2026-W43-2T10:00:00Z", "2026-10-20T10:00:61Z", "0001-01-01T00:00:00+14:00", "1792490400"],
    )
    def test_is_none_otherwise(self, written: str) -> None:
        assert instant(written, unix=False) is None


class TestJudge:
    def test_takes_what_the_ledger_would(self) -> None:
        judged = judge(sent(cloud_event()), DIRECTORY, usual_feed="default", now=NOON)
        assert (judged.day, judged.feed, judged.problems) == (date(2026, 10, 20), "", ())

    def test_finds_the_day_where_the_installation_is(self) -> None:
        judged = judge(sent(cloud_event(time="2026-10-19T22:30:00Z")), DIRECTORY, usual_feed="default", now=NOON)
        assert judged.day == date(2026, 10, 20)

    def test_takes_the_time_of_arrival_where_there_is_none(self) -> None:
        judged = judge(sent(cloud_event(time=None)), DIRECTORY, usual_feed="default", now=NOON)
        assert (judged.at, judged.day) == (NOON, date(2026, 10, 20))

    def test_believes_no_clock_that_is_ahead(self) -> None:
        ahead = cloud_event(time="2099-01-01T00:00:00Z", data={"value": 1, "day": "2026-10-20"})
        judged = judge(sent(ahead), DIRECTORY, usual_feed="default", now=NOON)
        assert (judged.at, judged.day, judged.problems) == (NOON, date(2026, 10, 20), ())

    @pytest.mark.parametrize(
        ("changes", "problems"),
        [
            ({"subject": "stranger"}, [("subject", "unknown_customer")]),
            ({"subject": "homeless"}, [("subject", "no_msp")]),
            ({"time": "2026-10-17T10:00:00Z"}, [("subject", "no_msp")]),
            ({"type": "nothing"}, [("type", "unknown_service")]),
            ({"time": "2026-10-20T22:00:00Z"}, [("time", "in_future")]),
            ({"data": {"value": 1, "day": "2026-10-21"}}, [("time", "in_future")]),
            ({"subject": "Dental Care"}, []),
            ({"subject": "stranger", "type": "nothing", "source": "queue"}, []),
            ({"subject": "stranger", "source": "feed"}, [("subject", "unknown_customer")]),
        ],
    )
    def test_refuses_what_it_would_not(self, changes: dict[str, Any], problems: list[tuple[str, str]]) -> None:
        assert reasons(cloud_event(**changes)) == problems

    @pytest.mark.parametrize(
        ("changes", "known_as"),
        [
            ({}, "1:3"),
            ({"subject": "Dental Care"}, "1:3"),
            ({"subject": "Dental Care", "source": "feed"}, "2:3"),
            ({"type": "Core", "source": "feed"}, "1:3"),
        ],
    )
    def test_knows_what_names_stand_for_in_a_source(self, changes: dict[str, Any], known_as: str) -> None:
        assert judge(sent(cloud_event(**changes)), DIRECTORY, usual_feed="default", now=NOON).meant == known_as

    def test_takes_a_name_that_nobody_knows_for_itself_alone(self) -> None:
        names = ("stranger", "1", "=1", "Stranger")
        found = {judge(sent(cloud_event(subject=name)), DIRECTORY, usual_feed="queue", now=NOON).meant for name in names}
        assert len(found) == len(names)

    def test_takes_a_name_that_nobody_knows_for_one_of_its_source(self) -> None:
        found = {meant(customer, service, source) for source in ("a", "b", "default") for customer, service in ((1, "x"), ("x", 3))}
        assert len(found) == 6
        assert meant(1, 3, "a") == meant(1, 3, "b")
        assert len({meant("bc", 3, "a"), meant("c", 3, "ab")}) == 2


class TestOvertaken:
    def test_are_all_but_the_latest_of_a_day(self) -> None:
        day, other = date(2026, 10, 20), date(2026, 10, 19)
        values = [
            Value(NOON, 1, day, "1:3"), Value(NOON.replace(hour=11), 2, day, "1:3"), Value(NOON, 3, day, "1:3"),
            Value(NOON, 4, other, "1:3"), Value(NOON, 5, day, "1:4"),
        ]  # fmt: skip
        assert sorted(overtaken(values)) == [1, 2]
        assert sorted(overtaken(reversed(values))) == [1, 2]


class TestKey:
    def test_tells_every_set_of_pieces_from_every_other(self) -> None:
        keys = {key_of(1, [("a", "bc")]), key_of(1, [("ab", "c")]), key_of(1, [("a", "b"), ("", "c")]), key_of(2, [("a", "bc")])}
        assert len(keys) == 4
        assert max(len(key) for key in keys) <= 200
