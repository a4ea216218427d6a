"""Events of what was written: one per history and up to a thousand entries."""

from collections.abc import Iterable
from datetime import datetime

from trueup.accounts.rules import Actor
from trueup.events.recording import Happening, record_all
from trueup.network.rules.history import Told
from trueup.network.tables.reading import account_ids

APPLIED = "network_applied"
CHANGED = "network_changed"
CUSTOMERS_IMPORTED = "customers_imported"


def record_steps(told: Iterable[Told], actor: Actor, now: datetime, *, note: str, kind: str = APPLIED) -> None:
    """Record what every history is told, inside the caller's transaction. `note` names the file, if there is one."""
    parts = list(told)
    known = account_ids({part.ref for part in parts if part.ref})
    record_all([_happening(part, known.get(part.ref), kind=kind, actor=actor, now=now, note=note) for part in parts])


def _happening(part: Told, account_id: int | None, *, kind: str, actor: Actor, now: datetime, note: str) -> Happening:
    subject = "installation" if account_id is None else "account"
    return Happening(account_id, kind, actor, now, subject, account_id or 1, part.changes, note)
