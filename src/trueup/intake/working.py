"""What the clock does with pieces: gather what waits into batches of the ledger.

1. One transaction fixes a set of pieces and the key of their batch. From here on the file that is made of them is always the same.
2. The ledger takes the file in under that key, once, however often it is given it.
3. One transaction says that the pieces are stored. Dying before it has 2 done again, which changes nothing.

What the ledger refuses leaves the set before anything is stored, so the batch holds the whole of a file or there is none. What it
fails at for no reason we know is gathered anew in ever smaller sets, until the piece it fails at is alone and can be put aside.
"""

import json
import logging
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from trueup.accounts.rules import Actor, Role, Tier, Viewer
from trueup.intake.claims import Claim, Leaving
from trueup.intake.models import Gathering, Piece
from trueup.intake.rules.pieces import CLAIM_LASTS, KEPT_FOR, PATIENCE, State, Value, key_of, overtaken
from trueup.kit.chunks import chunks
from trueup.kit.errors import Conflict, Invalid
from trueup.kit.text import packed
from trueup.ledger.actions import DEFAULT_SOURCE, ImportResult, import_usage
from trueup.ledger.models import Batch
from trueup.ledger.rules.refusals import KeyReused, Reason

_FORGOTTEN_AT_ONCE = 500
_COLUMNS = ("day", "customer", "service", "provisioned_units", "used_units", "allocated_credits")
_SENDER = ("account_id", "actor_kind", "actor_name", "actor_id", "feed", "at_most")
"""What the pieces of one gathering have in common."""

OUT_OF_ORDER = (Conflict, OperationalError, InterfaceError, OSError, MemoryError)
"""What the ledger, the database or the machine is to blame for (also where DuckDB or Delta Lake says so): it is tried until it works."""

_log = logging.getLogger(__name__)


def gather_next(*, now: datetime) -> int:
    """Take up the gathering that has waited longest, or begin one with what waits; how many pieces it settled.

    Raises Conflict where the ledger takes nothing at present. What nobody expects is raised too; the gathering is tried again, and
    a piece that is alone in it is put aside.
    """
    claim = _taken_up(now) or _begun(now)
    if claim is None:
        return 0
    try:
        return _into_the_ledger(claim, now=now)
    except Exception as error:
        with suppress(DatabaseError):  # one that is away keeps the claim, for a while
            _after(error, claim, now)
        raise


def _after(error: Exception, claim: Claim, now: datetime) -> None:
    """What follows a failure."""
    if isinstance(error, OUT_OF_ORDER) and not isinstance(error, KeyReused):
        claim.give_back(now=now)
        return
    batch = _batch_of(claim.gathering)
    if batch is not None:  # the ledger has it all the same
        claim.end(batch.pk, now=now)
    elif claim.failed(error, now=now):
        _log.error("an event of the account %s was put aside: it cannot be stored", claim.gathering.account_id, exc_info=error)


def _batch_of(gathering: Gathering) -> Batch | None:
    source = gathering.feed or DEFAULT_SOURCE
    return Batch.objects.filter(account_id=gathering.account_id, source__code=source, key=gathering.key).first()


def forget_old(*, now: datetime) -> int:
    """Forget pieces that were stored long ago: their ids, and what they said. What they came to is in the ledger."""
    old = list(Gathering.objects.filter(ended_at__lt=now - KEPT_FOR).order_by("pk").values_list("pk", flat=True)[:_FORGOTTEN_AT_ONCE])
    if not old:
        return 0
    with transaction.atomic(durable=True):
        count, _ = Piece.objects.filter(gathering__in=old, state__in=[State.STORED, State.OVERTAKEN]).delete()
        Gathering.objects.filter(pk__in=old).exclude(Exists(Piece.objects.filter(gathering=OuterRef("pk")))).delete()
    return count


