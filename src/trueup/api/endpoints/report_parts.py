"""What is behind a report: its customers, its days, its history, what happens if nobody does anything; and it as CSV."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from ninja import Field, Router, Schema

from trueup.accounts.rules import Scope
from trueup.api import history, paging, versions
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.endpoints import report_shapes as shapes
from trueup.api.endpoints.report_shapes import ForecastShown
from trueup.api.parameters import Ref, ReportCycle
from trueup.api.schemas import REFUSALS, Instant, Number
from trueup.kit.page import no_place
from trueup.reports.queries import (
    CustomerOfLine,
    chart,
    customers,
    customers_from,
    forecast,
    history_from,
    report,
    table,
)

router = Router()

_NAMES: Final = ("customer", "name", "provisioned", "used", "credits")
CustomerOrder = StrEnum("CustomerOrder", {name: name for plus in _NAMES for name in (plus, f"-{plus}")})  # type: ignore[misc]


Ordered = Annotated[CustomerOrder, Field(description="What it is sorted by; `-` before it: from the highest down.")]

Searched = Annotated[shapes.Asked, Field(description="A part of the customer's ref or name, whatever its case.")]


class CustomerShown(Schema):
    """One customer's part of a line, in the line's unit; all parts add up to it exactly."""

    customer: str = Field(description="The ref of the customer.")
    name: str = Field(description="What it is called now.")
    provisioned: Number = Field(description="Units that were provisioned.")
    used: Number | None = Field(description="Units that were used; null: nobody knows.")
    credits: Number | None = Field(description="Credits that were allocated; null: the service has none.")


class CustomerOfLineShown(CustomerShown):
    """The same, with its line."""

    service: str = Field(description="The code of the service whose line it is.")
    unit: str = Field(description="The billing unit of the line.")
    decimals: int = Field(description="How many decimals the unit has at most.")


class DayOfLine(Schema):
    """What a line came to on one day, in its unit."""

    day: date = Field(description="The day.")
    provisioned: Number = Field(description="Units that were provisioned; 0 also where nothing was delivered.")
    used: Number | None = Field(description="Units that were used; null: nobody knows.")
    credits: Number | None = Field(description="Credits that were allocated; null: the service has none.")
    chosen: bool = Field(description="Whether the figures of the line are those of this day.")


class DaysOfLine(Schema):
    """Every day of the month, and why the line's figures are as they are."""

    service: str = Field(description="The code of the service.")
    service_name: str = Field(description="Its name when the report was generated.")
    unit: str = Field(description="The billing unit of the line.")
    decimals: int = Field(description="How many decimals the unit has at most.")
    why: str = Field(description="How the figures came about, in a sentence.")
    items: list[DayOfLine] = Field(description="All days of the month, in order.")
    next: None = Field(None, description="Always null: there is no further page.")


class ChangeShown(Schema):
    """A value before and after."""

    service: str = Field("", description="The code of the service whose line it is of; left out where it is of the report.")
    field: str = Field(description="What was changed.", examples=["chargeable"])
    before: Any = Field(description="Its value before, numbers as strings; null: none.")
    after: Any = Field(description="Its value after, numbers as strings; null: none.")


class ReportEvent(Schema):
    """One step in the life of a report."""

    sequence: int = Field(description="Its place in the history of the MSP: later steps have higher ones.")
    at: Instant = Field(description="When it happened.")
    event: str = Field(description="What happened.", examples=["submitted"])
    actor: str = Field(description="Who did it: an e-mail address, the name of a program, or `system`.")
    actor_kind: str = Field(description="`person`, `client` (a program) or `system` (the clock).", examples=["person"])
    changes: list[ChangeShown] = Field(description="Every value it changed.")


@router.get(
    "/reports/{cycle}/{msp}/forecast", response={200: ForecastShown, **REFUSALS}, auth=Allowed(Scope.REPORTS_READ),
    operation_id="get_report_forecast", summary="What happens if you do nothing",
)  # fmt: skip
def get_report_forecast(request: HttpRequest, cycle: ReportCycle, msp: Ref) -> Any:
    """What each line charges if the clock submits the last saved draft at the deadline, and why.

    409 `conflict` for a report that does not wait for its MSP.
    """
    asked: Asked = request  # type: ignore[assignment]
    return forecast(asked.caller.viewer, cycle, msp, now=asked.now)


@router.get(
    "/reports/{cycle}/{msp}/customers", response={200: paging.Listed[CustomerOfLineShown], **REFUSALS}, auth=Allowed(Scope.REPORTS_READ),
    operation_id="list_report_customers", summary="The customers behind all lines",
)  # fmt: skip
def list_report_customers(
    request: HttpRequest, response: HttpResponse, cycle: ReportCycle, msp: Ref, *,
    limit: paging.Limit = paging.USUAL, cursor: paging.Cursor = None,
) -> Any:  # fmt: skip
    """Line by line in the order of the report, and of each line its customers by ref: they add up to it exactly.

    404 for a report of which you are no party, 403 `not_allowed` as for the report itself.
    """
    asked: Asked = request  # type: ignore[assignment]
    place = paging.unpacked(cursor, int, str, str)
    found = customers_from(asked.caller.viewer, cycle, msp, limit=limit + 1, after=place)
    return paging.page(request, response, found, limit, shown=_of_line, place=lambda one: one.place)


