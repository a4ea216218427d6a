"""Middleware around every operation: who calls, how often, was the same asked before. After it nothing but problem documents."""

import hashlib
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from django.conf import settings
from django.db.utils import OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError

from trueup.answers.actions import Begun, begin, keep, noting, release
from trueup.answers.rules import LONGEST_KEY, Again, fits
from trueup.api import clock, problems, sealing
from trueup.api.callers import Caller, identify
from trueup.api.limits import Limits, Tries, address_of
from trueup.api.problems import Refused
from trueup.kit.text import text

_log = logging.getLogger(__name__)

PREFIX: Final = "/api/"
KEY_HEADER: Final = "Idempotency-Key"
REPLAYED_HEADER: Final = "Idempotent-Replayed"

_WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})

OWN_KEYS: Final = frozenset({"/api/v1/usage", "/api/v1/events", "/api/v1/events/batch"})
"""What is taken in as a stream is not read twice: these operations know a repetition by themselves."""

_SAID: Final = ("Content-Type", "If-Match", "If-None-Match")
"""Headers that make another request of the same body."""

_KEPT_HEADERS: Final = ("Content-Type", "ETag", "Location", "Link")


class Gate:
    """Asks before the operation, so that what is refused here was never begun."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._limits, self._wrong_keys = Limits(), Limits()

    def __call__(self, request: Any) -> HttpResponse:
        """Answer a request to the API; every other one is none of its business."""
        if not request.path.startswith(PREFIX):
            return self._get_response(request)
        request.now = clock.now()
        try:
            response = self._answer(request)
        except Refused as refused:
            response = problems.of_refused(refused)
        except OperationalError as error:  # of what is asked before the operation, and written after it
            response = problems.busy(request, error)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def _answer(self, request: Any) -> HttpResponse:
        address = address_of(request)
        caller = identify(request, Tries(self._wrong_keys, address, request.now), now=request.now)
        request.caller = caller
        limits = self._limits.count(caller.key if caller else f"address:{address}", settings.TRUEUP_API_LIMIT, now=request.now)
        try:
            response = self._within_limits(request, caller)
        except Refused as refused:
            response = problems.of_refused(refused)
        for name, value in limits.items():
            response[name] = value
        return response

    def _within_limits(self, request: Any, caller: Caller | None) -> HttpResponse:
        whole = request.method in _WRITES and request.path not in OWN_KEYS
        if whole and _length(request) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise problems.too_large(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        key = request.headers.get(KEY_HEADER)
        if key is not None and caller is not None and whole:
            return self._once(request, caller, key)
        return _with_problem(self._get_response(request))

    def _once(self, request: HttpRequest, caller: Caller, key: str) -> HttpResponse:
        """Do it, unless it was done with this key before: then the same answer again. Raises Refused."""
        if not fits(key):
            raise Refused(400, "bad_idempotency_key", text("a key has 1 to {most} printable ASCII characters", most=LONGEST_KEY))
        begun = begin(caller.viewer, key, _fingerprint(request, caller), now=clock.now())
        match begun.again:
            case Again.OTHER:
                raise Refused(422, "idempotency_key_reused", text("this key was used for another request"))
            case Again.WORKING:
                detail = text("the same request is being worked on; ask again for its answer")
                raise Refused(409, "idempotency_in_progress", detail, headers={"Retry-After": "1"})
            case Again.LOST:
                raise Refused(409, "answer_lost", text("this was begun, and all of it or a part was done, but its answer cannot be given"))
            case Again.ANSWERED:
                return _given_again(begun)
        return self._first(request, begun)

    def _first(self, request: Any, begun: Begun) -> HttpResponse:
        """What was done is kept, whatever was answered. A refusal has done nothing: with the same key it can be asked anew."""
        try:
            with noting(begun):
                response = _with_problem(self._get_response(request))
        except BaseException:
            release(begun)
            raise
        refused = response.status_code >= 400 and release(begun)
        if not refused and response.status_code < 500 and not response.streaming:
            headers = {name: response[name] for name in _KEPT_HEADERS if name in response}
            secret = sealing.is_marked(request)
            _keep(begun, response.status_code, headers, sealing.to_keep(request, response.content), secret=secret)
        return response


def _keep(begun: Begun, status: int, headers: Mapping[str, str], body: bytes, *, secret: bool) -> None:
    """Keep the answer. Where that is all that fails, it is given once: what it tells of was done."""
    try:
        keep(begun, status, headers, body, secret=secret)
    except OperationalError:
        _log.exception("an answer could not be kept")


def _length(request: HttpRequest) -> int:
    """How long a body says it is; 0 if it does not say."""
    said = str(request.META.get("CONTENT_LENGTH") or "")
    return int(said) if said.isascii() and said.isdecimal() else 0


def _fingerprint(request: HttpRequest, caller: Caller) -> str:
    """What makes two requests the same: also what the caller may do, for an answer is given to nobody who could not have asked for it."""
    try:
        body = request.body
    except UnreadablePostError as error:
        raise problems.unreadable() from error
    said = (request.headers.get(name, "") for name in _SAID)
    digest = hashlib.sha256()
    for part in (str(request.method), request.get_full_path(), *said, " ".join(sorted(caller.scopes))):
        digest.update(part.encode("utf-8", "surrogateescape") + b"\n")
    digest.update(body)
    return digest.hexdigest()


def _given_again(begun: Begun) -> HttpResponse:
    response = HttpResponse(sealing.opened(begun.body), status=begun.status, headers=dict(begun.headers or {}))
    response[REPLAYED_HEADER] = "true"
    return response


def _with_problem(response: HttpResponse) -> HttpResponse:
    """The answer, or a problem document in place of a page: what no operation has answered is Django's word."""
    said = response.headers.get("Content-Type", "")
    if response.status_code < 400 or said.startswith((problems.CONTENT_TYPE, "application/json")):
        return response
    if response.status_code == 405:
        allowed = response.headers.get("Allow", "")
        detail = text("this address answers {methods}", methods=allowed)
        return problems.problem(405, "method_not_allowed", detail, headers={"Allow": allowed})
    if response.status_code == 404:
        return problems.nothing_here()
    return problems.problem(response.status_code, "bad_request", text("the request cannot be read"))
