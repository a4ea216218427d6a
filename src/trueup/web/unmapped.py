"""What unknown names may stand for, and what somebody said they stand for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from trueup.accounts.queries import customers_by_ref
from trueup.accounts.rules import Viewer
from trueup.catalog.queries import services_by_code
from trueup.kit.alike import most_alike
from trueup.ledger.queries import UnmappedName
from trueup.web.whole import whole


class Waiting(NamedTuple):
    """A name records wait for."""

    kind: str
    name: str
    source: str


class Failure(NamedTuple):
    """What was typed for a name, and why it was refused."""

    typed: str
    message: str


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the page."""

    kind: str
    name: str
    source: str
    records: int
    first_day: date
    last_day: date
    suggestion: str
    typed: str
    error: str


Known = Mapping[str, dict[str, str]]
"""For `customer` and `service`: ref or code → name."""


def candidates(viewer: Viewer) -> Known:
    """The customers and services a viewer may choose from."""
    return {"customer": customers_by_ref(viewer), "service": services_by_code(viewer)}


def rows_of(names: Sequence[UnmappedName], known: Known, failed: Mapping[Waiting, Failure]) -> list[Row]:
    """The names with a suggestion each, and with what was refused."""
    like = {kind: most_alike({one.name for one in names if one.kind == kind}, known[kind]) for kind in known}
    rows = []
    for one in names:
        typed, error = failed.get(Waiting(one.kind, one.name, one.source), Failure("", ""))
        suggestion = like[one.kind].get(one.name, "")
        rows.append(Row(one.kind, one.name, one.source, one.records, one.first_day, one.last_day, suggestion, typed, error))
    return rows


def answers(form: Mapping[str, str]) -> dict[Waiting, str]:
    """What the form says names stand for: what was typed, else the suggestion that was agreed to."""
    found: dict[Waiting, str] = {}
    rows = form.get("rows", "")
    for at in range(whole(rows, most=99_999) or 0):
        target = form.get(f"target-{at}", "").strip() or form.get(f"suggested-{at}", "").strip()
        if target:
            found[Waiting(*(form.get(f"{field}-{at}", "") for field in ("kind", "name", "source")))] = target
    return found
