"""Webhooks in the portal: added, tried, looked at, sent again."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import Settings

from tests.web.conftest import NOW, AsPerson
from tests.webhooks.receiver import Receiver, receiving, verified
from trueup.accounts.queries import viewers_of
from trueup.webhooks.actions import Wanted, change, create, send_test
from trueup.webhooks.models import Delivery, Endpoint
from trueup.webhooks.sending import send_due

pytestmark = pytest.mark.usefixtures("world")

ADMIN = "admin@bolt.example"


@pytest.fixture
def admin(as_person: AsPerson) -> Client:
    return as_person(ADMIN)


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.TRUEUP_WEBHOOKS_PRIVATE = True
    with receiving() as one:
        yield one


def made(url: str) -> int:
    return create(viewers_of(ADMIN)[0], Wanted(url), now=NOW).endpoint_id


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


class TestAdding:
    def test_shows_the_secret_once(self, admin: Client, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "No webhooks yet" in page(admin, "/settings/webhooks/")
        said = {"url": receiver.url, "description": "Billing", "types": ["report.approved"], "enabled": "on"}
        answer = admin.post("/settings/webhooks/new/", said)
        secret = answer.context["secret"]
        assert secret in answer.content.decode()
        endpoint = Endpoint.objects.get()
        log = f"/settings/webhooks/{endpoint.pk}/"
        assert admin.post(f"{log}test/", follow=True).status_code == 200
        assert send_due(now=NOW) == 1
        assert verified(secret, receiver.last, NOW, monkeypatch)["type"] == "webhook.test"
        assert secret not in page(admin, log) + page(admin, f"{log}edit/") + page(admin, "/settings/webhooks/")
        assert "A usage report was approved" in page(admin, log)

    def test_says_what_is_wrong_beside_the_field_and_keeps_the_rest(self, admin: Client) -> None:
        answer = admin.post("/settings/webhooks/new/", {"url": "https://127.0.0.1/", "description": "Billing", "enabled": "on"})
        assert answer.status_code == 400
        text = answer.content.decode()
        assert "has no address on the public internet" in text
        assert 'value="Billing"' in text
        assert not Endpoint.objects.exists()


class TestEditing:
    def test_changes_it(self, admin: Client) -> None:
        number = made("https://1.1.1.1/in")
        answer = admin.post(f"/settings/webhooks/{number}/edit/", {"seen": "1", "url": "https://1.1.1.1/in", "types": ["cycle.closed"]})
        assert answer.status_code == 302
        endpoint = Endpoint.objects.get()
        assert (endpoint.types, endpoint.disabled_why) == (["cycle.closed"], "by_hand")
        assert "it was switched off" in page(admin, f"/settings/webhooks/{number}/")

    def test_overwrites_nothing_that_was_not_seen(self, admin: Client) -> None:
        number = made("https://1.1.1.1/in")
        change(viewers_of(ADMIN)[0], number, Wanted(description="Theirs"), now=NOW)
        sent = {"seen": "1", "url": "https://1.1.1.1/in", "description": "Mine", "enabled": "on"}
        answer = admin.post(f"/settings/webhooks/{number}/edit/", sent)
        text = answer.content.decode()
        assert (answer.status_code, Endpoint.objects.get().description) == (409, "Theirs")
        assert "now it is: Theirs" in text
        assert 'value="Mine"' in text
        assert admin.post(f"/settings/webhooks/{number}/edit/", sent | {"seen": "2"}).status_code == 302
        assert Endpoint.objects.get().description == "Mine"


class TestLog:
    def test_shows_what_was_sent_and_answered(self, admin: Client, receiver: Receiver) -> None:
        number = made(receiver.url)
        delivery_id = send_test(viewers_of(ADMIN)[0], number, now=NOW)
        receiver.status, receiver.answer = 500, b"<script>alert(1)</script>"
        send_due(now=NOW)
        log = page(admin, f"/settings/webhooks/{number}/")
        assert "Failing" in log
        one = page(admin, f"/settings/webhooks/{number}/sent/{delivery_id}/")
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in one
        assert "&quot;type&quot;: &quot;webhook.test&quot;" in one
        assert "Nothing is like this" in page(admin, f"/settings/webhooks/{number}/?state=delivered")

    def test_sends_again(self, admin: Client, receiver: Receiver) -> None:
        number = made(receiver.url)
        delivery_id = send_test(viewers_of(ADMIN)[0], number, now=NOW)
        send_due(now=NOW)
        answer = admin.post(f"/settings/webhooks/{number}/sent/{delivery_id}/replay/", follow=True)
        assert "It is sent again" in answer.content.decode()
        send_due(now=NOW + timedelta(seconds=1))
        assert [call.id for call in receiver.calls] == [Delivery.objects.get().message_id] * 2

    def test_says_why_nothing_can_be_sent(self, admin: Client) -> None:
        number = made("https://1.1.1.1/in")
        change(viewers_of(ADMIN)[0], number, Wanted(enabled=False), now=NOW)
        answer = admin.post(f"/settings/webhooks/{number}/test/", follow=True)
        assert "enable it first" in answer.content.decode()


class TestRemoving:
    def test_asks_first(self, admin: Client) -> None:
        number = made("https://1.1.1.1/in")
        assert "Remove this webhook?" in page(admin, f"/settings/webhooks/{number}/remove/")
        admin.post(f"/settings/webhooks/{number}/remove/")
        assert not Endpoint.objects.exists()


class TestMenu:
    def test_has_it_for_who_keeps_webhooks(self, admin: Client, as_person: AsPerson) -> None:
        assert "/settings/webhooks/" in page(admin, "/settings/")
        assert "/settings/webhooks/" not in page(as_person("billing@bolt.example"), "/settings/")
