"""Billing reports of distributors to their vendor: collected, submitted, returned, completed."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema

from trueup.accounts.rules import Scope
from trueup.api import history, paging, problems, versions
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.endpoints.billing_shapes import (
    BillingEdits,
    BillingReport,
    BillingReportRow,
    LineBehindShown,
    Returned,
    StaleBillingReport,
    line_behind_shown,
    row_shown,
    shown,
)
from trueup.api.paging import USUAL, Cursor, Limit, Listed, unpacked
from trueup.api.parameters import Ref, ReportCycle
from trueup.api.schemas import REFUSALS, WRITES, Instant
from trueup.kit.errors import NotAllowed, Stale
from trueup.kit.period import Month
from trueup.statements import actions, queries
from trueup.statements.queries import BillingRow
from trueup.statements.rules.billing import BillingStatus

router = Router()
READ: Final = Allowed(Scope.STATEMENTS_READ)
WRITE: Final = Allowed(Scope.STATEMENTS_WRITE)
_ADDRESS: Final = "/billing-reports/{cycle}/{distributor}"
_ANSWERS: Final[dict[Any, Any]] = {**WRITES, 200: BillingReport, 412: StaleBillingReport}


class BillingChange(Schema):
    """A value before and after."""

    field: str = Field(description="What was changed.", examples=["po_number"])
    before: Any = Field(description="Its value before; null: none.")
    after: Any = Field(description="Its value after; null: none.")


class BillingStep(Schema):
    """One step in the life of a billing report."""

    sequence: int = Field(description="Its place in the history of the distributor: later steps have higher ones.")
    at: Instant = Field(description="When it happened.")
    event: str = Field(description="What happened.", examples=["billing_submitted"])
    actor: str = Field(description="Who did it: an e-mail address, the name of a program, or `system`.")
    actor_kind: str = Field(description="`person`, `client` (a program) or `system` (the clock).")
    changes: list[BillingChange] = Field(description="Every value it changed.")


@router.get(
    "/billing-reports", response={200: Listed[BillingReportRow], **REFUSALS}, auth=READ, operation_id="list_billing_reports",
    summary="Billing reports",
)  # fmt: skip
def list_billing_reports(
    request: HttpRequest, response: HttpResponse, *, cycle: ReportCycle | None = None,
    status: Annotated[BillingStatus | None, Field(description="Where they are.")] = None, limit: Limit = USUAL, cursor: Cursor = None,
) -> Any:  # fmt: skip
    """A distributor's own, a vendor's of all its distributors: the latest cycle first, then by distributor. MSPs have none."""
    asked: Asked = request  # type: ignore[assignment]
    found = [row for row in queries.billing_reports(asked.caller.viewer, month=cycle) if status in {None, row.status}]
    rows = paging.behind(found, _place, unpacked(cursor, str, str))
    return paging.page(request, response, rows[: limit + 1], limit, shown=row_shown, place=_place)


def _place(row: BillingRow) -> tuple[str, str]:
    return str(row.cycle), row.distributor


@router.get(_ADDRESS, response={200: BillingReport, **REFUSALS}, auth=READ, operation_id="get_billing_report", summary="A billing report")
def get_billing_report(request: HttpRequest, response: HttpResponse, cycle: ReportCycle, distributor: Ref) -> Any:
    """What it comes to, from which reports, and what stands in the way of submitting it. Its ETag is what a change names in `If-Match`.

    403 `not_allowed` for the vendor until it is submitted: until then it is the distributor's own.
    """
    asked: Asked = request  # type: ignore[assignment]
    view = queries.billing_report(asked.caller.viewer, cycle, distributor)
    response["ETag"] = versions.tag(view.row.version)
    return shown(view)


@router.patch(_ADDRESS, response=_ANSWERS, auth=WRITE, operation_id="edit_billing_report", summary="Edit a billing report")
def edit_billing_report(request: HttpRequest, response: HttpResponse, cycle: ReportCycle, distributor: Ref, body: BillingEdits) -> Any:
    """Save PO number, promo codes and comment. For the distributor, until it is submitted.

    A promo code that does not hold is saved all the same, and said: it keeps the report from being submitted. 422 names a service
    without a line by its path, like `/promo_codes/email-core`. 412 `stale` carries the report as it is now.
    """
    codes = {service: code or "" for service, code in body.promo_codes.items()}
    save = partial(actions.save_billing, po_number=body.po_number, promo_codes=codes, comment=body.comment)
    return _change(request, response, cycle, distributor, save)


@router.post(
    f"{_ADDRESS}/submit", response=_ANSWERS, auth=WRITE, operation_id="submit_billing_report", summary="Submit a billing report"
)  # fmt: skip
def submit_billing_report(request: HttpRequest, response: HttpResponse, cycle: ReportCycle, distributor: Ref) -> Any:
    """Submit it to the vendor: its figures are copied, and stay. For the distributor.

    422 names everything that stands in the way. 409 `conflict` unless it is being collected or was returned.
    """
    return _change(request, response, cycle, distributor, actions.submit_billing)


@router.post(
    f"{_ADDRESS}/return", response={**_ANSWERS, 200: BillingReportRow}, auth=WRITE, operation_id="return_billing_report",
    summary="Return a billing report",
)  # fmt: skip
def return_billing_report(request: HttpRequest, response: HttpResponse, cycle: ReportCycle, distributor: Ref, body: Returned) -> Any:
    """Send a submitted one back to its distributor, with a reason: it is the distributor's own again. For the vendor.

    409 `conflict` unless it is submitted.
    """
    return _change(request, response, cycle, distributor, partial(actions.return_billing, reason=body.reason))


@router.post(
    f"{_ADDRESS}/complete", response=_ANSWERS, auth=WRITE, operation_id="complete_billing_report", summary="Complete a billing report"
)  # fmt: skip
def complete_billing_report(request: HttpRequest, response: HttpResponse, cycle: ReportCycle, distributor: Ref) -> Any:
    """Accept a submitted one: it never changes again, and its statement follows. For the vendor. 409 `conflict` unless it is submitted."""
    return _change(request, response, cycle, distributor, actions.complete_billing)


@router.get(
    f"{_ADDRESS}/history", response={200: Listed[BillingStep], **REFUSALS}, auth=READ, operation_id="list_billing_report_history",
    summary="The history of a billing report",
)  # fmt: skip
def list_billing_report_history(
    request: HttpRequest, response: HttpResponse, cycle: ReportCycle, distributor: Ref, *, limit: Limit = USUAL, cursor: Cursor = None
) -> Any:
    """Every step, oldest first: who did what when, and every value before and after."""
    asked: Asked = request  # type: ignore[assignment]
    steps = queries.billing_history(asked.caller.viewer, cycle, distributor)
    return history.page_of_all(request, response, steps, limit, cursor, change=BillingChange)


@router.get(
    f"{_ADDRESS}/services/{{service}}/lines", response={200: Listed[LineBehindShown], **REFUSALS}, auth=READ,
    operation_id="list_billing_report_lines", summary="The lines of reports behind a service",
)  # fmt: skip
def list_billing_report_lines(
    request: HttpRequest, response: HttpResponse, cycle: ReportCycle, distributor: Ref, service: Ref, *,
    limit: Limit = USUAL, cursor: Cursor = None,
) -> Any:  # fmt: skip
    """From which approved reports the units of a service come, MSP by MSP: `charged` of a line names its services.

    Of an adjustment every MSP has its line of the whole month as it is now. Empty for a service that no line charges.
    """
    asked: Asked = request  # type: ignore[assignment]
    after = unpacked(cursor, str)
    rows = queries.lines_of_service(
        asked.caller.viewer, cycle, distributor, service, after=after[0] if after else "", limit=limit + 1
    )  # fmt: skip
    return paging.page(request, response, rows, limit, shown=line_behind_shown, place=lambda row: (row.msp,))


def _change(request: HttpRequest, response: HttpResponse, month: Month, distributor: str, verb: Callable[..., object]) -> Any:
    """Do it, and answer what it is then; if somebody was faster, 412 with the report as they left it."""
    asked: Asked = request  # type: ignore[assignment]
    seen = versions.seen_number(request)
    try:
        verb(asked.caller.viewer, month, distributor, now=asked.now, expected_version=seen)
    except Stale as error:
        version, schema, said = _now(asked, month, distributor)
        current = schema.model_validate(said).model_dump(mode="json")
        return problems.problem(412, "stale", error.message, headers={"ETag": versions.tag(version)}, members={"current": current})
    version, _, said = _now(asked, month, distributor)
    response["ETag"] = versions.tag(version)
    return said


def _now(asked: Asked, month: Month, distributor: str) -> tuple[int, type[Schema], dict[str, Any]]:
    """The version of a report, and it as it is now: all of it, or, where it is the distributor's own again, what a list says of it."""
    viewer = asked.caller.viewer
    try:
        view = queries.billing_report(viewer, month, distributor)
    except NotAllowed:
        row = next(row for row in queries.billing_reports(viewer, month=month) if _place(row) == (str(month), distributor))
        return row.version, BillingReportRow, row_shown(row)
    return view.row.version, BillingReport, shown(view)
