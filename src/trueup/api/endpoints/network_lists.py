"""The operations on one of the network's short lists: the same five for each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from trueup.accounts.rules import Scope
from trueup.api import paging
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.endpoints import network_writing as writing
from trueup.api.endpoints.network_shapes import all_of, said, today
from trueup.api.endpoints.network_writing import Key, Kind, Versioned
from trueup.api.paging import USUAL, Cursor, Limit, Listed, unpacked
from trueup.api.parameters import Ref
from trueup.api.schemas import REFUSALS, WRITES
from trueup.network import queries

READ: Final = Allowed(Scope.NETWORK_READ)
WRITE: Final = Allowed(Scope.NETWORK_WRITE)

Row = TypeVar("Row", bound=Versioned)


@dataclass(frozen=True, slots=True)
class List:
    """A list: what one entry is called in names and in sentences. `in_order`: of the report; others are by code."""

    name: str
    words: str
    in_order: bool = False

    def place(self, row: Any) -> tuple[Any, ...]:
        """Where a row stands."""
        return (row.position, row.code) if self.in_order else (row.code,)

    @property
    def places(self) -> tuple[type, ...]:
        """Of what a place is made."""
        return (int, str) if self.in_order else (str,)


def read(section: str) -> Callable[[Asked, Key], Any]:
    """How one entry of a list is read."""
    return lambda request, key: queries.entry(request.caller.viewer, section, key[0], today(request))


def keep(router: Router, path: str, of: List, kind: Kind[Row], *, whole: type[Schema], part: type[Schema]) -> None:
    """Add the operations on a list. `whole` is what a PUT sends, `part` what a PATCH does."""
    _reading(router, path, of, kind)
    one: dict[str, Any] = {"path": f"{path}/{{code}}", "auth": WRITE}

    def put(request: HttpRequest, response: HttpResponse, code: Ref, body: Schema) -> Any:
        return writing.put(kind, request, response, (code,), all_of(body))

    def change(request: HttpRequest, response: HttpResponse, code: Ref, body: Schema) -> Any:
        return writing.change(kind, request, response, (code,), said(body))

    def delete(request: HttpRequest, code: Ref) -> Any:
        return writing.remove(kind, request, (code,))

    put.__annotations__["body"], change.__annotations__["body"] = whole, part
    shown = kind.schema
    router.put(
        **one, response={200: shown, 201: shown, **WRITES}, operation_id=f"put_{of.name}", summary=f"Add or replace a {of.words}",
        description=f"Make the {of.words} as it is sent. A new one comes with `If-None-Match: *`, one there is with its `If-Match`.",
    )(put)  # fmt: skip
    router.patch(
        **one, response={200: shown, **WRITES}, operation_id=f"change_{of.name}", summary=f"Change a {of.words}",
        description="Change what is sent; all else stays.",
    )(change)  # fmt: skip
    router.delete(
        **one, response={204: None, **WRITES}, operation_id=f"delete_{of.name}", summary=f"Remove a {of.words}",
        description=f"Remove a {of.words} that nothing refers to. All others stay: 409 says why.",
    )(delete)  # fmt: skip


def _reading(router: Router, path: str, of: List, kind: Kind[Row]) -> None:
    def rows(request: HttpRequest, response: HttpResponse, limit: Limit = USUAL, cursor: Cursor = None) -> Any:
        asked: Asked = request  # type: ignore[assignment]
        after: Any = unpacked(cursor, *of.places)
        found: Any = queries.entries_after(asked.caller.viewer, kind.section, after=after, limit=limit + 1, on=today(request))
        return paging.page(request, response, found, limit, shown=kind.shown, place=of.place)

    def one(request: HttpRequest, response: HttpResponse, code: Ref) -> Any:
        return writing.show(kind, request, response, (code,))

    router.get(
        path, response={200: Listed[kind.schema], **REFUSALS}, auth=READ, operation_id=f"list_{of.name}s",  # type: ignore[name-defined]
        summary=f"{of.words.capitalize()}s", description="In the order of the report." if of.in_order else "By code.",
    )(rows)  # fmt: skip
    router.get(
        f"{path}/{{code}}", response={200: kind.schema, **REFUSALS}, auth=READ, operation_id=f"get_{of.name}",
        summary=f"A {of.words}", description=f"One {of.words}.",
    )(one)  # fmt: skip
