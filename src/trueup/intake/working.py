"""What the clock does with pieces: gather what waits into batches of the ledger.

1. One transaction fixes a set of pieces and the key of their batch. From here on the file that is made of them is always the same.
2. The ledger takes the file in under that key, once, however often it is given it.
3. One transaction says that the pieces are stored. Dying before it has 2 done again, which changes nothing.

What the ledger refuses leaves the set before anything is stored, so the batch holds the whole of a file or there is none.
"""

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from trueup.accounts.rules import Actor, Right, Role, Tier, Viewer
from trueup.intake.models import Gathering, Piece
from trueup.intake.rules.pieces import CLAIM_LASTS, KEPT_FOR, MOST_PIECES, PATIENCE, State, Value, key_of, overtaken
from trueup.kit.errors import Conflict, Invalid
from trueup.kit.text import packed
from trueup.ledger.actions import ImportResult, import_usage
from trueup.ledger.rules.refusals import Reason

_CHUNK = 500
_COLUMNS = ("day", "customer", "service", "provisioned_units", "used_units", "allocated_credits")


def gather_next(*, now: datetime) -> int:
    """Take up the gathering that has waited longest, or begin one with what waits; how many pieces it settled.

    Raises Conflict where the ledger takes nothing at present. What nobody expects is raised too; the gathering is tried again.
    """
    claim = _taken_up(now) or _begun(now)
    if claim is None:
        return 0
    try:
        return _into_the_ledger(claim, now=now)
    except Conflict:
        claim.give_back()
        raise


def forget_old(*, now: datetime) -> int:
    """Forget pieces that were stored long ago: their ids, and what they said. What they came to is in the ledger."""
    old = list(Gathering.objects.filter(ended_at__lt=now - KEPT_FOR).order_by("pk").values_list("pk", flat=True)[:_CHUNK])
    if not old:
        return 0
    with transaction.atomic(durable=True):
        count, _ = Piece.objects.filter(gathering__in=old, state__in=[State.STORED, State.OVERTAKEN]).delete()
        Gathering.objects.filter(pk__in=old).exclude(Exists(Piece.objects.filter(gathering=OuterRef("pk")))).delete()
    return count


@dataclass(frozen=True)
class _Claim:
    """A gathering that this clock has taken up. Once another has taken it over, nothing is written."""

    gathering: Gathering

    def pieces(self) -> list[Piece]:
        """Those to be stored, the latest values last."""
        return list(self._gathered().defer("payload").order_by("at", "pk"))

    def leave_out(self, pieces: Sequence[tuple[Piece, State, str, str, str]]) -> bool:
        """Take pieces out of it: (piece, what it is now, reason, column, note). False if it is no longer ours."""
        with transaction.atomic(durable=True):
            if not self._holds():
                return False
            for piece, state, reason, column, note in pieces:
                gathering = None if state == State.WAITING else self.gathering
                self._gathered().filter(pk=piece.pk).update(state=state, gathering=gathering, reason=reason, column=column, note=note)
        return True

    def end(self, batch_id: int | None, *, now: datetime) -> None:
        """All that is left of it is stored."""
        with transaction.atomic(durable=True):
            if self._holds():
                self._gathered().update(state=State.STORED)
                Gathering.objects.filter(pk=self.gathering.pk).update(ended_at=now, batch_id=batch_id)

    def give_back(self) -> None:
        """Let any clock go on with it at once."""
        self._mine().update(claimed_at=None)

    def _holds(self) -> bool:
        """Whether it is still ours, until the transaction ends: others who want it wait for that."""
        return self._mine().update(claimed_at=F("claimed_at")) == 1

    def _mine(self) -> QuerySet[Gathering]:
        return Gathering.objects.filter(pk=self.gathering.pk, claimed_at=self.gathering.claimed_at, ended_at=None)

    def _gathered(self) -> QuerySet[Piece]:
        return Piece.objects.filter(gathering=self.gathering, state=State.GATHERED)


def _taken_up(now: datetime) -> _Claim | None:
    """One that was begun and that nobody works on (any more)."""
    free = Q(claimed_at=None) | Q(claimed_at__lt=now - CLAIM_LASTS)
    for gathering in Gathering.objects.filter(free, ended_at=None).order_by("pk")[:5]:
        if Gathering.objects.filter(pk=gathering.pk, claimed_at=gathering.claimed_at, ended_at=None).update(claimed_at=now):
            gathering.claimed_at = now
            return _Claim(gathering)
    return None


