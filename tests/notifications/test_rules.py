"""Who is told what and when, as tables."""

from datetime import timedelta

import pytest

from tests.reports.month import at
from trueup.accounts.rules import Actor, Role, Tier, Viewer
from trueup.kit.errors import NotAllowed
from trueup.notifications.rules import (
    BACK_OFF,
    KINDS,
    OF_BILLING,
    TOLD,
    TOLD_OF_BILLING,
    Choice,
    Kind,
    State,
    after_failure,
    audience_account,
    choice,
    choices_for,
    is_last_day,
    kinds_for,
    kinds_of,
    next_digest,
    next_try,
    one_line,
    require_operator,
)
from trueup.reports.rules.workflow import Status

PREPARING, REVIEW, APPROVED, REJECTED = Status.MSP_PREPARING, Status.UNDER_REVIEW, Status.APPROVED, Status.REJECTED


class TestKindsOf:
    @pytest.mark.parametrize(
        ("event", "status", "submission", "last_day", "kinds"),
        [
            ("generated", PREPARING, "", False, ["report_ready"]),
            ("generated", REVIEW, "manual", False, []),
            ("reminded", PREPARING, "", False, ["reminder"]),
            ("reminded", REJECTED, "", True, ["last_day"]),
            ("reminded", REVIEW, "manual", True, []),
            ("submitted", REVIEW, "manual", False, ["to_review"]),
            ("submitted", APPROVED, "manual", False, []),
            ("automatically_submitted", REVIEW, "automatic_with_penalty", False, ["automatically_submitted", "to_review"]),
            ("automatically_submitted", APPROVED, "automatic", False, ["automatically_submitted"]),
            ("automatically_submitted", REJECTED, "", False, []),
            ("automatically_approved", APPROVED, "manual", False, ["approved"]),
            ("automatically_approved", APPROVED, "automatic", False, []),
            ("approved", APPROVED, "automatic_with_penalty", False, ["approved"]),
            ("rejected", REJECTED, "", False, ["rejected"]),
            ("rejected", REVIEW, "returned", False, []),
            ("regenerated", PREPARING, "", False, ["regenerated"]),
            ("penalty_waived", REVIEW, "automatic_with_penalty", False, ["penalty_waived"]),
            ("draft_saved", PREPARING, "", False, []),
        ],
    )
    def test_follow_the_table(self, event: str, status: Status, submission: str, last_day: bool, kinds: list[str]) -> None:
        assert kinds_of(event, status=status, submission=submission, last_day=last_day) == kinds

    def test_are_all_known(self) -> None:
        assert {kind for kinds in TOLD.values() for kind in kinds} | {Kind.LAST_DAY} == set(KINDS)
        assert {kind for kinds in TOLD_OF_BILLING.values() for kind in kinds.values()} == set(OF_BILLING)


class TestAudience:
    @pytest.mark.parametrize(
        ("kind", "has_access", "account"),
        [("report_ready", True, 3), ("report_ready", False, 2), ("rejected", False, 2), ("to_review", True, 2), ("to_review", False, 2)],
    )
    def test_is_who_prepares_or_who_reviews(self, kind: str, has_access: bool, account: int) -> None:
        assert audience_account(Kind(kind), msp_id=3, distributor_id=2, has_access=has_access) == account

    def test_is_offered_what_its_tier_can_get(self) -> None:
        assert Kind.TO_REVIEW not in kinds_for(Tier.MSP)
        assert set(kinds_for(Tier.DISTRIBUTOR)) == (set(KINDS) | set(OF_BILLING)) - {Kind.BILLING_SUBMITTED}
        assert [kind for kind in kinds_for(Tier.MSP) if kind in OF_BILLING] == [Kind.STATEMENT_ISSUED]
        assert kinds_for(Tier.VENDOR) == [Kind.BILLING_SUBMITTED]
        assert kinds_for(None) == []


