"""How one entry of the network is shown, added, changed and removed: the same for all of them.

`If-Match` changes what somebody has seen; `If-None-Match: *`, or neither, adds what is not there yet.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Generic, Protocol, TypeVar, cast

from django.http import HttpRequest, HttpResponse
from ninja import Schema, Status

from trueup.api import problems, versions
from trueup.api.callers import Asked
from trueup.kit.errors import Invalid, NotFound, Problem, Stale
from trueup.network import actions
from trueup.network.editing import TAKEN
from trueup.network.rules.editing import ANY, NEW

EXISTS: Final = "exists"
"""The code of the refusal to add what there is already."""

_FINGERPRINT: Final = re.compile(r"[0-9a-f]{16}")
_NEVER: Final = "-"
"""As a fingerprint one that no entry ever has."""


class Versioned(Protocol):
    """Something with a fingerprint."""

    @property
    def fingerprint(self) -> str:
        """Another one as soon as anything has changed."""


Row = TypeVar("Row", bound=Versioned)
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind(Generic[Row]):
    """A kind of entries. `read` raises NotFound; `keys` are the fields that stand in the address, by the names they have there.

    `renamed`: fields that the API calls otherwise than the network file.
    """

    section: str
    schema: type[Schema]
    read: Callable[[Asked, Key], Row]
    shown: Callable[[Row], dict[str, Any]]
    keys: Mapping[str, str]
    renamed: Mapping[str, str] = field(default_factory=dict)

    def named(self, key: Key) -> dict[str, Any]:
        """The fields of the address, as the network file has them."""
        return dict(zip(self.keys, key, strict=True))


def show(kind: Kind[Row], request: HttpRequest, response: HttpResponse, key: Key) -> dict[str, Any]:
    """An entry as it is now, with its ETag."""
    row = kind.read(cast("Asked", request), key)
    response["ETag"] = versions.tag(row.fingerprint)
    return kind.shown(row)


def put(kind: Kind[Row], request: HttpRequest, response: HttpResponse, key: Key, entry: Mapping[str, Any]) -> Any:
    """Make an entry as it is sent: 201 where it is new, else as `change` does."""
    only_new = versions.only_new(request)
    if "If-Match" in request.headers:
        return change(kind, request, response, key, entry)
    try:
        _change(kind, request, key, entry, NEW)
    except Invalid as error:
        if any(one.code == TAKEN for one in error.problems):
            return _there_already(kind, request, key, error, asked_for=only_new)
        raise
    return Status(201, show(kind, request, response, key))


def change(kind: Kind[Row], request: HttpRequest, response: HttpResponse, key: Key, entry: Mapping[str, Any]) -> Any:
    """Change an entry somebody has seen: only what is sent."""
    seen = _seen(request)
    kind.read(cast("Asked", request), key)
    try:
        _change(kind, request, key, entry, ANY if seen is None else seen)
    except Stale as error:
        return _stale(kind, request, key, error)
    return Status(200, show(kind, request, response, key))


def remove(kind: Kind[Row], request: HttpRequest, key: Key) -> Any:
    """Remove an entry somebody has seen."""
    asked = cast("Asked", request)
    seen = _seen(request)
    kind.read(asked, key)
    try:
        actions.remove(asked.caller.viewer, kind.section, key, now=asked.now, seen=seen)
    except Stale as error:
        return _stale(kind, request, key, error)
    return Status(204, None)


def _seen(request: HttpRequest) -> str | None:
    """The fingerprint of an If-Match; None for any. What looks like none is one that never was."""
    seen = versions.seen(request)
    return seen if seen is None or _FINGERPRINT.fullmatch(seen) else _NEVER


def _change(kind: Kind[Row], request: HttpRequest, key: Key, entry: Mapping[str, Any], seen: str) -> None:
    asked = cast("Asked", request)
    calls_it = {ours: theirs for theirs, ours in kind.renamed.items()}
    given = {calls_it.get(name, name): value for name, value in entry.items()} | kind.named(key)
    try:
        actions.change(asked.caller.viewer, kind.section, given, now=asked.now, seen=seen)
    except Invalid as error:
        raise Invalid(error.message, [_placed(kind, one) for one in error.problems]) from error


def _placed(kind: Kind[Row], one: Problem) -> Problem:
    """A problem at its place in the request: in its body, or, of what stands in the address, in its path."""
    first, *rest = one.at or ("",)
    if first in kind.keys:
        return replace(one, at=("path", kind.keys[first]))
    return replace(one, at=(kind.renamed.get(first, first), *rest)) if one.at else one


def _there_already(kind: Kind[Row], request: HttpRequest, key: Key, error: Invalid, *, asked_for: bool) -> HttpResponse:
    """412: there is such an entry. Of one the caller does not see nothing else is said; one it sees it has to have seen (428)."""
    detail = error.problems[0].message
    try:
        current, headers = _current(kind, request, key)
    except NotFound:
        return problems.problem(412, EXISTS, detail)
    if not asked_for:
        versions.seen(request)
    return problems.problem(412, EXISTS, detail, headers=headers, members={"current": current})


def _stale(kind: Kind[Row], request: HttpRequest, key: Key, error: Stale) -> HttpResponse:
    current, headers = _current(kind, request, key)
    response = problems.refusal(error, current=current)
    for name, value in headers.items():
        response[name] = value
    return response


def _current(kind: Kind[Row], request: HttpRequest, key: Key) -> tuple[dict[str, Any], dict[str, str]]:
    """An entry as its GET would answer it. Raises NotFound."""
    row = kind.read(cast("Asked", request), key)
    shown = kind.schema.model_validate(kind.shown(row)).model_dump(mode="json", by_alias=True)
    return shown, {"ETag": versions.tag(row.fingerprint)}
