"""What people read: their report, with their rights, in their language and time zone."""

import re

import pytest
from django.core import mail

from tests.notifications.post import (
    BOLT,
    BOLTS_ADMIN,
    NORTH,
    SOUTH,
    Post,
    as_received,
    delivery_to,
    html_of,
    join,
    over_provisioned,
    person,
    sent,
    to,
)
from tests.reports.month import CLOSING, DEADLINE_OF_BOLT, October, at, at_times
from trueup.accounts.models import Account, User
from trueup.accounts.rules import Role
from trueup.notifications.actions import set_preferences, tell_invited
from trueup.notifications.models import Delivery
from trueup.notifications.rules import State

REPORT = "https://portal.example/reports/2026-10/bolt/"
DEADLINE = "Deadline: Friday, 6 November 2026, 24:00 (Europe/Berlin)"
PENALTY = "Endpoint Security Core: 40 endpoint instead of 31 endpoint, as a penalty: over-provisioned without a comment"


def text_to(address: str) -> str:
    """The words of the latest message to somebody."""
    return str(to(address).body)


@pytest.fixture
def bolts(october: October, post: Post) -> October:
    """Bolt has a report, and people know."""
    over_provisioned(october)
    post.go()
    return october


class TestReportReady:
    def test_says_what_it_is_about_and_where_it_is(self, bolts: October) -> None:
        words = text_to(BOLT)
        assert words.startswith("Hello Bella Bolt,\n\nThe usage report of Bolt IT for October 2026 is ready.")
        assert f"Open the report:\n{REPORT}\n" in words
        assert "* Credit-based services: 31 endpoint" in words
        assert "as a billing manager of Bolt IT" in words

    def test_says_until_when_and_what_happens_if_nothing_is_done(self, bolts: October) -> None:
        words = text_to(BOLT)
        assert DEADLINE in words
        assert f"* {PENALTY}" in words

    def test_greets_who_has_no_name(self, bolts: October) -> None:
        assert text_to(BOLTS_ADMIN).startswith("Hello,\n\n")

    def test_has_the_same_in_html_with_one_link(self, bolts: October) -> None:
        html = html_of(to(BOLT))
        assert re.findall(r'href="([^"]*)"', html) == [REPORT]
        for words in ("Hello Bella Bolt,", DEADLINE, PENALTY, "Credit-based services: 31 endpoint"):
            assert words in html

    def test_loads_nothing_from_anywhere(self, bolts: October) -> None:
        assert not re.search(r"<(img|script|link|style|iframe)|url\(", html_of(to(BOLT)))


class TestReminder:
    def test_counts_the_days(self, bolts: October, post: Post) -> None:
        bolts.remind("2026-11-03T08:00:00Z")
        post.go("2026-11-03T08:00:00Z")
        assert to(BOLT).subject == "Reminder: usage report October 2026 of Bolt IT is due in 3 days"
        assert DEADLINE in text_to(BOLT)
        assert PENALTY in text_to(BOLT)

    def test_says_that_it_is_the_last_day(self, bolts: October, post: Post) -> None:
        bolts.remind("2026-11-06T08:00:00Z")
        post.go("2026-11-06T08:00:00Z")
        assert to(BOLT).subject == "Last day: usage report October 2026 of Bolt IT"

    def test_says_that_nothing_is_lost_where_nothing_is(self, bolts: October, post: Post) -> None:
        bolts.edit("bolt", "endpoint-core", by=BOLT, comment="a new office opens in May")
        bolts.remind("2026-11-03T08:00:00Z")
        post.go("2026-11-03T08:00:00Z")
        assert "the report is submitted as it was last saved.\n" in text_to(BOLT)

    def test_of_the_distributor_who_prepares_has_the_deadline_of_the_msp(self, october: October, post: Post) -> None:
        october.deliver(*at_times("dune-hotel", "endpoint-core", "7", "7"))
        october.close()
        post.go()
        assert "Deadline: Friday, 6 November 2026, 24:00 (America/Bogota)" in text_to(SOUTH)
        assert "https://portal.example/reports/2026-10/dune/" in text_to(SOUTH)


