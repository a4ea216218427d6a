"""How events are chained: each carries the hash of the one before it, so that nothing can be altered unseen."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from trueup.accounts.rules import Actor
from trueup.kit.period import instant_text

INSTALLATION_CHAIN = 0
"""The chain of what belongs to no account; it also notes the opening of every other chain."""

CHAIN_OPENED = "chain_opened"
GENESIS = ""

Plain = str | int | bool | None | list["Plain"] | dict[str, "Plain"]
"""What JSON keeps exactly on every database; no decimals or floats: numbers are written as text."""


@dataclass(frozen=True, slots=True)
class Change:
    """One value before and after; `of` names the line or entry it belongs to."""

    field: str
    before: Plain
    after: Plain
    of: str = ""

    def as_json(self) -> dict[str, Plain]:
        """The change as it is stored and shown."""
        named: dict[str, Plain] = {"of": self.of} if self.of else {}
        return named | {"field": self.field, "before": self.before, "after": self.after}


@dataclass(frozen=True, slots=True)
class Happening:
    """Something to be recorded. `account_id` None is the installation; `subject` and `subject_id` say what it is about."""

    account_id: int | None
    kind: str
    actor: Actor
    at: datetime
    subject: str
    subject_id: int
    changes: Sequence[Change] = field(default=())
    note: str = ""


def digest(previous: str, content: Mapping[str, Plain]) -> str:
    """SHA-256 (hex) over the hash before and the content in canonical JSON."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


def content(*, chain: int, sequence: int, path: str, at: datetime, kind: str, actor: Actor, subject: str, subject_id: int,
            changes: Plain, note: str) -> dict[str, Plain]:  # fmt: skip
    """Everything of an event that its hash covers."""
    return {
        "chain": chain,
        "sequence": sequence,
        "path": path,
        "at": instant_text(at),
        "kind": kind,
        "actor": [actor.kind, actor.name, actor.id],
        "subject": [subject, subject_id],
        "changes": changes,
        "note": note,
    }
