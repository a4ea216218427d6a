"""Questions about pieces: which were refused, whether any wait."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count

from trueup.accounts.rules import Viewer
from trueup.intake.models import Gathering, Piece
from trueup.intake.rules.pieces import State
from trueup.kit.text import unpacked
from trueup.ledger.rules.refusals import SENTENCES, Reason


@dataclass(frozen=True, slots=True)
class RefusedPiece:
    """An event that was acknowledged and that the ledger could not take. `reason` is its code, `column` which of its values."""

    id: int
    source: str
    event_id: str
    customer: str
    service: str
    day: date
    time: datetime
    provisioned: str
    used: str
    credits: str
    arrived_at: datetime
    reason: str
    column: str
    detail: str


def refused(viewer: Viewer, *, after: int, limit: int) -> list[RefusedPiece]:
    """The refused pieces of the viewer's account in the order they arrived, those behind the id `after`, at most `limit`."""
    rows = Piece.objects.visible_to(viewer).filter(state=State.REFUSED, pk__gt=after).order_by("pk")[:limit]
    return [_refused(row) for row in rows]


def _refused(row: Piece) -> RefusedPiece:
    detail = unpacked(row.note) if row.note else SENTENCES[Reason(row.reason)]
    return RefusedPiece(
        row.pk, row.source, row.event_id, row.customer, row.service, row.day, row.at, row.provisioned, row.used, row.credits,
        row.arrived_at, row.reason, row.column, detail,
    )  # fmt: skip


def gatherings_due() -> int:
    """How many gatherings there are to work on: those that were begun, and those that can be begun with what waits."""
    open_ones = Gathering.objects.filter(ended_at=None)
    waiting = Piece.objects.filter(state=State.WAITING).exclude(account_id__in=open_ones.values("account_id"))
    senders = waiting.order_by().values("account_id", "actor_kind", "actor_id", "actor_name", "feed", "at_most").annotate(count=Count("pk"))
    return open_ones.count() + sum(-(-int(sender["count"]) // sender["at_most"]) for sender in senders)