@router.get(
    "/reports/{cycle}/{msp}/lines/{service}/customers", response={200: paging.Listed[CustomerShown], **REFUSALS},
    auth=Allowed(Scope.REPORTS_READ), operation_id="list_line_customers", summary="The customers behind a line",
)  # fmt: skip
def list_line_customers(
    request: HttpRequest, response: HttpResponse, cycle: ReportCycle, msp: Ref, *, service: Ref, search: Searched = "",
    order: Ordered = CustomerOrder["customer"], limit: paging.Limit = paging.USUAL, cursor: paging.Cursor = None,
) -> Any:  # fmt: skip
    """From the ledger as it was pinned; without a search they add up to the line exactly. Unknown figures come last.

    A cursor belongs to its `order` and `search`. 404 also for a service without a line.
    """
    asked: Asked = request  # type: ignore[assignment]
    ordered, after = paging.unpacked(cursor, str, str) or (order.value, None)
    if ordered != order.value:
        raise no_place()
    found = customers(asked.caller.viewer, cycle, msp, service, search=search, order=order.value, after=after)
    return paging.page(request, response, found, limit, shown=lambda one: one, place=lambda one: (order.value, one.customer))


@router.get(
    "/reports/{cycle}/{msp}/lines/{service}/days", response={200: DaysOfLine, **REFUSALS}, auth=Allowed(Scope.REPORTS_READ),
    operation_id="list_line_days", summary="The days behind a line",
)  # fmt: skip
def list_line_days(request: HttpRequest, cycle: ReportCycle, msp: Ref, service: Ref) -> Any:
    """What the line came to on every day of the month, which days were chosen, and why. 404 also for a service without a line."""
    asked: Asked = request  # type: ignore[assignment]
    found = chart(asked.caller.viewer, cycle, msp, service)
    said = {name: getattr(found, name) for name in ("service", "service_name", "unit", "decimals")}
    return {**said, "why": str(found.why), "items": found.days}


@router.get(
    "/reports/{cycle}/{msp}/history", response={200: paging.Listed[ReportEvent], **REFUSALS}, auth=Allowed(Scope.REPORTS_READ),
    operation_id="list_report_history", summary="The history of a report", exclude_unset=True,
)  # fmt: skip
def list_report_history(
    request: HttpRequest, response: HttpResponse, cycle: ReportCycle, msp: Ref, *,
    limit: paging.Limit = paging.USUAL, cursor: paging.Cursor = None,
) -> Any:  # fmt: skip
    """Every step, oldest first: who did what when, and every value before and after. Nothing in it is ever changed or removed.

    404 for a report of which you are no party, 403 `not_allowed` as for the report itself.
    """
    asked: Asked = request  # type: ignore[assignment]
    found = history_from(asked.caller.viewer, cycle, msp, limit=limit + 1, after=history.place(cursor))
    return paging.page(request, response, found, limit, shown=lambda step: step, place=lambda step: (step.sequence,))


_CSV: Final = {"responses": {200: {"description": "The file.", "content": {"text/csv": {"schema": {"type": "string"}}}}}}


@router.get(
    "/reports/{cycle}/{msp}/export.csv", response={200: None, **REFUSALS}, auth=Allowed(Scope.REPORTS_READ),
    operation_id="export_report", summary="A report as CSV",
    openapi_extra=_CSV,
)  # fmt: skip
def export_report(request: HttpRequest, cycle: ReportCycle, msp: Ref) -> Any:
    """A row for each line, in UTF-8 with a header row. Numbers have a decimal point, unknown is empty.

    Safe to open in a spreadsheet: text that begins like a formula gets an apostrophe in front. Its ETag is that of the report.
    """
    asked: Asked = request  # type: ignore[assignment]
    found = report(asked.caller.viewer, cycle, msp)
    answer = _file(f"report-{cycle}-{msp}.csv", [table.LINE_COLUMNS, *map(table.line_cells, found.lines)])
    answer["ETag"] = versions.tag(found.version)
    return answer


@router.get(
    "/reports/{cycle}/{msp}/lines/{service}/customers.csv", response={200: None, **REFUSALS}, auth=Allowed(Scope.REPORTS_READ),
    operation_id="export_line_customers", summary="The customers behind a line as CSV", openapi_extra=_CSV,
)  # fmt: skip
def export_line_customers(request: HttpRequest, cycle: ReportCycle, msp: Ref, service: Ref) -> Any:
    """A row for each customer, by ref, in UTF-8 with a header row: they add up to the line exactly. Otherwise like the report's."""
    asked: Asked = request  # type: ignore[assignment]
    found = customers(asked.caller.viewer, cycle, msp, service)
    return _file(f"customers-{cycle}-{msp}-{service}.csv", [table.CUSTOMER_COLUMNS, *map(table.customer_cells, found)])


def _file(name: str, rows: Iterable[Iterable[str]]) -> HttpResponse:
    answer = HttpResponse(table.as_csv(rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name.replace("/", "_"))
    return answer


def _of_line(one: CustomerOfLine) -> dict[str, Any]:
    parts = {name: getattr(one.figures, name) for name in _NAMES}
    return {**parts, "service": one.service, "unit": one.unit, "decimals": one.decimals}
