"""Deadlines, reminders, and what the clock does with those who forget."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trueup.catalog.rules import AutoApprove, Penalty, TermsInForce
from trueup.kit.period import instant_text, parse_instant
from trueup.reports.rules.lateness import approves_itself, automatic_submission, deadline, fate, manual_submission, next_reminder
from trueup.reports.rules.lines import Figures, LineState, Outcome
from trueup.reports.rules.workflow import Status, Submission

D = Decimal
TERMS = TermsInForce()
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "America/Santiago", "Asia/Beirut", "Australia/Lord_Howe"]


def line(provisioned: int, used: int | None, saved: int | None = None, comment: str = "", *, incomplete: bool = False) -> LineState:
    """A line charged on its used units (provisioned where unknown) by default."""
    default = D(provisioned if used is None else used)
    known = None if used is None else D(used)
    return LineState(
        "s", Figures(D(provisioned), known, None), default, None if saved is None else D(saved), comment, incomplete=incomplete
    )


class TestDeadline:
    @pytest.mark.parametrize(
        ("generated", "installation", "msp", "at"),
        [
            ("2026-11-01T00:00:00Z", "UTC", "Europe/Berlin", "2026-11-06T23:00:00Z"),
            ("2026-11-01T23:30:00Z", "UTC", "Europe/Berlin", "2026-11-06T23:00:00Z"),
            ("2026-11-01T23:30:00Z", "Europe/Berlin", "Europe/Berlin", "2026-11-07T23:00:00Z"),  # there it is the 2nd
            ("2026-11-01T00:00:00Z", "UTC", "America/New_York", "2026-11-07T05:00:00Z"),  # clocks went back on the 1st
            ("2026-10-20T12:00:00Z", "UTC", "Europe/Berlin", "2026-10-25T23:00:00Z"),  # they go back on the 25th itself
            ("2026-03-24T12:00:00Z", "UTC", "Europe/Berlin", "2026-03-29T22:00:00Z"),  # they go forward on the 29th
            ("2026-11-01T00:00:00Z", "UTC", "Pacific/Kiritimati", "2026-11-06T10:00:00Z"),
            ("2026-11-01T00:00:00Z", "UTC", "Asia/Kathmandu", "2026-11-06T18:15:00Z"),
            ("2026-09-01T12:00:00Z", "UTC", "America/Santiago", "2026-09-07T03:00:00Z"),
            ("2026-08-31T12:00:00Z", "UTC", "America/Santiago", "2026-09-06T04:00:00Z"),  # midnight of the 6th is skipped there
        ],
    )
    def test_is_the_midnight_that_ends_the_day_where_the_msp_is(self, generated: str, installation: str, msp: str, at: str) -> None:
        due = deadline(parse_instant(generated), 5, installation_zone=installation, msp_zone=msp)
        assert instant_text(due.at) == at

    @given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)), st.integers(0, 40), st.sampled_from(ZONES))  # noqa: DTZ001
    def test_lies_behind_the_generation_by_the_days(self, now: datetime, days: int, zone: str) -> None:
        due = deadline(now, days, installation_zone=zone, msp_zone=zone)
        assert due.at > now
        assert days * 24 - 2 <= (due.at - now).total_seconds() / 3600 <= (days + 1) * 24 + 2


class TestReminders:
    def test_are_due_at_nine_where_the_msp_is(self) -> None:
        after, seen = parse_instant("2026-11-01T00:00:00Z"), []
        while (due := next_reminder(date(2026, 11, 6), TERMS, msp_zone="Europe/Berlin", after=after)) is not None:
            seen.append(instant_text(due))
            after = due
        assert seen == ["2026-11-03T08:00:00Z", "2026-11-05T08:00:00Z", "2026-11-06T08:00:00Z"]

    def test_keep_to_the_clock_on_the_wall_when_it_changes(self) -> None:
        due = next_reminder(date(2026, 10, 26), TERMS, msp_zone="Europe/Berlin", after=parse_instant("2026-10-24T00:00:00Z"))
        assert due is not None
        assert instant_text(due) == "2026-10-25T08:00:00Z"  # 09:00 in winter; the day before it would have been 07:00Z

    def test_are_none_without_days(self) -> None:
        quiet = replace(TERMS, reminder_days_before=())
        assert next_reminder(date(2026, 11, 6), quiet, msp_zone="UTC", after=parse_instant("2026-11-01T00:00:00Z")) is None


class TestFate:
    @pytest.mark.parametrize(
        ("state", "outcome", "chargeable"),
        [
            (line(40, 30), Outcome.PENALTY, 40),
            (line(40, 30, saved=35), Outcome.PENALTY, 40),
            (line(40, 30, comment="rolling out"), Outcome.AS_SAVED, 30),
            (line(40, 30, saved=35, comment="rolling out"), Outcome.AS_SAVED, 35),
            (line(40, 38), Outcome.AS_SAVED, 38),
            (line(40, 38, saved=20), Outcome.DEFAULT_RESTORED, 38),
            (line(40, 38, saved=20, comment="left"), Outcome.AS_SAVED, 20),
            (line(40, None, saved=20), Outcome.DEFAULT_RESTORED, 40),
            (line(40, None), Outcome.AS_SAVED, 40),
            (line(40, 30, incomplete=True), Outcome.AS_SAVED, 30),
            (line(40, 30, saved=20, incomplete=True), Outcome.DEFAULT_RESTORED, 30),
        ],
    )
    def test_is_decided_by_comment_threshold_and_change(self, state: LineState, outcome: Outcome, chargeable: int) -> None:
        assert fate(state, TERMS) == (outcome, D(chargeable))

    def test_is_no_penalty_where_the_terms_have_none(self) -> None:
        lenient = replace(TERMS, penalty=Penalty.NONE)
        assert fate(line(40, 30), lenient) == (Outcome.AS_SAVED, D(30))
        assert fate(line(40, 30, saved=35), lenient) == (Outcome.DEFAULT_RESTORED, D(30))

    @given(st.integers(0, 500), st.none() | st.integers(0, 500), st.none() | st.integers(0, 500))
    def test_is_never_a_penalty_for_a_missing_source(self, provisioned: int, used: int | None, saved: int | None) -> None:
        assert fate(line(provisioned, used, saved, incomplete=True), TERMS).outcome != Outcome.PENALTY


class TestKindOfSubmission:
    def test_tells_a_first_from_a_returned_one(self) -> None:
        assert manual_submission(Status.MSP_PREPARING) == Submission.MANUAL
        assert manual_submission(Status.REJECTED) == Submission.RETURNED

    def test_tells_of_a_penalty(self) -> None:
        assert automatic_submission([Outcome.AS_SAVED, Outcome.DEFAULT_RESTORED]) == Submission.AUTOMATIC
        assert automatic_submission([Outcome.AS_SAVED, Outcome.PENALTY]) == Submission.AUTOMATIC_WITH_PENALTY


class TestAutoApproval:
    CLEAN = line(40, 38)
    COMMENTED = line(40, 38, comment="as agreed")
    CHANGED = line(40, 38, saved=37)
    PENALIZED = LineState("s", Figures(D(40), D(30), None), D(30), None, "", Outcome.PENALTY)
    RESTORED = LineState("s", Figures(D(40), D(38), None), D(38), D(30), "", Outcome.DEFAULT_RESTORED)

    @pytest.mark.parametrize(
        ("state", "clean", "uncommented"),
        [(CLEAN, True, True), (COMMENTED, False, False), (CHANGED, False, True), (PENALIZED, False, True), (RESTORED, True, True)],
    )
    def test_is_by_the_terms(self, state: LineState, clean: bool, uncommented: bool) -> None:
        assert approves_itself(replace(TERMS, auto_approve=AutoApprove.CLEAN), [state], "") is clean
        assert approves_itself(replace(TERMS, auto_approve=AutoApprove.UNCOMMENTED), [state], "") is uncommented
        assert approves_itself(replace(TERMS, auto_approve=AutoApprove.NEVER), [state], "") is False

    def test_is_for_nobody_who_comments_on_the_report(self) -> None:
        assert approves_itself(TERMS, [self.CLEAN], "please look") is False

    def test_is_for_a_report_without_lines(self) -> None:
        assert approves_itself(TERMS, [], "") is True
