"""What is behind a line of money: the lines of reports that its units come from."""

from collections.abc import Collection
from dataclasses import dataclass

from trueup.accounts.rules import Viewer
from trueup.kit.page import Page
from trueup.kit.period import Month
from trueup.kit.quantity import Credits, Quantity
from trueup.reports.models import ReportLine
from trueup.statements.adding import lines_of
from trueup.statements.queries.billing import readable
from trueup.statements.settling import credits_of


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
    """The lines of reports that a billing report charges of some services, MSP by MSP. Raises NotFound, NotAllowed.

    What adjusts a month is a difference of whole months: of every MSP the line as it stands then, also one that did not change.
    """
    billing = readable(viewer, month, distributor)
    rows = lines_of(billing).filter(service_code__in=list(services))
    ordered = rows.select_related("report__cycle").order_by("report__msp_ref", "position", "service_code", "pk")
    return Page.of(rows.count(), page, per_page, lambda start, stop: [_behind(line) for line in ordered[start:stop]])


def lines_of_service(
    viewer: Viewer, month: Month, distributor: str, service: str, *, after: str = "", limit: int
) -> list[LineBehind]:  # fmt: skip
    """At most `limit` of the lines that a billing report charges of a service, by MSP, those behind a ref. Raises NotFound, NotAllowed."""
    billing = readable(viewer, month, distributor)
    rows = lines_of(billing).filter(service_code=service, report__msp_ref__gt=after)
    return [_behind(line) for line in rows.select_related("report__cycle").order_by("report__msp_ref")[:limit]]


def _behind(line: ReportLine) -> LineBehind:
    report = line.report
    return LineBehind(
        report.cycle.month, report.msp_ref, report.msp_name, line.service_code, line.service_name, line.group_code, line.unit,
        line.decimals, line.chargeable, credits_of(line),
    )  # fmt: skip
