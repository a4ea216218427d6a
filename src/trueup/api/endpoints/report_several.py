"""Several reports at once: approved, or measured anew, each for itself."""

from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema

from trueup.accounts.rules import Scope
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.endpoints.report_bodies import Approval, Regeneration
from trueup.api.endpoints.report_writing import of_field
from trueup.api.endpoints.usage_turns import UPLOADS
from trueup.api.parameters import Cycle
from trueup.api.problems import code_of
from trueup.api.schemas import CHANGES, CycleName
from trueup.cycles.queries import cycle_view
from trueup.kit.errors import Invalid
from trueup.reports.rules.workflow import Status
from trueup.reports.several import Chosen, Done, Present, approve_each, present, regenerate_each

router = Router()


class ReportRefused(Schema):
    """Why a report stayed as it is."""

    code: str = Field(
        description="As of a single report: `stale`, `conflict`, `not_found`, `not_allowed`; `busy`: the database was, ask again.",
        examples=["stale"],
    )
    detail: str = Field(description="The same in a sentence.")


class ReportDone(Schema):
    """What became of one report."""

    cycle: CycleName
    msp: str = Field(description="The ref of its MSP, as it was sent.")
    done: bool = Field(description="Whether it was done.")
    problem: ReportRefused | None = Field(description="Why not; null: it was done.")
    status: Status | None = Field(description="Where the report is now; null for one that does not exist for you.")
    version: int | None = Field(description="What stands in its ETag now; null for one that does not exist for you.")


class SeveralApproved(Schema):
    """What became of each report."""

    done: int = Field(description="How many were approved.")
    refused: int = Field(description="How many stayed as they are.")
    reports: list[ReportDone] = Field(description="Each report, in the order that was sent.")


class ReportMeasured(ReportDone):
    """The same of one that was to be measured anew."""

    changed_lines: int = Field(description="How many of its lines have other figures now.")


class SeveralMeasured(Schema):
    """What became of each report."""

    done: int = Field(description="How many were measured anew.")
    refused: int = Field(description="How many stayed as they are.")
    reports: list[ReportMeasured] = Field(description="Each report, in the order that was sent.")


@router.post(
    "/reports/approve", response={200: SeveralApproved, **CHANGES}, auth=Allowed(Scope.REPORTS_REVIEW),
    operation_id="approve_reports", summary="Approve several reports",
)  # fmt: skip
def approve_reports(request: HttpRequest, body: Approval) -> Any:
    """Approve reports under review, one after the other, each in the version you have seen. For their distributor.

    What each contains you read before by `GET /reports?status=under_review&expand=lines`. One that cannot be approved stays as it is
    and says why; the others are approved all the same: 200. 422 for one that is named twice, and 403 `not_allowed` for who reviews
    nothing: then none is. With the same `Idempotency-Key` the same is answered; for reports that were `busy` take another.
    """
    asked: Asked = request  # type: ignore[assignment]
    return _each(asked, approve_each, [Chosen(one.cycle, one.msp, one.version) for one in body.reports], body.comment)


@router.post(
    "/cycles/{cycle}/regenerate", response={200: SeveralMeasured, **CHANGES}, auth=Allowed(Scope.REPORTS_REVIEW),
    operation_id="regenerate_cycle", summary="Regenerate reports of a cycle",
)  # fmt: skip
def regenerate_cycle(request: HttpRequest, cycle: Cycle, body: Regeneration) -> Any:
    """Measure reports of a month anew from all usage there is by now, one by one. What the MSPs edited stays. For their distributor.

    Which there are says `GET /reports?cycle=…&status=msp_preparing`; those that are `rejected` can be measured anew too. One that cannot
    stays as it is and says why: 200. 404 for a month that is none of the cycles, 422 for a report that is named twice, 403 `not_allowed`
    for who reviews nothing: then none is. Each reads the ledger, so that it may take a minute.
    """
    asked: Asked = request  # type: ignore[assignment]
    cycle_view(asked.caller.viewer, cycle)
    with UPLOADS.taken(asked.caller.account_ref):  # it may wait for imports
        return _each(asked, regenerate_each, [Chosen(cycle, one.msp, one.version) for one in body.reports], body.comment)


def _each(asked: Asked, do: Callable[..., list[Done]], chosen: Sequence[Chosen], comment: str) -> dict[str, Any]:
    """Do it with each; what became of it, and where it is then."""
    try:
        results = do(asked.caller.viewer, chosen, now=asked.now, comment=comment)
    except Invalid as error:
        raise of_field(error, "comment") from error
    now = present(asked.caller.viewer, chosen)
    done = sum(one.refusal is None for one in results)
    told = [_told(one, now.get((one.of.cycle, one.of.msp))) for one in results]
    return {"done": done, "refused": len(results) - done, "reports": told}


def _told(one: Done, now: Present | None) -> dict[str, Any]:
    return {
        "cycle": one.of.cycle,
        "msp": one.of.msp,
        "done": one.refusal is None,
        "problem": {"code": code_of(one.refusal), "detail": one.refusal.message} if one.refusal else None,
        "status": now.status if now else None,
        "version": now.version if now else None,
        "changed_lines": one.lines,
    }
