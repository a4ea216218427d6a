"""Webhooks: where an account's events are sent to, and what became of each."""

import json
from datetime import datetime
from typing import Annotated, Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema, Status
from pydantic import ConfigDict, WithJsonSchema

from trueup.accounts.rules import Scope
from trueup.api import paging, problems, sealing, versions
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.paging import USUAL, Cursor, Limit, Listed, unpacked
from trueup.api.schemas import CHANGES, REFUSALS, WRITES
from trueup.kit.errors import Stale
from trueup.webhooks import actions, queries
from trueup.webhooks.actions import Wanted
from trueup.webhooks.queries import DeliveryRow, EndpointRow
from trueup.webhooks.rules.happenings import NAMES, TYPES
from trueup.webhooks.rules.keeping import MOST_DESCRIPTION
from trueup.webhooks.rules.targets import MOST_URL
from trueup.webhooks.rules.trying import Disabled, State

router = Router()
ALLOWED: Final = Allowed(Scope.WEBHOOKS_WRITE)

Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
TypeName = Annotated[str, WithJsonSchema({"type": "string", "enum": list(NAMES)})]
Types = Annotated[list[TypeName], Field(max_length=len(NAMES), description="What it is told of; none is all, also what comes later.")]
Url = Annotated[
    str, Field(max_length=MOST_URL, description="An https:// address on the public internet.", json_schema_extra={"format": "uri"})
]
Description = Annotated[str, Field(max_length=MOST_DESCRIPTION, description="What it is for.")]


class Webhook(Schema):
    """An endpoint: where events are sent to."""

    id: int
    url: str
    types: Types
    description: str
    enabled: bool
    disabled_at: datetime | None
    disabled_why: Disabled | None
    failing_since: datetime | None = Field(description="Since when nothing was taken; null: the last call was.")
    delivered_at: datetime | None = Field(description="When something was taken last.")
    old_secret_until: datetime | None = Field(description="Until when the secret before the present one signs too.")
    created_at: datetime
    created_by: str
    version: int


class WebhookWithSecret(Webhook):
    """An endpoint with its secret, which is shown now and never again."""

    secret: str


class Attempt(Schema):
    """One call, and what was answered."""

    at: datetime
    status: int | None = Field(description="null: there was no answer; `problem` says why.")
    answer: str = Field(description="Its first 1,024 bytes.")
    problem: str
    milliseconds: int


class Delivery(Schema):
    """Something that was sent to an endpoint, or is to be, with every call that was made for it."""

    id: int
    message_id: str = Field(description="What stands in `webhook-id`, the same at every try.")
    type: str
    state: State
    created_at: datetime
    next_try_at: datetime | None
    ended_at: datetime | None
    problem: str
    payload: dict[str, Any] = Field(description="What is sent.")
    attempts: list[Attempt]


class EventType(Schema):
    """Something that can be listened to."""

    type: str
    about: str


class _Sent(Schema):
    model_config = ConfigDict(extra="forbid", strict=True)


class WebhookIn(_Sent):
    """A new endpoint."""

    url: Url
    types: Types = []
    description: Description = ""
    enabled: bool = True


class WebhookChange(_Sent):
    """What is to be changed of an endpoint; what is left out stays."""

    url: Url | None = None
    types: Types | None = None
    description: Description | None = None
    enabled: bool | None = None


def _shown(row: EndpointRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in Webhook.model_fields}


def _delivery(row: DeliveryRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in Delivery.model_fields} | {"payload": json.loads(row.payload)}


def _read(request: Asked, endpoint_id: int) -> EndpointRow:
    return queries.endpoint(request.caller.viewer, endpoint_id, now=request.now)


def _stale(request: Asked, endpoint_id: int, error: Stale) -> HttpResponse:
    """What is there now, with its ETag."""
    row = _read(request, endpoint_id)
    response = problems.refusal(error, current=Webhook.model_validate(_shown(row)).model_dump(mode="json"))
    response["ETag"] = versions.tag(row.version)
    return response


@router.get(
    "/webhook-events", response={200: Listed[EventType], **REFUSALS}, auth=ALLOWED, operation_id="list_webhook_events",
    summary="Event types",
)  # fmt: skip
def list_webhook_events(request: HttpRequest, response: HttpResponse, limit: Limit = USUAL, cursor: Cursor = None) -> Any:
    """What can be listened to, by name. A call says the type, the time, and where to read more: never figures."""
    after = unpacked(cursor, str)
    rows = sorted((one for one in TYPES if after is None or one.name > after[0]), key=lambda one: one.name)
    return paging.page(
        request, response, rows[: limit + 1], limit, shown=lambda one: {"type": one.name, "about": one.about}, place=lambda one: (one.name,)
    )  # fmt: skip


@router.get("/webhooks", response={200: Listed[Webhook], **REFUSALS}, auth=ALLOWED, operation_id="list_webhooks", summary="Webhooks")
def list_webhooks(request: HttpRequest, response: HttpResponse, limit: Limit = USUAL, cursor: Cursor = None) -> Any:
    """The endpoints of your account, the oldest first."""
    asked: Asked = request  # type: ignore[assignment]
    after = unpacked(cursor, int)
    rows = queries.endpoints(asked.caller.viewer, now=asked.now, after=_id_of(after), limit=limit + 1)
    return paging.page(request, response, rows, limit, shown=_shown, place=lambda row: (row.id,))


