"""What happened to a report, in words: each step with what it changed, before and after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from trueup.events.rules import Plain
from trueup.kit.period import parse_instant
from trueup.reports.queries import HistoryEntry
from trueup.reports.rules.happenings import REJECTED_LINE
from trueup.web import numbers, words
from trueup.web.templatetags.reports import actor_word, due
from trueup.web.templatetags.trueup import day, instant

FEW = 4
"""So many changes of a step are shown at once; more are folded."""

_SAID = frozenset({"comment", "report_comment", "review_comment", "waiver_reason"})
"""Values that somebody wrote: they are quoted."""

_CODES = {"status": words.STATUSES, "submission": words.SUBMISSIONS, "reason": words.REASONS}


@dataclass(frozen=True, slots=True)
class Changed:
    """A value before and after, in words; `of` is the service."""

    of: str
    label: str
    before: str
    after: str
    quoted: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the timeline. `said` is what the person wrote on the whole report."""

    at: datetime
    actor: str
    done: str
    said: str
    shown: tuple[Changed, ...]
    folded: tuple[Changed, ...]


def steps(history: Sequence[HistoryEntry], names: Mapping[str, str], zone: str) -> tuple[Step, ...]:
    """The timeline, the latest first. `names`: of services by code; `zone`: the MSP's time zone."""
    return tuple(_step(entry, names, zone) for entry in reversed(history))


def _step(entry: HistoryEntry, names: Mapping[str, str], zone: str) -> Step:
    said = next((str(one["after"]) for one in entry.changes if one["field"] in {"report_comment", "review_comment"} and one["after"]), "")
    told = [one for one in entry.changes if one["field"] not in {"report_comment", "review_comment"}]
    changed = tuple(_changed(one, names, zone) for one in told)
    few = changed if len(changed) <= FEW else ()
    return Step(entry.at, actor_word(entry.actor), words.word(words.EVENTS, entry.event), said, few, () if few else changed)


def _changed(change: Mapping[str, Plain], names: Mapping[str, str], zone: str) -> Changed:
    name, service = str(change["field"]), str(change.get("service", ""))
    label = _("Asked to look at") if name == REJECTED_LINE else words.field(name)
    quoted = name in _SAID
    before, after = ("", "") if name == REJECTED_LINE else (_value(name, change[side], zone) for side in ("before", "after"))
    return Changed(names.get(service, service), label, before, after, quoted)


def _value(name: str, value: Plain, zone: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(day(date.fromisoformat(str(one))) for one in value)
    if name == "deadline":
        return due(parse_instant(str(value)), zone)
    if name == "as_of":
        return instant(parse_instant(str(value)), zone)
    if name in _CODES:
        return words.word(_CODES[name], str(value))
    return str(value) if name in _SAID else _number(str(value))


def _number(written: str) -> str:
    try:
        return numbers.shown(Decimal(written))
    except InvalidOperation:
        return written
