"""Pinning: a moment up to which the ledger will never change again."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max

from trueup.ledger.engine.lock import write_lock
from trueup.ledger.engine.registry import configured_place, recover
from trueup.ledger.models import Batch, LedgerClock


def pin(now: datetime) -> datetime:
    """A moment such that what was recorded up to `now` is at or before it, and everything still to come is after it.

    What was recorded for a later `now` than this one is after it too. It is `now`, or a little later where several imports came
    at the same instant. Not inside a transaction (RuntimeError): an import on another connection has to see the pin at once.
    """
    place = configured_place()
    with write_lock(place.home):
        recover(place)
        with transaction.atomic(durable=True):
            clock, _ = LedgerClock.objects.get_or_create(id=1)
            last = Batch.objects.filter(received_at__lte=now).aggregate(at=Max("recorded_at"))["at"]
            as_of = max(now, last) if last else now
            clock.last_recorded_at = max(as_of, clock.last_recorded_at) if clock.last_recorded_at else as_of
            clock.save(update_fields=["last_recorded_at"])
    return as_of
