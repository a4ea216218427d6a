"""What happened to a billing report, in words."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from trueup.web import words
from trueup.web.billing.words import EVENTS, FIELDS, STATUSES
from trueup.web.templatetags.reports import actor_word

_SAID = frozenset({"comment", "return_reason"})


@dataclass(frozen=True, slots=True)
class Changed:
    """A value before and after, in words."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `said` is what somebody wrote."""

    at: datetime
    actor: str
    done: str
    said: str
    changes: tuple[Changed, ...]


def steps(history: Iterable[Any], names: Mapping[str, str]) -> tuple[Step, ...]:
    """The timeline, the latest first, of events. `names`: of services by code."""
    return tuple(_step(event, names) for event in reversed(list(history)))


def _step(event: Any, names: Mapping[str, str]) -> Step:
    said = next((str(one["after"]) for one in event.changes if one["field"] in _SAID and one["after"]), "")
    told = (changed for one in event.changes if one["field"] not in _SAID for changed in _changed(one, names))
    return Step(event.at, actor_word(event.actor_name), words.word(EVENTS, event.kind), said, tuple(told))


def _changed(change: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[Changed]:
    field, before, after = change["field"], change["before"], change["after"]
    label = words.word(FIELDS, field)
    if field == "promo_codes":
        codes = (before or {}, after or {})
        for service in dict.fromkeys(name for one in codes for name in one):
            was, now = (one.get(service, "") for one in codes)
            if was != now:
                yield Changed(f"{label}, {names.get(service, service)}", was, now)
    elif field == "status":
        yield Changed(label, *(words.word(STATUSES, one) if one else "" for one in (before, after)))
    else:
        yield Changed(label, before or "", after or "")
