"""What is under way: slow endpoints, endpoints that are switched off meanwhile, workers that are killed, and several of them."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.reports.month import CLOSING, October, at
from tests.webhooks.conftest import Hooks, admin, listen, world_of
from tests.webhooks.receiver import Receiver
from trueup.events.models import Event
from trueup.webhooks.actions import Wanted, change, replay, send_test
from trueup.webhooks.models import Attempt, Delivery, Endpoint
from trueup.webhooks.queries import deliveries, endpoint
from trueup.webhooks.rules.targets import Target
from trueup.webhooks.rules.trying import BACK_OFF, CLAIM_LASTS, MOST_PER_ENDPOINT, Answer, State
from trueup.webhooks.sending import BRISK, SLOW, Sender, send_due

NOW = at(CLOSING)


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
