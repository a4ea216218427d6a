"""The queue is emptied: claimed, called, marked. At least once: who is killed in between leaves its claim to the next.

One thread reads and writes the tables; calls are made in others, which know nothing of them. However slow an endpoint is, it takes a
few of those at most, and endpoints that were slow or failed share a few of their own: nobody else waits for them.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Final, Self

from django.conf import settings
from django.db import transaction
from django.db.models import F, Min, Q
from django.db.models.functions import Coalesce
from standardwebhooks.webhooks import Webhook

from trueup import __version__
from trueup.accounts.rules import SYSTEM
from trueup.events.recording import Change, record
from trueup.kit.errors import Conflict, Invalid
from trueup.reports.models import Report
from trueup.reports.queries import without_reports
from trueup.webhooks.actions import end_waiting
from trueup.webhooks.calling import call
from trueup.webhooks.gathering import parties
from trueup.webhooks.models import Attempt, Delivery, Endpoint
from trueup.webhooks.rules.happenings import OF_MONTHS
from trueup.webhooks.rules.targets import Target, read_url
from trueup.webhooks.rules.trying import (
    BACK_OFF,
    CLAIM_LASTS,
    MOST_PER_ENDPOINT,
    WHILE_DISABLED,
    Answer,
    Disabled,
    Outcome,
    State,
    after,
    is_old_secret_valid,
)
from trueup.webhooks.sealing import opened

BRISK: Final = 12
"""Calls under way at once to endpoints that answer."""

SLOW: Final = 4
"""The same to endpoints that were slow or failed when they were last called."""

SLOW_AFTER: Final = 2000
"""Milliseconds an endpoint may take and still be a brisk one."""

Call = Callable[..., Answer]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that is this worker's, and when it took it."""

    delivery: Delivery
    at: datetime


class Sender:
    """Sends what is due, several calls at a time. One thread uses it."""

    def __init__(self, call_it: Call = call) -> None:
        self._call = call_it
        self._pool = ThreadPoolExecutor(BRISK + SLOW, thread_name_prefix="webhook")
        self._under_way: dict[Future[Answer], Claimed] = {}
        self._slow: set[int] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    @property
    def busy(self) -> bool:
        """Whether calls are under way."""
        return bool(self._under_way)

    def begin(self, *, now: datetime) -> int:
        """Claim what is due and call, as far as there is room; returns how many deliveries were dealt with."""
        begun = 0
        for endpoint_id, room in self._rooms(now):
            due = _claimable(now).filter(endpoint_id=endpoint_id).order_by("next_try_at", "pk")
            for delivery_id, since in list(due.values_list("pk", Coalesce("claimed_at", "next_try_at"))[:room]):
                begun += self._begin_one(delivery_id, since, now)
        return begun

    def _rooms(self, now: datetime) -> list[tuple[int, int]]:
        """The endpoints something is due for, who waits longest first, and how many calls each gets now."""
        busy = Counter(one.delivery.endpoint_id for one in self._under_way.values())
        free = {True: SLOW, False: BRISK}
        for endpoint_id, count in busy.items():
            free[endpoint_id in self._slow] -= count
        due = _claimable(now).exclude(endpoint__in=[one for one, count in busy.items() if count >= self._most(one)])
        waiting = due.order_by().values("endpoint_id").annotate(first=Min("created_at")).order_by("first", "endpoint_id")
        rooms: list[tuple[int, int]] = []
        for endpoint_id in waiting.values_list("endpoint_id", flat=True):
            slow = endpoint_id in self._slow
            room = min(self._most(endpoint_id) - busy[endpoint_id], free[slow])
            if room > 0:
                free[slow] -= room
                rooms.append((endpoint_id, room))
            if free[True] <= 0 and free[False] <= 0:
                break
        return rooms

    def _most(self, endpoint_id: int) -> int:
        return 1 if endpoint_id in self._slow else MOST_PER_ENDPOINT

    def _begin_one(self, delivery_id: int, since: datetime, now: datetime) -> int:
        """Claim one delivery, which is due or was left `since` then, and call; 0 if somebody else was quicker."""
        claim = {"state": State.SENDING, "claimed_at": now, "tries": F("tries") + 1, "claims": F("claims") + 1}
        # Conditions on the row itself are asked again, of what it is by then, when two claim it at once; on others, as of the beginning.
        enabled = Endpoint.objects.filter(disabled_at=None)
        if not Delivery.objects.filter(_due(now), pk=delivery_id, endpoint__in=enabled).update(**claim):
            return 0
        claimed = Claimed(Delivery.objects.select_related("endpoint").get(pk=delivery_id), now)
        if since < claimed.delivery.endpoint.listening_since:
            _end(claimed.delivery, State.FAILED, WHILE_DISABLED, now)
            return 1
        if not _may_still_hear(claimed.delivery):
            _end(claimed.delivery, State.DROPPED, "the account may not read what it tells of any more", now)
            return 1
        if claimed.delivery.tries > len(BACK_OFF) + 1:
            _mark(claimed, Answer(problem="each worker that tried to send it was ended before it was done"), now)
            return 1
        try:
            target, headers, body = _message(claimed.delivery, now)
        except (Conflict, Invalid) as error:
            _mark(claimed, Answer(problem=error.message, refused=True), now)
            return 1
        except Exception as error:  # noqa: BLE001 -- one that cannot be sent must not hold up the others
            _log.exception("the delivery %s could not be prepared", delivery_id)
            _mark(claimed, Answer(problem=type(error).__name__), now)
            return 1
        private = bool(settings.TRUEUP_WEBHOOKS_PRIVATE)
        self._under_way[self._pool.submit(self._call, target, headers, body, private=private)] = claimed
        return 1

    def collect(self, *, now: datetime, milliseconds: int = 0) -> int:
        """Write down what has come of calls, after waiting for the first one so long; returns how many were taken."""
        done, _still = wait(self._under_way, timeout=milliseconds / 1000, return_when=FIRST_COMPLETED)
        delivered = 0
        for future in done:
            claimed = self._under_way.pop(future)
            answer = future.result()
            self._remember(claimed.delivery.endpoint_id, answer)
            _mark(claimed, answer, now)
            delivered += answer.accepted
        return delivered

    def _remember(self, endpoint_id: int, answer: Answer) -> None:
        if answer.accepted and answer.milliseconds < SLOW_AFTER:
            self._slow.discard(endpoint_id)
        else:
            self._slow.add(endpoint_id)


