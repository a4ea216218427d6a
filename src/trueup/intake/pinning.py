"""Pinning the ledger with all in it that was acknowledged: what waits is gathered before, by whoever does it first."""

import logging
import time
from datetime import datetime, timedelta

from django.db.models import Exists, Max, OuterRef

from trueup.answers.actions import beside
from trueup.intake.models import Gathering, Piece
from trueup.intake.rules.pieces import PATIENCE, STILL_WAITS, State
from trueup.intake.working import OUT_OF_ORDER, gather_next
from trueup.kit.errors import Conflict
from trueup.kit.text import text
from trueup.ledger import pinning
from trueup.ledger.models import Batch

_LOOK = 1  # seconds

_log = logging.getLogger(__name__)


def pin(now: datetime, *, patience: timedelta = STILL_WAITS) -> datetime:
    """A moment such that what was acknowledged up to `now` is at or before it, and everything still to come is after it.

    What others gather at the moment is waited for. Raises Conflict if after `patience` some of it is still theirs, or cannot be
    stored just now. Not inside a transaction (RuntimeError).
    """
    with beside():  # the usage of anybody is gathered here, whatever becomes of what it is pinned for
        last = _latest_unsettled(now)
        at = now if last is None else _settle(last, now, patience)
        return pinning.pin(max(now, _taken_in(now, until=at + PATIENCE) or now))


def _settle(last: int, now: datetime, patience: timedelta) -> datetime:
    """Gather until nothing up to a piece is left; returns what time it is then. Meanwhile what a dead process held becomes free."""
    began = moved = time.monotonic_ns()
    at = now
    while _latest_unsettled(now, up_to=last) is not None:
        if _moves(at):
            moved = time.monotonic_ns()
        elif _since(moved) >= patience:
            raise Conflict(text("usage that was acknowledged is still on its way into the ledger: try again in some minutes"))
        else:
            time.sleep(_LOOK)
        at = now + _since(began)
    return at


def _since(began: int) -> timedelta:
    return timedelta(microseconds=(time.monotonic_ns() - began) // 1000)


def _moves(now: datetime) -> bool:
    """Whether there was something to gather for us. Raises what is the ledger's, the database's or the machine's."""
    try:
        return gather_next(now=now) > 0
    except OUT_OF_ORDER:
        raise
    except Exception:  # noqa: BLE001 -- after some tries what is at fault is put aside, and the rest goes on
        _log.exception("events could not be gathered")
        return True


def _latest_unsettled(now: datetime, *, up_to: int | None = None) -> int | None:
    """The last piece that had arrived by `now` and is not in the ledger yet. One question: pieces move between its two halves."""
    arrived = Piece.objects.filter(arrived_at__lte=now, **({} if up_to is None else {"pk__lte": up_to})).order_by().values_list("pk")
    gathered = arrived.filter(state=State.GATHERED, gathering__in=Gathering.objects.filter(ended_at=None))
    found = arrived.filter(state=State.WAITING).union(gathered, all=True).order_by("-pk").first()
    return found[0] if found else None


def _taken_in(now: datetime, *, until: datetime) -> datetime | None:
    """When the last of it was taken in by a clock that was ahead of `now`, as those who gather at the same time are."""
    pieces = Piece.objects.filter(gathering=OuterRef("pk"), arrived_at__lte=now)
    ahead = Batch.objects.filter(received_at__gt=now, received_at__lte=until)
    gatherings = Gathering.objects.filter(Exists(pieces), batch_id__in=ahead.values("pk"))
    received: datetime | None = ahead.filter(pk__in=gatherings.values("batch_id")).aggregate(last=Max("received_at"))["last"]
    return received
