"""One report: its details and its lines."""

from typing import Annotated, Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router

from trueup.accounts.rules import Scope
from trueup.api import paging, versions
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.endpoints.report_shapes import Line, Part, Report, shown
from trueup.api.parameters import Ref, ReportCycle, list_of, words
from trueup.api.schemas import REFUSALS
from trueup.reports.queries import LineView, lines_from, report_page

router = Router()

_PARTS: Final = ", ".join(f"`{part}`" for part in Part)

Expand = Annotated[
    Annotated[str, list_of(Part, 100)] | None, Field(max_length=100, description=f"Parts to be shown, separated by commas: {_PARTS}.")
]


@router.get(
    "/reports/{cycle}/{msp}", response={200: Report, **REFUSALS}, auth=Allowed(Scope.REPORTS_READ),
    operation_id="get_report", summary="One report",
)  # fmt: skip
def get_report(request: HttpRequest, response: HttpResponse, cycle: ReportCycle, msp: Ref, expand: Expand = None) -> Any:
    """The report of an MSP for a month, and what you may do with it now. Its ETag is what a change names in `If-Match`.

    404 for a report of which you are no party. 403 `not_allowed`, with the reason, for an MSP without access to usage reports: its
    distributor prepares the report on its behalf.
    """
    asked: Asked = request  # type: ignore[assignment]
    parts = [Part(word) for word in words(expand, "expand", list(Part))]
    page = report_page(asked.caller.viewer, cycle, msp, now=asked.now)
    response["ETag"] = versions.tag(page.report.version)
    return shown(page, parts)


@router.get(
    "/reports/{cycle}/{msp}/lines", response={200: paging.Listed[Line], **REFUSALS}, auth=Allowed(Scope.REPORTS_READ),
    operation_id="list_report_lines", summary="The lines of a report",
)  # fmt: skip
def list_report_lines(
    request: HttpRequest, response: HttpResponse, cycle: ReportCycle, msp: Ref, *,
    limit: paging.Limit = paging.USUAL, cursor: paging.Cursor = None,
) -> Any:  # fmt: skip
    """The lines in the order of the catalog. The ETag is that of the report.

    404 for a report of which you are no party, 403 `not_allowed` as for the report itself.
    """
    asked: Asked = request  # type: ignore[assignment]
    place = paging.unpacked(cursor, int, str)
    found = lines_from(asked.caller.viewer, cycle, msp, limit=limit + 1, after=place)
    response["ETag"] = versions.tag(found.version)
    return paging.page(request, response, found.lines, limit, shown=lambda line: line, place=_place)


def _place(line: LineView) -> tuple[int, str]:
    return line.position, line.service
