"""What happened to something, as commands write it: when, who, and each value before and after."""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from trueup.client.answers import HistoryEntry
from trueup.jobs.options import Format
from trueup.jobs.output import Listing, Record, in_order
from trueup.jobs.tables import Column, for_people, in_words

_KEYS: Final = ("of", "service", "field", "before", "after")
_CODES: Final = frozenset({"status", "submission"})
_MOST_CHANGES: Final = 20
"""Changes of a step in a table: a new price list has as many as it has prices. JSON and CSV have all."""


def entry(event: Any, *names: str) -> HistoryEntry:
    """A step as it is recorded, with these parts of each change; a part that a change does not have is None."""
    return HistoryEntry(event.at, event.actor_name, event.kind, tuple({name: one.get(name) for name in names} for one in event.changes))


def write(steps: Iterable[HistoryEntry], form: Format) -> None:
    """Write every step, the first one first."""
    _STEPS.write(map(_step, steps), form)


def _step(one: HistoryEntry) -> Record:
    return {"at": one.at, "actor": one.actor, "event": one.event, "changes": [_change(change) for change in one.changes]}


def _change(change: Mapping[str, Any]) -> Record:
    """In the order of the contract: databases keep it in one of their own. What is of no line has no service."""
    return {key: in_order(change[key]) for key in _KEYS if key in change}


def _in_words(record: Record) -> str:
    """A line for each changed value: `endpoint-core chargeable: 31 → 35`."""
    changes: Any = record["changes"]
    lines = [_words(change) for change in islice(changes, _MOST_CHANGES)]
    more = len(changes) - len(lines)
    return "\n".join([*lines, *([f"… and {more} more"] if more else [])])


def _words(change: Mapping[str, Any]) -> str:
    name = " ".join(part for part in (change.get("of"), change.get("service"), change["field"].replace("_", " ")) if part)
    before, after = (_value(change["field"], change[key]) for key in ("before", "after"))
    return f"{name}: {before} → {after}"


def _value(field: str, value: Any) -> str:
    if isinstance(value, Mapping):
        told = ", ".join(_pairs(value))
        return told or for_people(None)
    return in_words(value) if field in _CODES else for_people(value)


def _pairs(value: Mapping[str, Any]) -> Iterator[str]:
    for name, one in value.items():
        yield f"{name} {json.dumps(one, ensure_ascii=False) if isinstance(one, Mapping | list) else for_people(one)}"


_STEPS: Final = Listing(
    keys=("at", "actor", "event", "changes"),
    columns=(
        Column("At", "at"),
        Column("Who", "actor"),
        Column("What", "event", codes=True),
        Column("Changes", show=_in_words),
    ),
    empty="Nothing has happened yet.",
)
