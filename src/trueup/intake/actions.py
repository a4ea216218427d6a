"""The verbs: take pieces in, and have refused ones tried again. What becomes of them is the clock's (working.py)."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from trueup.accounts.rules import Actor, Right, Viewer
from trueup.intake.models import Piece
from trueup.intake.naming import directory
from trueup.intake.rules.pieces import MOST_EVENTS, MOST_TOLD, Judged, Read, Sent, State, judge
from trueup.kit.chunks import chunks
from trueup.kit.errors import Invalid, NotAllowed, Problem
from trueup.kit.text import plural, text
from trueup.ledger.actions import DEFAULT_SOURCE
from trueup.ledger.durable import durable_commits

_CHUNK = 300


@dataclass(frozen=True, slots=True)
class Kept:
    """An event as it is kept: what was said first under its id."""

    account_id: int
    source: str
    event_id: str
    at: datetime
    arrived_at: datetime
    payload: str
    """The event as JSON."""


def receive(viewer: Viewer, read: Read, *, now: datetime) -> list[Kept]:
    """Keep all events of a call, or none; they are on the disk when this returns. Answers what is kept, in their order.

    An id that is known already is not kept again, whatever else it says now; only what was refused meanwhile is replaced.
    Raises NotAllowed, Invalid with the place of every field that is wrong.
    """
    if viewer.account_id is None:
        raise NotAllowed(text("events are sent for an account; the operator imports on the command line"))
    viewer.require(Right.IMPORT_USAGE, text("import usage"))
    if len(read.sent) > MOST_EVENTS:
        raise Invalid(text("more than {most} events in one call", most=MOST_EVENTS))
    names = directory(viewer, *({getattr(one, field) for one in read.sent} for field in ("customer", "service", "source")))
    judged = [judge(one, names, usual_feed=DEFAULT_SOURCE, now=now) for one in read.sent]
    if read.problems or any(one.problems for one in judged):
        _refuse(viewer, judged, read.problems)
    pieces = [_piece(viewer.account_id, viewer.actor, one, now) for one in judged]
    with durable_commits():
        if not _all_new(pieces):
            return _with_known(viewer, pieces)
    return [_kept(piece) for piece in pieces]


def _refuse(viewer: Viewer, judged: Sequence[Judged], unreadable: Sequence[Problem]) -> None:
    """Raise Invalid, unless all that is wrong was acknowledged before: then this is its repetition, and the network has changed."""
    same = _same_ids(viewer, [one.sent for one in judged if one.problems])
    known = _by_id(piece for piece in same if piece.state != State.REFUSED)
    bad = [one for one in judged if (one.sent.source, one.sent.event_id) not in known]
    problems = [*unreadable, *(problem for one in bad for problem in one.problems)]
    if problems:
        said = plural(
            "{count} value is not valid; nothing of the call was kept", "{count} values are not valid; nothing of the call was kept",
            len(problems),
        )  # fmt: skip
        raise Invalid(said, problems[:MOST_TOLD])


def _all_new(pieces: Sequence[Piece]) -> bool:
    """Keep pieces that nobody has seen before; False, and nothing is kept, if one of the ids is known."""
    try:
        with transaction.atomic(durable=True):
            Piece.objects.bulk_create(pieces)
    except IntegrityError:
        return False
    return True


@transaction.atomic(durable=True)
def _with_known(viewer: Viewer, pieces: Sequence[Piece]) -> list[Kept]:
    """Keep those that are new, and say of each what is kept. What was refused is replaced by what is said now, and tried again."""
    for piece in pieces:
        piece.pk = None
    Piece.objects.bulk_create(pieces, ignore_conflicts=True)
    known = _by_id(_same_ids(viewer, pieces))
    for piece in pieces:
        before = known[piece.source, piece.event_id]
        if before.state == State.REFUSED:
            piece.pk = before.pk
            piece.save(force_update=True)
            known[piece.source, piece.event_id] = piece
    return [_kept(known[piece.source, piece.event_id]) for piece in pieces]


def _same_ids(viewer: Viewer, wanted: Sequence[Sent | Piece]) -> Iterator[Piece]:
    """The pieces of the viewer's account that have the ids of some (and perhaps others that only look like them)."""
    for chunk in chunks(wanted, _CHUNK):
        mine = Piece.objects.visible_to(viewer).filter(source__in={one.source for one in chunk})
        yield from mine.filter(event_id__in={one.event_id for one in chunk})


def _by_id(pieces: Iterator[Piece]) -> dict[tuple[str, str], Piece]:
    return {(piece.source, piece.event_id): piece for piece in pieces}


def _piece(account_id: int, actor: Actor, judged: Judged, now: datetime) -> Piece:
    sent = judged.sent
    return Piece(
        account_id=account_id, source=sent.source, event_id=sent.event_id, actor_kind=actor.kind, actor_name=actor.name,
        actor_id=actor.id, feed=judged.feed, customer=sent.customer, service=sent.service, meant=judged.meant, day=judged.day, at=judged.at,
        provisioned=sent.provisioned, used=sent.used, credits=sent.credits, payload=sent.payload, arrived_at=now,
    )  # fmt: skip


def _kept(piece: Piece) -> Kept:
    return Kept(piece.account_id, piece.source, piece.event_id, piece.at, piece.arrived_at, piece.payload)


@transaction.atomic(durable=True)
def retry(viewer: Viewer, ids: Collection[int] | None, *, now: datetime) -> int:
    """Have refused pieces of the viewer's account tried again, all or those with some ids; how many there were.

    The history tells of the batch they come in. Raises NotAllowed.
    """
    del now
    viewer.require(Right.IMPORT_USAGE, text("import usage"))
    refused: QuerySet[Piece] = Piece.objects.visible_to(viewer).filter(state=State.REFUSED)
    if ids is not None:
        refused = refused.filter(pk__in=ids)
    return refused.update(state=State.WAITING, gathering=None, reason="", column="", note="")
