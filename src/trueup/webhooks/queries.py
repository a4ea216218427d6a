"""Questions about webhooks: which there are, and what became of what was sent to them."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from trueup.accounts.rules import Right, Viewer
from trueup.kit.errors import NotFound
from trueup.kit.page import Page
from trueup.kit.text import text
from trueup.webhooks.models import Attempt, Delivery, DeliveryQuerySet, Endpoint
from trueup.webhooks.rules.keeping import no_delivery, no_endpoint
from trueup.webhooks.rules.trying import Disabled, State, is_old_secret_valid

READ = text("see webhooks")


@dataclass(frozen=True, slots=True)
class EndpointRow:
    """An endpoint; no `types` are all. `old_secret_until`: until when the secret before the present one signs too."""

    id: int
    url: str
    description: str
    types: tuple[str, ...]
    version: int
    created_at: datetime
    created_by: str
    disabled_at: datetime | None
    disabled_why: Disabled | None
    failing_since: datetime | None
    delivered_at: datetime | None
    old_secret_until: datetime | None

    @property
    def enabled(self) -> bool:
        """Whether anything is sent to it."""
        return self.disabled_at is None


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One call. `status` None: there was no answer, and `problem` says why."""

    at: datetime
    status: int | None
    answer: str
    problem: str
    milliseconds: int


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """Something that was sent, or is to be, with every call that was made for it, the first one first."""

    id: int
    message_id: str
    type: str
    state: State
    created_at: datetime
    next_try_at: datetime | None
    ended_at: datetime | None
    problem: str
    payload: str
    attempts: tuple[AttemptRow, ...]

    @property
    def last(self) -> AttemptRow | None:
        """The latest call."""
        return self.attempts[-1] if self.attempts else None

    @property
    def may_be_replayed(self) -> bool:
        """Whether it can be sent again now."""
        return self.state != State.SENDING


def endpoints(viewer: Viewer, *, now: datetime, after: int = 0, limit: int | None = None) -> list[EndpointRow]:
    """The endpoints of the viewer's account behind one of them, the oldest first. Raises NotAllowed."""
    viewer.require(Right.KEEP_WEBHOOKS, READ)
    found = Endpoint.objects.visible_to(viewer).filter(pk__gt=after).order_by("pk")
    return [_endpoint(one, now) for one in found[:limit]]


def endpoint(viewer: Viewer, endpoint_id: int, *, now: datetime) -> EndpointRow:
    """One endpoint. Raises NotFound, NotAllowed."""
    viewer.require(Right.KEEP_WEBHOOKS, READ)
    found = Endpoint.objects.visible_to(viewer).filter(pk=endpoint_id).first()
    if found is None:
        raise NotFound(no_endpoint(endpoint_id))
    return _endpoint(found, now)


def deliveries(
    viewer: Viewer, endpoint_id: int, *, now: datetime, state: State | None = None, before: int | None = None, limit: int = 50
) -> list[DeliveryRow]:
    """What was sent to an endpoint, or is to be, the latest first; `before` the one with that id. Raises NotFound, NotAllowed."""
    found = _deliveries(viewer, endpoint_id, state, now)
    if before is not None:
        found = found.filter(pk__lt=before)
    return _rows(found[:limit])


def delivery_page(
    viewer: Viewer, endpoint_id: int, *, now: datetime, state: State | None = None, page: int = 1, per_page: int = 50
) -> Page[DeliveryRow]:
    """The same by the numbers of pages. Raises NotFound, NotAllowed."""
    found = _deliveries(viewer, endpoint_id, state, now)
    return Page.of(found.count(), page, per_page, lambda start, stop: _rows(found[start:stop]))


def delivery(viewer: Viewer, endpoint_id: int, delivery_id: int, *, now: datetime) -> DeliveryRow:
    """One of them. Raises NotFound, NotAllowed."""
    rows = _rows(_deliveries(viewer, endpoint_id, None, now).filter(pk=delivery_id))
    if not rows:
        raise NotFound(no_delivery(delivery_id))
    return rows[0]


def _deliveries(viewer: Viewer, endpoint_id: int, state: State | None, now: datetime) -> DeliveryQuerySet:
    endpoint(viewer, endpoint_id, now=now)
    found = Delivery.objects.filter(endpoint_id=endpoint_id).order_by("-pk")
    return found if state is None else found.filter(state=state)


def _rows(found: Collection[Delivery] | DeliveryQuerySet) -> list[DeliveryRow]:
    """With their calls, in one more query."""
    rows = list(found)
    calls: dict[int, list[AttemptRow]] = defaultdict(list)
    for one in Attempt.objects.filter(delivery__in=[row.pk for row in rows]).order_by("pk"):
        calls[one.delivery_id].append(AttemptRow(one.at, one.status, one.answer, one.problem, one.milliseconds))
    return [
        DeliveryRow(
            row.pk, row.message_id, row.type, State(row.state), row.created_at, row.next_try_at, row.ended_at, row.problem, row.payload,
            tuple(calls[row.pk]),
        )
        for row in rows
    ]  # fmt: skip


def _endpoint(one: Endpoint, now: datetime) -> EndpointRow:
    return EndpointRow(
        id=one.pk,
        url=one.url,
        description=one.description,
        types=tuple(one.types),
        version=one.version,
        created_at=one.created_at,
        created_by=one.created_by,
        disabled_at=one.disabled_at,
        disabled_why=Disabled(one.disabled_why) if one.disabled_at and one.disabled_why else None,
        failing_since=one.failing_since,
        delivered_at=one.delivered_at,
        old_secret_until=one.old_secret_until if is_old_secret_valid(one.old_secret_until, now) else None,
    )
