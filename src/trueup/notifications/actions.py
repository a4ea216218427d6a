"""What people do about e-mails: choose which they get, invite, and try again what failed."""

import uuid
from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from trueup.accounts.models import User
from trueup.accounts.queries import paths
from trueup.accounts.rules import Viewer
from trueup.events.recording import Change, record
from trueup.kit.errors import Conflict, Invalid, NotAllowed, NotFound, Problem, Stale
from trueup.kit.text import text
from trueup.notifications.models import Delivery, Language, Preference
from trueup.notifications.rules import AUDIENCES, Choice, Kind, State, choices_for, mark_of, one_line, require_operator

_MAY_BE_TRIED = frozenset({State.FAILED, State.WAITING})


@transaction.atomic(durable=True)
def set_preferences(
    viewer: Viewer, choices: Mapping[str, str], *, now: datetime, language: str | None = None, seen: str | None = None
) -> None:
    """Choose, for oneself, when to be told of each kind of thing, and in which language; what is not named stays.

    `seen` is the mark of what the person had chosen when they saw it: Stale if it is another by now.
    Raises NotAllowed for who is not a person, Invalid for a kind nobody can choose about or a choice it does not have.
    """
    if viewer.actor.kind != "person" or viewer.actor.id is None:
        raise NotAllowed(text("{name} gets no e-mails", name=viewer.actor.name))
    if seen is not None and seen != _mark(viewer.actor.id):
        raise Stale(text("this was changed meanwhile; nothing was changed"))
    if language is not None:
        if language not in dict(settings.LANGUAGES):
            raise _invalid("language", text("there is no language “{code}”", code=language))
        Language.objects.update_or_create(user_id=viewer.actor.id, defaults={"code": language, "changed_at": now})
    for kind, choice in choices.items():
        chosen = {"choice": _read(kind, choice), "changed_at": now}
        Preference.objects.update_or_create(user_id=viewer.actor.id, kind=kind, defaults=chosen)


def _mark(user_id: int) -> str:
    """The mark of what a person has chosen, whom nobody else changes until this transaction ends."""
    User.objects.select_for_update().get(pk=user_id)
    chosen = dict(Preference.objects.filter(user_id=user_id).values_list("kind", "choice"))
    return mark_of(Language.objects.filter(user_id=user_id).values_list("code", flat=True).first(), chosen)


def _read(kind: str, choice: str) -> Choice:
    """A choice about a kind. Raises Invalid."""
    if kind not in AUDIENCES:
        raise _invalid("kinds", text("nobody can choose about e-mails of the kind “{kind}”", kind=kind), kind)
    if choice not in choices_for(Kind(kind)):
        raise _invalid("kinds", text("“{choice}” is no choice for e-mails of the kind “{kind}”", choice=choice, kind=kind), kind)
    return Choice(choice)


def _invalid(where: str, said: str, *further: str) -> Invalid:
    return Invalid(said, [Problem(where, said, at=(where, *further))])


@transaction.atomic(durable=True)
def tell_invited(
    email: str, name: str, *, account_name: str, inviter: str, link: str, now: datetime, account_id: int | None = None, language: str = ""
) -> int:
    """Queue the e-mail with the link of an invitation; returns the delivery's id. Whoever calls has asked whether it may be sent.

    With `account_id` the vendor above that account finds it in the outbox, without the link. Raises Invalid for an address that is none.
    """
    address = email.strip()
    try:
        validate_email(address)
    except ValidationError:
        raise Invalid(text("“{address}” is not an e-mail address", address=one_line(address))) from None
    path = paths([account_id], now.date())[account_id] if account_id is not None else ()
    details = {"account": one_line(account_name), "inviter": one_line(inviter), "link": link, "language": language}
    return Delivery.objects.create(
        address=address, name=one_line(name, 200), kind=Kind.INVITATION, details=details, account_id=account_id,
        path="".join(f"/{part}" for part in path) + "/", created_at=now, next_try_at=now, message_id=uuid.uuid4().hex,
    ).pk  # fmt: skip


@transaction.atomic(durable=True)
def retry(viewer: Viewer, delivery_id: int, *, now: datetime) -> None:
    """Try a delivery again, at once and from the beginning. Raises NotFound, NotAllowed, Conflict for one that is not to be sent."""
    delivery = Delivery.objects.visible_to(viewer).select_for_update().filter(pk=delivery_id).first()
    if delivery is None:
        raise NotFound(text("there is no delivery {id}", id=delivery_id))
    require_operator(viewer)
    if delivery.state not in _MAY_BE_TRIED:
        raise Conflict(text("only what failed or waits can be tried again; nothing was changed"))
    Delivery.objects.filter(pk=delivery.pk).update(state=State.WAITING, tries=0, next_try_at=now)
    _tell(viewer, delivery.pk, 1, now)


@transaction.atomic(durable=True)
def retry_all_failed(viewer: Viewer, *, now: datetime) -> int:
    """Try everything again that failed; returns how many that is. Raises NotAllowed."""
    require_operator(viewer)
    failed = Delivery.objects.visible_to(viewer).filter(state=State.FAILED)
    count = failed.update(state=State.WAITING, tries=0, next_try_at=now)
    if count:
        _tell(viewer, 0, count, now)
    return count


def _tell(viewer: Viewer, delivery_id: int, count: int, now: datetime) -> None:
    """Put it into the history of the account that did it. (Subject 0: all that had failed.)"""
    record(
        account_id=viewer.account_id, kind="deliveries_retried", actor=viewer.actor, at=now, subject="delivery", subject_id=delivery_id,
        changes=[Change("retried", None, count)],
    )  # fmt: skip