class TestSubmittedAutomatically:
    def test_with_a_penalty_says_which_lines(self, bolts: October, post: Post) -> None:
        bolts.deadline()
        post.go(DEADLINE_OF_BOLT)
        assert to(BOLT).subject == "Submitted automatically with a penalty: usage report October 2026 of Bolt IT"
        assert PENALTY in text_to(BOLT)
        assert "North Distribution reviews the report and may waive a penalty" in text_to(BOLT)
        assert to(NORTH).subject == "To review, with a penalty: usage report October 2026 of Bolt IT"
        assert PENALTY in text_to(NORTH)

    def test_without_one_and_approved_at_once_says_so(self, october: October, post: Post) -> None:
        october.deliver(*at_times("bolt-dental", "endpoint-core", "40", "40"))
        october.close()
        october.deadline()
        post.go(DEADLINE_OF_BOLT)
        assert to(BOLT).subject == "Submitted automatically: usage report October 2026 of Bolt IT"
        assert "It is approved already." in text_to(BOLT)
        assert NORTH not in dict(sent())


class TestReview:
    @pytest.fixture
    def forgotten(self, bolts: October, post: Post) -> October:
        """The report was submitted with a penalty."""
        bolts.deadline()
        post.go(DEADLINE_OF_BOLT)
        return bolts

    def test_that_rejects_says_why_and_until_when(self, forgotten: October, post: Post) -> None:
        forgotten.reject("bolt", "The garage is missing.\nPlease add it.")
        post.go("2026-11-08T10:00:00Z")
        assert to(BOLT).subject == "Sent back: usage report October 2026 of Bolt IT"
        assert "The reason:\n\nThe garage is missing.\nPlease add it.\n" in text_to(BOLT)
        assert "Deadline: Wednesday, 11 November 2026, 24:00 (Europe/Berlin)" in text_to(BOLT)
        assert "The garage is missing.<br>Please add it." in html_of(to(BOLT))

    def test_that_waives_says_which_line_and_why(self, forgotten: October, post: Post) -> None:
        forgotten.waive("bolt", "endpoint-core", "a new office opens in May")
        post.go("2026-11-08T11:00:00Z")
        assert to(BOLT).subject == "Penalty waived: usage report October 2026 of Bolt IT"
        assert "was waived: Endpoint Security Core. The reason:\n\na new office opens in May" in text_to(BOLT)

    def test_that_approves_says_so(self, forgotten: October, post: Post) -> None:
        forgotten.approve("bolt")
        post.go("2026-11-08T10:00:00Z")
        assert to(BOLT).subject == "Approved: usage report October 2026 of Bolt IT"
        assert "* Credit-based services: 40 endpoint" in text_to(BOLT)

    def test_that_has_it_measured_anew_says_what_changed(self, bolts: October, post: Post) -> None:
        bolts.deliver(*at_times("bolt-garage", "endpoint-core", "10", "10"), now="2026-11-02T10:00:00Z")
        assert bolts.regenerate("bolt") == 1
        post.go("2026-11-03T12:00:00Z")
        assert to(BOLT).subject == "Measured anew: usage report October 2026 of Bolt IT"
        assert "Lines that changed: Endpoint Security Core" in text_to(BOLT)
        assert "41 endpoint" in text_to(BOLT)

    def test_is_asked_for_with_the_comment_of_the_msp(self, bolts: October, post: Post) -> None:
        bolts.edit("bolt", "endpoint-core", by=BOLT, comment="a new office opens in May")
        bolts.submit("bolt", by=BOLT, comment="All offices are in.")
        post.go("2026-11-03T10:00:00Z")
        assert to(NORTH).subject == "To review: usage report October 2026 of Bolt IT"
        assert "was submitted and waits for review.\n\nAll offices are in.\n" in text_to(NORTH)
        assert "Review the report:\nhttps://portal.example/review/2026-10/bolt/\n" in text_to(NORTH)


