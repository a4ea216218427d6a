"""What was delivered: batches, and deliveries that somebody asks about later."""

from datetime import date
from typing import Annotated, Any, Final

from django.http import FileResponse, HttpRequest, HttpResponse
from ninja import Field, Path, Router, Schema

from trueup.accounts.rules import Scope
from trueup.api import paging
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.endpoints.usage_shapes import DeliveryState, refused_csv
from trueup.api.parameters import Storable
from trueup.api.schemas import REFUSALS, Instant
from trueup.kit.errors import NotFound
from trueup.kit.text import text
from trueup.ledger.queries import lists
from trueup.ledger.queries.lists import BatchDetails, BatchRow
from trueup.uploads.queries import UploadView, refused_file, upload
from trueup.uploads.rules import Kind, State

router = Router()

Number = Annotated[int, Path(ge=1, le=2**63 - 1)]

Known = Annotated[Storable | None, Field(min_length=1, max_length=64)]

_STATES: Final = {State.RECEIVED: "waiting", State.CONFIRMED: "waiting", State.CHECKING: "working", State.IMPORTING: "working"}
"""States in which it is worth asking again, in the words of the API; the others are called what they are."""


class Batch(Schema):
    """A delivery that was stored. Of another account's batch a vendor sees how much of it is its own; what else it holds is null."""

    id: int
    source: str
    status: str
    received_at: Instant
    recorded_at: Instant
    stored: int
    refused: int | None
    unmapped: int | None
    key: str | None
    file_name: str | None
    delivered_by: str | None
    replayed: bool


class DayOfBatch(Schema):
    """How many records of a batch are of a day."""

    day: date
    records: int


class WholeBatch(Batch):
    """A batch, day by day."""

    days: list[DayOfBatch]


@router.get(
    "/batches", response={200: paging.Listed[Batch], **REFUSALS}, auth=Allowed(Scope.USAGE_READ), operation_id="list_batches",
    summary="Batches",
)  # fmt: skip
def list_batches(
    request: HttpRequest, response: HttpResponse, *, source: Known = None,
    limit: paging.Limit = paging.USUAL, cursor: paging.Cursor = None,
) -> Any:  # fmt: skip
    """The batches your account delivered, the latest first; to a vendor also those that hold usage of its services."""
    asked: Asked = request  # type: ignore[assignment]
    after = paging.unpacked(cursor, int)
    rows = lists.batches_after(asked.caller.viewer, after=after[0] if after else None, limit=limit + 1, source=source)
    return paging.page(request, response, rows, limit, shown=_same, place=_place)


def _same(row: BatchRow) -> BatchRow:
    return row


def _place(row: BatchRow) -> tuple[int]:
    return (row.id,)


@router.get(
    "/batches/{number}", response={200: WholeBatch, **REFUSALS}, auth=Allowed(Scope.USAGE_READ), operation_id="get_batch",
    summary="A batch",
)  # fmt: skip
def get_batch(request: HttpRequest, number: Number) -> Any:
    """One batch, and how many of its records are of which day."""
    asked: Asked = request  # type: ignore[assignment]
    return _whole(lists.batch(asked.caller.viewer, number))


def _whole(found: BatchDetails) -> dict[str, Any]:
    fields = {name: getattr(found.batch, name) for name in Batch.model_fields}
    return {**fields, "days": [{"day": day, "records": records} for day, records in found.days]}


@router.get(
    "/deliveries/{number}", response={200: DeliveryState, **REFUSALS}, auth=Allowed(Scope.USAGE_READ, Scope.USAGE_WRITE),
    operation_id="get_delivery", summary="A delivery",
)  # fmt: skip
def get_delivery(request: HttpRequest, response: HttpResponse, number: Number) -> Any:
    """Usage that your account sent and did not wait for: how far it is, and what became of it."""
    found = _delivery(request, number)
    if found.busy:
        response["Retry-After"] = "1"
    return _shown(found)


@router.get(
    "/deliveries/{number}/refused.csv", auth=Allowed(Scope.USAGE_READ, Scope.USAGE_WRITE), response=REFUSALS,
    operation_id="get_refused_rows", summary="Refused rows",
    openapi_extra={"responses": {200: {"description": "OK", "content": {"text/csv": {"schema": {"type": "string"}}}}}},
)  # fmt: skip
def get_refused_rows(request: HttpRequest, number: Number) -> Any:
    """Every refused row of a delivery as CSV: row, column, value, reason."""
    asked: Asked = request  # type: ignore[assignment]
    found = _delivery(request, number)
    file = refused_file(asked.caller.viewer, found.id).open("rb")
    return FileResponse(file, as_attachment=True, filename=f"refused-{found.id}.csv", content_type="text/csv; charset=utf-8")


def _delivery(request: HttpRequest, number: int) -> UploadView:
    """A delivery of the caller's account. Raises NotFound, also for a file of customers."""
    asked: Asked = request  # type: ignore[assignment]
    nothing = text("there is no delivery {delivery}", delivery=str(number))
    try:
        found = upload(asked.caller.viewer, number)
    except NotFound as error:
        raise NotFound(nothing) from error
    if found.kind != Kind.USAGE:
        raise NotFound(nothing)
    return found


def _shown(found: UploadView) -> dict[str, Any]:
    counts = found.counts
    return {
        "id": found.id,
        "state": _STATES.get(found.state, str(found.state)),
        "created_at": found.created_at,
        "ended_at": found.ended_at,
        "size": found.size,
        "source": found.source or "default",
        "accept_valid": found.accept_valid,
        "error": {"code": found.error_code or "invalid", "detail": found.error} if found.error else None,
        "batch": found.batch,
        "stored": counts.get("stored", 0),
        "repeated": counts.get("repeated", 0),
        "unmapped": counts.get("unmapped", 0),
        "refused_count": counts.get("refused", 0),
        "refused": [
            {"code": bad.code or "invalid", "detail": bad.reason, "row": bad.row, "column": bad.column, "value": bad.value}
            for bad in found.problems
        ],
        "refused_csv": refused_csv(found.id) if found.problems else None,
        "progress": found.done,
        "progress_of": found.total,
    }
