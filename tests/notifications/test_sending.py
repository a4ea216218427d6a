"""The outbox is emptied: at least once, whatever dies on the way, and never held up by one e-mail or one server."""

import smtplib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.locmem import EmailBackend
from pytest_django import Settings

from tests.notifications.post import (
    BOLT,
    BOLTS_ADMIN,
    NORTH,
    Post,
    as_received,
    delivery_to,
    join,
    leave,
    over_provisioned,
    person,
    sent,
    to,
)
from tests.reports.month import CLOSING, OPERATOR, October, at, at_times
from trueup.accounts.models import Member, User
from trueup.accounts.rules import Role
from trueup.notifications.actions import retry, retry_all_failed, set_preferences, tell_invited
from trueup.notifications.models import Delivery
from trueup.notifications.rules import AT_ONCE, BACK_OFF, CLAIM_LASTS, State
from trueup.notifications.sending import send_due


class Server(EmailBackend):
    """A mail server that can be told to fail."""

    fails: ClassVar[list[Exception | None]] = []
    """What happens to the next e-mails, one by one; None: it is taken."""

    down: ClassVar[bool] = False
    opened: ClassVar[int] = 0

    def open(self) -> bool:
        Server.opened += 1
        if Server.down:
            raise ConnectionRefusedError(111, "Connection refused")
        return True

    def send_messages(self, messages: Sequence[Any]) -> int:
        failure = Server.fails.pop(0) if Server.fails else None
        if failure is not None:
            raise failure
        return super().send_messages(messages)


@pytest.fixture(autouse=True)
def server(settings: Settings) -> Iterator[type[Server]]:
    """A server that works until it is told not to."""
    settings.EMAIL_BACKEND = f"{__name__}.Server" if __name__ != "__main__" else ""
    Server.fails, Server.down, Server.opened = [], False, 0
    yield Server
    Server.fails, Server.down = [], False


@pytest.fixture
def ready(october: October, post: Post) -> Post:
    """Two e-mails wait: to the billing manager and to the admin of bolt."""
    over_provisioned(october)
    post.gather()
    return post


def later(**time: int) -> str:
    """So long after the closing."""
    return (at(CLOSING) + timedelta(**time)).isoformat()


def states() -> list[str]:
    return sorted(Delivery.objects.values_list("state", flat=True))


class TestSending:
    def test_sends_each_once(self, ready: Post) -> None:
        assert ready.send() == 2
        assert ready.send() == 0
        assert sent() == [(address, "Usage report October 2026 of Bolt IT is ready") for address in (BOLTS_ADMIN, BOLT)]

    def test_keeps_what_was_sent(self, ready: Post) -> None:
        ready.send()
        kept, message = delivery_to(BOLT), to(BOLT)
        assert (kept.state, kept.sent_at, kept.tries) == (State.SENT, at(CLOSING), 1)
        assert (kept.subject, kept.text) == (message.subject, message.body)

    def test_opens_no_connection_when_nothing_is_due(self, october: October, post: Post, server: type[Server]) -> None:
        assert post.send() == 0
        assert server.opened == 0

    def test_sends_so_many_at_once_and_the_rest_in_the_next_round(self, ready: Post) -> None:
        Delivery.objects.all().delete()
        for number in range(AT_ONCE + 3):
            tell_invited(f"p{number}@new.example", "", account_name="Bolt", inviter="Ada", link="https://x.example/1", now=at(CLOSING))
        assert [ready.send(), ready.send(), ready.send()] == [AT_ONCE, 3, 0]

    def test_writes_to_the_address_the_person_has_now(self, ready: Post) -> None:
        User.objects.filter(email=BOLT).update(email="new@bolt.example")
        ready.send()
        assert delivery_to("new@bolt.example").state == State.SENT

    def test_carries_headers_that_machines_understand(self, ready: Post) -> None:
        ready.send()
        message = as_received(to(BOLT))
        assert message["To"] == f"Bella Bolt <{BOLT}>"
        assert message["From"] == "TrueUp <trueup@portal.example>"
        assert message["Date"] == "Sun, 01 Nov 2026 00:00:00 +0000"
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["Message-ID"].endswith("@portal.example>")