def _begun(now: datetime) -> _Claim | None:
    """A new one, of what one sender sent for one source. None if nothing waits, or another clock was quicker."""
    busy = Gathering.objects.filter(ended_at=None).values("account_id")
    first = Piece.objects.filter(state=State.WAITING).exclude(account_id__in=busy).order_by("pk").first()
    if first is None:
        return None
    sender = {name: getattr(first, name) for name in ("account_id", "actor_kind", "actor_name", "actor_id", "feed")}
    try:
        with transaction.atomic(durable=True):
            gathering = Gathering.objects.create(**sender, begun_at=now, claimed_at=now)
            _fix(gathering, Piece.objects.filter(state=State.WAITING, **sender))
    except IntegrityError:
        return None
    return _Claim(gathering)


def _fix(gathering: Gathering, waiting: QuerySet[Piece]) -> None:
    """Decide which pieces are in it, and which of them do not count: from now on that stays."""
    chosen = list(waiting.order_by("pk").values_list("pk", "source", "event_id", "at", "day", "customer", "service")[:MOST_PIECES])
    for start in range(0, len(chosen), _CHUNK):
        waiting.filter(pk__in=[row[0] for row in chosen[start : start + _CHUNK]]).update(state=State.GATHERED, gathering=gathering)
    Gathering.objects.filter(pk=gathering.pk).update(key=key_of(gathering.pk, (row[1:3] for row in chosen)))
    gathering.refresh_from_db(fields=["key"])
    lost = overtaken(Value(at, pk, day, customer, service) for pk, _, _, at, day, customer, service in chosen)
    mine = Piece.objects.filter(gathering=gathering)
    for start in range(0, len(lost), _CHUNK):
        mine.filter(pk__in=lost[start : start + _CHUNK]).update(state=State.OVERTAKEN)
    same = {name: OuterRef(name) for name in ("account_id", "customer", "service", "day")}
    later = Piece.objects.filter(**same, state=State.STORED, at__gte=OuterRef("at")).filter(
        Q(at__gt=OuterRef("at")) | Q(pk__gt=OuterRef("pk"))
    )
    mine.filter(Exists(later), state=State.GATHERED).update(state=State.OVERTAKEN)


def _into_the_ledger(claim: _Claim, *, now: datetime) -> int:
    """Store it; what the ledger refuses is left out first. How many pieces it had."""
    gathering, count = claim.gathering, claim.gathering.pieces.count()
    viewer = _sender(gathering)
    while pieces := claim.pieces():
        with _file(gathering, pieces) as path:
            try:
                result = import_usage(
                    viewer, path, source=gathering.feed or None, key=gathering.key, key_alone=True, now=now, patience=PATIENCE
                )
            except Invalid as error:  # the source is gone, …
                out = [(piece, State.REFUSED, "invalid", "", packed(error.message)) for piece in pieces]
            else:
                if result.batch is not None:
                    claim.end(result.batch, now=now)
                    return count
                out = _left_out(result, pieces)
        if not claim.leave_out(out):
            return 0
    claim.end(None, now=now)
    return count


def _left_out(result: ImportResult, pieces: Sequence[Piece]) -> list[tuple[Piece, State, str, str, str]]:
    """Who has to leave: what cannot be stored is refused; a second value of a day, by another name of the same customer, comes later."""
    out: dict[int, tuple[Piece, State, str, str, str]] = {}
    for problem in result.refused():
        state = State.WAITING if problem.reason == Reason.DUPLICATE else State.REFUSED
        reason, column = (str(problem.reason), problem.column) if state == State.REFUSED else ("", "")
        out.setdefault(problem.row, (pieces[problem.row - 1], state, reason, column, ""))
    if result.refused_file is not None:
        result.refused_file.unlink(missing_ok=True)
    if not out:
        raise RuntimeError("the ledger neither stored nor refused a gathering")
    return list(out.values())


def _sender(gathering: Gathering) -> Viewer:
    """Who sent it. Their right was asked when it was acknowledged; it is stored whatever has become of them since."""
    kinds = {"person": "person", "client": "client"}
    actor = Actor(kinds.get(gathering.actor_kind, "system"), gathering.actor_name, gathering.actor_id)  # type: ignore[arg-type]
    return Viewer(actor, gathering.account_id, Tier(gathering.account.tier), Role.ADMIN, frozenset({Right.IMPORT_USAGE}))


@contextmanager
def _file(gathering: Gathering, pieces: Sequence[Piece]) -> Iterator[Path]:
    """The pieces as a file of the ledger: the same pieces are the same bytes."""
    scratch = Path(settings.TRUEUP_HOME) / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="events-", dir=scratch) as folder:
        path = Path(folder) / f"events-{gathering.pk}.ndjson"
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{_line(piece)}\n" for piece in pieces)
        yield path


def _line(piece: Piece) -> str:
    values = (piece.day.isoformat(), piece.customer, piece.service, piece.provisioned, piece.used, piece.credits)
    return json.dumps(dict(zip(_COLUMNS, values, strict=True)), ensure_ascii=False)
