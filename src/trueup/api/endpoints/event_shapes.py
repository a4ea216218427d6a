"""Events as programs see them: as they are echoed, as refused ones are listed, and how they are described to who reads the contract."""

from typing import Annotated, Any, Final

from ninja import Schema
from pydantic import ConfigDict, Field

from trueup.intake.rules import cloudevents
from trueup.intake.rules.pieces import MOST_EVENTS


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

    ids: Annotated[list[Annotated[int, Field(strict=True, ge=0, lt=2**63)]], Field(max_length=500)] | None = None


class Retried(Schema):
    """How many events are tried again."""

    retried: int


CLOUD_EVENT: Final[dict[str, Any]] = {
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
SEVERAL_CLOUD_EVENTS: Final = {"type": "array", "items": CLOUD_EVENT, "maxItems": MOST_EVENTS}
ONE_LAGO: Final = {"type": "object", "required": ["event"], "properties": {"event": _LAGO_EVENT}}
SEVERAL_LAGO: Final = {
    "type": "object",
    "required": ["events"],
    "properties": {"events": {"type": "array", "items": _LAGO_EVENT, "maxItems": MOST_EVENTS}},
}
