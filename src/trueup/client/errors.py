"""What may go wrong between here and the server. What the server refuses are the four errors everybody knows (`trueup.kit.errors`)."""

from collections.abc import Mapping
from typing import Any, Final

import httpx

from trueup.kit.errors import Conflict, Invalid, NotAllowed, NotFound, Problem, Stale, TrueUpError


class Unreachable(TrueUpError):
    """The server cannot be reached, does not answer like TrueUp, or has failed. Nobody knows whether anything was done."""


class SignedOut(NotAllowed):
    """There is no token, or the server does not know it (any more): sign in."""


class Changed(Stale):
    """A `Stale` with what the server has by now: `current` is its representation, as JSON has it."""

    def __init__(self, message: str, current: Mapping[str, Any] | None) -> None:
        super().__init__(message)
        self.current = current


_SIMPLE: Final[dict[int, type[TrueUpError]]] = {401: SignedOut, 403: NotAllowed, 404: NotFound, 409: Conflict, 410: NotFound}


def document_of(response: httpx.Response) -> Mapping[str, Any]:
    """The problem document of an answer; empty for one that is none."""
    if "json" not in response.headers.get("Content-Type", ""):
        return {}
    try:
        found = response.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def refusal(response: httpx.Response) -> TrueUpError:
    """What an answer of 300 and above says, as the error that every caller knows; `code` is what the server calls it."""
    document = document_of(response)
    error = _error(response, document)
    error.code = str(document.get("code") or "")
    return error


def _error(response: httpx.Response, document: Mapping[str, Any]) -> TrueUpError:
    status = response.status_code
    detail = str(document.get("detail") or "")
    if not detail or status < 400 or status >= 500:
        return Unreachable(f"{_origin(response)} {_instead(response, detail)}")
    if status == 412:
        return Changed(detail, document.get("current"))
    if status in {429, 408}:
        return Unreachable(f"{_origin(response)} has no time: {detail}")
    kind = _SIMPLE.get(status)
    return kind(detail) if kind else Invalid(detail, [_problem(one) for one in document.get("errors") or ()])


def _instead(response: httpx.Response, detail: str) -> str:
    """What was answered in place of what was asked for, by a server that has failed, or that is not TrueUp."""
    said = detail or f"its answer is {response.status_code} {response.reason_phrase}".rstrip()
    if response.is_redirect:
        return f"sends us on to {response.headers['Location']}: if that is your TrueUp, name the server by that address"
    if response.status_code >= 500:
        return f"has failed: {said}"
    return f"does not answer like TrueUp ({said}): is the address right?"


def unreachable(url: str, error: Exception) -> Unreachable:
    """There was no answer at all."""
    reason = " ".join(str(error).split()) or type(error).__name__
    return Unreachable(f"{url} cannot be reached: {reason}")


def _problem(found: Mapping[str, Any]) -> Problem:
    steps = str(found.get("path") or "").split("/")[1:]
    at = tuple(step.replace("~1", "/").replace("~0", "~") for step in steps)
    return Problem("", str(found.get("detail") or ""), str(found.get("code") or ""), at)


def _origin(response: httpx.Response) -> str:
    url = response.request.url
    return f"{url.scheme}://{url.netloc.decode('ascii', 'replace')}"
