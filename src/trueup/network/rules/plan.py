"""What applying a file would do, step by step; shown before it is done."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from trueup.events.rules import Change, Plain
from trueup.kit.text import Text, text
from trueup.network.rules import dated
from trueup.network.rules.tree import SECTIONS, Key, State, Values


class Verb(StrEnum):
    """What is done with one entry."""

    ADD = "add"
    CHANGE = "change"
    MOVE = "move"
    REMOVE = "remove"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Step:
    """One entry and what happens to it. `kind` is what such an entry is called, `note` says what is not obvious."""

    verb: Verb
    kind: str
    name: str
    changes: tuple[Change, ...] = ()
    note: str = ""
    section: str = field(default="", repr=False)
    key: Key = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """All steps in the order in which they are done. `keep` steps do nothing: the file no longer names something that stays."""

    steps: tuple[Step, ...]

    @property
    def doing(self) -> tuple[Step, ...]:
        """The steps that change something."""
        return tuple(step for step in self.steps if step.verb != Verb.KEEP)


_DATED: Final[Mapping[str, tuple[str, ...]]] = {"accounts": ("parent",), "services": ("measure", "credits")}
"""Fields with one value per day: they are complete in the file, so a day that is not there is a day that goes."""

_STAYS: Final[Mapping[str, Text]] = {
    "accounts": text("it has a history, and usage may be kept under it"),
    "solution_groups": text("usage and reports may name it"),
    "services": text("usage and reports may name it"),
}
_STAYS_IN_USE: Final[Mapping[str, Text]] = {
    "regions": text("accounts are in it"),
    "account_types": text("accounts are of it"),
    "billing_units": text("services are counted in it"),
    "sources": text("it has delivered usage, or names are mapped for it"),
}
_REWRITES: Final = text("changes the history of an account: usage that was received keeps the MSP it came with")


def reason_to_stay(section: str, key: Key, in_use: Collection[Key]) -> Text | None:
    """Why an entry can't be removed, if it can't. `in_use` are the entries of its section that something refers to."""
    return _STAYS.get(section) or (_STAYS_IN_USE[section] if key in in_use else None)


def compare(present: State, wanted: State, *, listed: Collection[str], in_use: Mapping[str, Collection[Key]]) -> Plan:
    """The steps from what is to what is wanted.

    `listed` are the sections of the file: of others nothing is removed. `in_use` names the entries that must stay.
    """
    steps: list[Step] = []
    for section in SECTIONS:
        before, after = present.get(section, {}), wanted.get(section, {})
        steps += (step for key, values in after.items() for step in _wished(section, key, before.get(key), values))
    for section in reversed(list(SECTIONS)):
        if section in listed:
            gone = present.get(section, {}).keys() - wanted.get(section, {}).keys()
            steps += (_unwished(section, key, present[section][key], in_use.get(section, ())) for key in sorted(gone))
    return Plan(tuple(steps))


def entry_name(section: str, key: Key) -> str:
    """What an entry is called beside its kind."""
    if section == "members":
        return f"{key[0]} in {key[1]}"
    if section == "terms":
        return dated.field(key[0] or "the installation", dated.parse_day(key[1]))
    return key[0] if key else ""


def outcome(section: str, before: Values, wanted: Values) -> Values:
    """All values of an entry once what is wanted is done: what is not spoken of stays, days that are not spoken of go."""
    complete = _DATED.get(section, ())
    return {name: value for name, value in before.items() if not any(dated.is_of(name, field) for field in complete)} | wanted


def _wished(section: str, key: Key, before: Values | None, after: Values) -> Iterator[Step]:
    name = entry_name(section, key)
    changes = _changes(section, f"{SECTIONS[section]} {name}".strip(), before or {}, after)
    if before is None:
        yield Step(Verb.ADD, SECTIONS[section], name, changes, section=section, key=key)
    elif changes:
        moved = any(dated.is_of(change.field, "parent") for change in changes)
        rewrites = any(dated.is_of(change.field, "parent") and change.before is not None for change in changes)
        verb = Verb.MOVE if moved else Verb.CHANGE
        yield Step(verb, SECTIONS[section], name, changes, _REWRITES if rewrites else "", section, key)


def _changes(section: str, of: str, before: Values, after: Values) -> tuple[Change, ...]:
    """Every value that differs; nothing said is no difference, except of fields that are complete."""
    complete = _DATED.get(section, ())
    gone: dict[str, Plain] = {name: None for name in before if name not in after and any(dated.is_of(name, field) for field in complete)}
    pairs = [(name, before.get(name), value) for name, value in (after | gone).items()]
    return tuple(Change(name, old, new, of) for name, old, new in pairs if _said(old) != _said(new))


def _said(value: Plain) -> Plain:
    """An empty text says as little as nothing."""
    return None if value == "" else value


def _unwished(section: str, key: Key, before: Values, in_use: Collection[Key]) -> Step:
    """An entry the file no longer names: removed where that is safe."""
    name, kind = entry_name(section, key), SECTIONS[section]
    reason = reason_to_stay(section, key, in_use)
    if reason:
        return Step(Verb.KEEP, kind, name, (), text("no longer in the file; kept, because {reason}", reason=reason), section, key)
    return removal(section, key, before)


def removal(section: str, key: Key, before: Values) -> Step:
    """The step that removes an entry."""
    name, kind = entry_name(section, key), SECTIONS[section]
    changes = tuple(Change(field, value, None, f"{kind} {name}") for field, value in before.items() if value not in (None, ""))
    return Step(Verb.REMOVE, kind, name, changes, "", section, key)