def send_due(*, now: datetime, call_it: Call = call) -> int:
    """Send everything that is due, and wait for the answers; returns how many were taken."""
    delivered = 0
    with Sender(call_it) as sender:
        while sender.begin(now=now) or sender.busy:
            delivered += sender.collect(now=now, milliseconds=1000)
    return delivered


def _claimable(now: datetime) -> Any:
    """What is due, but never of a disabled endpoint."""
    return Delivery.objects.filter(_due(now), endpoint__disabled_at=None)


def _due(now: datetime) -> Q:
    """What waits and is due, and what a worker claimed so long ago that it cannot be at work any more."""
    return Q(state=State.WAITING, next_try_at__lte=now) | Q(state=State.SENDING, claimed_at__lte=now - CLAIM_LASTS)


def _may_still_hear(delivery: Delivery) -> bool:
    """Whether the account may (still) read what it tells of."""
    account_id = delivery.endpoint.account_id
    if delivery.type in OF_MONTHS:
        return not without_reports([account_id])
    if delivery.report_id is None:
        return True
    report = Report.objects.only("msp_id", "distributor_id", "vendor_id", "has_access").filter(pk=delivery.report_id).first()
    return report is not None and account_id in parties(report).readers


def _message(delivery: Delivery, now: datetime) -> tuple[Target, Mapping[str, str], bytes]:
    """Where to, and what. Raises Invalid for an address that is not allowed (any more), Conflict for a secret that cannot be read."""
    endpoint = delivery.endpoint
    target = read_url(endpoint.url, private=bool(settings.TRUEUP_WEBHOOKS_PRIVATE))
    secrets = [opened(endpoint.secret)]
    if is_old_secret_valid(endpoint.old_secret_until, now):
        secrets.append(opened(endpoint.old_secret))
    headers = {
        "Content-Type": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": f"TrueUp/{__version__}",
        "webhook-id": delivery.message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(delivery.message_id, now, delivery.payload) for secret in secrets),
    }
    return target, headers, delivery.payload.encode("utf-8")


def _end(delivery: Delivery, state: State, problem: str, now: datetime) -> None:
    """Without a call."""
    mine = Delivery.objects.filter(pk=delivery.pk, state=State.SENDING, claims=delivery.claims)
    mine.update(state=state, claimed_at=None, ended_at=now, problem=problem)


@transaction.atomic(durable=True)
def _mark(claimed: Claimed, answer: Answer, now: datetime) -> None:
    """Write down what came of a call. Where the delivery is now, only who still has the claim says."""
    delivery = claimed.delivery
    endpoint = Endpoint.objects.select_for_update().filter(pk=delivery.endpoint_id).first()
    if endpoint is None:
        return  # removed meanwhile, with its log
    Attempt.objects.create(
        delivery_id=delivery.pk, at=claimed.at, status=answer.status, answer=answer.said, problem=answer.problem[:300],
        milliseconds=answer.milliseconds,
    )  # fmt: skip
    disabled = endpoint.disabled_at is not None or claimed.at < endpoint.listening_since
    failing_since = None if answer.accepted else endpoint.failing_since or claimed.at
    outcome = after(answer, delivery.tries, failing_since=failing_since, disabled=disabled, now=now)
    if answer.accepted:
        Endpoint.objects.filter(pk=endpoint.pk).update(failing_since=None, delivered_at=now)
    elif not disabled:  # else it was a call to what the endpoint was before
        Endpoint.objects.filter(pk=endpoint.pk).update(failing_since=failing_since)
    _move(delivery, outcome, now)
    if outcome.disable is not None:
        _disable(endpoint, outcome.disable, now)


def _move(delivery: Delivery, outcome: Outcome, now: datetime) -> None:
    """Unless another worker has taken the claim over meanwhile."""
    ended = None if outcome.state is State.WAITING else now
    mine = Delivery.objects.filter(pk=delivery.pk, state=State.SENDING, claims=delivery.claims)
    mine.update(state=outcome.state, next_try_at=outcome.next_try_at, claimed_at=None, ended_at=ended, problem=outcome.problem)


def _disable(endpoint: Endpoint, why: Disabled, now: datetime) -> None:
    """Nothing is sent any more, and the history says so: who manages the account is told by it."""
    Endpoint.objects.filter(pk=endpoint.pk).update(disabled_at=now, disabled_why=why, version=F("version") + 1)
    end_waiting(endpoint.pk, now)
    of = f"webhook {endpoint.pk}"
    changes = [
        Change("url", endpoint.url, endpoint.url, of),
        Change("enabled", before=True, after=False, of=of),
        Change("why", None, why.value, of),
    ]
    record(
        account_id=endpoint.account_id, kind="webhook_disabled", actor=SYSTEM, at=now, subject="webhook", subject_id=endpoint.pk,
        changes=changes,
    )  # fmt: skip
    _log.warning("the webhook %s was disabled: %s", endpoint.pk, why)
