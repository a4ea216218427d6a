"""A billing report as it is answered, and what is sent to change one."""

from typing import Annotated, Any

from ninja import Field, Schema

from trueup.api.endpoints.report_bodies import Said, Taken
from trueup.api.endpoints.statement_lines import Amounts, ChargedUnits, amounts, charged_units
from trueup.api.parameters import Storable
from trueup.api.schemas import CycleName, Instant, Number, ProblemDocument
from trueup.reports.rules.workflow import Status
from trueup.statements.queries import BillingRow, BillingView, LineBehind
from trueup.statements.rules.billing import BillingStatus
from trueup.statements.rules.highlights import Highlight


class BillingReportRow(Schema):
    """A billing report in a list. Amounts are those that were submitted; null while the distributor works on it."""

    cycle: CycleName
    distributor: str = Field(description="The ref of the distributor.")
    distributor_name: str = Field(description="Its name when the report was begun.")
    vendor: str = Field(description="The ref of the vendor.")
    vendor_name: str = Field(description="Its name then.")
    status: BillingStatus = Field(description="Where it is.")
    po_number: str = Field(description="The distributor's purchase order number; empty: none.")
    submitted_at: Instant | None = Field(description="When it was submitted; null: it is not.")
    completed_at: Instant | None = Field(description="When it was completed; null: it is not.")
    currency: str | None = Field(description="The currency of the amounts.")
    net: Number | None = Field(description="The sum of the lines.")
    tax: Number | None = Field(description="The tax.")
    gross: Number | None = Field(description="What is to be paid.")
    version: int = Field(description="Another one after every change; what stands in its ETag.")


class BilledReport(Schema):
    """The approved report of an MSP that is in it."""

    msp: str = Field(description="The ref of the MSP.")
    msp_name: str = Field(description="Its name when its report was generated.")
    submission: str | None = Field(description="How the report came under review.")
    approved_at: Instant | None = Field(description="When it was approved.")
    version: int = Field(description="The version of the report that was approved.")


class MissingReport(Schema):
    """The report of an MSP that is not approved yet."""

    msp: str = Field(description="The ref of the MSP.")
    msp_name: str = Field(description="Its name when its report was generated.")
    status: Status = Field(description="Where its report is.")


class PromoTyped(Schema):
    """A promo code of a service."""

    service: str = Field(description="The code of the service.")
    code: str = Field(description="The promo code, as it was typed.")
    problem: str | None = Field(description="Why it does not hold; null: it does.")


class PenaltyShown(Schema):
    """A penalty in a report behind a line."""

    msp: str = Field(description="The ref of the MSP.")
    msp_name: str = Field(description="What it is called.")
    units: Number = Field(description="The units that are charged.")


class HighlightShown(Schema):
    """A service that is worth a look: its units are much others than last month, or there are penalties in them."""

    service: str = Field(description="The code of the service.")
    name: str = Field(description="What it is called.")
    unit: str = Field(description="The billing unit.")
    units: Number = Field(description="The units of all MSPs.")
    previous: Number | None = Field(description="Those of last month; null: nothing was reported then.")
    percent: Number | None = Field(description="By how many percent there are more (or, below 0, less); null: there were none.")
    penalties: list[PenaltyShown] = Field(description="The penalties in them.")


class BillingReport(BillingReportRow):
    """A billing report with all it says: as it was submitted, or, until then, as it stands."""

    comment: str = Field(description="The distributor's comment.")
    return_reason: str = Field(description="Why the vendor returned it last; empty: it never did.")
    promo_codes: list[PromoTyped] = Field(description="Promo codes, by service.")
    reports: list[BilledReport] = Field(description="The approved reports in it, by MSP.")
    missing: list[MissingReport] = Field(description="The reports that are not approved yet, by MSP.")
    units: list[ChargedUnits] = Field(description="The units of all approved reports, by service.")
    unpriced: list[str] = Field(description="The codes of services that have no price; as long as there are any it cannot be submitted.")
    amounts: Amounts | None = Field(description="What it comes to; until everything has a price, of what has one; null: nothing has.")
    highlights: list[HighlightShown] = Field(description="What is worth a look.")
    obstacles: list[str] = Field(description="Why it cannot be submitted now, in sentences; empty: it can, or it was.")


class LineBehindShown(Schema):
    """A line of an approved report that a billing report charges."""

    cycle: CycleName
    msp: str = Field(description="The ref of the MSP whose report it is: `/reports/{cycle}/{msp}`.")
    msp_name: str = Field(description="Its name when its report was generated.")
    service: str = Field(description="The code of the service.")
    service_name: str = Field(description="What it is called.")
    group: str = Field(description="The code of its solution group.")
    unit: str = Field(description="The billing unit.")
    units: Number = Field(description="Chargeable units that were approved.")
    credits: Number | None = Field(description="The credits they stand for; null: the service has none.")


class StaleBillingReport(ProblemDocument):
    """Somebody else was faster: nothing was changed."""

    current: BillingReport | BillingReportRow | None = Field(None, description="The billing report as it is now, as far as you read it.")


Promo = Annotated[Storable, Field(max_length=100)]


class BillingEdits(Taken):
    """What is changed. A field that is left out, or null, stays as it is."""

    po_number: Said | None = Field(None, description="The purchase order number: one line of at most 100 characters; empty: none.")
    promo_codes: dict[Promo, Promo | None] = Field(
        {}, description="Promo codes by the code of the service; null, or empty, takes one away. Those of other services stay."
    )
    comment: Said | None = Field(None, description="A comment of at most 5000 characters; empty: none.")


class Returned(Taken):
    """Why it goes back."""

    reason: Said = Field(description="What the distributor has to correct: at most 5000 characters.")


def row_shown(row: BillingRow) -> dict[str, Any]:
    """A billing report in a list."""
    return {**{name: getattr(row, name) for name in BillingReportRow.model_fields}, "currency": row.currency or None}


def shown(view: BillingView) -> dict[str, Any]:
    """A billing report with all it says."""
    found = view.collected
    open_ = view.document is None
    return {
        **row_shown(view.row),
        "comment": view.comment,
        "return_reason": view.return_reason,
        "promo_codes": [
            {"service": service, "code": code, "problem": str(found.promo_problems[service]) if service in found.promo_problems else None}
            for service, code in sorted(view.promo_codes.items())
        ],
        "reports": [_billed(one) for one in found.reports],
        "missing": [{"msp": one.msp, "msp_name": one.msp_name, "status": one.status} for one in found.missing],
        "units": [charged_units(line) for line in found.lines],
        "unpriced": [line.service for line in found.unpriced] if open_ else [],
        "amounts": amounts(found.so_far if open_ else view.document),
        "highlights": [_highlight(one) for one in view.highlights],
        "obstacles": [str(one) for one in found.obstacles] if open_ else [],
    }


def line_behind_shown(one: LineBehind) -> dict[str, Any]:
    """A line of an approved report."""
    return {name: getattr(one, name) for name in LineBehindShown.model_fields}


def _billed(report: Any) -> dict[str, Any]:
    names = ("msp_name", "submission", "approved_at", "version")
    return {"msp": report.msp_ref, **{name: getattr(report, name) for name in names}}


def _highlight(one: Highlight) -> dict[str, Any]:
    penalties = [{"msp": own.msp, "msp_name": own.msp_name, "units": own.units} for own in one.penalties]
    return {**{name: getattr(one, name) for name in ("service", "name", "unit", "units", "previous", "percent")}, "penalties": penalties}
