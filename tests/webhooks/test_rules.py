"""What is sent to whom, how often, and where nothing is ever sent to."""

from datetime import UTC, datetime, timedelta

import pytest

from trueup.kit.errors import Invalid
from trueup.webhooks.rules.happenings import KINDS, NAMES, TYPE_OF, Parties, about_report, listens, payload, read_types
from trueup.webhooks.rules.targets import allowed, is_public, read_url
from trueup.webhooks.rules.trying import BACK_OFF, FAILING_FOR, Answer, Disabled, Outcome, State, after, is_old_secret_valid, next_try

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
FAILED = Answer(status=500)


class TestTypes:
    def test_have_each_event_in_one_of_them(self) -> None:
        assert len(TYPE_OF) == sum(len(kinds) for kinds in KINDS.values())
        assert TYPE_OF["report", "automatically_approved"] == TYPE_OF["report", "approved"] == "report.approved"
        assert set(TYPE_OF.values()) == set(NAMES)

    def test_are_read_in_the_order_of_the_table(self) -> None:
        assert read_types(["report.approved", "report.submitted"]) == ["report.submitted", "report.approved"]

    def test_are_refused_where_there_is_none_of_the_name(self) -> None:
        with pytest.raises(Invalid) as refused:
            read_types(["report.approved", "report.burned", "webhook.test"])
        assert [problem.code for problem in refused.value.problems] == ["unknown_type", "unknown_type"]

    def test_are_all_where_none_is_named(self) -> None:
        assert listens([], "cycle.closed")
        assert not listens(["report.approved"], "cycle.closed")


class TestPayload:
    def test_is_thin(self) -> None:
        said = payload("report.approved", NOW, about_report("https://portal.example", "2026-10", "a/b"))
        assert said == (
            '{"type":"report.approved","timestamp":"2026-11-03T12:00:00Z",'
            '"data":{"cycle":"2026-10","msp":"a/b","url":"https://portal.example/api/v1/reports/2026-10/a~2Fb"}}'
        )


class TestParties:
    def test_who_hears_of_a_report_are_those_who_may_read_it(self) -> None:
        assert Parties(3, 2, 1, has_access=True).readers == {1, 2, 3}
        assert Parties(3, 2, 1, has_access=False).readers == {1, 2}


class TestBackOff:
    def test_lasts_a_little_more_than_three_days(self) -> None:
        assert timedelta(days=3) < sum(BACK_OFF, timedelta()) < timedelta(days=3, hours=4)

    def test_grows(self) -> None:
        assert list(BACK_OFF) == sorted(BACK_OFF)

    def test_ends(self) -> None:
        assert next_try(len(BACK_OFF), FAILED, NOW) == NOW + BACK_OFF[-1]
        assert next_try(len(BACK_OFF) + 1, FAILED, NOW) is None

    def test_waits_as_long_as_it_is_asked_to_but_not_for_ever(self) -> None:
        assert next_try(1, Answer(status=429, retry_after=120), NOW) == NOW + timedelta(minutes=2)
        assert next_try(2, Answer(status=503, retry_after=1), NOW) == NOW + BACK_OFF[1]
        assert next_try(1, Answer(status=503, retry_after=10**8), NOW) == NOW + timedelta(days=1)


class TestAnswer:
    @pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
    def test_of_success_ends_the_delivery(self, status: int) -> None:
        assert after(Answer(status=status), 1, failing_since=None, disabled=False, now=NOW).state is State.DELIVERED

    @pytest.mark.parametrize("status", [None, 301, 302, 307, 308, 400, 401, 404, 429, 500, 503, 102])
    def test_of_any_other_kind_is_tried_again(self, status: int | None) -> None:
        outcome = after(Answer(status=status), 1, failing_since=NOW, disabled=False, now=NOW)
        assert (outcome.state, outcome.next_try_at, outcome.disable) == (State.WAITING, NOW + BACK_OFF[0], None)

    def test_that_it_is_gone_disables_at_once(self) -> None:
        outcome = after(Answer(status=410), 1, failing_since=NOW, disabled=False, now=NOW)
        assert (outcome.state, outcome.disable) == (State.FAILED, Disabled.GONE)

    def test_to_the_last_try_disables_what_has_failed_for_days(self) -> None:
        last = len(BACK_OFF) + 1
        assert after(FAILED, last, failing_since=NOW - FAILING_FOR, disabled=False, now=NOW).disable is Disabled.FAILING
        recent = after(FAILED, last, failing_since=NOW - timedelta(days=2), disabled=False, now=NOW)
        assert (recent.state, recent.disable) == (State.FAILED, None)

    def test_before_the_last_try_disables_nothing(self) -> None:
        assert after(FAILED, 3, failing_since=NOW - timedelta(days=30), disabled=False, now=NOW).disable is None

    @pytest.mark.parametrize("answer", [FAILED, Answer(status=410), Answer(status=503, retry_after=60)])
    def test_of_an_endpoint_that_was_disabled_meanwhile_is_not_tried_again(self, answer: Answer) -> None:
        outcome = after(answer, 1, failing_since=NOW, disabled=True, now=NOW)
        assert outcome == Outcome(State.FAILED, problem="the webhook was disabled")
        assert after(Answer(status=200), 1, failing_since=NOW, disabled=True, now=NOW).state is State.DELIVERED


