"""Usage that programs sent, and what became of it."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from django.http import FileResponse, HttpRequest, HttpResponse
from ninja import Path, Router

from trueup.accounts.rules import Scope
from trueup.api import clock, paging
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.endpoints.usage_shapes import DeliveryRow, DeliveryState, Progress, refused_csv
from trueup.api.schemas import REFUSALS
from trueup.uploads import queries
from trueup.uploads.queries import UploadView
from trueup.uploads.rules import State

router = Router()

Number = Annotated[int, Path(ge=1, le=2**63 - 1)]

_STATES: Final[dict[State, Progress]] = {
    State.CONFIRMED: "waiting",
    State.IMPORTING: "working",
    State.DONE: "done",
    State.FAILED: "failed",
}
"""The states of what a program sent, in the words of the API."""

_READERS: Final = Allowed(Scope.USAGE_READ, Scope.USAGE_WRITE)


@router.get(
    "/deliveries", response={200: paging.Listed[DeliveryRow], **REFUSALS}, auth=_READERS, operation_id="list_deliveries",
    summary="Deliveries",
)  # fmt: skip
def list_deliveries(
    request: HttpRequest, response: HttpResponse, *, state: Progress | None = None, limit: paging.Limit = paging.USUAL,
    cursor: paging.Cursor = None,
) -> Any:  # fmt: skip
    """Usage that programs of your account sent, the latest first: all for which nobody waited,
    and what had more bad rows than an answer names.

    All else that was answered at once is among the batches, if something of it was stored.
    """
    asked: Asked = request  # type: ignore[assignment]
    after = paging.unpacked(cursor, int)
    states = [kept for kept, said in _STATES.items() if state in {None, said}]
    rows = queries.deliveries_after(asked.caller.viewer, after=after[0] if after else None, limit=limit + 1, states=states)
    return paging.page(request, response, rows, limit, shown=_row, place=_place)


def _place(row: UploadView) -> tuple[int]:
    return (row.id,)


@router.get(
    "/deliveries/{number}", response={200: DeliveryState, **REFUSALS}, auth=_READERS, operation_id="get_delivery", summary="A delivery",
)  # fmt: skip
def get_delivery(request: HttpRequest, response: HttpResponse, number: Number) -> Any:
    """One delivery: how far it is, and what became of it."""
    asked: Asked = request  # type: ignore[assignment]
    found = queries.delivery(asked.caller.viewer, number)
    if found.busy:
        response["Retry-After"] = str(_seconds_until(found.due_at if found.state == State.CONFIRMED else None))
    return {
        **_row(found),
        "refused": [
            {"code": bad.code or "invalid", "detail": bad.reason, "row": bad.row, "column": bad.column, "value": bad.value}
            for bad in found.problems
        ],
        "progress": found.done,
        "progress_of": found.total,
    }


def _seconds_until(due_at: datetime | None) -> int:
    """When it is worth asking again: soon, and within a minute also of what is tried again later."""
    return max(1, min(60, (due_at - clock.now()) // timedelta(seconds=1))) if due_at else 1


@router.get(
    "/deliveries/{number}/refused.csv", auth=_READERS, response=REFUSALS, operation_id="get_refused_rows", summary="Refused rows",
    openapi_extra={"responses": {200: {"description": "OK", "content": {"text/csv": {"schema": {"type": "string"}}}}}},
)  # fmt: skip
def get_refused_rows(request: HttpRequest, number: Number) -> Any:
    """Every refused row of a delivery as CSV: row, column, value, reason. It is kept for 30 days."""
    asked: Asked = request  # type: ignore[assignment]
    found = queries.delivery(asked.caller.viewer, number)
    file = queries.refused_file(asked.caller.viewer, found.id).open("rb")
    return FileResponse(file, as_attachment=True, filename=f"refused-{found.id}.csv", content_type="text/csv; charset=utf-8")


def _row(found: UploadView) -> dict[str, Any]:
    counts = found.counts
    return {
        "id": found.id,
        "state": _STATES[found.state],
        "created_at": found.created_at,
        "ended_at": found.ended_at,
        "size": found.size,
        "source": found.source or "default",
        "key": found.key,
        "accept_valid": found.accept_valid,
        "error": {"code": found.error_code or "invalid", "detail": found.error} if found.error else None,
        "tries_again_at": found.due_at if found.state == State.CONFIRMED else None,
        "batch": found.batch,
        "stored": counts.get("stored", 0),
        "repeated": counts.get("repeated", 0),
        "unmapped": counts.get("unmapped", 0),
        "refused_count": counts.get("refused", 0),
        "refused_csv": refused_csv(found.id) if found.listed else None,
    }
