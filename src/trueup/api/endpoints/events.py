"""Usage in small pieces, as clients that people already have send it: CloudEvents 1.0 (OpenMeter's clients), and Lago's events."""

import json
import uuid
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Annotated, Any, Final

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from trueup.accounts.rules import Scope
from trueup.api import paging
from trueup.api.access import Allowed
from trueup.api.bodies import no_number
from trueup.api.callers import Asked
from trueup.api.paging import Cursor, Limit, Listed
from trueup.api.problems import Refused
from trueup.api.schemas import REFUSALS, ProblemDocument
from trueup.intake import queries
from trueup.intake.actions import Kept, receive, retry
from trueup.intake.rules import cloudevents, lago
from trueup.intake.rules.pieces import LARGEST_EVENT, MOST_EVENTS, Read, Sent
from trueup.kit.errors import Problem
from trueup.kit.period import instant_text
from trueup.kit.text import text

router = Router()

JSON: Final = "application/json"
ONE: Final = "application/cloudevents+json"
SEVERAL: Final = "application/cloudevents-batch+json"

_ANSWERS: Final = {**REFUSALS, 413: ProblemDocument, 415: ProblemDocument}
_NAMESPACE = uuid.UUID("0b0b5d3c-6f0e-5c39-9a4f-5f3c3f1f7e11")
"""What ids of events are made in, where a protocol wants an id of ours: the same event has the same one."""

_Reading = Callable[[object, tuple[str, ...], str], Sent | list[Problem]]


class LagoEvent(Schema):
    """An event as it is kept, in the shape Lago's clients read."""

    lago_id: str
    transaction_id: str
    lago_customer_id: str | None
    lago_subscription_id: str | None
    external_subscription_id: str
    code: str
    timestamp: str
    precise_total_amount_cents: str | None
    properties: dict[str, Any]
    created_at: str


class OneEvent(Schema):
    """One event."""

    event: LagoEvent


class SeveralEvents(Schema):
    """Events in the order they were sent."""

    events: list[LagoEvent]


class RefusedEvent(Schema):
    """An event that was acknowledged and that the ledger could not take."""

    id: int
    source: str
    event_id: str
    customer: str
    service: str
    day: str
    time: str
    provisioned: str
    used: str | None
    credits: str | None
    arrived_at: str
    code: str
    field: str
    detail: str


class Again(Schema):
    """Which refused events are to be tried again; all if none is named."""

    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[Annotated[int, Field(ge=0, lt=2**63)]], Field(max_length=500)] | None = None


class Retried(Schema):
    """How many events are tried again."""

    retried: int


_CLOUD_EVENT: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["specversion", "id", "source", "type", "subject", "data"],
    "properties": {
        "specversion": {"type": "string", "enum": [cloudevents.VERSION]},
        "id": {"type": "string", "description": "Unique within the source."},
        "source": {"type": "string"},
        "type": {"type": "string", "description": "The service's code."},
        "subject": {"type": "string", "description": "The customer's ref."},
        "time": {"type": ["string", "null"], "format": "date-time"},
        "data": {"type": "object", "description": "`provisioned`, `used`, `credits`, `day`; or `value` alone."},
    },
}
_LAGO_EVENT: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["transaction_id", "external_subscription_id", "code", "properties"],
    "properties": {
        "transaction_id": {"type": "string"},
        "external_subscription_id": {"type": "string", "description": "The customer's ref."},
        "code": {"type": "string", "description": "The service's code."},
        "timestamp": {"description": "Unix seconds, or ISO 8601."},
        "properties": {"type": "object", "description": "`provisioned`, `used`, `credits`, `day`; or `value` alone."},
    },
}
_SEVERAL_CLOUD_EVENTS: Final = {"type": "array", "items": _CLOUD_EVENT, "maxItems": MOST_EVENTS}
_ONE_LAGO: Final = {"type": "object", "required": ["event"], "properties": {"event": _LAGO_EVENT}}
_SEVERAL_LAGO: Final = {
    "type": "object",
    "required": ["events"],
    "properties": {"events": {"type": "array", "items": _LAGO_EVENT, "maxItems": MOST_EVENTS}},
}


