"""Refusals as problem documents (RFC 9457): a stable `code` for programs, a sentence for people, the path of each bad field."""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, cast

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db.utils import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from trueup.kit.errors import Busy, Conflict, Invalid, NotAllowed, NotFound, Problem, Stale, TrueUpError
from trueup.kit.text import plural, text

_log = logging.getLogger(__name__)

_MOST_PROBLEMS: Final = 1000
"""Told of one request."""

CONTENT_TYPE: Final = "application/problem+json"

KINDS: Final[tuple[tuple[type[TrueUpError], int, str], ...]] = (
    (NotFound, 404, "not_found"),
    (NotAllowed, 403, "not_allowed"),
    (Stale, 412, "stale"),
    (Busy, 503, "busy"),
    (Conflict, 409, "conflict"),
    (Invalid, 422, "invalid"),
)
"""What each refusal is called, and its status; the first that fits counts."""


class Refused(Exception):
    """What only this edge refuses: a header, a media type, too many requests."""

    def __init__(self, status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.headers = dict(headers or {})


def pointer(at: Iterable[str | int]) -> str:
    """A place in a JSON document (RFC 6901): ("lines", 0, "comment") is /lines/0/comment."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in at)


def problem(
    status: int, code: str, detail: str, *,
    errors: Sequence[Mapping[str, object]] = (), headers: Mapping[str, str] | None = None, members: Mapping[str, object] | None = None,
) -> HttpResponse:  # fmt: skip
    """A problem document; `members` are further ones of it, like `current`."""
    document: dict[str, object] = {
        "type": f"urn:trueup:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": str(detail),
        **(members or {}),
    }
    if errors:
        document["errors"] = list(errors)
    return HttpResponse(json.dumps(document, ensure_ascii=False, default=str), status=status, content_type=CONTENT_TYPE, headers=headers)


def field_error(found: Problem, under: Sequence[str | int] = ()) -> dict[str, str]:
    """One bad field. Its path is where the domain says it is; a problem of the whole has none."""
    error = {"code": found.code or "invalid", "detail": str(found)}
    return {"path": pointer((*under, *found.at)), **error} if found.at or under else error


def code_of(error: TrueUpError) -> str:
    """What a refusal of the domain is called."""
    return next(code for kind, _, code in KINDS if isinstance(error, kind))


def refusal(error: TrueUpError, **members: object) -> HttpResponse:
    """The problem document of a refusal of the domain."""
    status, code = next((status, code) for kind, status, code in KINDS if isinstance(error, kind))
    problems = error.problems if isinstance(error, Invalid) else ()
    return problem(status, code, error.message, errors=[field_error(one) for one in problems], members=members)


def register(api: NinjaAPI) -> None:
    """Have every refusal and every mistake of ours answered with a problem document."""
    api.add_exception_handler(TrueUpError, lambda _request, error: refusal(cast("TrueUpError", error)))
    api.add_exception_handler(Refused, lambda _request, error: of_refused(cast("Refused", error)))
    api.add_exception_handler(ValidationError, _not_valid)
    api.add_exception_handler(AuthenticationError, lambda request, _error: unknown_caller(request))
    api.add_exception_handler(HttpError, _unreadable)
    api.add_exception_handler(Http404, lambda _request, _error: nothing_here())
    api.add_exception_handler(OperationalError, busy)
    api.add_exception_handler(UnreadablePostError, lambda _request, _error: of_refused(unreadable()))
    api.add_exception_handler(RequestDataTooBig, lambda _request, _error: of_refused(too_large(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)))
    api.add_exception_handler(Exception, _mistake)


def of_refused(error: Refused) -> HttpResponse:
    """The problem document of what the edge refuses."""
    return problem(error.status, error.code, error.detail, headers=error.headers)


def unknown_caller(request: HttpRequest) -> HttpResponse:
    """Nobody is asking, or somebody whose token says nothing (any more)."""
    sent = bool(request.headers.get("Authorization"))
    detail = text("the token is not valid (any more)") if sent else text("a token is needed: Authorization: Bearer …")
    challenge = 'Bearer realm="TrueUp"' + (', error="invalid_token"' if sent else "")
    return problem(401, "unauthenticated", detail, headers={"WWW-Authenticate": challenge})


def unreadable() -> Refused:
    """The body did not come whole: its sender went away, or the line broke."""
    return Refused(400, "bad_request", text("the body could not be read"))


def too_large(most: int) -> Refused:
    """The body has more than so many bytes."""
    return Refused(413, "too_large", text("the body is larger than {most} MB", most=most // 2**20))


def nothing_here() -> HttpResponse:
    """No operation has this address."""
    return problem(404, "not_found", text("there is nothing at this address"))


def _unreadable(_request: HttpRequest, error: Any) -> HttpResponse:
    """The body is no JSON."""
    return problem(error.status_code, "bad_request", str(error))


def _not_valid(_request: HttpRequest, error: Any) -> HttpResponse:
    """The request does not have the shape the operation says. Places begin with where it was: body, query, path or header."""
    told = error.errors[:_MOST_PROBLEMS]
    errors = [{"path": _place(one["loc"]), "code": _code(one["type"]), "detail": str(one["msg"])} for one in told]
    where = {str(one["loc"][0]) for one in error.errors if one["loc"]}
    if where == {"path"}:
        return nothing_here()
    return problem(422, "invalid", plural("{count} value is not valid", "{count} values are not valid", len(errors)), errors=errors)


def _place(loc: Sequence[str | int]) -> str:
    """Of a body its own path, without the name of the argument; of a parameter the kind and the name."""
    kind, *steps = loc or ("body",)
    return pointer(steps[1:]) if kind == "body" else pointer((kind, *steps))


def _code(kind: str) -> str:
    """The code of a shape that is wrong, in our words where there is one."""
    return {"missing": "missing", "extra_forbidden": "unknown_field", "value_error": "invalid"}.get(kind, "not_readable")


def busy(_request: HttpRequest, error: Any) -> HttpResponse:
    """The database cannot take this just now. Nothing was half done."""
    _log.error("the database could not be used", exc_info=error)
    detail = text("something large is being written; nothing was changed, try again")
    return problem(503, "busy", detail, headers={"Retry-After": "10"})


def _mistake(_request: HttpRequest, error: Any) -> HttpResponse:
    _log.error("an operation failed", exc_info=error)
    return problem(500, "mistake", text("something went wrong on our side; the log of the server says what"))