class TestOldSecret:
    def test_signs_until_its_time_is_over(self) -> None:
        assert is_old_secret_valid(NOW + timedelta(seconds=1), NOW)
        assert not is_old_secret_valid(NOW, NOW)
        assert not is_old_secret_valid(None, NOW)


NEVER = (
    "127.0.0.1", "127.8.8.8", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.2.3", "240.0.0.1",
    "255.255.255.255", "0.0.0.0",  # noqa: S104
    "::", "::1", "::127.0.0.1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "2001:db8::1", "100::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:7f00:1",
    "64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:102:304::f5ff:fffe", "4000::1",
    "", "localhost", "127.1", "0x7f.0.0.1", "2130706433",
)  # fmt: skip
"""Addresses that are not on the public internet, in every disguise, and what is no address."""

PUBLIC = ("93.184.216.34", "1.1.1.1", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34", "64:ff9b::1.1.1.1", "2002:101:101::1")


class TestAddress:
    @pytest.mark.parametrize("address", NEVER)
    def test_that_is_not_public_is_never_called(self, address: str) -> None:
        assert not is_public(address)
        assert allowed([address], private=False) == []

    @pytest.mark.parametrize("address", PUBLIC)
    def test_that_is_public_is_called(self, address: str) -> None:
        assert is_public(address)

    def test_of_a_name_is_refused_with_all_others_of_it(self) -> None:
        assert allowed(["1.1.1.1", "10.0.0.1"], private=False) == []
        assert allowed(["1.1.1.1", "1.0.0.1"], private=False) == ["1.1.1.1", "1.0.0.1"]

    def test_is_any_where_the_operator_allows_it(self) -> None:
        assert allowed(["10.0.0.1"], private=True) == ["10.0.0.1"]


class TestUrl:
    def test_is_taken_apart_once(self) -> None:
        target = read_url("https://Example.com:8443/hooks/a%20b?x=1&y=2", private=False)
        assert (target.scheme, target.host, target.port, target.path) == ("https", "example.com", 8443, "/hooks/a%20b?x=1&y=2")
        assert target.authority == "example.com:8443"
        assert read_url("https://[2606:2800::1]", private=False).authority == "[2606:2800::1]"
        assert read_url("https://example.com", private=False).path == "/"

    @pytest.mark.parametrize(
        "url",
        [
            "", "example.com", "//example.com/", "http://example.com/", "ftp://example.com/", f"file:{'/' * 3}etc/passwd", "https:///x",
            "https://user@example.com/", "https://user:secret@example.com/", "https://@example.com/", "https://:@example.com/",
            "https://example.com/#part", "https://example.com:0/", "https://example.com:99999/", "https://example.com:x/",
            "https://exa mple.com/", "https://example.com\\@127.0.0.1/", "https://example.com/\r\nHost: x", "https://bücher.example/",
            "https://[::1", "https://example.com/\0", "javascript:alert(1)", "https://example.com/" + "a" * 1000,
        ],
    )  # fmt: skip
    def test_that_cannot_be_called_is_refused(self, url: str) -> None:
        with pytest.raises(Invalid) as refused:
            read_url(url, private=False)
        assert [problem.at for problem in refused.value.problems] == [("url",)]

    def test_may_be_without_tls_where_the_operator_allows_it(self) -> None:
        assert read_url("http://127.0.0.1:8080/", private=True).port == 8080
        with pytest.raises(Invalid):
            read_url("http://user@127.0.0.1/", private=True)
