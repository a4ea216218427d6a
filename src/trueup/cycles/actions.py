"""The one verb of the calendar: closing a month."""

from datetime import datetime, timedelta

from django.db import transaction

from trueup.accounts.queries import installation
from trueup.accounts.rules import Viewer
from trueup.cycles.models import Cycle
from trueup.cycles.rules import CycleStatus, require_over
from trueup.events.recording import Change, record
from trueup.intake.pinning import pin
from trueup.intake.rules.pieces import STILL_WAITS
from trueup.kit.errors import NotAllowed
from trueup.kit.period import Month, instant_text
from trueup.kit.text import text


def close(viewer: Viewer, month: Month, *, now: datetime, patience: timedelta = STILL_WAITS) -> Cycle:
    """Close a month: pin the ledger. A month that is closed already stays as it is (source: docs/workflow.md, Closing).

    All usage that was acknowledged before is in it. Raises Conflict before the close date, and where some is still on its way into the
    ledger after `patience`; NotAllowed for anybody but the clock and the operator.
    """
    if not viewer.sees_all:
        raise NotAllowed(text("cycles are closed by the clock or by the operator of the installation"))
    known = Cycle.objects.of(month.usage).first()
    if known is not None and known.status == CycleStatus.CLOSED:
        return known
    settings = installation()
    require_over(month, grace_days=settings.close_grace_days, zone=settings.time_zone, now=now)
    # The pin comes first and on its own: of two who close at once both pin, one closes, and the other's pin is never used.
    as_of = pin(now, patience=patience)
    with transaction.atomic(durable=True):
        cycle, _ = Cycle.objects.get_or_create(first_day=month.first_day, adjusts=None)
        closed = Cycle.objects.filter(pk=cycle.pk, status=CycleStatus.OPEN).update(status=CycleStatus.CLOSED, closed_at=now, as_of=as_of)
        if closed:
            record(
                account_id=None, kind="cycle_closed", actor=viewer.actor, at=now, subject="cycle", subject_id=cycle.pk,
                changes=[
                    Change("status", CycleStatus.OPEN, CycleStatus.CLOSED, of=str(month)),
                    Change("as_of", None, instant_text(as_of), of=str(month)),
                ],
            )  # fmt: skip
        cycle.refresh_from_db()
    return cycle
