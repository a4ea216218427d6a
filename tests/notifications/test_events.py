"""Who manages an account is told that an event of it could not be stored."""

import pytest
from django.core import mail

from tests.intake.sending import send, sender
from tests.notifications.post import BOLTS_ADMIN, Post
from tests.reports.month import CLOSING, October, at
from trueup.intake.claims import Claim
from trueup.intake.models import Gathering
from trueup.intake.rules.pieces import MOST_TRIES
from trueup.intake.working import _begun


@pytest.fixture
def put_aside(october: October) -> None:
    """An event the ledger fails at."""
    send(sender("bolt"), "e-1 bolt-dental endpoint-core 2026-10-20T10:00:00Z 40", now=at("2026-10-20T12:00:00Z"))
    claim = _begun(at(CLOSING))
    assert claim is not None
    Gathering.objects.update(tries=MOST_TRIES - 1)
    claim.gathering.refresh_from_db()
    assert Claim(claim.gathering).failed(ValueError("no"), now=at(CLOSING)) == 1


class TestNotice:
    def test_is_sent_to_the_admins_of_the_account_once(self, put_aside: None, post: Post) -> None:
        assert post.go() == 1
        (message,) = mail.outbox
        assert message.to == [BOLTS_ADMIN]
        assert message.subject == "An event of Bolt IT could not be stored"
        assert "The event e-1 of meter was acknowledged and could not be stored: a mistake on our side." in message.body
        assert "https://portal.example/api/v1/docs" in message.body
        assert post.go() == 0