def _taken_up(now: datetime) -> Claim | None:
    """One that was begun and that nobody works on (any more), and that does not pause."""
    free = Q(claimed_at=None) | Q(claimed_at__lt=now - CLAIM_LASTS)
    due = Q(due_at=None) | Q(due_at__lte=now)
    for gathering in Gathering.objects.filter(free & due, ended_at=None).order_by("pk")[:5]:
        if Gathering.objects.filter(pk=gathering.pk, claimed_at=gathering.claimed_at, ended_at=None).update(claimed_at=now):
            gathering.claimed_at = now
            return Claim(gathering)
    return None


def _begun(now: datetime) -> Claim | None:
    """A new one, of what one sender sent for one source. None if nothing waits, or another clock was quicker."""
    busy = Gathering.objects.filter(ended_at=None).values("account_id")
    first = Piece.objects.filter(state=State.WAITING).exclude(account_id__in=busy).order_by("pk").first()
    if first is None:
        return None
    sender = {name: getattr(first, name) for name in _SENDER}
    try:
        with transaction.atomic(durable=True):
            gathering = Gathering.objects.create(**sender, begun_at=now, claimed_at=now)
            _fix(gathering, Piece.objects.filter(state=State.WAITING, **sender))
    except IntegrityError:
        return None
    return Claim(gathering)


def _fix(gathering: Gathering, waiting: QuerySet[Piece]) -> None:
    """Decide which pieces are in it, and which of them do not count: from now on that stays."""
    chosen = list(waiting.order_by("pk").values_list("pk", "source", "event_id", "at", "day", "meant")[: gathering.at_most])
    for some in chunks([row[0] for row in chosen]):
        waiting.filter(pk__in=some).update(state=State.GATHERED, gathering=gathering)
    gathering.key = key_of(gathering.pk, (row[1:3] for row in chosen))
    gathering.save(update_fields=["key"])
    mine = Piece.objects.filter(gathering=gathering)
    for some in chunks(overtaken(Value(at, pk, day, meant) for pk, _, _, at, day, meant in chosen)):
        mine.filter(pk__in=some).update(state=State.OVERTAKEN)
    same = {name: OuterRef(name) for name in ("account_id", "meant", "day")}
    later = Piece.objects.filter(**same, state=State.STORED, at__gte=OuterRef("at")).filter(
        Q(at__gt=OuterRef("at")) | Q(pk__gt=OuterRef("pk"))
    )
    mine.filter(Exists(later), state=State.GATHERED).update(state=State.OVERTAKEN)


def _into_the_ledger(claim: Claim, *, now: datetime) -> int:
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
                out = [(piece, Leaving(State.REFUSED, "invalid", note=packed(error.message))) for piece in pieces]
            else:
                if result.batch is not None:
                    claim.end(result.batch, now=now)
                    return count
                out = _left_out(result, pieces)
        if not claim.leave_out(out):
            return 0
    claim.end(None, now=now)
    return count


def _left_out(result: ImportResult, pieces: Sequence[Piece]) -> list[tuple[Piece, Leaving]]:
    """Who has to leave: what cannot be stored is refused; a second value of a day, by a name that was mapped meanwhile, comes later."""
    out: dict[int, tuple[Piece, Leaving]] = {}
    for problem in result.refused():
        again = problem.reason == Reason.DUPLICATE
        leaving = Leaving(State.WAITING) if again else Leaving(State.REFUSED, str(problem.reason), problem.column)
        out.setdefault(problem.row, (pieces[problem.row - 1], leaving))
    result.forget_refused()
    if not out:
        raise RuntimeError("the ledger neither stored nor refused a gathering")
    return list(out.values())


def _sender(gathering: Gathering) -> Viewer:
    """Who sent it. Their right was asked when it was acknowledged; it is stored whatever has become of them since."""
    kinds = {"person": "person", "client": "client"}
    actor = Actor(kinds.get(gathering.actor_kind, "system"), gathering.actor_name, gathering.actor_id)  # type: ignore[arg-type]
    return Viewer(actor, gathering.account_id, Tier(gathering.account.tier), Role.ADMIN)


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
