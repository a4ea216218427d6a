"""A gathering that a clock has taken up, and all that may become of it. Whoever lost the claim writes nothing."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import F, QuerySet

from trueup.accounts.rules import SYSTEM
from trueup.events.recording import Change, record
from trueup.intake.models import Gathering, Piece
from trueup.intake.rules.pieces import MISTAKE, MOST_PIECES, MOST_TRIES, PAUSE, State
from trueup.kit.chunks import chunks
from trueup.kit.text import packed, text


class Leaving(NamedTuple):
    """What becomes of a piece that cannot stay in its gathering; reason, column and note are those of a refused one."""

    state: State
    reason: str = ""
    column: str = ""
    note: str = ""


@dataclass(frozen=True)
class Claim:
    """A gathering that this clock has taken up."""

    gathering: Gathering

    def pieces(self) -> list[Piece]:
        """Those to be stored, the latest values last."""
        return list(self._of(State.GATHERED).defer("payload").order_by("at", "pk"))

    def leave_out(self, leaving: Sequence[tuple[Piece, Leaving]]) -> bool:
        """Take pieces out of it. What one of them overtook counts again if it is refused. False if the gathering is no longer ours."""
        with transaction.atomic(durable=True):
            if not self._holds():
                return False
            self._leave_out(leaving)
        return True

    def end(self, batch_id: int | None, *, now: datetime) -> None:
        """All that is left of it is stored."""
        with transaction.atomic(durable=True):
            if self._holds():
                self._of(State.GATHERED).update(state=State.STORED)
                self._end(batch_id, now)

    def give_back(self, *, now: datetime) -> None:
        """Let any clock go on with it after a pause, in which others have their turn."""
        self._mine().update(claimed_at=None, due_at=now + PAUSE)

    def failed(self, error: Exception, *, now: datetime) -> int:
        """Note that nobody knows why it cannot be stored. One that failed often is broken up, so that what is at fault will be alone.

        A piece that is alone already is put aside: the history of the account tells of it, and it holds up no other. Until it is
        broken up the claim stays, which is a pause. Returns how many pieces were put aside.
        """
        with transaction.atomic(durable=True):
            if not self._holds():
                return 0
            tries = self.gathering.tries + 1
            Gathering.objects.filter(pk=self.gathering.pk).update(tries=tries)
            if self.gathering.at_most == MOST_PIECES and tries < MOST_TRIES:
                return 0
            aside = self._put_aside(error, now) if self._of(State.GATHERED).count() == 1 else 0
            self._break_up()
            self._end(None, now)
        return aside

    def _put_aside(self, error: Exception, now: datetime) -> int:
        """Refuse the only piece there is, and have its account told."""
        kind = type(error).__name__
        said = text("This failed on our side ({kind}); the log of the server says more. Have it tried again once it is mended.", kind=kind)
        piece = self.pieces()[0]
        self._leave_out([(piece, Leaving(State.REFUSED, MISTAKE, note=packed(said)))])
        Piece.objects.filter(pk=piece.pk).update(at_most=1)
        record(
            account_id=piece.account_id, kind="event_put_aside", actor=SYSTEM, at=now, subject="event", subject_id=piece.pk,
            changes=[Change("event_id", None, piece.event_id), Change("source", None, piece.source), Change("mistake", None, kind)],
        )  # fmt: skip
        return 1

    def _break_up(self) -> None:
        """Have what is in it gathered anew, half as much at a time; also what was overtaken, by what may be refused now."""
        left = Piece.objects.filter(gathering=self.gathering, state__in=[State.GATHERED, State.OVERTAKEN])
        half = -(-left.count() // 2)
        left.update(state=State.WAITING, gathering=None, at_most=max(half, 1))

    def _leave_out(self, leaving: Sequence[tuple[Piece, Leaving]]) -> None:
        """In a number of statements that does not grow with each piece."""
        alike: dict[Leaving, list[int]] = defaultdict(list)
        for piece, what in leaving:
            alike[what].append(piece.pk)
        for what, ids in alike.items():
            gathering = None if what.state == State.WAITING else self.gathering
            for some in chunks(ids):
                self._of(State.GATHERED).filter(pk__in=some).update(
                    state=what.state, gathering=gathering, reason=what.reason, column=what.column, note=what.note
                )
        self._free({(piece.meant, piece.day) for piece, what in leaving if what.state == State.REFUSED})

    def _free(self, refused: set[tuple[str, object]]) -> None:
        """What was overtaken by values that do not count after all waits again."""
        if not refused:
            return
        overtaken = self._of(State.OVERTAKEN).values_list("pk", "meant", "day")
        for some in chunks([pk for pk, meant, day in overtaken if (meant, day) in refused]):
            Piece.objects.filter(pk__in=some).update(state=State.WAITING, gathering=None)

    def _end(self, batch_id: int | None, now: datetime) -> None:
        Gathering.objects.filter(pk=self.gathering.pk).update(ended_at=now, batch_id=batch_id)

    def _holds(self) -> bool:
        """Whether it is still ours, until the transaction ends: others who want it wait for that."""
        return self._mine().update(claimed_at=F("claimed_at")) == 1

    def _mine(self) -> QuerySet[Gathering]:
        return Gathering.objects.filter(pk=self.gathering.pk, claimed_at=self.gathering.claimed_at, ended_at=None)

    def _of(self, state: State) -> QuerySet[Piece]:
        return Piece.objects.filter(gathering=self.gathering, state=state)
