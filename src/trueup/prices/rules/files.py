"""A file of prices: whose and from when each entry is, and what it says (docs/settlement.md, *A file of prices*)."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from trueup.events.rules import Change
from trueup.kit.errors import Problem
from trueup.kit.period import BEGINNING
from trueup.kit.text import text
from trueup.prices.rules.definition import LIST_KEYS, PROMO_KEYS, not_known
from trueup.prices.rules.documents import Document, document_of, fingerprint, promo_document
from trueup.prices.rules.lists import ListKey, PriceList, day_of
from trueup.prices.rules.promos import PromoCode

LISTS: Final = "price_lists"
CODES: Final = "promo_codes"

_KEYS: Final = {LISTS: ("seller", "buyer", "from", *LIST_KEYS), CODES: ("seller", "code", *PROMO_KEYS)}


@dataclass(frozen=True, slots=True)
class Said:
    """One entry: a price list (`key`), or a promo code of a seller. `at` is its place in the file."""

    at: tuple[str, ...]
    seller: str
    document: Mapping[str, object]
    key: ListKey | None = None
    code: str = ""

    def __str__(self) -> str:
        return str(self.key) if self.key else f"{self.seller} {self.code}"


@dataclass(frozen=True, slots=True)
class Planned:
    """What saving an entry of a file changes; nothing of it is changed yet, or all is done by now."""

    said: Said
    changes: tuple[Change, ...]

    def __str__(self) -> str:
        return str(self.said)


def plan_mark(plan: Sequence[Planned]) -> str:
    """A short name for exactly these changes, to notice that prices were changed since somebody has looked at them."""
    return fingerprint({"plan": [[str(one), [change.as_json() for change in one.changes]] for one in plan]})


def entries_of(data: Mapping[str, object]) -> tuple[list[Said], list[Problem]]:
    """The entries of a file, and what is wrong with those that can't be told apart."""
    problems = list(_unknown(data, tuple(_KEYS)))
    found: list[Said] = []
    for section in (LISTS, CODES):
        rows = data.get(section) or []
        if not isinstance(rows, list):
            problems.append(_problem(text("`{field}` must be a list", field=section), "not_a_list", section))
            continue
        for place, row in enumerate(rows):
            problems += _unknown(row, _KEYS[section], section, str(place)) if isinstance(row, dict) else ()
            read = _entry(section, place, row)
            if isinstance(read, Problem):
                problems.append(read)
            else:
                found.append(read)
    return found, [*problems, *_twice(found)]


def _unknown(said: Mapping[str, object], known: Collection[str], *at: str) -> Iterator[Problem]:
    for name in said:
        if name not in known:
            yield _problem(not_known(str(name), known), "unknown_field", *at, str(name))


def _entry(section: str, place: int, row: object) -> Said | Problem:
    at = (section, str(place))
    if not isinstance(row, dict) or not isinstance(row.get("seller"), str):
        return _problem(text("`{field}` is missing", field="seller"), "missing", *at)
    document = {name: value for name, value in row.items() if name in _KEYS[section]}
    seller = str(document.pop("seller"))
    if section == CODES:
        code = document.pop("code", None)
        if not isinstance(code, str | int):
            return _problem(text("`{field}` is missing", field="code"), "missing", *at)
        return Said(at, seller, document, code=str(code))
    buyer, begins = document.pop("buyer", None), document.pop("from", BEGINNING.isoformat())
    if buyer is not None and not isinstance(buyer, str):
        return _problem(text("`{field}` must be text (put it in quotes)", field="buyer"), "not_text", *at, "buyer")
    try:
        return Said(at, seller, document, ListKey(seller, buyer, day_of(str(begins))))
    except ValueError:
        return _problem(text("`{field}` must be a day like 2026-10-16", field="from"), "not_a_day", *at, "from")


def _twice(found: Iterable[Said]) -> Iterator[Problem]:
    known: set[tuple[object, ...]] = set()
    for said in found:
        key = (said.seller, said.key, said.code)
        if key in known:
            yield _problem(text("“{entry}” is here twice", entry=str(said)), "twice", *said.at)
        known.add(key)


def _problem(message: str, code: str, *at: str) -> Problem:
    return Problem(".".join(at), message, code, at)


def file_of(lists: Iterable[PriceList], codes: Iterable[tuple[str, PromoCode]]) -> Document:
    """What a file says that has just these price lists and promo codes (with their sellers)."""
    said = [
        {"seller": one.seller, **({"buyer": one.buyer} if one.buyer else {}), **_begins(one.from_date), **document_of(one)} for one in lists
    ]
    return {LISTS: said, CODES: [{"seller": seller, "code": promo.code, **promo_document(promo)} for seller, promo in codes]}


def _begins(day: date) -> Document:
    return {} if day == BEGINNING else {"from": day.isoformat()}
