"""Who manages an account is told that a webhook of it was switched off."""

import pytest
from django.core import mail
from pytest_django import Settings

from tests.notifications.post import BOLTS_ADMIN, Post
from tests.reports.month import CLOSING, October, at
from trueup.accounts.models import Member
from trueup.accounts.queries import viewers_of
from trueup.accounts.rules import Role
from trueup.notifications.actions import set_preferences
from trueup.notifications.models import Delivery
from trueup.webhooks.actions import Wanted, create, send_test
from trueup.webhooks.rules.trying import Answer
from trueup.webhooks.sending import send_due


@pytest.fixture
def webhook(october: October, settings: Settings) -> int:
    """One that is gone."""
    settings.TRUEUP_WEBHOOKS_PRIVATE = True
    admin = viewers_of(BOLTS_ADMIN)[0]
    made = create(admin, Wanted("https://hooks.example/in?a=1&b=2"), now=at("2026-10-01T00:00:00Z"))
    send_test(admin, made.endpoint_id, now=at(CLOSING))
    send_due(now=at(CLOSING), call_it=lambda *_args, **_more: Answer(status=410))
    return made.endpoint_id


class TestNotice:
    def test_is_sent_to_the_admins_of_the_account(self, webhook: int, post: Post) -> None:
        assert post.go() == 1
        (message,) = mail.outbox
        assert message.to == [BOLTS_ADMIN]
        assert message.subject == "A webhook of Bolt IT was switched off"
        assert "https://hooks.example/in?a=1&b=2 was switched off: it answered that it is gone for good (410)." in message.body
        assert f"https://portal.example/settings/webhooks/{webhook}/" in message.body

    def test_is_sent_once(self, webhook: int, post: Post) -> None:
        post.go()
        assert post.go() == 0
        assert Delivery.objects.get().path.count("/") == 4  # found in the outbox by the vendor above

    def test_cannot_be_switched_off(self, webhook: int, post: Post) -> None:
        choices = {"report_ready": "off", "approved": "off"}
        set_preferences(viewers_of(BOLTS_ADMIN)[0], choices, now=at(CLOSING))
        assert post.go() == 1

    def test_is_not_sent_to_who_does_not_manage_it_any_more(self, webhook: int, post: Post) -> None:
        post.gather()
        Member.objects.filter(user__email=BOLTS_ADMIN).update(role=Role.BILLING_MANAGER)
        assert post.send() == 0
        assert Delivery.objects.get().state == "dropped"
