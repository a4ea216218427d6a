"""Begin a request by its key, note with what it does that it was done, keep its answer, or give the key back."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, connection, transaction

from trueup.accounts.rules import Viewer
from trueup.answers.models import KeptAnswer
from trueup.answers.rules import KEPT_FOR, LEASE, SECRET_KEPT_FOR, Again
from trueup.kit.errors import Conflict, NotAllowed
from trueup.kit.text import text

_CHANGES: Final = re.compile(r"\s*(INSERT|UPDATE|DELETE)\b", re.IGNORECASE)
"""SQL that changes something."""

_beside: ContextVar[bool] = ContextVar("beside", default=False)


@dataclass(frozen=True, slots=True)
class Begun:
    """What became of a key. `again` is None for the one who is to do it, under `noting`, and then to `keep` the answer or `release` it."""

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
    if kept.begun_at <= now - KEPT_FOR:
        KeptAnswer.objects.filter(pk=kept.pk, begun_at=kept.begun_at).delete()
        return begin(viewer, key, fingerprint, now=now)
    again = _what_it_comes_to(kept, fingerprint, now)
    if again == Again.ANSWERED:
        return Begun(kept.pk, kept.begun_at, again, kept.status or 0, kept.headers, bytes(kept.body))
    if again is not None:
        return Begun(kept.pk, kept.begun_at, again)
    taken = KeptAnswer.objects.filter(pk=kept.pk, status=None, done=False, begun_at=kept.begun_at).update(begun_at=now)
    return Begun(kept.pk, now, None if taken else Again.WORKING)


def _what_it_comes_to(kept: KeptAnswer, fingerprint: str, now: datetime) -> Again | None:
    """None where whoever worked on it is dead, and has done nothing."""
    if kept.fingerprint != fingerprint:
        return Again.OTHER
    if kept.status is not None:
        return Again.LOST if kept.secret and kept.begun_at <= now - SECRET_KEPT_FOR else Again.ANSWERED
    if kept.begun_at > now - LEASE:
        return Again.WORKING
    return Again.LOST if kept.done else None


@contextmanager
def noting(begun: Begun) -> Iterator[None]:
    """Whatever is changed meanwhile in the database is changed together with the note that the request was done: both, or neither.

    Raises Conflict, inside, for one who was so slow that somebody else has begun it anew: then nothing is changed.
    """
    with connection.execute_wrapper(_Note(begun)):
        yield


@contextmanager
def beside() -> Iterator[None]:
    """What is changed meanwhile is not what a request asks for, or comes to the same however often it is done: it is not noted.

    If the request is refused then, or dies, it was not done, and may be asked for anew with its key.
    """
    token = _beside.set(True)
    try:
        yield
    finally:
        _beside.reset(token)


class _Note:
    """Stands between an operation and the database, and writes the note into every transaction that changes something, before that."""

    def __init__(self, begun: Begun) -> None:
        self._ticket = KeptAnswer.objects.filter(pk=begun.ticket, begun_at=begun.begun_at, status=None)
        self._writing = False
        self._mark = lambda: None

    def __call__(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        """Execute one statement, as Django asks for it."""
        if self._writing or _beside.get() or not _CHANGES.match(str(sql)) or self._stands():
            return execute(sql, params, many, context)
        with transaction.atomic(savepoint=False):
            self._write()
            return execute(sql, params, many, context)

    def _stands(self) -> bool:
        """Whether the transaction has the note: what is to be called at its end goes with it when it is taken back, wholly or in part."""
        return any(called is self._mark for _savepoints, called, *_ in connection.run_on_commit)

    def _write(self) -> None:
        self._writing = True
        try:
            still_ours = self._ticket.update(done=True)
        finally:
            self._writing = False
        if not still_ours:
            raise Conflict(text("this took so long that the same request was begun anew"))
        transaction.on_commit(self._mark)


def keep(begun: Begun, status: int, headers: Mapping[str, str], body: bytes, *, secret: bool = False) -> None:
    """Keep the answer, if the request is still whose it was. One that holds a `secret` is kept for minutes only."""
    still_ours = KeptAnswer.objects.filter(pk=begun.ticket, begun_at=begun.begun_at, status=None)
    still_ours.update(status=status, headers=dict(headers), body=body, secret=secret)


def release(begun: Begun) -> bool:
    """Give the key back, if nothing was done; whether that is so."""
    return bool(KeptAnswer.objects.filter(pk=begun.ticket, begun_at=begun.begun_at, status=None, done=False).delete()[0])


def forget(*, now: datetime) -> int:
    """Remove the answers that are too old to be given again, and before that the secrets; returns how many went altogether."""
    secrets = KeptAnswer.objects.filter(secret=True, begun_at__lte=now - SECRET_KEPT_FOR)
    secrets.update(status=None, headers={}, body=b"", done=True, secret=False)
    return KeptAnswer.objects.filter(begun_at__lte=now - KEPT_FOR).delete()[0]