class TestKilledWorker:
    def claim(self, delivery: Delivery, when: datetime) -> None:
        """Leave a delivery as a worker does that is killed between claiming and marking."""
        Delivery.objects.filter(pk=delivery.pk).update(state=State.SENDING, claimed_at=when, tries=1)

    def test_leaves_its_claim_to_another_after_an_hour_with_the_same_message_id(self, ready: Post) -> None:
        ready.send()
        first = as_received(to(BOLT))["Message-ID"]
        self.claim(delivery_to(BOLT), at(CLOSING))
        mail.outbox.clear()
        assert ready.send(later(minutes=59)) == 0
        assert send_due(now=at(CLOSING) + CLAIM_LASTS) == 1
        assert as_received(to(BOLT))["Message-ID"] == first
        assert delivery_to(BOLT).tries == 2

    def test_that_comes_back_to_life_changes_nothing(self, ready: Post, server: type[Server]) -> None:
        delivery = delivery_to(BOLT)
        Delivery.objects.exclude(pk=delivery.pk).delete()
        server.fails = [_Meanwhile(delivery.pk)]
        ready.send()
        delivery.refresh_from_db()
        assert (delivery.state, delivery.tries) == (State.SENT, 2)

    def test_is_not_followed_by_others_for_ever(self, ready: Post) -> None:
        Delivery.objects.update(state=State.SENDING, claimed_at=at(CLOSING), tries=len(BACK_OFF) + 1)
        assert ready.send(later(hours=2)) == 0
        assert states() == [State.FAILED, State.FAILED]
        assert "ended before it was done" in delivery_to(BOLT).last_error


class _Meanwhile(Exception):
    """Another worker takes the claim over and finishes while this one fails."""

    def __init__(self, delivery_id: int) -> None:
        super().__init__("too late")
        Delivery.objects.filter(pk=delivery_id).update(state=State.WAITING)
        self._id = delivery_id

    def __str__(self) -> str:
        Delivery.objects.filter(pk=self._id).update(state=State.SENT, tries=2)
        return "too late"


class TestFailure:
    def test_is_tried_again_further_and_further_apart_until_it_has_failed(self, ready: Post, server: type[Server]) -> None:
        Delivery.objects.exclude(address=BOLT).delete()
        now = at(CLOSING)
        for wait in BACK_OFF:
            server.fails = [smtplib.SMTPDataError(451, b"try again later")]
            assert send_due(now=now) == 0
            assert send_due(now=now + wait - timedelta(seconds=1)) == 0
            now += wait
        assert server.fails == []
        server.fails = [smtplib.SMTPDataError(451, b"try again later")]
        send_due(now=now)
        failed = delivery_to(BOLT)
        assert (failed.state, failed.tries, failed.next_try_at) == (State.FAILED, 7, None)
        assert failed.last_error == "SMTPDataError: (451, b'try again later')"
        assert send_due(now=now + timedelta(days=30)) == 0

    def test_does_not_hold_up_the_others(self, ready: Post, server: type[Server]) -> None:
        server.fails = [smtplib.SMTPDataError(451, b"try again later")]
        assert ready.send() == 1

    def test_is_final_for_an_address_that_is_refused(self, ready: Post, server: type[Server]) -> None:
        server.fails = [smtplib.SMTPRecipientsRefused({"x": (550, b"5.1.1 no such user")})]
        assert ready.send() == 1
        failed = Delivery.objects.get(state=State.FAILED)
        assert (failed.tries, failed.last_error) == (1, "550 5.1.1 no such user")

    def test_is_not_final_for_an_address_that_is_deferred(self, ready: Post, server: type[Server]) -> None:
        server.fails = [smtplib.SMTPRecipientsRefused({"x": (450, b"4.2.1 mailbox busy")})]
        ready.send()
        assert states() == [State.SENT, State.WAITING]

    def test_is_final_for_an_address_that_is_none(self, ready: Post) -> None:
        User.objects.filter(email=BOLT).update(email="billing@bolt.example\nBcc: x@y.example")
        assert ready.send() == 1
        assert "is not an e-mail address" in Delivery.objects.get(state=State.FAILED).last_error


class TestServerThatIsDown:
    def test_is_asked_once_and_the_rest_waits_a_minute(self, ready: Post, server: type[Server]) -> None:
        server.down = True
        assert ready.send() == 0
        assert server.opened == 1
        assert ready.send(later(seconds=59)) == 0
        assert server.opened == 1
        assert sorted(Delivery.objects.values_list("tries", flat=True)) == [0, 1]
        server.down = False
        assert ready.send(later(seconds=60)) == 2

    @pytest.mark.parametrize(
        "failure",
        [
            smtplib.SMTPServerDisconnected("Connection unexpectedly closed"),
            TimeoutError("timed out"),
            smtplib.SMTPSenderRefused(553, b"who are you", "trueup@portal.example"),
        ],
    )
    def test_may_also_break_off(self, ready: Post, server: type[Server], failure: Exception) -> None:
        server.fails = [failure]
        assert ready.send() == 0
        assert states() == [State.WAITING, State.WAITING]


