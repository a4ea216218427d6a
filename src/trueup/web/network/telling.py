"""The history of a part of the network in words: what was changed, from what to what, by whom."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import groupby
from typing import Final

from django.utils.translation import gettext as _

from trueup.accounts.rules import Actor
from trueup.events.rules import Change, Plain
from trueup.network import queries
from trueup.network.queries import HistoryRow
from trueup.network.rules.history import ELSEWHERE
from trueup.network.rules.tree import KINDS
from trueup.web import words
from trueup.web.network.steps import WasIs, was_is
from trueup.web.page import Request
from trueup.web.templatetags.trueup import day as day_words

LAST: Final = 10
"""Events a page shows."""

SEARCHED: Final = 100
"""The last events of an account among which those about one of its entries are found."""

MOST_CHANGES: Final = 8
"""Changes of an event that are shown; one that tells of a whole file has thousands."""


@dataclass(frozen=True, slots=True)
class Part:
    """What changed of one thing; `of` is empty where it is the thing whose page this is."""

    of: str
    changes: tuple[WasIs, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """One event in words. `more`: changes that are not shown."""

    words: str
    who: str
    at: datetime
    parts: tuple[Part, ...]
    more: int
    note: str


def history_of(request: Request, ref: str | None, *, about: str = "") -> tuple[Told, ...]:
    """The last events of an account (None: of the installation's lists).

    `about`: only what concerns this entry, like `service core`, or, with a space at its end, entries of this kind, like `region `.
    """
    rows = queries.history(request.viewer, ref, page=1, per_page=SEARCHED if about else LAST).items
    told = [_told(row, f"account {ref}", about) for row in _once(rows)]
    return tuple(event for event in told if event.parts or not about)[:LAST]


def _once(rows: Sequence[HistoryRow]) -> list[HistoryRow]:
    """A move is told to both MSPs, to each without the other: who sees both histories reads it once, and whole."""
    found: dict[tuple[datetime, str, Actor, tuple[tuple[str, str], ...]], HistoryRow] = {}
    for row in rows:
        key = (row.at, row.kind, row.actor, tuple((change.field, change.of) for change in row.changes))
        found[key] = replace(row, changes=_whole(found[key].changes, row.changes)) if key in found else row
    return list(found.values())


def _whole(some: Sequence[Change], others: Sequence[Change]) -> tuple[Change, ...]:
    pairs = zip(some, others, strict=True)
    return tuple(Change(one.field, _named(one.before, other.before), _named(one.after, other.after), one.of) for one, other in pairs)


def _named(value: Plain, other: Plain) -> Plain:
    return other if value == ELSEWHERE else value


def _told(row: HistoryRow, own: str, about: str) -> Told:
    changes = [
        change for change in row.changes if not about or change.of == about.strip() or (about.endswith(" ") and change.of.startswith(about))
    ]
    shown = changes[:MOST_CHANGES]
    parts = tuple(Part(_of(of, {own, about}), tuple(was_is(some))) for of, some in _by_thing(shown))
    return Told(words.word(words.EVENTS, row.kind), _who(row.actor), row.at, parts, len(changes) - len(shown), row.note)


def _by_thing(changes: Sequence[Change]) -> list[tuple[str, list[Change]]]:
    return [(of, list(some)) for of, some in groupby(changes, key=lambda change: change.of)]


def _of(of: str, known: set[str]) -> str:
    """What an entry is called; nothing for the one that is known anyway."""
    if of in known:
        return ""
    for kind in KINDS.values():
        if of.startswith(f"{kind} "):
            name, since, day = of.removeprefix(f"{kind} ").partition(" from ")
            called = f"{words.says(kind)} {name}"
            return _("%(entry)s from %(day)s on") % {"entry": called, "day": day_words(date.fromisoformat(day))} if since else called
    return of


def _who(actor: Actor) -> str:
    return _("the system") if actor.kind == "system" else words.says(actor.name)
