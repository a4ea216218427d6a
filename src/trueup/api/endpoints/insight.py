"""Insight: what was billed, how months were reviewed, what could be saved."""

from typing import Annotated, Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from trueup.accounts.rules import Scope
from trueup.api import paging
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.paging import USUAL, Cursor, Limit, Listed, unpacked
from trueup.api.parameters import Cycle, Ref, ReportCycle
from trueup.api.schemas import REFUSALS, CycleName, Number
from trueup.catalog.rules import MeasureName
from trueup.statements import insight
from trueup.statements.insight import MOST_MONTHS, Billed, By, Deprovisioning, MeasuredOtherwise, OverProvisioned, Reviewed

router = Router()
MONEY: Final = Allowed(Scope.STATEMENTS_READ)
_UNKNOWN: Final = "null: something has no price, or you are no party of it."


class Span(Schema):
    """Which months."""

    since: Annotated[Cycle, Field(alias="from", description="The first month.")]
    until: Annotated[Cycle, Field(alias="to", description=f"The last month: at most {MOST_MONTHS} of them.")]


class BilledShown(Schema):
    """What was billed of one thing in one currency, before tax; credit notes are taken off."""

    key: str = Field(description="The month, the code of the service, or the ref of who pays.")
    name: str = Field(description="What it is called; empty for a month.")
    currency: str = Field(description="The currency of the amount.")
    unit: str = Field(description="The billing unit; empty: units of several services, added up whatever they count.")
    units: Number = Field(description="Units that were billed.")
    credits: Number | None = Field(description="The credits they stand for; null: there are none.")
    amount: Number = Field(description="What was billed.")


class ReviewedMonth(Schema):
    """The reports of a month together; units are added up whatever they count."""

    cycle: CycleName
    reports: int = Field(description="How many reports there are.")
    provisioned: Number = Field(description="Units that were provisioned.")
    chargeable: Number = Field(description="Units that are charged.")
    over_provisioned: Number = Field(description="Units that were provisioned and not used.")
    over_provisioned_percent: Number = Field(description="The same in percent of those provisioned.")
    penalties: int = Field(description="How many lines carry a penalty.")
    penalty_units: Number = Field(description="What penalties added to the units that had been saved.")
    comments: dict[str, int] = Field(description="How many lines have a comment, by reason code; empty code: without one.")


class CustomerToDeprovision(Schema):
    """Units a customer does not use."""

    customer: str = Field(description="The ref of the customer.")
    name: str = Field(description="What it is called.")
    provisioned: Number = Field(description="Units it has.")
    used: Number = Field(description="Units it uses.")
    units: Number = Field(description="Units to deprovision.")
    saving: Number | None = Field(description=f"Its part of what is saved next month; {_UNKNOWN}")


class OverProvisionedLine(Schema):
    """A line with units nobody uses."""

    service: str = Field(description="The code of the service.")
    name: str = Field(description="What it is called.")
    unit: str = Field(description="The billing unit.")
    over_provisioned: Number = Field(description="Units that are provisioned and not used.")
    charged: Number = Field(description="Those of them that are charged.")
    cost: Number | None = Field(description=f"What these come to this month; {_UNKNOWN}")
    saving: Number | None = Field(description=f"What is saved next month without them, by the price list in force then; {_UNKNOWN}")
    customers: list[CustomerToDeprovision] = Field(description="Who has them, the most first.")


class DeprovisioningShown(Schema):
    """What an MSP could deprovision. Tiers and packs may make more or less of all lines together than of each by itself."""

    cycle: CycleName
    msp: str = Field(description="The ref of the MSP.")
    msp_name: str = Field(description="Its name when the report was generated.")
    currency: str = Field(description="The currency of `cost`; empty: not known.")
    cost: Number | None = Field(description=f"What over-provisioning costs this month; {_UNKNOWN}")
    next_currency: str = Field(description="The currency of `saving`; empty: not known.")
    saving: Number | None = Field(description=f"What is saved next month; {_UNKNOWN}")
    lines: list[OverProvisionedLine] = Field(description="The lines with units nobody uses.")


class MeasuredShown(Schema):
    """A line under a measure."""

    provisioned: Number = Field(description="Units that were provisioned.")
    used: Number | None = Field(description="Units that were used; null: nobody knows.")
    chargeable: Number = Field(description="Units that are charged by default.")


class LineMeasured(Schema):
    """A service under every measure."""

    service: str = Field(description="The code of the service.")
    name: str = Field(description="What it is called.")
    unit: str = Field(description="The billing unit.")
    measure: MeasureName = Field(description="The measure in force.")
    by_measure: dict[MeasureName, MeasuredShown] = Field(description="By measure; one that finds nothing of the service is not here.")


