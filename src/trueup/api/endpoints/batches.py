"""What was stored, delivery by delivery."""

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, Path, Router, Schema

from trueup.accounts.rules import Scope
from trueup.api import paging
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.parameters import Storable
from trueup.api.schemas import REFUSALS, Instant
from trueup.ledger.queries import lists
from trueup.ledger.queries.lists import BatchDetails, BatchRow

router = Router()

Number = Annotated[int, Path(ge=1, le=2**63 - 1)]

Known = Annotated[Storable | None, Field(min_length=1, max_length=64)]


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