@router.post(
    "/webhooks", response={201: WebhookWithSecret, **CHANGES}, auth=ALLOWED, operation_id="create_webhook", summary="Add a webhook"
)
def create_webhook(request: HttpRequest, response: HttpResponse, body: WebhookIn) -> Any:
    """Have events of your account sent to an address. The secret that signs is in this answer, and in no other."""
    asked: Asked = request  # type: ignore[assignment]
    wanted = Wanted(body.url, body.types, body.description, body.enabled)
    sealing.mark(request)
    made = actions.create(asked.caller.viewer, wanted, now=asked.now)
    row = _read(asked, made.endpoint_id)
    response["ETag"] = versions.tag(row.version)
    response["Location"] = f"{request.path}/{row.id}"
    return Status(201, {**_shown(row), "secret": made.secret})


@router.get("/webhooks/{webhook_id}", response={200: Webhook, **REFUSALS}, auth=ALLOWED, operation_id="get_webhook", summary="One webhook")
def get_webhook(request: HttpRequest, response: HttpResponse, webhook_id: Id) -> Any:
    """An endpoint, without its secret."""
    asked: Asked = request  # type: ignore[assignment]
    row = _read(asked, webhook_id)
    response["ETag"] = versions.tag(row.version)
    return _shown(row)


@router.patch(
    "/webhooks/{webhook_id}", response={200: Webhook, **WRITES}, auth=ALLOWED, operation_id="update_webhook", summary="Change a webhook"
)
def update_webhook(request: HttpRequest, response: HttpResponse, webhook_id: Id, body: WebhookChange) -> Any:
    """Change where to, what of, or whether at all. Enabled again, it hears of what happens from then on."""
    asked: Asked = request  # type: ignore[assignment]
    wanted = Wanted(body.url, body.types, body.description, body.enabled)
    seen = versions.seen_number(request)
    try:
        actions.change(asked.caller.viewer, webhook_id, wanted, now=asked.now, seen=seen)
    except Stale as error:
        return _stale(asked, webhook_id, error)
    return get_webhook(request, response, webhook_id)


@router.delete(
    "/webhooks/{webhook_id}", response={204: None, **WRITES}, auth=ALLOWED, operation_id="delete_webhook", summary="Remove a webhook"
)
def delete_webhook(request: HttpRequest, webhook_id: Id) -> Any:
    """Nothing is sent any more; its log goes with it."""
    asked: Asked = request  # type: ignore[assignment]
    try:
        actions.remove(asked.caller.viewer, webhook_id, now=asked.now, seen=versions.seen_number(request))
    except Stale as error:
        return _stale(asked, webhook_id, error)
    return Status(204, None)


@router.post(
    "/webhooks/{webhook_id}/rotate-secret", response={200: WebhookWithSecret, **CHANGES}, auth=ALLOWED,
    operation_id="rotate_webhook_secret", summary="A new secret",
)  # fmt: skip
def rotate_webhook_secret(request: HttpRequest, webhook_id: Id) -> Any:
    """A new secret, shown in this answer and in no other. For 24 hours calls carry the signatures of both."""
    asked: Asked = request  # type: ignore[assignment]
    sealing.mark(request)
    made = actions.rotate(asked.caller.viewer, webhook_id, now=asked.now)
    return {**_shown(_read(asked, webhook_id)), "secret": made.secret}


@router.post(
    "/webhooks/{webhook_id}/test", response={202: Delivery, **CHANGES}, auth=ALLOWED, operation_id="test_webhook", summary="Send a test"
)
def test_webhook(request: HttpRequest, webhook_id: Id) -> Any:
    """Have a call of the type `webhook.test` made, signed as every other; what was answered stands in the deliveries."""
    asked: Asked = request  # type: ignore[assignment]
    delivery_id = actions.send_test(asked.caller.viewer, webhook_id, now=asked.now)
    return Status(202, _delivery(queries.delivery(asked.caller.viewer, webhook_id, delivery_id, now=asked.now)))


@router.get(
    "/webhooks/{webhook_id}/deliveries", response={200: Listed[Delivery], **REFUSALS}, auth=ALLOWED,
    operation_id="list_webhook_deliveries", summary="What was sent",
)  # fmt: skip
def list_webhook_deliveries(  # noqa: PLR0917 -- what a query can say
    request: HttpRequest, response: HttpResponse, webhook_id: Id, state: State | None = None, limit: Limit = USUAL,
    cursor: Cursor = None,
) -> Any:  # fmt: skip
    """What was sent to an endpoint, or is to be, the latest first, with what was answered to each try."""
    asked: Asked = request  # type: ignore[assignment]
    before = unpacked(cursor, int)
    rows = queries.deliveries(
        asked.caller.viewer, webhook_id, now=asked.now, state=state, before=_id_of(before) if before else None, limit=limit + 1
    )
    return paging.page(request, response, rows, limit, shown=_delivery, place=lambda row: (row.id,))


@router.post(
    "/webhooks/{webhook_id}/deliveries/{delivery_id}/replay", response={202: Delivery, **CHANGES}, auth=ALLOWED,
    operation_id="replay_webhook_delivery", summary="Send something again",
)  # fmt: skip
def replay_webhook_delivery(request: HttpRequest, webhook_id: Id, delivery_id: Id) -> Any:
    """Have something sent again, at once and with the same `webhook-id`, whatever became of it before."""
    asked: Asked = request  # type: ignore[assignment]
    actions.replay(asked.caller.viewer, webhook_id, delivery_id, now=asked.now)
    return Status(202, _delivery(queries.delivery(asked.caller.viewer, webhook_id, delivery_id, now=asked.now)))


def _id_of(place: tuple[Any, ...] | None) -> int:
    """The id a cursor stands for; one that no database keeps is behind all."""
    return min(max(place[0], 0), 2**63 - 1) if place else 0