class TestWhatPeopleWrote:
    EVIL = '<script>alert("x")</script><a href="https://evil.example">{{ secret }} {% now %}'

    def test_is_text_in_html(self, bolts: October, post: Post) -> None:
        bolts.edit("bolt", "endpoint-core", by=BOLT, comment="a new office opens in May")
        bolts.submit("bolt", by=BOLT, comment=self.EVIL)
        post.go("2026-11-03T10:00:00Z")
        html = html_of(to(NORTH))
        assert "&lt;script&gt;" in html
        assert "<script" not in html
        assert re.findall(r'<a [^>]*href="([^"]*)"', html) == ["https://portal.example/review/2026-10/bolt/"]

    def test_stays_as_it_is_in_text(self, bolts: October, post: Post) -> None:
        bolts.edit("bolt", "endpoint-core", by=BOLT, comment="a new office opens in May")
        bolts.submit("bolt", by=BOLT, comment="Müller & Söhne <all>")
        post.go("2026-11-03T10:00:00Z")
        assert "Müller & Söhne <all>" in text_to(NORTH)

    def test_adds_no_header(self, october: October, post: Post) -> None:
        User.objects.filter(email=BOLT).update(name='Eve"\r\nBcc: all@example.com\r\n\r\nHi')
        Account.objects.filter(ref="bolt").update(name="Bolt\r\nBcc: all@example.com")
        over_provisioned(october)
        post.go()
        message = as_received(to(BOLT))
        assert "Bcc" not in message
        assert message["Subject"] == "Usage report October 2026 of Bolt Bcc: all@example.com is ready"
        assert len(message.get_all("To", [])) == 1


class TestLanguage:
    def test_is_that_of_the_person(self, october: October, post: Post) -> None:
        set_preferences(person(BOLT), {}, now=at(CLOSING), language="de")
        over_provisioned(october)
        post.go()
        html = html_of(to(BOLT))
        assert '<html lang="de">' in html
        assert "6. November 2026" in html or "6 November 2026" in html
        assert "Freitag" in html
        assert '<html lang="en">' in html_of(to(BOLTS_ADMIN))

    def test_writes_numbers_as_the_person_does(self, october: October, post: Post) -> None:
        set_preferences(person(BOLT), {}, now=at(CLOSING), language="de")
        october.deliver(*at_times("bolt-dental", "endpoint-core", "1234567", "1234567"))
        october.close()
        post.go()
        assert "1.234.567 endpoint" in text_to(BOLT)
        assert "1,234,567 endpoint" in text_to(BOLTS_ADMIN)


class TestRights:
    def test_are_those_of_the_recipient(self, bolts: October, post: Post) -> None:
        """A delivery that should never have been made tells nothing."""
        stranger = join("eve@coil.example", "coil", Role.ADMIN)
        Delivery.objects.filter(address=BOLT).update(
            user=stranger.user, account=stranger.account, state=State.WAITING, next_try_at=at(CLOSING)
        )
        mail.outbox.clear()
        assert post.send() == 0
        dropped = delivery_to(BOLT)
        assert (dropped.state, dropped.last_error) == (State.DROPPED, "there is no report of “bolt” for 2026-10")


class TestInvitation:
    def test_has_the_link(self, october: October, post: Post) -> None:
        link = "https://portal.example/i/1?a=1&b=2"
        tell_invited("new@bolt.example", "Nora", account_name="Bolt <IT>", inviter="Ada", link=link, now=at(CLOSING))
        assert post.send() == 1
        message = to("new@bolt.example")
        assert message.subject == "Ada invites you to Bolt <IT>"
        assert f"{link}\n" in str(message.body)
        assert 'href="https://portal.example/i/1?a=1&amp;b=2"' in html_of(message)
        assert "If you did not expect this invitation" in str(message.body)
        assert "as a" not in str(message.body).partition("--")[2]