def _body(**kinds: object) -> dict[str, Any]:
    content = {kind: {"schema": schema} for kind, schema in kinds.items()}
    return {"requestBody": {"required": True, "content": content}}


@router.post(
    "/events", response={200: OneEvent, 204: None, **_ANSWERS}, auth=Allowed(Scope.USAGE_WRITE), operation_id="send_events",
    summary="Send usage in small pieces",
    openapi_extra=_body(**{
        ONE: _CLOUD_EVENT, SEVERAL: _SEVERAL_CLOUD_EVENTS, JSON: {"anyOf": [_CLOUD_EVENT, _SEVERAL_CLOUD_EVENTS, _ONE_LAGO]},
    }),
)  # fmt: skip
def send_events(request: HttpRequest) -> Any:
    """CloudEvents 1.0 in structured mode, one or a batch (204), or one event as Lago's clients send it, `{"event": …}` (200, echoed).

    All are kept or none. What is acknowledged is on the disk, and gets into the ledger within seconds. The same `source` and `id`
    (Lago: `transaction_id`) again changes nothing.
    """
    given = _json(request, JSON, ONE, SEVERAL)
    kind = request.content_type
    if kind == SEVERAL and not isinstance(given, list):
        raise Refused(400, "bad_request", text("a batch is a JSON array"))
    if kind == ONE and not isinstance(given, dict):
        raise Refused(400, "bad_request", text("an event is a JSON object"))
    if isinstance(given, dict) and "event" in given and "specversion" not in given:
        return _answered({"event": _echo(_received(request, lago.read, [given["event"]], ("event",))[0])})
    if isinstance(given, list):
        _received(request, cloudevents.read, given, (), numbered=True)
    else:
        _received(request, cloudevents.read, [given], ())
    return HttpResponse(status=204)


@router.post(
    "/events/batch", response={200: SeveralEvents, **_ANSWERS}, auth=Allowed(Scope.USAGE_WRITE), operation_id="send_event_batch",
    summary="Send several events as Lago's clients do", openapi_extra=_body(**{JSON: _SEVERAL_LAGO}),
)  # fmt: skip
def send_event_batch(request: HttpRequest) -> Any:
    """All are kept or none; the answer echoes what is kept under each `transaction_id`."""
    given = _json(request, JSON)
    events = given.get("events") if isinstance(given, dict) else None
    if not isinstance(events, list):
        raise Refused(400, "bad_request", text("the body is {shape}", shape='{"events": […]}'))
    return _answered({"events": [_echo(one) for one in _received(request, lago.read, events, ("events",), numbered=True)]})


@router.get(
    "/events/refused", response={200: Listed[RefusedEvent], **REFUSALS}, auth=Allowed(Scope.USAGE_READ, Scope.USAGE_WRITE),
    operation_id="list_refused_events", summary="Events that the ledger could not take",
)  # fmt: skip
def list_refused_events(request: HttpRequest, response: HttpResponse, limit: Limit = paging.USUAL, cursor: Cursor = None) -> Any:
    """What was acknowledged for your account and refused later, with the reason: a customer that has moved, a service that is gone."""
    asked: Asked = request  # type: ignore[assignment]
    (after,) = paging.unpacked(cursor, int) or (0,)
    rows = queries.refused(asked.caller.viewer, after=after, limit=limit + 1)
    return paging.page(request, response, rows, limit, shown=_shown, place=lambda row: (row.id,))


