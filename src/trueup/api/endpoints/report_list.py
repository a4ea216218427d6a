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
from trueup.api.parameters import Cycle, ReportCycle, list_of, words
from trueup.api.schemas import REFUSALS, CycleName, Instant, Number
from trueup.reports.queries import MOST_LINES, ORDERS, Listed, Portion, ReportFilter, counted, listing
from trueup.reports.rules.workflow import Status, Submission

router = Router()

Order = StrEnum("Order", {name: name for plus in ORDERS for name in (plus, f"-{plus}")})  # type: ignore[misc]


def _optional(schema: dict[str, Any]) -> None:
    """With `fields` there is only what was asked for."""
    schema.pop("required", None)


class ReportRow(Schema):
    """A report in a list; with `fields` only those fields. Units are added up over all its lines, whatever they count."""

    model_config = {"json_schema_extra": _optional}

    cycle: CycleName
    msp: str = Field(description="The ref of the MSP.")
    msp_name: str = Field(description="Its name when the report was generated.")
    company_id: str = Field(description="Its company ID then; empty: none.")
    distributor: str = Field(description="The ref of the distributor that reviews it.")
    status: Status = Field(description="Where it is.")
    submission: Submission | None = Field(description="How it came under review; null: it is not submitted.")
    flags: list[Flag] = Field(description="What it is marked with.")
    has_access: bool = Field(description="Whether the MSP prepares it itself; else its distributor does.")
    deadline: Instant = Field(description="When it is, or would have been, submitted automatically.")
    submitted_at: Instant | None = Field(description="When it was submitted; null: it is not.")
    approved_at: Instant | None = Field(description="When it was approved; null: it is not.")
    time_zone: str = Field(description="The MSP's time zone.", examples=["Europe/Berlin"])
    version: int = Field(description="Another one after every change; what stands in its ETag.")
    line_count: int = Field(description="How many lines it has.")
    changed_lines: int = Field(description="How many of them do not charge their default.")
    commented_lines: int = Field(description="How many of them have a comment.")
    penalty_lines: int = Field(description="How many of them carry a penalty.")
    stake: Number = Field(description="The units a review is about: penalties, and changes of the default.")
    chargeable: Number = Field(description="Units that are charged.")
    default: Number = Field(description="Units that are charged if nobody changes them.")
    lines: list[Line] | None = Field(None, description="Null unless `expand=lines` asks for them.")


class Narrowing(Schema):
    """What reports are narrowed to."""

    cycle: Annotated[ReportCycle | None, Field(None, description="Reports of this month.")]
    since: Annotated[Cycle | None, Field(None, alias="from", description="Reports of this month and later ones.")]
    until: Annotated[Cycle | None, Field(None, alias="to", description="Reports of this month and earlier ones.")]
    status: Annotated[Status | None, Field(None, description="Where they are.")]
    submission: Annotated[Submission | None, Field(None, description="How they came under review.")]
    flag: Annotated[Flag | None, Field(None, description="What they are marked with.")]
    search: Annotated[shapes.Asked, Field("", description="A part of the MSP's ref, name or company ID, whatever its case.")]
    msp: Annotated[shapes.Asked | None, Field(None, description="The ref of one MSP.")]
    distributor: Annotated[shapes.Asked | None, Field(None, description="The ref of one distributor.")]
    waiting: Annotated[
        bool, Field(default=False, description="Only what waits for your account: to be prepared or corrected, or to be reviewed.")
    ]  # fmt: skip


class Filters(Narrowing):
    """What a list of reports is narrowed to, and how it is sorted."""

    order: Annotated[Order, Field(Order["-cycle"], description="What it is sorted by; `-` before it: from the highest down.")]


class ReportCounts(Schema):
    """How many reports there are."""

    total: int = Field(description="Those that a list with the same filters has.")
    statuses: dict[Status, int] = Field(description="For each status, under the other filters.")
    submissions: dict[Submission, int] = Field(description="For each way to come under review, under the other filters.")


Fields = Annotated[
    Annotated[str, list_of(ReportRow.model_fields, 1000)] | None,
    Field(max_length=1000, description="The fields that are wanted, separated by commas; all, if left out."),
]
_BOUND: Final = f"A page then ends before the report that would bring it beyond {MOST_LINES} lines."

Expand = Annotated[
    Annotated[str, list_of(("lines",), 100)] | None, Field(max_length=100, description=f"`lines`: each report with its lines. {_BOUND}")
]


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
    found = listing(asked.caller.viewer, filter_of(filters), limit=limit, after=place, with_lines=bool(parts))
    if wanted is None:
        return _page(request, response, found, _shown)
    sparse = HttpResponse(content_type="application/json")
    sparse.content = json.dumps(_page(request, sparse, found, lambda one: _sparse(one, wanted)))
    return sparse


@router.get(
    "/reports/counts", response={200: ReportCounts, **REFUSALS}, auth=Allowed(Scope.REPORTS_READ),
    operation_id="count_reports", summary="How many reports you see",
)  # fmt: skip
def count_reports(request: HttpRequest, filters: Query[Narrowing]) -> Any:
    """How many there are, and how many each status and each way to come under review would leave.

    403 `not_allowed`, with the reason, for an MSP without access to usage reports.
    """
    asked: Asked = request  # type: ignore[assignment]
    return counted(asked.caller.viewer, filter_of(filters))


def _page(request: HttpRequest, response: HttpResponse, found: Portion, shown: Callable[[Listed], dict[str, Any]]) -> dict[str, Any]:
    return paging.portion(request, response, found.items, more=found.more, shown=shown, place=lambda one: one.place)


_SAME: Final = ("cycle", "status", "submission", "search", "since", "until", "msp", "distributor", "waiting")


def filter_of(asked: Narrowing) -> ReportFilter:
    """What a list is narrowed to, as the module asks for it."""
    order: dict[str, Any] = {"order": asked.order.value} if isinstance(asked, Filters) else {}
    return ReportFilter(**{name: getattr(asked, name) for name in _SAME}, flag=FLAG_ASKED[asked.flag] if asked.flag else None, **order)


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
