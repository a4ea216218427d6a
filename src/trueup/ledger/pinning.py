"""Pinning: a moment up to which the ledger will never change again."""

from datetime import datetime

from django.db import transaction

from trueup.ledger.engine.lock import write_lock
from trueup.ledger.engine.registry import configured_place, recover
from trueup.ledger.models import LedgerClock


def pin(now: datetime) -> datetime:
    """A moment, `now` or later, such that everything recorded so far is at or before it and everything to come is after it.

    Not inside a transaction (RuntimeError): an import on another connection has to see the pin at once.
    """
    place = configured_place()
    with write_lock(place.home):
        recover(place)
        with transaction.atomic(durable=True):
            clock, _ = LedgerClock.objects.get_or_create(id=1)
            as_of = max(now, clock.last_recorded_at) if clock.last_recorded_at else now
            clock.last_recorded_at = as_of
            clock.save(update_fields=["last_recorded_at"])
    return as_of
