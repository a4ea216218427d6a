"""What people and programs do about webhooks: add, change, remove, rotate the secret, send a test, have something sent again."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import F

from trueup.accounts.models import Account
from trueup.accounts.rules import Right, Viewer
from trueup.events.recording import Change, record
from trueup.events.rules import Plain
from trueup.kit.errors import Conflict, Invalid, NotAllowed, NotFound, Problem, Stale
from trueup.kit.text import text
from trueup.webhooks.calling import Deadline, Resolve, addresses, checked
from trueup.webhooks.models import Delivery, Endpoint
from trueup.webhooks.rules.happenings import TEST, payload, read_types
from trueup.webhooks.rules.keeping import KEPT_FOR, MOST_DESCRIPTION, MOST_ENDPOINTS, no_delivery, no_endpoint
from trueup.webhooks.rules.targets import LOOK_UP, not_looked_up, read_url
from trueup.webhooks.rules.trying import OVERLAP, WHILE_DISABLED, Disabled, State
from trueup.webhooks.sealing import new_secret, sealed

KEEP = text("keep webhooks")

_AT_ONCE: Final = 500
"""Deliveries forgotten in one transaction."""


@dataclass(frozen=True, slots=True)
class Made:
    """An endpoint and its secret, which is known now and never again."""

    endpoint_id: int
    secret: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an endpoint is to be; None: as it is."""

    url: str | None = None
    types: Collection[str] | None = None
    description: str | None = None
    enabled: bool | None = None


def create(viewer: Viewer, wanted: Wanted, *, now: datetime, resolve: Resolve = addresses) -> Made:
    """Let events of the viewer's account be sent somewhere. Raises NotAllowed, Invalid, Conflict if there are too many."""
    account_id = _keeper(viewer)
    values = _values(wanted, resolve)
    if "url" not in values:
        raise Invalid(text("an address is needed"), [Problem("url", text("an address is needed"), "missing", ("url",))])
    secret = new_secret()
    with transaction.atomic(durable=True):
        Account.objects.select_for_update().get(pk=account_id)  # two who add the last one at once come one after the other
        if Endpoint.objects.filter(account_id=account_id).count() >= MOST_ENDPOINTS:
            raise Conflict(text("an account has {most} webhooks at most", most=MOST_ENDPOINTS))
        made = Endpoint.objects.create(
            account_id=account_id, secret=sealed(secret), created_at=now, created_by=viewer.actor.name, listening_since=now,
            **{"types": [], **values}, **({} if wanted.enabled in (None, True) else _off(now)),
        )  # fmt: skip
        _tell(made, viewer, "webhook_created", now, [_change(name, None, value) for name, value in values.items()])
    return Made(made.pk, secret)


def change(
    viewer: Viewer, endpoint_id: int, wanted: Wanted, *, now: datetime, seen: int | None = None, resolve: Resolve = addresses
) -> int:
    """Change an endpoint; returns its version. Enabled again, it hears of what happens from then on.

    Raises NotFound, NotAllowed, Stale if it is not the version that was seen any more, Invalid.
    """
    _keeper(viewer)
    _one(viewer, endpoint_id)  # a stranger learns nothing from what is wrong
    values = _values(wanted, resolve)
    with transaction.atomic(durable=True):
        endpoint = _locked(viewer, endpoint_id, seen)
        changes = [_change(name, getattr(endpoint, name), value) for name, value in values.items() if getattr(endpoint, name) != value]
        if wanted.enabled is not None and wanted.enabled != (endpoint.disabled_at is None):
            changes.append(_change("enabled", not wanted.enabled, wanted.enabled))
            values |= _on(now) if wanted.enabled else _off(now)
        if not changes:
            return endpoint.version
        Endpoint.objects.filter(pk=endpoint.pk).update(version=F("version") + 1, **values)
        if wanted.enabled is False:
            end_waiting(endpoint.pk, now)
        _tell(endpoint, viewer, "webhook_changed", now, changes)
    return endpoint.version + 1


@transaction.atomic(durable=True)
def remove(viewer: Viewer, endpoint_id: int, *, now: datetime, seen: int | None = None) -> None:
    """Remove an endpoint with its log; the history keeps that there was one. Raises NotFound, NotAllowed, Stale."""
    _keeper(viewer)
    endpoint = _locked(viewer, endpoint_id, seen)
    _tell(endpoint, viewer, "webhook_removed", now, [_change("url", endpoint.url, None)])
    Endpoint.objects.filter(pk=endpoint.pk).delete()


@transaction.atomic(durable=True)
def rotate(viewer: Viewer, endpoint_id: int, *, now: datetime) -> Made:
    """Give an endpoint a new secret. For a day both sign, so that whoever verifies can change over. Raises NotFound, NotAllowed.

    Rotated again meanwhile, the one before the last ends at once.
    """
    _keeper(viewer)
    endpoint = _locked(viewer, endpoint_id, None)
    secret, until = new_secret(), now + OVERLAP
    Endpoint.objects.filter(pk=endpoint.pk).update(
        secret=sealed(secret), old_secret=endpoint.secret, old_secret_until=until, version=F("version") + 1
    )
    _tell(endpoint, viewer, "webhook_secret_rotated", now, [])
    return Made(endpoint.pk, secret)


@transaction.atomic(durable=True)
def send_test(viewer: Viewer, endpoint_id: int, *, now: datetime) -> int:
    """Have a test sent, signed as everything is; returns the id of the delivery. Raises NotFound, NotAllowed, Conflict if disabled."""
    _keeper(viewer)
    endpoint = _locked(viewer, endpoint_id, None)
    _require_enabled(endpoint)
    said = payload(TEST, now, {"webhook": endpoint.pk, "url": f"{settings.TRUEUP_URL}/api/v1/webhooks/{endpoint.pk}"})
    return Delivery.objects.create(
        endpoint=endpoint, message_id=new_message_id(), type=TEST, payload=said, created_at=now, next_try_at=now
    ).pk  # fmt: skip


