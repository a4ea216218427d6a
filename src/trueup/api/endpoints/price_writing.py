"""How what has a fingerprint is shown, saved and removed: price lists and promo codes alike.

`If-Match` changes what somebody has seen; `If-None-Match: *`, or neither, adds what is not there yet.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from django.http import HttpRequest, HttpResponse
from ninja import Schema, Status

from trueup.api import problems, versions
from trueup.api.endpoints.network_writing import EXISTS
from trueup.kit.errors import NotFound, Stale
from trueup.prices.actions import NEW


class Versioned(Protocol):
    """Something with a fingerprint."""

    @property
    def fingerprint(self) -> str:
        """Another one as soon as anything has changed."""


Row = TypeVar("Row", bound=Versioned)
Save = Callable[[str | None], object]
"""Saves or removes it; the argument is the fingerprint that was seen, NEW for nothing, None for any. Raises Stale."""


@dataclass(frozen=True, slots=True)
class Entry(Generic[Row]):
    """One thing at its address. `read` raises NotFound for what there is not."""

    read: Callable[[], Row]
    shown: Callable[[Row], dict[str, Any]]
    schema: type[Schema]
    require: Callable[[], None] = lambda: None
    """Raises NotAllowed for who reads it, but does not keep it."""

    def show(self, response: HttpResponse) -> dict[str, Any]:
        """It as it is now, with its ETag."""
        row = self.read()
        response["ETag"] = versions.tag(row.fingerprint)
        return self.shown(row)

    def put(self, request: HttpRequest, response: HttpResponse, save: Save) -> Any:
        """Make it as it was sent: 201 where it is new."""
        only_new = versions.only_new(request)
        if "If-Match" in request.headers:
            return self._change(request, response, save)
        try:
            save(NEW)
        except Stale as error:
            if not only_new:
                versions.seen(request)  # there is one: 428
            return self._stale(error, EXISTS)
        return Status(201, self.show(response))

    def _change(self, request: HttpRequest, response: HttpResponse, save: Save) -> Any:
        seen = self._seen(request)
        try:
            save(seen)
        except Stale as error:
            return self._stale(error)
        return Status(200, self.show(response))

    def remove(self, request: HttpRequest, remove: Save) -> Any:
        """Remove it, if it still is what was seen."""
        seen = self._seen(request)
        try:
            remove(seen)
        except Stale as error:
            return self._stale(error)
        return Status(204, None)

    def _seen(self, request: HttpRequest) -> str | None:
        """The fingerprint that was seen of what is there; None for any. An empty one is one that never was."""
        seen = versions.seen(request)
        self.read()
        self.require()
        return "-" if seen == NEW else seen

    def _stale(self, error: Stale, code: str = "stale") -> HttpResponse:
        """412 with what is there by now; null where it was removed."""
        try:
            row = self.read()
        except NotFound:
            return problems.problem(412, code, error.message, members={"current": None})
        current = self.schema.model_validate(self.shown(row)).model_dump(mode="json", by_alias=True)
        return problems.problem(412, code, error.message, headers={"ETag": versions.tag(row.fingerprint)}, members={"current": current})
