"""Usage in small pieces, as clients that people already have send it: CloudEvents 1.0 (OpenMeter's clients), and Lago's events."""

import json
import uuid
from collections.abc import Callable
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Router

from trueup.accounts.rules import Scope
from trueup.api import paging
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.endpoints.event_bodies import JSON, ONE, SEVERAL, Events, fields_of, of_batch, of_events, read_body
from trueup.api.endpoints.event_shapes import (
    CLOUD_EVENT,
    ONE_LAGO,
    SEVERAL_CLOUD_EVENTS,
    SEVERAL_LAGO,
    Again,
    OneEvent,
    RefusedEvent,
    Retried,
    SeveralEvents,
)
from trueup.api.paging import Cursor, Limit, Listed
from trueup.api.problems import Refused
from trueup.api.schemas import REFUSALS, ProblemDocument
from trueup.intake import queries
from trueup.intake.actions import Kept, receive, retry
from trueup.intake.rules import cloudevents, lago
from trueup.intake.rules.pieces import LARGEST_EVENT, Read, Sent
from trueup.kit.errors import Problem
from trueup.kit.period import instant_text
from trueup.kit.text import text

router = Router()

_ANSWERS: Final = {**REFUSALS, 413: ProblemDocument, 415: ProblemDocument}
_NAMESPACE = uuid.UUID("0b0b5d3c-6f0e-5c39-9a4f-5f3c3f1f7e11")
"""What ids of events are made in, where a protocol wants an id of ours: the same event has the same one."""

_Reading = Callable[[object, tuple[str, ...], str], Sent | list[Problem]]


def _body(**kinds: object) -> dict[str, Any]:
    content = {kind: {"schema": schema} for kind, schema in kinds.items()}
    return {"requestBody": {"required": True, "content": content}}


@router.post(
    "/events", response={200: OneEvent, 204: None, **_ANSWERS}, auth=Allowed(Scope.USAGE_WRITE), operation_id="send_events",
    summary="Send usage in small pieces",
    openapi_extra=_body(**{
        ONE: CLOUD_EVENT, SEVERAL: SEVERAL_CLOUD_EVENTS, JSON: {"anyOf": [CLOUD_EVENT, SEVERAL_CLOUD_EVENTS, ONE_LAGO]},
    }),
)  # fmt: skip
def send_events(request: HttpRequest) -> Any:
    """CloudEvents 1.0 in structured mode, one or a batch (204), or one event as Lago's clients send it, `{"event": …}` (200, echoed).

    All are kept or none. What is acknowledged is on the disk, and gets into the ledger within seconds. The same `source` and `id`
    (Lago: `transaction_id`) again changes nothing.
    """
    kind = request.content_type
    sent = read_body(request, (JSON, ONE, SEVERAL), of_events)
    if kind == SEVERAL and not sent.several:
        raise Refused(400, "bad_request", text("a batch is a JSON array"))
    if kind == ONE and sent.several:
        raise Refused(400, "bad_request", text("an event is a JSON object"))
    kept = _received(request, lago.read if sent.echoed else cloudevents.read, sent)
    return _answered(f'{{"event":{_echo(kept[0])}}}') if sent.echoed else HttpResponse(status=204)


@router.post(
    "/events/batch", response={200: SeveralEvents, **_ANSWERS}, auth=Allowed(Scope.USAGE_WRITE), operation_id="send_event_batch",
    summary="Send several events as Lago's clients do", openapi_extra=_body(**{JSON: SEVERAL_LAGO}),
)  # fmt: skip
def send_event_batch(request: HttpRequest) -> Any:
    """All are kept or none; the answer echoes what is kept under each `transaction_id`."""
    kept = _received(request, lago.read, read_body(request, (JSON,), of_batch))
    return _answered(f'{{"events":[{",".join(map(_echo, kept))}]}}')


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


def _received(request: HttpRequest, read: _Reading, sent: Events) -> list[Kept]:
    """Keep the events of a body."""
    if any(len(part.written) > LARGEST_EVENT for part in sent.parts):
        raise Refused(413, "too_large", text("an event has more than {most} characters", most=LARGEST_EVENT))
    found = [read(part.value, place, part.written) for part, place in zip(sent.parts, sent.places(), strict=True)]
    fine = tuple(one for one in found if isinstance(one, Sent))
    problems = tuple(problem for one in found if not isinstance(one, Sent) for problem in one)
    asked: Asked = request  # type: ignore[assignment]
    return receive(asked.caller.viewer, Read(fine, problems), now=asked.now)


def _echo(kept: Kept) -> str:
    """An event as Lago answers it, as JSON: what was sent stands in it as it was written."""
    said = {name: part.written for name, part in fields_of(kept.payload).items() if part.value is not None}
    members = {
        "lago_id": json.dumps(str(uuid.uuid5(_NAMESPACE, f"{kept.account_id}:{kept.source}:{kept.event_id}"))),
        "transaction_id": json.dumps(kept.event_id),
        "lago_customer_id": "null",
        "lago_subscription_id": "null",
        "external_subscription_id": said["external_subscription_id"],
        "code": said["code"],
        "timestamp": json.dumps(instant_text(kept.at)),
        "precise_total_amount_cents": said.get("precise_total_amount_cents", "null"),
        "properties": said.get("properties", "{}"),
        "created_at": json.dumps(instant_text(kept.arrived_at)),
    }
    return "{" + ",".join(f'"{name}":{written}' for name, written in members.items()) + "}"


def _answered(document: str) -> HttpResponse:
    return HttpResponse(document, content_type=JSON)


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