class TestChoice:
    @pytest.mark.parametrize(
        ("role", "chosen", "result"),
        [
            (Role.ADMIN, None, Choice.NOW),
            (Role.BILLING_MANAGER, None, Choice.NOW),
            (Role.VIEWER, None, Choice.OFF),
            (Role.VIEWER, "now", Choice.NOW),
            (Role.ADMIN, "off", Choice.OFF),
            (Role.ADMIN, "digest", Choice.DIGEST),
        ],
    )
    def test_is_what_was_chosen_else_by_role(self, role: Role, chosen: str | None, result: Choice) -> None:
        assert choice(role, chosen) is result

    def test_offers_a_digest_to_reviewers_only(self) -> None:
        assert [kind for kind in KINDS if Choice.DIGEST in choices_for(kind)] == [Kind.TO_REVIEW]


class TestLastDay:
    @pytest.mark.parametrize(
        ("now", "zone", "result"),
        [
            ("2026-11-06T08:00:00Z", "Europe/Berlin", True),
            ("2026-11-05T23:00:00Z", "Europe/Berlin", True),
            ("2026-11-05T22:59:59Z", "Europe/Berlin", False),
            ("2026-11-06T08:00:00Z", "UTC", False),
        ],
    )
    def test_is_the_day_the_deadline_ends(self, now: str, zone: str, result: bool) -> None:
        assert is_last_day(at(now), at("2026-11-06T23:00:00Z"), zone) is result


class TestDigest:
    @pytest.mark.parametrize(
        ("now", "zone", "due"),
        [
            ("2026-11-03T06:59:59Z", "Europe/Berlin", "2026-11-03T07:00:00Z"),
            ("2026-11-03T07:00:00Z", "Europe/Berlin", "2026-11-04T07:00:00Z"),
            ("2026-11-03T23:30:00Z", "Europe/Berlin", "2026-11-04T07:00:00Z"),
            ("2026-11-03T12:30:00Z", "America/New_York", "2026-11-03T13:00:00Z"),
            ("2026-03-28T08:00:00Z", "Europe/Berlin", "2026-03-29T06:00:00Z"),
            ("2026-11-03T23:30:00Z", "Pacific/Auckland", "2026-11-04T19:00:00Z"),
        ],
    )
    def test_is_due_at_eight_in_the_time_zone_of_the_account(self, now: str, zone: str, due: str) -> None:
        assert next_digest(at(now), zone) == at(due)


class TestTries:
    def test_are_further_and_further_apart_and_end(self) -> None:
        now = at("2026-11-03T10:00:00Z")
        waits = [next_try(tries, now) for tries in range(1, len(BACK_OFF) + 2)]
        assert waits == [*(now + wait for wait in BACK_OFF), None]
        assert list(BACK_OFF) == sorted(BACK_OFF)
        assert BACK_OFF[0] == timedelta(minutes=1)

    def test_end_at_once_where_the_address_is_refused(self) -> None:
        assert after_failure(1, at("2026-11-03T10:00:00Z"), "550 no such user", for_good=True).state is State.FAILED


class TestOneLine:
    @pytest.mark.parametrize(
        ("words", "line"),
        [
            ("Bella\r\nBcc: everybody@example.com", "Bella Bcc: everybody@example.com"),
            ("  a \t b \x00 c  ", "a b c"),
            ("evil\u202egpj.exe", "evil gpj.exe"),
            ("a\u2028b", "a b"),
            ("Jörg Müller-Lüdenscheidt", "Jörg Müller-Lüdenscheidt"),
            ("x" * 400, "x" * 299 + "…"),
        ],
    )
    def test_is_fit_for_a_header(self, words: str, line: str) -> None:
        assert one_line(words) == line


class TestOutboxIsKept:
    @pytest.mark.parametrize(
        ("tier", "role", "allowed"),
        [
            (Tier.VENDOR, Role.ADMIN, True),
            (Tier.VENDOR, Role.BILLING_MANAGER, False),
            (Tier.DISTRIBUTOR, Role.ADMIN, False),
            (Tier.MSP, Role.ADMIN, False),
        ],
    )
    def test_by_admins_of_a_vendor(self, tier: Tier, role: Role, allowed: bool) -> None:
        viewer = Viewer(Actor("person", "a@b.example", 1), 1, tier, role)
        if allowed:
            require_operator(viewer)
        else:
            with pytest.raises(NotAllowed, match="may not see the outbox"):
                require_operator(viewer)

    def test_by_the_operator(self) -> None:
        require_operator(Viewer.system())
