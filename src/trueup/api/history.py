"""Histories in pages: every step, oldest first, with the values it changed before and after."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Schema

from trueup.api import paging


def place(cursor: str | None) -> int:
    """The step that a page follows, by its `sequence`; 0 for the first page. Raises Invalid for what is no cursor of a history."""
    (after,) = paging.unpacked(cursor, int) or (0,)
    return int(after)


def page(request: HttpRequest, response: HttpResponse, steps: Sequence[Any], limit: int, *, change: type[Schema]) -> dict[str, Any]:
    """A page of steps, of `limit` + 1 that were fetched. `change`: what is told of each value that a step changed."""
    names = change.model_fields
    return paging.page(request, response, steps, limit, shown=lambda step: _shown(step, names), place=lambda step: (step.sequence,))


def page_of_all(
    request: HttpRequest, response: HttpResponse, steps: Sequence[Any], limit: int, cursor: str | None, *, change: type[Schema]
) -> dict[str, Any]:
    """A page of the few steps that one thing has, all of which were fetched."""
    after = place(cursor)
    behind = [step for step in steps if step.sequence > after]
    return page(request, response, behind[: limit + 1], limit, change=change)


def _shown(step: Any, names: Iterable[str]) -> dict[str, Any]:
    return {
        "sequence": step.sequence,
        "at": step.at,
        "event": step.kind,
        "actor": step.actor_name,
        "actor_kind": step.actor_kind,
        "changes": [{name: one.get(name) for name in names} for one in step.changes],
    }
