"""The verbs: receive a file, confirm it, discard it; deliver one that needs no confirming. Checking and taking in is the clock's."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from pathlib import Path

from django.conf import settings
from django.db import transaction

from trueup.accounts.rules import Viewer
from trueup.events.recording import Change, record
from trueup.kit.errors import Invalid, NotAllowed, NotFound
from trueup.kit.text import packed, text
from trueup.ledger.actions import ImportResult
from trueup.ledger.durable import durable_commits
from trueup.ledger.queries import source_codes
from trueup.ledger.rules.refusals import Refusal
from trueup.uploads import storage
from trueup.uploads.models import Upload
from trueup.uploads.outcomes import bad_rows, counts_of, keep_problems
from trueup.uploads.rules import (
    KEPT_FOR,
    RIGHT,
    ROWS_REFUSED,
    Kind,
    State,
    nothing_stored,
    refused_whole,
    require_room,
    require_state,
    require_takeable,
    safe_name,
)


def receive(
    viewer: Viewer, kind: Kind, file_name: str, chunks: Iterable[bytes], size: int, *,
    source: str = "", accept_valid: bool = False, now: datetime,
) -> int:  # fmt: skip
    """Keep a file (`size` bytes in `chunks`) until the clock has checked it; returns the upload's id.

    Raises NotAllowed, Invalid (not a file that can be read, too large, no such source).
    """
    account_id = viewer.account_id
    if account_id is None:
        raise NotAllowed(text("files are uploaded for an account; the operator imports on the command line"))
    viewer.require(RIGHT[kind], text("import usage") if kind == Kind.USAGE else text("import customers"))
    name = safe_name(file_name)
    pieces = iter(chunks)
    first = next(pieces, b"")
    require_takeable(kind, name, first[:4096], size, settings.TRUEUP_UPLOAD_LIMIT)
    if source and source not in source_codes(viewer):
        raise Invalid(text("there is no source “{code}”", code=source))
    received = storage.receive(name, _within(chain([first], pieces), size))  # before the transaction, for which others wait
    try:
        with transaction.atomic(durable=True):
            upload = Upload.objects.create(
                account_id=account_id, actor_kind=viewer.actor.kind, user_id=viewer.actor.id, user_email=viewer.actor.name, kind=kind,
                file_name=name, size=size, source=source, accept_valid=accept_valid, created_at=now,
            )  # fmt: skip
            storage.keep(received, upload.pk)
            _tell(upload, viewer, "upload_received", now)
    finally:
        storage.drop(received)
    return upload.pk


def deliver(
    viewer: Viewer, file: Path, *, source: str | None = None, key: str | None = None, accept_valid: bool = False, now: datetime
) -> int:
    """Have usage taken in by the clock without another word; `file` was received by `storage.received`. Returns the id to ask by.

    When this returns it is on the disk, and will be taken in whatever becomes of its sender's rights. Raises NotAllowed, TooManyWaiting.
    """
    viewer.require(RIGHT[Kind.USAGE], text("import usage"))
    storage.flush_received(file)
    with durable_commits(), transaction.atomic(durable=True):
        require_room(Upload.objects.visible_to(viewer).deliveries().unfinished().count())
        upload = _sent_by(viewer, file, source=source, accept_valid=accept_valid, now=now)
        upload.key, upload.state = key, State.CONFIRMED
        upload.save()
        storage.keep(storage.place_of(file), upload.pk)
        _tell(upload, viewer, "upload_received", now)
    return upload.pk


def keep_refused(
    viewer: Viewer, file: Path, result: ImportResult, refusals: Iterable[Refusal], *, source: str | None = None,
    accept_valid: bool = False, now: datetime,
) -> int:  # fmt: skip
    """Keep all bad rows of a delivery that was answered, for they are more than an answer holds. Returns the id to ask by.

    `refusals`: those of the result, in the rows of the file that was sent.
    """
    place = storage.place_of(file)
    problems = keep_problems(place, bad_rows(refusals))  # before the transaction, for which others wait
    with transaction.atomic(durable=True):
        upload = _sent_by(viewer, file, source=source, accept_valid=accept_valid, now=now)
        upload.state, upload.ended_at, upload.batch, upload.counts = State.DONE, now, result.batch, counts_of(result)
        upload.files_until = now + KEPT_FOR
        if refused_whole(upload.counts):
            upload.state, upload.error_code, upload.error = State.FAILED, ROWS_REFUSED, packed(nothing_stored(result.refused_count))
        upload.problems = problems
        upload.save()
        storage.keep(place, upload.pk)
    storage.remove_sent(upload.pk)
    return upload.pk


def _sent_by(viewer: Viewer, file: Path, *, source: str | None, accept_valid: bool, now: datetime) -> Upload:
    if viewer.account_id is None:
        raise NotAllowed(text("files are uploaded for an account; the operator imports on the command line"))
    return Upload(
        account_id=viewer.account_id, actor_kind=viewer.actor.kind, user_id=viewer.actor.id, user_email=viewer.actor.name, kind=Kind.USAGE,
        delivered=True, file_name=file.name, size=file.stat().st_size, source=source or "", accept_valid=accept_valid, created_at=now,
    )  # fmt: skip


def _within(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The chunks, and a refusal if there is more than was announced."""
    left = size
    for chunk in chunks:
        left -= len(chunk)
        if left < 0:
            raise Invalid(text("the file changed while it was sent"))
        yield chunk


@transaction.atomic(durable=True)
def confirm(viewer: Viewer, upload_id: int, *, now: datetime) -> None:
    """Have a checked file taken in. Of two who confirm one does. Raises NotFound, NotAllowed, Conflict."""
    upload = _one(viewer, upload_id)
    require_state(upload.state, State.CHECKED, text("imported"))
    if not upload.counts.get("importable"):
        raise Invalid(text("nothing of this file can be imported"))
    if not _move(upload, State.CHECKED, State.CONFIRMED, claimed_at=None, due_at=None):
        require_state(State.CONFIRMED, State.CHECKED, text("imported"))
    _tell(upload, viewer, "upload_confirmed", now)


@transaction.atomic(durable=True)
def discard(viewer: Viewer, upload_id: int, *, now: datetime) -> None:
    """Throw a checked file away. Raises NotFound, NotAllowed, Conflict."""
    upload = _one(viewer, upload_id)
    require_state(upload.state, State.CHECKED, text("discarded"))
    if not _move(upload, State.CHECKED, State.DISCARDED, ended_at=now):
        require_state(State.CONFIRMED, State.CHECKED, text("discarded"))
    _tell(upload, viewer, "upload_discarded", now)
    transaction.on_commit(lambda: storage.remove(upload_id))


def _one(viewer: Viewer, upload_id: int) -> Upload:
    upload = Upload.objects.visible_to(viewer).filter(pk=upload_id).first()
    if upload is None:
        raise NotFound(text("there is no such upload"))
    viewer.require(RIGHT[Kind(upload.kind)], text("import usage") if upload.kind == Kind.USAGE else text("import customers"))
    return upload


def _move(upload: Upload, before: State, after: State, **values: datetime | None) -> bool:
    """Whether this very call moved it."""
    return Upload.objects.filter(pk=upload.pk, state=before).update(state=after, **values) == 1


def _tell(upload: Upload, viewer: Viewer, kind: str, now: datetime) -> None:
    changes = [Change("file", None, upload.file_name), Change("kind", None, upload.kind)]
    record(account_id=upload.account_id, kind=kind, actor=viewer.actor, at=now, subject="upload", subject_id=upload.pk, changes=changes)
