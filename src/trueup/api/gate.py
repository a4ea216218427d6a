"""Middleware around every operation: who calls, how often, was the same asked before. After it nothing but problem documents."""

import hashlib
from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.db.utils import OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError

from trueup.answers.actions import Begun, begin, keep, release
from trueup.answers.rules import LONGEST_KEY, Again, fits
from trueup.api import clock, problems, sealing
from trueup.api.callers import Caller, identify
from trueup.api.limits import Limits
from trueup.api.problems import Refused
from trueup.kit.text import text

PREFIX: Final = "/api/"
KEY_HEADER: Final = "Idempotency-Key"
REPLAYED_HEADER: Final = "Idempotent-Replayed"

_WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})

OWN_KEYS: Final = ("/api/v1/usage", "/api/v1/events")
"""What is taken in as a stream is not read twice: these operations know a repetition by themselves."""

_KEPT_HEADERS: Final = ("Content-Type", "ETag", "Location", "Link")

_NOT_KEPT: Final = frozenset({401, 403, 429, 503})
"""Answers that may be others a moment later, although nothing of the request has changed."""

_LARGEST_BODY: Final = 20 * 2**20
"""Bytes of a JSON body."""


class Gate:
    """Asks before the operation, so that what is refused here was never begun."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._limits = Limits()

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
        caller = identify(request, now=request.now)
        request.caller = caller
        counted_as = caller.key if caller else f"address:{request.META.get('REMOTE_ADDR', '')}"
        limits = self._limits.count(counted_as, settings.TRUEUP_API_LIMIT, now=request.now)
        key = request.headers.get(KEY_HEADER)
        whole = request.method in _WRITES and not request.path.startswith(OWN_KEYS)
        if whole and int(request.META.get("CONTENT_LENGTH") or 0) > _LARGEST_BODY:
            raise Refused(413, "too_large", text("the body is larger than {most} MB", most=_LARGEST_BODY // 2**20), headers=limits)
        if key is not None and caller is not None and whole:
            response = self._once(request, caller, key)
        else:
            response = _with_problem(self._get_response(request))
        for name, value in limits.items():
            response[name] = value
        return response

    def _once(self, request: HttpRequest, caller: Caller, key: str) -> HttpResponse:
        """Do it, unless it was done with this key before: then the same answer again. Raises Refused."""
        if not fits(key):
            raise Refused(400, "bad_idempotency_key", text("a key has 1 to {most} printable ASCII characters", most=LONGEST_KEY))
        begun = begin(caller.viewer, key, _fingerprint(request), now=clock.now())
        if begun.again == Again.OTHER:
            raise Refused(422, "idempotency_key_reused", text("this key was used for another request"))
        if begun.again == Again.WORKING:
            detail = text("the same request is being worked on; ask again for its answer")
            raise Refused(409, "idempotency_in_progress", detail, headers={"Retry-After": "1"})
        if begun.again == Again.ANSWERED:
            return _given_again(begun)
        return self._first(request, begun)

    def _first(self, request: HttpRequest, begun: Begun) -> HttpResponse:
        try:
            response = _with_problem(self._get_response(request))
        except BaseException:
            release(begun)
            raise
        if response.status_code >= 500 or response.status_code in _NOT_KEPT or response.streaming:
            release(begun)
        else:
            headers = {name: response[name] for name in _KEPT_HEADERS if name in response}
            keep(begun, response.status_code, headers, sealing.to_keep(request, response.content))
        return response


def _fingerprint(request: HttpRequest) -> str:
    """What makes two requests the same."""
    try:
        body = request.body
    except UnreadablePostError as error:
        raise Refused(400, "bad_request", text("the body could not be read")) from error
    digest = hashlib.sha256()
    for part in (str(request.method), request.get_full_path(), request.headers.get("TrueUp-Account", "")):
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