@transaction.atomic(durable=True)
def replay(viewer: Viewer, endpoint_id: int, delivery_id: int, *, now: datetime) -> None:
    """Have something sent again, at once and from the beginning, with the same id: who has it already knows it by that.

    Raises NotFound, NotAllowed; Conflict while it is on its way, or if the endpoint is disabled.
    """
    _keeper(viewer)
    endpoint = _locked(viewer, endpoint_id, None)
    delivery = Delivery.objects.select_for_update().filter(pk=delivery_id, endpoint=endpoint).first()
    if delivery is None:
        raise NotFound(no_delivery(delivery_id))
    _require_enabled(endpoint)
    if delivery.state == State.SENDING:
        raise Conflict(text("it is being sent at this moment; nothing was changed"))
    again = {"state": State.WAITING, "tries": 0, "next_try_at": now, "ended_at": None, "problem": ""}
    Delivery.objects.filter(pk=delivery.pk).update(**again)
    _tell(endpoint, viewer, "webhook_replayed", now, [_change("message", None, delivery.message_id)])


def new_message_id() -> str:
    """An id for something that is sent: the same however often it is."""
    return f"msg_{uuid.uuid4().hex}"


def end_waiting(endpoint_id: int, now: datetime) -> None:
    """What waits for an endpoint that is disabled now has failed; it can be sent again by hand."""
    waiting = Delivery.objects.filter(endpoint_id=endpoint_id, state=State.WAITING)
    waiting.update(state=State.FAILED, next_try_at=None, ended_at=now, problem=WHILE_DISABLED)


def forget_old(*, now: datetime) -> int:
    """Forget some of what ended long ago, with the calls that were made for it; returns how much it was. 0: there is no more."""
    old = Delivery.objects.filter(ended_at__lt=now - KEPT_FOR)
    some = list(old.order_by("ended_at", "pk").values_list("pk", flat=True)[:_AT_ONCE])
    if not some:
        return 0
    with transaction.atomic(durable=True):
        still = list(old.select_for_update().filter(pk__in=some).values_list("pk", flat=True))  # one of them may have been replayed
        Delivery.objects.filter(pk__in=still).delete()
    return len(some)


def _keeper(viewer: Viewer) -> int:
    """The account whose endpoints the viewer keeps. Raises NotAllowed."""
    viewer.require(Right.KEEP_WEBHOOKS, KEEP)
    if viewer.account_id is None:
        raise NotAllowed(text("webhooks are kept by the account they belong to"))
    return viewer.account_id


def _one(viewer: Viewer, endpoint_id: int) -> Endpoint:
    found = Endpoint.objects.visible_to(viewer).filter(pk=endpoint_id).first()
    if found is None:
        raise NotFound(no_endpoint(endpoint_id))
    return found


def _locked(viewer: Viewer, endpoint_id: int, seen: int | None) -> Endpoint:
    """The endpoint, until the end of the transaction. Raises NotFound, Stale."""
    found = Endpoint.objects.visible_to(viewer).select_for_update().filter(pk=endpoint_id).first()
    if found is None:
        raise NotFound(no_endpoint(endpoint_id))
    if seen is not None and seen != found.version:
        raise Stale(text("the webhook was changed in the meantime; nothing was changed"))
    return found


def _require_enabled(endpoint: Endpoint) -> None:
    if endpoint.disabled_at is not None:
        raise Conflict(text("the webhook is disabled; enable it first"))


def _values(wanted: Wanted, resolve: Resolve) -> dict[str, Any]:
    """What is to be written. Names are resolved here, outside of any transaction. Raises Invalid with all that is wrong."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, read in (("types", read_types), ("description", _read_description), ("url", lambda typed: _read_url(typed, resolve))):
        typed = getattr(wanted, name)
        if typed is None:
            continue
        try:
            values[name] = read(typed)
        except Invalid as error:
            problems += error.problems
    if problems:
        raise Invalid(problems[0].message, problems)
    return values


def _read_url(typed: str, resolve: Resolve) -> str:
    private = bool(settings.TRUEUP_WEBHOOKS_PRIVATE)
    target = read_url(typed.strip(), private=private)
    if not private:
        try:
            checked(target, resolve, Deadline(LOOK_UP * 1000), private=private)
        except TimeoutError:
            raise not_looked_up(target.host) from None
    return typed.strip()


def _read_description(typed: str) -> str:
    said = " ".join(typed.replace("\0", " ").split())
    if len(said) > MOST_DESCRIPTION:
        wrong = text("the description has {length} characters, {most} at most are kept", length=len(said), most=MOST_DESCRIPTION)
        raise Invalid(wrong, [Problem("description", wrong, "too_long", ("description",))])
    return said


def _on(now: datetime) -> dict[str, Any]:
    return {"disabled_at": None, "disabled_why": "", "failing_since": None, "listening_since": now}


def _off(now: datetime) -> dict[str, Any]:
    return {"disabled_at": now, "disabled_why": Disabled.BY_HAND}


def _change(name: str, before: Plain, after: Plain) -> Change:
    return Change(name, before, after)


def _tell(endpoint: Endpoint, viewer: Viewer, kind: str, now: datetime, changes: list[Change]) -> None:
    of = f"webhook {endpoint.pk}"
    record(
        account_id=endpoint.account_id, kind=kind, actor=viewer.actor, at=now, subject="webhook", subject_id=endpoint.pk,
        changes=[Change(one.field, one.before, one.after, of) for one in changes],
    )  # fmt: skip