@router.post(
    "/events/refused/retry", response={200: Retried, **_ANSWERS}, auth=Allowed(Scope.USAGE_WRITE),
    operation_id="retry_refused_events", summary="Try refused events again",
)  # fmt: skip
def retry_refused_events(request: HttpRequest, again: Again) -> Any:
    """They are given to the ledger anew, within seconds; what it still refuses is listed again."""
    asked: Asked = request  # type: ignore[assignment]
    return {"retried": retry(asked.caller.viewer, again.ids, now=asked.now)}


def _json(request: HttpRequest, *kinds: str) -> Any:
    """The body. Raises Refused (400, 413, 415). Numbers keep the digits they are written with."""
    if request.content_type not in kinds or (request.content_params or {}).get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
        detail = text("send {kinds}, in UTF-8; CloudEvents in structured mode", kinds=", ".join(kinds))
        raise Refused(415, "unsupported_media_type", detail, headers={"Accept": ", ".join(kinds)})
    try:
        return json.loads(request.body.decode("utf-8"), parse_float=Decimal, parse_constant=no_number)
    except RequestDataTooBig as error:
        raise Refused(413, "too_large", text("the body is too large: send it in several calls")) from error
    except UnreadablePostError as error:
        raise Refused(400, "bad_request", text("the body could not be read")) from error
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise Refused(400, "bad_request", text("the body is not JSON")) from error


def _received(
    request: HttpRequest, read: _Reading, events: Sequence[object], under: tuple[str, ...], *, numbered: bool = False
) -> list[Kept]:
    """Keep the events of a body; `under` is where they stand in it."""
    if len(events) > MOST_EVENTS:
        raise Refused(413, "too_large", text("more than {most} events in one call", most=MOST_EVENTS))
    places = [(*under, str(index)) if numbered else under for index in range(len(events))]
    written = [_written(event) for event in events]
    if any(len(one) > LARGEST_EVENT for one in written):
        raise Refused(413, "too_large", text("an event has more than {most} characters", most=LARGEST_EVENT))
    found = [read(event, place, one) for event, place, one in zip(events, places, written, strict=True)]
    sent = tuple(one for one in found if isinstance(one, Sent))
    problems = tuple(problem for one in found if not isinstance(one, Sent) for problem in one)
    asked: Asked = request  # type: ignore[assignment]
    return receive(asked.caller.viewer, Read(sent, problems), now=asked.now)


def _written(event: object) -> str:
    """An event as JSON again; lone halves of characters stay escaped, which every database keeps."""
    return json.dumps(event, default=_number, separators=(",", ":"))


def _number(value: Decimal) -> float | str:
    """A number of the body as JSON writes it; one that is beyond JSON as text."""
    return float(value) if value.is_finite() and value.adjusted() < 300 else str(value)


def _echo(kept: Kept) -> dict[str, object]:
    said = json.loads(kept.payload)
    return {
        "lago_id": str(uuid.uuid5(_NAMESPACE, f"{kept.account_id}:{kept.source}:{kept.event_id}")),
        "transaction_id": kept.event_id,
        "lago_customer_id": None,
        "lago_subscription_id": None,
        "external_subscription_id": said["external_subscription_id"],
        "code": said["code"],
        "timestamp": instant_text(kept.at),
        "precise_total_amount_cents": said.get("precise_total_amount_cents"),
        "properties": said.get("properties") or {},
        "created_at": instant_text(kept.arrived_at),
    }


def _answered(document: dict[str, object]) -> HttpResponse:
    return HttpResponse(json.dumps(document), content_type=JSON)


def _shown(row: queries.RefusedPiece) -> dict[str, object]:
    return {
        "id": row.id,
        "source": row.source,
        "event_id": row.event_id,
        "customer": row.customer,
        "service": row.service,
        "day": row.day.isoformat(),
        "time": instant_text(row.time),
        "provisioned": row.provisioned,
        "used": row.used or None,
        "credits": row.credits or None,
        "arrived_at": instant_text(row.arrived_at),
        "code": row.reason,
        "field": row.column,
        "detail": str(row.detail),
    }
