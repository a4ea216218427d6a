"""What is queued is called: signed, at least once, again and again for three days, and nobody waits for who is slow."""

import json
from datetime import datetime, timedelta

import pytest
from pytest_django import Settings
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.reports.month import CLOSING, October, at
from tests.webhooks.conftest import Hooks, admin, closed, listen
from tests.webhooks.receiver import Receiver, verified
from trueup.accounts.models import Account
from trueup.events.models import Event
from trueup.events.queries import audit
from trueup.reports.models import Report
from trueup.webhooks.actions import Wanted, change, replay, rotate, send_test
from trueup.webhooks.models import Delivery, Endpoint
from trueup.webhooks.queries import deliveries, endpoint
from trueup.webhooks.rules.trying import BACK_OFF, Disabled, State

NOW = at(CLOSING)


def tried_out(hooks: Hooks, now: datetime = NOW) -> datetime:
    """Everything is tried until there is no next try; when the last was."""
    hooks.go(now)
    while (again := Delivery.objects.filter(state=State.WAITING).order_by("next_try_at").first()) is not None:
        now = again.next_try_at or now
        hooks.go(now)
    return now


class TestSending:
    def test_is_verified_by_the_public_library(
        self, october: October, hooks: Hooks, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = listen("bolt", receiver.url, "report.generated")
        closed(october)
        assert hooks.go() == 1
        call = receiver.last
        assert verified(made.secret, call, NOW, monkeypatch) == json.loads(call.body)
        assert (call.path, call.headers["content-type"]) == ("/hooks?from=trueup", "application/json")
        assert call.headers["webhook-timestamp"] == str(int(NOW.timestamp()))
        with pytest.raises(WebhookVerificationError):
            verified(listen("bolt", receiver.url).secret, call, NOW, monkeypatch)

    def test_is_written_down(self, october: October, hooks: Hooks, receiver: Receiver) -> None:
        made = listen("bolt", receiver.url, "report.generated")
        closed(october)
        hooks.go()
        (row,) = deliveries(admin("bolt"), made.endpoint_id, now=NOW)
        assert (row.state, row.ended_at, row.next_try_at) == (State.DELIVERED, NOW, None)
        assert row.last is not None
        assert (row.last.status, row.last.answer, row.last.at) == (200, "thanks", NOW)
        assert endpoint(admin("bolt"), made.endpoint_id, now=NOW).delivered_at == NOW

    def test_says_the_same_at_each_try_but_for_its_time(
        self, october: October, hooks: Hooks, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = listen("bolt", receiver.url, "report.generated")
        closed(october)
        receiver.status = 500
        hooks.go()
        later = NOW + BACK_OFF[0]
        receiver.status = 204
        assert hooks.go(later) == 1
        first, second = receiver.calls
        assert (first.id, first.body) == (second.id, second.body)
        assert verified(made.secret, second, later, monkeypatch)
        assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]

    def test_is_not_tried_before_its_time(self, october: October, hooks: Hooks, receiver: Receiver) -> None:
        listen("bolt", receiver.url, "report.generated")
        closed(october)
        receiver.status = 500
        hooks.go()
        hooks.go(NOW + BACK_OFF[0] - timedelta(seconds=1))
        assert len(receiver.calls) == 1

    def test_is_no_more_after_the_account_may_not_read_the_report(self, october: October, hooks: Hooks, receiver: Receiver) -> None:
        made = listen("bolt", receiver.url, "report.generated")
        closed(october)
        hooks.gather()
        Report.objects.filter(msp_ref="bolt").update(has_access=False)
        hooks.send()
        (row,) = deliveries(admin("bolt"), made.endpoint_id, now=NOW)
        assert (receiver.calls, row.state) == ([], State.DROPPED)

    def test_is_no_more_after_the_account_may_not_read_months(self, october: October, hooks: Hooks, receiver: Receiver) -> None:
        made = listen("coil", receiver.url, "cycle.closed")
        closed(october)
        hooks.gather()
        Account.objects.filter(ref="coil").update(usage_reports_excluded=True)
        Report.objects.filter(msp_ref="coil").update(has_access=False)
        hooks.send()
        (row,) = deliveries(admin("coil"), made.endpoint_id, now=NOW)
        assert (receiver.calls, row.state) == ([], State.DROPPED)

    def test_goes_nowhere_private_unless_the_operator_allows_it_still(
        self, october: October, hooks: Hooks, receiver: Receiver, settings: Settings
    ) -> None:
        made = listen("bolt", receiver.url.replace("http:", "https:"), "report.generated")
        closed(october)
        settings.TRUEUP_WEBHOOKS_PRIVATE = False
        hooks.go()
        (row,) = deliveries(admin("bolt"), made.endpoint_id, now=NOW)
        assert receiver.calls == []
        assert row.last is not None
        assert row.last.problem == "“127.0.0.1” has no address on the public internet"
        Endpoint.objects.update(url=receiver.url)
        hooks.go(NOW + BACK_OFF[0])
        (row,) = deliveries(admin("bolt"), made.endpoint_id, now=NOW)
        assert row.last is not None
        assert row.last.problem == "the address has to begin with https://"

    def test_needs_a_secret_that_can_be_read(self, october: October, hooks: Hooks, receiver: Receiver, settings: Settings) -> None:
        made = listen("bolt", receiver.url, "report.generated")
        closed(october)
        settings.SECRET_KEY = "another one"
        hooks.go()
        (row,) = deliveries(admin("bolt"), made.endpoint_id, now=NOW)
        assert receiver.calls == []
        assert row.last is not None
        assert "rotate the secret" in row.last.problem

    def test_of_what_cannot_be_prepared_holds_up_nothing(self, october: October, hooks: Hooks, receiver: Receiver) -> None:
        broken, fine = listen("bolt", receiver.url), listen("bolt", receiver.url)
        for made in (broken, fine):
            send_test(admin("bolt"), made.endpoint_id, now=NOW)
        Endpoint.objects.filter(pk=broken.endpoint_id).update(secret="ä")
        assert hooks.send() == 1
        (row,) = deliveries(admin("bolt"), broken.endpoint_id, now=NOW)
        assert (row.state, row.last is not None) == (State.WAITING, True)

    def test_of_a_test_needs_no_event(self, october: October, hooks: Hooks, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
        made = listen("bolt", receiver.url, "report.generated")
        send_test(admin("bolt"), made.endpoint_id, now=NOW)
        assert hooks.send() == 1
        assert verified(made.secret, receiver.last, NOW, monkeypatch)["type"] == "webhook.test"


class TestSecret:
    def test_is_stored_so_that_the_database_alone_cannot_sign(self, october: October, private: None) -> None:
        made = listen("bolt", "http://hooks.example/")
        assert made.secret.startswith("whsec_")
        assert made.secret.removeprefix("whsec_") not in Endpoint.objects.get().secret
        assert not Event.objects.filter(changes__icontains=made.secret[6:20]).exists()

    def test_signs_for_a_day_beside_the_new_one(
        self, october: October, hooks: Hooks, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        old = listen("bolt", receiver.url)
        new = rotate(admin("bolt"), old.endpoint_id, now=NOW)
        assert old.secret != new.secret
        send_test(admin("bolt"), old.endpoint_id, now=NOW)
        hooks.send()
        assert len(receiver.last.headers["webhook-signature"].split()) == 2
        assert verified(old.secret, receiver.last, NOW, monkeypatch) == verified(new.secret, receiver.last, NOW, monkeypatch)
        assert endpoint(admin("bolt"), old.endpoint_id, now=NOW).old_secret_until == NOW + timedelta(days=1)

    def test_is_over_after_that(self, october: October, hooks: Hooks, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
        old = listen("bolt", receiver.url)
        new = rotate(admin("bolt"), old.endpoint_id, now=NOW)
        later = NOW + timedelta(days=1)
        send_test(admin("bolt"), old.endpoint_id, now=later)
        hooks.go(later)
        assert verified(new.secret, receiver.last, later, monkeypatch)
        with pytest.raises(WebhookVerificationError):
            verified(old.secret, receiver.last, later, monkeypatch)
        assert endpoint(admin("bolt"), old.endpoint_id, now=later).old_secret_until is None


class TestFailing:
    def test_lasts_three_days_and_disables_the_endpoint(self, october: October, hooks: Hooks, receiver: Receiver) -> None:
        made = listen("bolt", receiver.url, "report.generated")
        closed(october)
        receiver.status, receiver.answer = 500, b"no"
        last = tried_out(hooks)
        assert timedelta(days=3) < last - NOW < timedelta(days=4)
        assert len(receiver.calls) == len(BACK_OFF) + 1
        assert len({call.id for call in receiver.calls}) == 1
        (row,) = deliveries(admin("bolt"), made.endpoint_id, now=last)
        assert (row.state, len(row.attempts)) == (State.FAILED, len(BACK_OFF) + 1)
        found = endpoint(admin("bolt"), made.endpoint_id, now=last)
        assert (found.enabled, found.disabled_why, found.failing_since) == (False, Disabled.FAILING, NOW)
        event = Event.objects.get(kind="webhook_disabled")
        assert (event.subject_id, event.actor_kind) == (made.endpoint_id, "system")
        assert audit().findings == ()

    def test_disables_nothing_that_takes_others(self, october: October, hooks: Hooks, receiver: Receiver) -> None:
        made = listen("bolt", receiver.url, "report.generated")
        closed(october)
        receiver.status = 500
        hooks.go()
        receiver.status = 200
        send_test(admin("bolt"), made.endpoint_id, now=NOW + timedelta(seconds=1))
        hooks.go(NOW + timedelta(seconds=1))
        receiver.status = 500
        Delivery.objects.filter(state=State.WAITING).update(tries=len(BACK_OFF), next_try_at=NOW + timedelta(days=2))
        hooks.go(NOW + timedelta(days=2))
        assert endpoint(admin("bolt"), made.endpoint_id, now=NOW).enabled
        assert Delivery.objects.filter(state=State.FAILED).count() == 1

    def test_at_once_disables_what_says_that_it_is_gone(self, october: October, hooks: Hooks, receiver: Receiver) -> None:
        made = listen("north", receiver.url, "report.generated")
        closed(october)
        hooks.gather()
        send_test(admin("north"), made.endpoint_id, now=NOW + timedelta(hours=1))
        receiver.status = 410
        hooks.send()
        found = endpoint(admin("north"), made.endpoint_id, now=NOW)
        assert (found.enabled, found.disabled_why) == (False, Disabled.GONE)
        assert set(Delivery.objects.values_list("state", flat=True)) == {State.FAILED}
        assert Event.objects.filter(kind="webhook_disabled").count() == 1
        hooks.go(NOW + timedelta(days=1))
        assert len(receiver.calls) <= 2  # both were under way

    def test_endpoints_are_called_again_when_somebody_enables_them(self, october: October, hooks: Hooks, receiver: Receiver) -> None:
        made = listen("bolt", receiver.url, "report.generated", "report.reminded")
        closed(october)
        receiver.status = 410
        hooks.go()
        receiver.status = 200
        change(admin("bolt"), made.endpoint_id, Wanted(enabled=True), now=NOW + timedelta(hours=1))
        (row,) = deliveries(admin("bolt"), made.endpoint_id, now=NOW)
        replay(admin("bolt"), made.endpoint_id, row.id, now=NOW + timedelta(hours=1))
        assert hooks.go(NOW + timedelta(hours=1)) == 1
        assert receiver.calls[0].id == receiver.calls[1].id
        found = endpoint(admin("bolt"), made.endpoint_id, now=NOW)
        assert (found.failing_since, found.disabled_why) == (None, None)


class TestSignature:
    def test_is_the_one_of_the_specification(self) -> None:
        signed = Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek", datetime.fromtimestamp(1614265330, tz=NOW.tzinfo), '{"test": 2432232314}'
        )
        assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
