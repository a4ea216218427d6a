"""Begin a request by its key, keep its answer, or give the key back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from trueup.accounts.rules import Viewer
from trueup.answers.models import KeptAnswer
from trueup.answers.rules import KEPT_FOR, LEASE, Again
from trueup.kit.errors import NotAllowed
from trueup.kit.text import text


@dataclass(frozen=True, slots=True)
class Begun:
    """What became of a key. `again` is None for the one who is to do it, and then to `keep` or `release` the `ticket`."""

    ticket: int
    begun_at: datetime
    again: Again | None = None
    status: int = 0
    headers: Mapping[str, str] | None = None
    body: bytes = b""


def begin(viewer: Viewer, key: str, fingerprint: str, *, now: datetime) -> Begun:
    """Take a key for a request. Of several who come with the same key at once one does it; the others are told that it is being done."""
    if viewer.account_id is None:
        raise NotAllowed(text("the operator needs no keys"))
    KeptAnswer.objects.visible_to(viewer).filter(begun_at__lt=now - KEPT_FOR).delete()
    try:
        with transaction.atomic():
            made = KeptAnswer.objects.create(
                account_id=viewer.account_id, asker_kind=viewer.actor.kind, asker_id=viewer.actor.id or 0, key=key,
                fingerprint=fingerprint, begun_at=now,
            )  # fmt: skip
    except IntegrityError:
        return _again(viewer, key, fingerprint, now)
    return Begun(made.pk, now)


def _again(viewer: Viewer, key: str, fingerprint: str, now: datetime) -> Begun:
    kept = KeptAnswer.objects.visible_to(viewer).filter(key=key).first()
    if kept is None:  # whoever had it has just given it back: that is as if they still worked on it
        return Begun(0, now, Again.WORKING)
    if kept.fingerprint != fingerprint:
        return Begun(kept.pk, kept.begun_at, Again.OTHER)
    if kept.status is not None:
        return Begun(kept.pk, kept.begun_at, Again.ANSWERED, kept.status, kept.headers, bytes(kept.body))
    if kept.begun_at > now - LEASE:
        return Begun(kept.pk, kept.begun_at, Again.WORKING)
    taken = KeptAnswer.objects.filter(pk=kept.pk, status=None, begun_at=kept.begun_at).update(begun_at=now)
    return Begun(kept.pk, now, None if taken else Again.WORKING)


def keep(begun: Begun, status: int, headers: Mapping[str, str], body: bytes) -> None:
    """Keep the answer, if the request is still whose it was."""
    still_ours = KeptAnswer.objects.filter(pk=begun.ticket, begun_at=begun.begun_at, status=None)
    still_ours.update(status=status, headers=dict(headers), body=body)


def release(begun: Begun) -> None:
    """Nothing was done: the key can be used again."""
    KeptAnswer.objects.filter(pk=begun.ticket, begun_at=begun.begun_at, status=None).delete()
