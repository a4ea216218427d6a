"""One entry, laid over what is there: what is not said stays as it is."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from typing import Final

from trueup.kit.errors import Invalid
from trueup.kit.period import BEGINNING
from trueup.network.rules import dated
from trueup.network.rules.history import ELSEWHERE
from trueup.network.rules.merging import merged
from trueup.network.rules.tree import Key, Raw, State, Values

Entry = dict[str, Raw]
"""An entry as the file has it. Two forms more are understood here: a field given as None goes back to what it is without being said,
and an effective-dated field given as one mapping (`{"from": …, "per_unit": …}`) says the value of that day only; None takes it away."""

NEW: Final = ""
"""As the fingerprint that was seen: there was no such entry."""

ANY: Final = "*"
"""As the fingerprint that was seen: there is such an entry, whatever it says by now."""

_VALUE_OF: Final[Mapping[str, str]] = {"placements": "parent", "measure": "name", "credits": "per_unit"}
"""Fields with one value per day, and where the value is."""

_ORDERED: Final = ("solution_groups", "services")


def key_of(section: str, entry: Mapping[str, object]) -> Key:
    """What tells the entry from others, as far as it says it."""
    match section:
        case "accounts":
            return (_said(entry, "ref"),)
        case "members":
            return (_said(entry, "email").strip().lower(), _said(entry, "account"))
        case "terms":
            return (_said(entry, "account"), _day(entry.get("from")).isoformat())
    return (_said(entry, "code"),)


def _said(entry: Mapping[str, object], field: str) -> str:
    value = entry.get(field)
    return value if isinstance(value, str) else ""


def _day(value: object) -> date:
    """The day in a `from`; one that cannot be read is refused later, with its field."""
    try:
        return dated.parse_day(value if isinstance(value, str) else None)
    except Invalid:
        return BEGINNING


def shown(values: Values, known_days: Collection[date] | None) -> Values:
    """The values of an entry as a viewer may see them: of placements outside its subtree, that there are some.

    `known_days` are the days from which on the placements hold that the viewer sees; None: it sees them all.
    """
    if known_days is None:
        return values
    known = {dated.field("parent", day) for day in known_days}
    return {name: value if name in known or not dated.is_of(name, "parent") else str(ELSEWHERE) for name, value in values.items()}


def fingerprint(values: Values) -> str:
    """A short name for exactly these values, to notice that somebody else has changed them."""
    text = json.dumps({name: value for name, value in values.items() if name != "position"}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def client_mark(name: str, scopes: Iterable[str]) -> str:
    """The same for what can be changed of an API client."""
    return fingerprint({"name": name, "scopes": " ".join(sorted(scopes))})


def entry_of(section: str, key: Key, values: Values) -> Entry:
    """The entry as the file would say it."""
    plain: Entry = {name: value for name, value in values.items() if value is not None and " from " not in name}  # type: ignore[misc]
    plain |= entry_named(section, key)
    match section:
        case "accounts":
            plain.pop("parent", None)
            plain |= _listed(values, "parent", "placements", _placement)
            plain = {name: value for name, value in plain.items() if value != "" or name != "time_zone"}
        case "services":
            plain.pop("credits", None)
            plain.pop("measure", None)
            plain |= _listed(values, "measure", "measure", _measure) | _listed(values, "credits", "credits", _credits)
        case "sources":
            plain["expected"] = "daily" if values["expected"] else None
    plain.pop("position", None)
    return plain


def entry_named(section: str, key: Key) -> Entry:
    """An entry of which nothing is known but its key."""
    match section:
        case "accounts":
            return {"ref": key[0]}
        case "members":
            return {"email": key[0], "account": key[1]}
        case "terms":
            day: Entry = {} if key[1] == BEGINNING.isoformat() else {"from": key[1]}
            return day | ({"account": key[0]} if key[0] else {})
    return {"code": key[0]}


def _placement(value: str) -> Entry:
    return {"parent": value}


def _measure(value: str) -> Entry:
    name, _, at = value.partition(" ")
    return {"name": name, "percentile": at} if at else {"name": name}


def _credits(value: str) -> Entry:
    return {"per_unit": value}


def _listed(values: Values, field: str, name: str, item: Callable[[str], Entry]) -> Entry:
    rows: list[Raw] = [_from(day) | item(value) for day, value in dated.entries(values, field)]
    return {name: rows} if rows else {}


def _from(day: date) -> Entry:
    return {} if day == BEGINNING else {"from": day.isoformat()}


def laid_over(before: Entry, given: Entry) -> Entry:
    """What the entry says now, with what is given in its place. `before` is what the file would say of it, or nothing."""
    entry = dict(before)
    if "parent" in given:
        entry.pop("placements", None)
    for field, value in given.items():
        if field in _VALUE_OF and isinstance(value, dict) and (field != "measure" or "from" in value):
            _lay_day(entry, field, value)
        elif value is None:
            entry.pop(field, None)
        else:
            entry[field] = value
    return entry


def _lay_day(entry: Entry, field: str, item: Entry) -> None:
    """Say the value of one day; without a value, take away what is said of that day."""
    listed = entry.get(field)
    rows = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    day, value = _day(item.get("from")), item.get(_VALUE_OF[field], "")
    others = [row for row in rows if _day(row.get("from")) != day]
    item = {name: said for name, said in item.items() if said is not None}
    if value is None:
        rows = others
    elif field == "placements" and isinstance(value, str) and rows:
        # What is in force on that day anyway is no move.
        history = merged([(_day(row.get("from")), str(row["parent"])) for row in rows], [(day, value)])
        known = {_day(row.get("from")): row for row in [*rows, item]}
        rows = [known[at] if known[at].get("parent") == parent else _from(at) | {"parent": parent} for at, parent in history]
    else:
        rows = sorted([*others, item], key=lambda row: _day(row.get("from")))
    if rows or field == "placements":
        entry[field] = list(rows)
    else:
        entry.pop(field, None)


def base_of(section: str, key: Key, present: State) -> Entry:
    """What is said of an entry before anything is given: of new terms, what the account's terms say on the day before."""
    entries = present[section]
    if key in entries:
        return entry_of(section, key, entries[key])
    if section != "terms":
        return {}
    earlier = [other for other in entries if other[0] == key[0] and other[1] < key[1]]
    return entry_of(section, key, entries[max(earlier)]) if earlier else {}


def in_place(wanted: State, present: State) -> State:
    """The same with the places of groups and services in the report: as they are, a new one at the end."""
    for name in _ORDERED:
        for key, values in wanted.get(name, {}).items():
            taken = [int(str(other["position"])) for other in present[name].values()]
            here = present[name].get(key, {}).get("position")
            values["position"] = here if here is not None else max(taken, default=-1) + 1
    return wanted
