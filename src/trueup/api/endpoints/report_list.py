"""The list of reports: everybody's, narrowed like the distributor's inbox."""

import json
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from trueup.accounts.rules import Scope
from trueup.api import paging
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.endpoints import report_shapes as shapes
from trueup.api.endpoints.report_shapes import FLAG_ASKED, Flag, Line, flags_of
from trueup.api.parameters import Cycle, words
from trueup.api.schemas import REFUSALS, CycleName, Instant, Number
from trueup.reports.queries import MOST_LINES, ORDERS, Listed, Portion, ReportFilter, listing
from trueup.reports.rules.workflow import Status, Submission

router = Router()

Order = StrEnum("Order", {name: name for plus in ORDERS for name in (plus, f"-{plus}")})  # type: ignore[misc]


def _optional(schema: dict[str, Any]) -> None:
    """With `fields` there is only what was asked for."""
    schema.pop("required", None)


class ReportRow(Schema):
    """A report in a list; with `fields` only those fields. Units (`stake`, `chargeable`, `default`) are added up over all its lines.

    `stake` are the units a review is about. `version` is what stands in the ETag of the report.
    """

    model_config = {"json_schema_extra": _optional}

    cycle: CycleName
    msp: str
    msp_name: str
    company_id: str
    distributor: str
    status: Status
    submission: Submission | None
    flags: list[Flag]
    has_access: bool
    deadline: Instant
    submitted_at: Instant | None
    approved_at: Instant | None
    time_zone: str
    version: int
    line_count: int
    changed_lines: int
    commented_lines: int
    penalty_lines: int
    stake: Number
    chargeable: Number
    default: Number
    lines: list[Line] | None = Field(None, description="Null unless `expand=lines` asks for them.")


class Filters(Schema):
    """What a list of reports is narrowed to, and how it is sorted."""

    cycle: Annotated[Cycle | None, Field(None, description="Reports of this month.")]
    since: Annotated[Cycle | None, Field(None, alias="from", description="Reports of this month and later ones.")]
    until: Annotated[Cycle | None, Field(None, alias="to", description="Reports of this month and earlier ones.")]
    status: Status | None = None
    submission: Annotated[Submission | None, Field(None, description="How it came under review.")]
    flag: Flag | None = None
    search: Annotated[shapes.Asked, Field("", description="A part of the MSP's ref, name or company ID, whatever its case.")]
    msp: Annotated[shapes.Asked | None, Field(None, description="The ref of one MSP.")]
    distributor: Annotated[shapes.Asked | None, Field(None, description="The ref of one distributor.")]
    waiting: Annotated[
        bool, Field(default=False, description="Only what waits for your account: to be prepared or corrected, or to be reviewed.")
    ]  # fmt: skip
    order: Annotated[Order, Field(Order["-cycle"], description="What it is sorted by; `-` before it: from the highest down.")]


Fields = Annotated[str | None, Field(max_length=1000, description="The fields that are wanted, separated by commas; all, if left out.")]
_BOUND: Final = f"A page then ends before the report that would bring it beyond {MOST_LINES} lines."

Expand = Annotated[str | None, Field(max_length=100, description=f"`lines`: each report with its lines. {_BOUND}")]


@router.get(
    "/reports", response={200: paging.Listed[ReportRow], **REFUSALS}, auth=Allowed(Scope.REPORTS_READ),
    operation_id="list_reports", summary="All reports you see",
)  # fmt: skip
def list_reports(
    request: HttpRequest, response: HttpResponse, *, filters: Query[Filters], fields: Fields = None, expand: Expand = None,
    limit: paging.Limit = paging.USUAL, cursor: paging.Cursor = None,
) -> Any:  # fmt: skip
    """The reports of your account, and of those below it; the latest cycle first unless `order` says otherwise.

    Reports of which you are no party (as it was when they were generated) do not exist for you. A cursor belongs to its `order`.
    403 `not_allowed`, with the reason, for an MSP without access to usage reports.
    """
    asked: Asked = request  # type: ignore[assignment]
    wanted = _fields(fields)
    parts = words(expand, "expand", ("lines",))
    place = paging.unpacked(cursor, str, str, str, str, int)
    found = listing(asked.caller.viewer, _filter(filters), limit=limit, after=place, with_lines=bool(parts))
    if wanted is None:
        return _page(request, response, found, _shown)
    sparse = HttpResponse(content_type="application/json")
    sparse.content = json.dumps(_page(request, sparse, found, lambda one: _sparse(one, wanted)))
    return sparse


def _page(request: HttpRequest, response: HttpResponse, found: Portion, shown: Callable[[Listed], dict[str, Any]]) -> dict[str, Any]:
    return paging.portion(request, response, found.items, more=found.more, shown=shown, place=lambda one: one.place)


def _filter(asked: Filters) -> ReportFilter:
    return ReportFilter(
        cycle=asked.cycle,
        status=asked.status,
        submission=asked.submission,
        flag=FLAG_ASKED[asked.flag] if asked.flag else None,
        search=asked.search,
        order=asked.order.value,
        since=asked.since,
        until=asked.until,
        msp=asked.msp,
        distributor=asked.distributor,
        waiting=asked.waiting,
    )


def _fields(said: str | None) -> set[str] | None:
    """The fields that are wanted; None: all. Raises Invalid."""
    return None if said is None else set(words(said, "fields", ReportRow.model_fields))


_RENAMED: Final = {
    "line_count": "lines",
    "changed_lines": "changed",
    "commented_lines": "commented",
    "penalty_lines": "penalties",
    "default": "measured",
}
"""What the fields are called in the row, where it is something else."""

_MADE: Final = {"flags", "lines"}


def _shown(one: Listed) -> dict[str, Any]:
    row = one.row
    flags = flags_of(
        may_require_review=bool(row.flags), on_behalf=not row.has_access, penalty=bool(row.penalties),
        commented=bool(row.commented) or row.commented_itself, changed=bool(row.changed),
    )  # fmt: skip
    plain = {name: getattr(row, _RENAMED.get(name, name)) for name in ReportRow.model_fields if name not in _MADE}
    return {**plain, "flags": flags, "lines": one.lines}


def _sparse(one: Listed, wanted: set[str]) -> dict[str, Any]:
    row = ReportRow.model_validate(_shown(one))
    return row.model_dump(mode="json", include=wanted)
