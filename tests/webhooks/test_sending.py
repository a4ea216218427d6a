"""What is queued is called: signed, at least once, again and again for three days, and nobody waits for who is slow."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.reports.month import CLOSING, October, at
from tests.webhooks.conftest import Hooks, admin, closed, listen, world_of
from tests.webhooks.receiver import Receiver, verified
from trueup.accounts.models import Account
from trueup.events.models import Event
from trueup.events.queries import audit
from trueup.reports.models import Report
from trueup.webhooks.actions import Wanted, change, replay, rotate, send_test
from trueup.webhooks.models import Attempt, Delivery, Endpoint
from trueup.webhooks.queries import deliveries, endpoint
from trueup.webhooks.rules.targets import Target
from trueup.webhooks.rules.trying import BACK_OFF, CLAIM_LASTS, MOST_PER_ENDPOINT, Answer, Disabled, State
from trueup.webhooks.sending import BRISK, SLOW, Sender, send_due

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


class TestDisabling:
    """Nothing of what was before an endpoint was enabled again is sent afterwards, whatever was under way."""

    LATER = NOW + timedelta(hours=1)

    @pytest.fixture
    def endpoint_id(self, october: October, private: None) -> int:
        """An endpoint that is told something."""
        made = listen("bolt", "http://hooks.example/")
        send_test(admin("bolt"), made.endpoint_id, now=NOW)
        return made.endpoint_id

    def switch(self, endpoint_id: int, *, on: bool, now: datetime = LATER) -> None:
        change(admin("bolt"), endpoint_id, Wanted(enabled=on), now=now)

    def outcome(self) -> tuple[str, str]:
        row = Delivery.objects.get()
        return row.state, row.problem

    @pytest.mark.parametrize("status", [500, 410])
    @pytest.mark.parametrize("again", [False, True])
    def test_ends_a_call_that_is_under_way(self, endpoint_id: int, status: int, again: bool) -> None:
        go_on = threading.Event()

        def late() -> Answer:
            go_on.wait(60)
            return Answer(status=status)

        with Sender(answering({"hooks.example": late})) as sender:
            assert sender.begin(now=NOW) == 1
            self.switch(endpoint_id, on=False)
            if again:
                self.switch(endpoint_id, on=True)
            go_on.set()
            while sender.busy:
                sender.collect(now=self.LATER, milliseconds=1000)
        assert self.outcome() == (State.FAILED, "the webhook was disabled")
        if not again:
            self.switch(endpoint_id, on=True)
        assert send_due(now=self.LATER + timedelta(days=1), call_it=answering({})) == 0
        found = endpoint(admin("bolt"), endpoint_id, now=self.LATER)
        assert (found.enabled, found.failing_since) == (True, None)
        assert not Event.objects.filter(kind="webhook_disabled").exists()

    def test_keeps_what_was_taken_meanwhile(self, endpoint_id: int) -> None:
        with Sender(answering({"hooks.example": lambda: Answer(status=200)})) as sender:
            sender.begin(now=NOW)
            self.switch(endpoint_id, on=False)
            while sender.busy:
                sender.collect(now=self.LATER, milliseconds=1000)
        assert self.outcome() == (State.DELIVERED, "")

    def test_ends_what_a_killed_worker_left(self, endpoint_id: int) -> None:
        Delivery.objects.update(state=State.SENDING, claimed_at=NOW, claims=1, tries=1)
        self.switch(endpoint_id, on=False)
        self.switch(endpoint_id, on=True)
        assert send_due(now=self.LATER, call_it=answering({})) == 0
        assert self.outcome() == (State.FAILED, "the webhook was disabled")

    def test_ends_what_was_queued_at_that_very_moment(self, endpoint_id: int) -> None:
        self.switch(endpoint_id, on=False)
        Delivery.objects.update(state=State.WAITING, next_try_at=NOW)  # as another transaction that saw it enabled may commit it
        self.switch(endpoint_id, on=True)
        assert send_due(now=self.LATER, call_it=answering({})) == 0
        assert self.outcome() == (State.FAILED, "the webhook was disabled")

    def test_keeps_nobody_from_asking_for_it_again(self, endpoint_id: int) -> None:
        self.switch(endpoint_id, on=False)
        self.switch(endpoint_id, on=True)
        replay(admin("bolt"), endpoint_id, Delivery.objects.get().pk, now=self.LATER)
        assert send_due(now=self.LATER, call_it=answering({"hooks.example": lambda: Answer(status=200)})) == 1
        assert self.outcome() == (State.DELIVERED, "")


def answering(answers: dict[str, Callable[[], Answer]]) -> Callable[..., Answer]:
    """Calls that are answered by host."""

    def call(target: Target, _headers: Any, _body: bytes, *, private: bool) -> Answer:
        del private
        return answers[target.host]()

    return call


class TestSlowEndpoint:
    def test_holds_nobody_else_up(self, october: October, private: None) -> None:
        stuck = threading.Event()

        def never() -> Answer:
            stuck.wait(30)
            return Answer(problem="no answer")

        slow = listen("bolt", "http://slow.example/")
        brisk = listen("coil", "http://brisk.example/")
        for _ in range(30):
            send_test(admin("bolt"), slow.endpoint_id, now=NOW)
        for _ in range(30):
            send_test(admin("coil"), brisk.endpoint_id, now=NOW)
        with Sender(answering({"slow.example": never, "brisk.example": lambda: Answer(status=200)})) as sender:
            for _ in range(100):
                sender.begin(now=NOW)
                sender.collect(now=NOW, milliseconds=1000)
                if Delivery.objects.filter(endpoint=brisk.endpoint_id, state=State.DELIVERED).count() == 30:
                    break
            assert Delivery.objects.filter(endpoint=slow.endpoint_id, state=State.SENDING).count() == MOST_PER_ENDPOINT
            stuck.set()
        assert Delivery.objects.filter(endpoint=brisk.endpoint_id, state=State.DELIVERED).count() == 30

    def test_shares_a_few_calls_with_others_like_it(self, october: October, private: None) -> None:
        stuck = threading.Event()
        hosts = [f"slow{number}.example" for number in range(SLOW + 3)]
        made = [listen("bolt", f"http://{host}/") for host in hosts]

        def fails() -> Answer:
            return Answer(status=500, milliseconds=10)

        def never() -> Answer:
            stuck.wait(30)
            return fails()

        answers: dict[str, Callable[[], Answer]] = dict.fromkeys(hosts, fails)
        with Sender(answering(answers)) as sender:
            for one in made:
                send_test(admin("bolt"), one.endpoint_id, now=NOW)
            while sender.begin(now=NOW) or sender.busy:
                sender.collect(now=NOW, milliseconds=1000)
            answers.update(dict.fromkeys(hosts, never))
            for _ in range(3):
                sender.begin(now=NOW + BACK_OFF[0])
            under_way = Delivery.objects.filter(state=State.SENDING).count()
            stuck.set()
        assert under_way == SLOW < BRISK


class TestKilledWorker:
    def test_leaves_its_delivery_to_the_next(self, october: October, hooks: Hooks, receiver: Receiver) -> None:
        made = listen("bolt", receiver.url)
        send_test(admin("bolt"), made.endpoint_id, now=NOW)
        Delivery.objects.update(state=State.SENDING, claimed_at=NOW, claims=1, tries=1)
        assert hooks.send() == 0
        assert hooks.go(NOW + CLAIM_LASTS) == 1
        assert Delivery.objects.get().state == State.DELIVERED

    def test_that_was_only_slow_writes_down_its_call_and_nothing_else(self, october: October, private: None) -> None:
        made = listen("bolt", "http://hooks.example/")
        send_test(admin("bolt"), made.endpoint_id, now=NOW)
        go_on = threading.Event()

        def late() -> Answer:
            go_on.wait(30)
            return Answer(status=500)

        with Sender(answering({"hooks.example": late})) as first:
            assert first.begin(now=NOW) == 1
            second = answering({"hooks.example": lambda: Answer(status=200)})
            assert send_due(now=NOW + CLAIM_LASTS, call_it=second) == 1
            go_on.set()
            first.collect(now=NOW + CLAIM_LASTS, milliseconds=30_000)
        assert Delivery.objects.get().state == State.DELIVERED
        assert set(Attempt.objects.values_list("status", flat=True)) == {200, 500}

    def test_leaves_it_ten_times_at_most(self, october: October, hooks: Hooks, receiver: Receiver) -> None:
        made = listen("bolt", receiver.url)
        send_test(admin("bolt"), made.endpoint_id, now=NOW)
        Delivery.objects.update(state=State.SENDING, claimed_at=NOW, claims=10, tries=len(BACK_OFF) + 1)
        hooks.go(NOW + CLAIM_LASTS)
        (row,) = deliveries(admin("bolt"), made.endpoint_id, now=NOW)
        assert (row.state, receiver.calls) == (State.FAILED, [])

    def test_of_a_removed_endpoint_writes_nothing(self, october: October, private: None) -> None:
        made = listen("bolt", "http://hooks.example/")
        send_test(admin("bolt"), made.endpoint_id, now=NOW)
        with Sender(answering({"hooks.example": lambda: Answer(status=200)})) as sender:
            sender.begin(now=NOW)
            Endpoint.objects.all().delete()
            assert sender.collect(now=NOW, milliseconds=30_000) == 1
        assert not Attempt.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestWorkers:
    def test_send_each_delivery_once_however_many_they_are(self, ledger_home: Path, tmp_path: Path, receiver: Receiver) -> None:
        world_of(tmp_path)
        for ref in ("north", "bolt", "coil"):
            made = listen(ref, receiver.url)
            for _ in range(5):
                send_test(admin(ref), made.endpoint_id, now=NOW)

        def work(_number: int) -> int:
            try:
                return send_due(now=NOW)
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(work, range(4))) == 15
        assert len({call.id for call in receiver.calls}) == len(receiver.calls) == 15
        assert set(Delivery.objects.values_list("state", flat=True)) == {State.DELIVERED}


class TestSignature:
    def test_is_the_one_of_the_specification(self) -> None:
        signed = Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").sign(
            "msg_p5jXN8AQM9LWM0D4loKWxJek", datetime.fromtimestamp(1614265330, tz=NOW.tzinfo), '{"test": 2432232314}'
        )
        assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