class MonthMeasured(Schema):
    """A month under every measure, everything charged at its default."""

    cycle: CycleName
    msp: str = Field(description="The ref of the MSP.")
    msp_name: str = Field(description="Its name when the report was generated.")
    currency: str = Field(description="The currency of the amounts; empty: not known.")
    in_force: Number | None = Field(description=f"What all lines come to, each under its own measure, before tax; {_UNKNOWN}")
    totals: dict[MeasureName, Number | None] = Field(description=f"What they come to under each measure; {_UNKNOWN}")
    lines: list[LineMeasured] = Field(description="Every line of the report.")


@router.get(
    "/insight/billed", response={200: Listed[BilledShown], **REFUSALS}, auth=MONEY, operation_id="list_billed", summary="What was billed",
)  # fmt: skip
def list_billed(
    request: HttpRequest, response: HttpResponse, span: Query[Span], *,
    by: Annotated[By, Field(description="What it is added up for; `msp`: who pays.")] = By.MONTH,
    limit: Limit = USUAL, cursor: Cursor = None,
) -> Any:  # fmt: skip
    """What a distributor or vendor billed in its statements, or an MSP was billed: months in order, anything else the highest first."""
    asked: Asked = request  # type: ignore[assignment]
    found = insight.billed(asked.caller.viewer, span.since, span.until, by=by)
    rows = paging.behind(found, _place, unpacked(cursor, str, str))
    return paging.page(request, response, rows[: limit + 1], limit, shown=lambda row: row, place=_place)


def _place(row: Billed) -> tuple[str, str]:
    return row.currency, row.key


class ReviewedMonths(Schema):
    """How months went."""

    items: list[ReviewedMonth] = Field(description="The months that have reports, in their order.")
    next: None = Field(None, description="Always null: there is no further page.")


@router.get(
    "/insight/review", response={200: ReviewedMonths, **REFUSALS}, auth=Allowed(Scope.REPORTS_READ), operation_id="list_review_figures",
    summary="How months were reviewed",
)  # fmt: skip
def list_review_figures(request: HttpRequest, span: Query[Span]) -> Any:
    """Over-provisioning, penalties and comments by reason, month by month. For distributors and vendors: 403 `not_allowed` for MSPs."""
    asked: Asked = request  # type: ignore[assignment]
    return {"items": [_reviewed(one) for one in insight.review_figures(asked.caller.viewer, span.since, span.until)]}


@router.get(
    "/reports/{cycle}/{msp}/deprovision", response={200: DeprovisioningShown, **REFUSALS}, auth=MONEY, operation_id="get_deprovisioning",
    summary="What could be deprovisioned",
)  # fmt: skip
def get_deprovisioning(request: HttpRequest, cycle: ReportCycle, msp: Ref) -> Any:
    """The units nobody uses, customer by customer: what they cost this month, and what is saved next month without them.

    Money is told to the MSP and its distributor. 404 and 403 as for the report itself.
    """
    asked: Asked = request  # type: ignore[assignment]
    return _deprovisioning(insight.deprovision(asked.caller.viewer, cycle, msp))


@router.get(
    "/reports/{cycle}/{msp}/measures", response={200: MonthMeasured, **REFUSALS}, auth=MONEY, operation_id="get_measures",
    summary="A month under each measure",
)  # fmt: skip
def get_measures(request: HttpRequest, cycle: ReportCycle, msp: Ref) -> Any:
    """What the lines of a report would be under each measure of the catalog, from the same usage, and what they would come to.

    Money is told to the MSP and its distributor. It reads the ledger once for each measure. 404 and 403 as for the report itself.
    """
    asked: Asked = request  # type: ignore[assignment]
    return _measures(insight.measured_otherwise(asked.caller.viewer, cycle, msp))


def _reviewed(one: Reviewed) -> dict[str, Any]:
    return {"cycle": one.month, **{name: getattr(one, name) for name in ReviewedMonth.model_fields if name != "cycle"}}


def _deprovisioning(found: Deprovisioning) -> dict[str, Any]:
    said = {name: getattr(found, name) for name in ("msp", "msp_name", "currency", "cost", "next_currency", "saving")}
    return {"cycle": found.month, **said, "lines": [_over(line) for line in found.lines]}


def _over(line: OverProvisioned) -> dict[str, Any]:
    customers = [{name: getattr(one, name) for name in CustomerToDeprovision.model_fields} for one in line.customers]
    return {name: getattr(line, name) for name in OverProvisionedLine.model_fields if name != "customers"} | {"customers": customers}


def _measures(found: MeasuredOtherwise) -> dict[str, Any]:
    said = {name: getattr(found, name) for name in ("msp", "msp_name", "currency", "in_force")}
    lines = [
        {name: getattr(line, name) for name in ("service", "name", "unit", "measure")}
        | {"by_measure": {name: _measured(own) for name, own in line.by_measure.items()}}
        for line in found.lines
    ]
    return {"cycle": found.month, **said, "totals": dict(found.totals), "lines": lines}


def _measured(own: Any) -> dict[str, Any]:
    return {name: getattr(own, name) for name in MeasuredShown.model_fields}
