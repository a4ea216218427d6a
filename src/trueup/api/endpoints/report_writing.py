"""What can be done with a report. Every change names the version it was made for, and answers what the report is by then."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Body

from trueup.accounts.rules import Scope
from trueup.api import problems, versions
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.endpoints.report_bodies import NOTHING_SAID, Comment, Edit, Edits, Rejection, Waiver
from trueup.api.endpoints.report_shapes import WRITTEN, Report, StaleReport, shown
from trueup.api.endpoints.reports import router  # an address answers all its methods by one router
from trueup.api.endpoints.usage_turns import UPLOADS
from trueup.api.parameters import Ref, ReportCycle
from trueup.api.schemas import WRITES
from trueup.kit.errors import Invalid, Problem, Stale
from trueup.kit.period import Month
from trueup.reports import actions
from trueup.reports.actions import LineEdit
from trueup.reports.generating import regenerate
from trueup.reports.queries import ReportPage, report_page

__all__ = ["router"]

_ANSWERS: Final[dict[Any, Any]] = {**WRITES, 200: Report, 412: StaleReport}

_FIELDS: Final = {"chargeable": "chargeable_units"}
"""What a field of an edit is called in the body, where it is something else."""


@router.patch(
    "/reports/{cycle}/{msp}/lines", response=_ANSWERS, auth=Allowed(Scope.REPORTS_PREPARE),
    operation_id="edit_report_lines", summary="Save a draft",
)  # fmt: skip
def edit_report_lines(request: HttpRequest, response: HttpResponse, cycle: ReportCycle, msp: Ref, body: Edits) -> Any:
    """Edit any number of lines: all of them, or, if one cannot be saved, none. A draft may be incomplete.

    422 names every edit that cannot be saved by its path, like `/lines/3/chargeable_units`. 409 `conflict` unless the report is being
    prepared or was rejected. 403 `not_allowed` for whoever does not prepare it: its MSP does, or, where that has no access to usage
    reports, its distributor. 412 `stale` carries the report as it is now.
    """
    edits = [_edit(one) for one in body.lines]
    save = partial(actions.save_draft, edits=edits)
    return _change(request, response, cycle, msp, save, in_body=lambda error: _in_lines(error, body.lines))


@router.post(
    "/reports/{cycle}/{msp}/submit", response=_ANSWERS, auth=Allowed(Scope.REPORTS_PREPARE),
    operation_id="submit_report", summary="Submit a report",
)  # fmt: skip
def submit_report(request: HttpRequest, response: HttpResponse, cycle: ReportCycle, msp: Ref, body: Body[Comment] = NOTHING_SAID) -> Any:
    """Submit it for review; by its terms it may be approved at once, as the answer says.

    422 names every issue that blocks it, by its code and its place in the lines of the report, like `/lines/1/comment`. 409 `conflict`
    unless it is being prepared or was rejected. 412 `stale` carries the report as it is now.
    """

    def blocked(error: Invalid) -> Invalid:
        return _in_report(error, _page(request, cycle, msp)) if error.problems else of_field(error, "comment")

    return _change(request, response, cycle, msp, partial(actions.submit, comment=body.comment), in_body=blocked)


@router.post(
    "/reports/{cycle}/{msp}/approve", response=_ANSWERS, auth=Allowed(Scope.REPORTS_REVIEW),
    operation_id="approve_report", summary="Approve a report",
)  # fmt: skip
def approve_report(request: HttpRequest, response: HttpResponse, cycle: ReportCycle, msp: Ref, body: Body[Comment] = NOTHING_SAID) -> Any:
    """Approve a report under review: it never changes again. For its distributor.

    409 `conflict` unless it is under review. 412 `stale` carries the report as it is now: nobody approves what they have not seen.
    """
    return _change(request, response, cycle, msp, partial(actions.approve, comment=body.comment), in_body=_of_comment)


@router.post(
    "/reports/{cycle}/{msp}/reject", response=_ANSWERS, auth=Allowed(Scope.REPORTS_REVIEW),
    operation_id="reject_report", summary="Reject a report",
)  # fmt: skip
def reject_report(request: HttpRequest, response: HttpResponse, cycle: ReportCycle, msp: Ref, body: Rejection) -> Any:
    """Send a report under review back to its MSP, with a reason: penalties are taken back, and a new deadline runs. For its distributor.

    409 `conflict` unless it is under review. 412 `stale` carries the report as it is now.
    """
    reject = partial(actions.reject, comment=body.reason, lines=body.lines)
    return _change(request, response, cycle, msp, reject, in_body=lambda error: _in_list(of_field(error, "reason"), body.lines))


@router.post(
    "/reports/{cycle}/{msp}/regenerate", response=_ANSWERS, auth=Allowed(Scope.REPORTS_REVIEW),
    operation_id="regenerate_report", summary="Regenerate a report",
)  # fmt: skip
def regenerate_report(
    request: HttpRequest, response: HttpResponse, cycle: ReportCycle, msp: Ref, body: Body[Comment] = NOTHING_SAID
) -> Any:
    """Measure it anew from all usage there is by now. What the MSP edited stays; a line whose figures changed under it warns of that.

    For its distributor. 409 `conflict` unless it is being prepared or was rejected. 412 `stale` carries the report as it is now.
    """
    asked: Asked = request  # type: ignore[assignment]
    with UPLOADS.taken(asked.caller.account_ref):  # it may wait for imports
        return _change(request, response, cycle, msp, partial(regenerate, comment=body.comment), in_body=_of_comment)


@router.post(
    "/reports/{cycle}/{msp}/waivers", response=_ANSWERS, auth=Allowed(Scope.REPORTS_REVIEW),
    operation_id="waive_penalty", summary="Waive a penalty",
)  # fmt: skip
def waive_penalty(request: HttpRequest, response: HttpResponse, cycle: ReportCycle, msp: Ref, body: Waiver) -> Any:
    """Take the penalty from one line of a report under review: it charges what the MSP had saved. For its distributor.

    409 `conflict` unless it is under review, or for a line without a penalty. 412 `stale` carries the report as it is now.
    """
    waive = partial(actions.waive, service=body.service, reason=body.reason)
    return _change(request, response, cycle, msp, waive, in_body=lambda error: _moved(of_field(error, "reason"), lambda one: one.at[:1]))


def _change(
    request: HttpRequest, response: HttpResponse, month: Month, msp: str, verb: Callable[..., object], *,
    in_body: Callable[[Invalid], Invalid],
) -> Any:  # fmt: skip
    """Do it, and answer the report as it is then; if somebody was faster, 412 with the report as they left it.

    `in_body` says where in the body the problems of the verb are.
    """
    asked: Asked = request  # type: ignore[assignment]
    seen = versions.seen_number(request)
    try:
        verb(asked.caller.viewer, month, msp, now=asked.now, expected_version=seen)
    except Stale as error:
        return _stale(request, month, msp, error)
    except Invalid as error:
        raise in_body(error) from error
    page = _page(request, month, msp)
    response["ETag"] = versions.tag(page.report.version)
    return shown(page, WRITTEN)


def _page(request: HttpRequest, month: Month, msp: str) -> ReportPage:
    asked: Asked = request  # type: ignore[assignment]
    return report_page(asked.caller.viewer, month, msp, now=asked.now)


def _stale(request: HttpRequest, month: Month, msp: str, error: Stale) -> HttpResponse:
    page = _page(request, month, msp)
    current = Report.model_validate(shown(page, WRITTEN)).model_dump(mode="json")
    refused = problems.refusal(error, current=current)
    refused["ETag"] = versions.tag(page.report.version)
    return refused


def _edit(edit: Edit) -> LineEdit:
    said = edit.model_fields_set
    return LineEdit(
        edit.service,
        (edit.chargeable_units or "") if "chargeable_units" in said else None,
        (edit.comment or "") if "comment" in said else None,
        (edit.reason or "") if "reason" in said else None,
    )


def _in_lines(error: Invalid, edits: Sequence[Edit]) -> Invalid:
    """Problems of services and fields as places in the body; that of a service which is edited twice is at the later edit."""
    places: dict[str, list[int]] = {}
    for index, edit in enumerate(edits):
        places.setdefault(edit.service, []).append(index)

    def place(problem: Problem) -> tuple[str, ...]:
        service, field = problem.at
        own = places[service]
        index = own.pop(1) if problem.code == "twice" else own[0]
        return "lines", str(index), _FIELDS.get(field, field)

    return _moved(error, place)


def _in_report(error: Invalid, page: ReportPage) -> Invalid:
    """Issues as places in the lines of the report: a comment resolves them."""
    places = {line.service: str(index) for index, line in enumerate(page.report.lines)}
    return _moved(error, lambda issue: ("lines", places[issue.at[0]], "comment") if issue.at and issue.at[0] in places else issue.at)


def _in_list(error: Invalid, services: Sequence[str]) -> Invalid:
    """Services without a line as places in the list."""
    return _moved(error, lambda problem: ("lines", str(services.index(problem.at[1]))) if problem.at[0] == "lines" else problem.at)


def _of_comment(error: Invalid) -> Invalid:
    return of_field(error, "comment")


def _moved(error: Invalid, place: Callable[[Problem], tuple[str, ...]]) -> Invalid:
    return Invalid(error.message, [replace(problem, at=place(problem)) for problem in error.problems])


def of_field(error: Invalid, field: str) -> Invalid:
    """A refusal that does not say of what it is: it is of the one text that was sent."""
    return error if error.problems else Invalid(error.message, [Problem("", error.message, "invalid", (field,))])
