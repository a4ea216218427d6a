"""Whose history a step belongs to, and how it is told there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from trueup.accounts.rules import Tier
from trueup.events.rules import Change, Plain
from trueup.kit.text import text
from trueup.network.rules import dated
from trueup.network.rules.plan import Plan, Step, Verb
from trueup.network.rules.tree import State, Values

MOST_ENTRIES: Final = 1000
"""How many entries one event tells of."""

ELSEWHERE: Final = text("another MSP")
"""What an MSP learns about where a customer came from or went to: MSPs do not see each other."""


@dataclass(frozen=True, slots=True)
class Told:
    """The changes of up to `MOST_ENTRIES` entries for one history. `ref` empty: the installation's."""

    ref: str
    changes: tuple[Change, ...]


def happenings(plan: Plan, before: State, wanted: State, today: date) -> Iterator[Told]:
    """What every history touched by a plan is to be told, in the order of the plan."""
    told: dict[str, list[tuple[Change, ...]]] = {}
    for step in plan.doing:
        for ref in _histories(step, before, wanted, today):
            told.setdefault(ref, []).append(_as_seen_by(ref, step, wanted))
    for ref, entries in told.items():
        for start in range(0, len(entries), MOST_ENTRIES):
            yield Told(ref, tuple(change for changes in entries[start : start + MOST_ENTRIES] for change in changes))


def _histories(step: Step, before: State, wanted: State, today: date) -> tuple[str, ...]:
    """The accounts in whose history a step is told; an empty ref is the installation."""
    old = before[step.section].get(step.key, {})
    new = wanted.get(step.section, {}).get(step.key, {})
    match step.section:
        case "accounts" if new.get("tier") == Tier.CUSTOMER:
            return msps_of(step.changes, _placements(old), _placements(new), today)
        case "accounts":
            return (step.key[0],)
        case "members":
            return (step.key[1],)
        case "terms":
            return (step.key[0],)
        case "solution_groups":
            return (str(new["vendor"]),)
        case "services":
            group = (str(new["group"]),)
            groups = before["solution_groups"] | wanted.get("solution_groups", {})
            return (str(groups[group]["vendor"]),)
    return ("",)


def _placements(values: Values) -> Values:
    return {name: value for name, value in values.items() if dated.is_of(name, "parent")}


def msps_of(changes: tuple[Change, ...], old: Values, new: Values, today: date) -> tuple[str, ...]:
    """The MSPs a change of a customer concerns: those named in what changes, before and after, and the present one.

    `old` and `new` need hold no more than the placements.
    """
    if not old and len(new) == 1:
        return tuple(str(ref) for ref in new.values())  # a new customer with one placement: of a million rows nearly all
    named: dict[str, None] = {}
    for change in changes:
        if dated.is_of(change.field, "parent"):
            named.update(dict.fromkeys(str(ref) for ref in (change.before, change.after) if ref))
    for values in (old, new):
        history = dated.entries(values, "parent")
        begun = [ref for day, ref in history if day <= today] or [ref for _, ref in history[:1]]
        named.update(dict.fromkeys(begun[-1:]))
    return tuple(named)


def _as_seen_by(ref: str, step: Step, wanted: State) -> tuple[Change, ...]:
    """The changes of a step; of an entry that says nothing else, that it is there or gone."""
    changes = step.changes or (Change("entry", step.verb == Verb.REMOVE, step.verb != Verb.REMOVE, f"{step.kind} {step.name}"),)
    new: Mapping[str, Plain] = wanted.get(step.section, {}).get(step.key, {})
    is_customer = step.section == "accounts" and new.get("tier") == Tier.CUSTOMER
    return tuple(without_other_msps(ref, change) for change in changes) if is_customer else changes


def without_other_msps(ref: str, change: Change) -> Change:
    """A customer's change as its MSP may see it."""
    known = change.before in (None, ref) and change.after in (None, ref)
    if known or not dated.is_of(change.field, "parent"):
        return change
    seen = [value if value in (None, ref) else str(ELSEWHERE) for value in (change.before, change.after)]
    return Change(change.field, seen[0], seen[1], change.of)
