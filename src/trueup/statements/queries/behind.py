"""What is behind a line of money: the lines of reports that its units come from."""

from collections.abc import Collection
from dataclasses import dataclass

from trueup.accounts.rules import Viewer
from trueup.cycles.models import of_month
from trueup.kit.page import Page
from trueup.kit.period import Month
from trueup.kit.quantity import Credits, Quantity
from trueup.prices.rules.packs import chargeable_credits
from trueup.reports.models import ReportLine
from trueup.reports.rules.workflow import Status
from trueup.statements.queries.billing import readable


@dataclass(frozen=True, slots=True)
class LineBehind:
    """A line of an approved report: the units it charges, and the credits they stand for (None: the service has none)."""

    cycle: Month
    msp: str
    msp_name: str
    service: str
    service_name: str
    group: str
    unit: str
    decimals: int
    units: Quantity
    credits: Credits | None


def lines_behind(
    viewer: Viewer, month: Month, distributor: str, services: Collection[str], *, page: int = 1, per_page: int = 50
) -> Page[LineBehind]:
    """The lines of reports that a billing report charges of some services, MSP by MSP. Raises NotFound, NotAllowed."""
    billing = readable(viewer, month, distributor)
    rows = ReportLine.objects.filter(of_month(month, "report__cycle__"), report__status=Status.APPROVED, service_code__in=list(services))
    rows = rows.filter(report__distributor_id=billing.distributor_id, report__vendor_id=billing.vendor_id)
    ordered = rows.select_related("report").order_by("report__msp_ref", "position", "service_code", "pk")
    return Page.of(rows.count(), page, per_page, lambda start, stop: [_behind(month, line) for line in ordered[start:stop]])


def _behind(month: Month, line: ReportLine) -> LineBehind:
    own = chargeable_credits(line.chargeable, line, per_unit=line.credits_per_unit)
    return LineBehind(
        month, line.report.msp_ref, line.report.msp_name, line.service_code, line.service_name, line.group_code, line.unit, line.decimals,
        line.chargeable, own,
    )  # fmt: skip