class TestRecipient:
    def test_who_has_left_gets_nothing(self, ready: Post) -> None:
        leave(BOLT)
        assert ready.send() == 1
        dropped = delivery_to(BOLT)
        assert (dropped.state, dropped.text) == (State.DROPPED, "")
        assert dropped.last_error == "the person is not a member of the account any more"

    def test_who_moved_to_another_account_gets_nothing(self, ready: Post) -> None:
        leave(BOLT)
        join(BOLT, "coil", Role.ADMIN)
        assert ready.send() == 1
        assert delivery_to(BOLT).state == State.DROPPED

    def test_who_may_not_sign_in_any_more_gets_nothing(self, ready: Post) -> None:
        User.objects.filter(email=BOLT).update(is_active=False)
        assert ready.send() == 1

    def test_who_only_looks_on_by_now_gets_nothing(self, ready: Post) -> None:
        Member.objects.filter(user__email=BOLT).update(role=Role.VIEWER)
        assert ready.send() == 1

    def test_who_changed_their_mind_gets_nothing(self, ready: Post) -> None:
        set_preferences(person(BOLT), {"report_ready": "off"}, now=at(CLOSING))
        assert ready.send() == 1
        assert "does not want" in delivery_to(BOLT).last_error

    def test_is_not_told_what_is_overtaken(self, ready: Post, october: October) -> None:
        october.edit("bolt", "endpoint-core", by=BOLT, comment="a new office opens in May")
        october.submit("bolt", by=BOLT)
        assert ready.send() == 0
        assert delivery_to(BOLT).last_error == "overtaken: the report is under review by now"


class TestRetry:
    def test_begins_anew(self, ready: Post) -> None:
        Delivery.objects.update(state=State.FAILED, tries=7, next_try_at=None)
        retry(OPERATOR, delivery_to(BOLT).pk, now=at(CLOSING))
        assert ready.send() == 1
        assert delivery_to(BOLT).tries == 1

    def test_of_everything_that_failed_counts_it(self, ready: Post) -> None:
        Delivery.objects.update(state=State.FAILED, tries=7, next_try_at=None)
        assert retry_all_failed(OPERATOR, now=at(CLOSING)) == 2
        assert retry_all_failed(OPERATOR, now=at(CLOSING)) == 0
        assert ready.send() == 2


class TestDigest:
    @pytest.fixture
    def reviewed(self, october: October, post: Post) -> Post:
        """Reports of two MSPs are submitted; the distributor wants a digest."""
        set_preferences(person(NORTH), {"to_review": "digest"}, now=at(CLOSING))
        october.terms("account: north, from: 2026-02-01, auto_approve: never")
        october.deliver(*at_times("bolt-dental", "endpoint-core", "40", "40"), *at_times("coil-bakery", "endpoint-core", "1234", "1234"))
        october.close()
        post.go()
        mail.outbox.clear()
        october.submit("bolt", by=BOLT, now="2026-11-03T10:00:00Z")
        post.go("2026-11-03T10:00:00Z")
        october.submit("coil", by="billing@coil.example", now="2026-11-03T11:00:00Z")
        post.go("2026-11-03T11:00:00Z")
        return post

    def test_tells_of_all_in_one_e_mail_in_the_morning(self, reviewed: Post) -> None:
        assert sent() == []
        assert reviewed.go("2026-11-04T07:59:59Z") == 0
        assert reviewed.go("2026-11-04T08:00:00Z") == 1
        assert sent() == [(NORTH, "2 usage reports to review")]
        text = str(to(NORTH).body)
        assert "* Bolt IT, October 2026: submitted" in text
        assert "1,234 endpoint" in text
        assert "https://portal.example/review/" in text
        assert reviewed.go("2026-11-05T08:00:00Z") == 0

    def test_leaves_out_what_somebody_else_has_reviewed(self, reviewed: Post, october: October) -> None:
        october.approve("bolt", now="2026-11-03T12:00:00Z")
        Delivery.objects.filter(kind="approved").delete()
        reviewed.go("2026-11-04T08:00:00Z")
        assert to(NORTH).subject == "1 usage report to review"
        assert "Bolt" not in str(to(NORTH).body)

    def test_is_not_sent_when_nothing_is_left_to_review(self, reviewed: Post, october: October) -> None:
        for msp in ("bolt", "coil"):
            october.approve(msp, now="2026-11-03T12:00:00Z")
        reviewed.go("2026-11-04T08:00:00Z")
        assert NORTH not in dict(sent())


class TestBackend:
    def test_of_this_test_is_one_of_djangos(self) -> None:
        assert issubclass(Server, BaseEmailBackend)
