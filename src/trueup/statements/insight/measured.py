"""The same month under each measure: what an MSP would be charged for, and what that would come to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from trueup.accounts.queries import refs
from trueup.accounts.rules import Viewer
from trueup.catalog.rules import Measure, MeasureName
from trueup.kit.money import Money
from trueup.kit.period import Month
from trueup.kit.quantity import Quantity
from trueup.ledger.figures import line_customers, month_lines
from trueup.prices.rules.lists import PriceList
from trueup.reports.access import to_read
from trueup.reports.measuring import Services, as_copied, figures_of, new_line, services_of, to_measure
from trueup.reports.models import Report, ReportLine
from trueup.reports.queries import CustomerFigures
from trueup.statements.adjusting import in_force, knows_money
from trueup.statements.rules.settlement import settled, why_not
from trueup.statements.settling import Approved, charged


@dataclass(frozen=True, slots=True)
class Measured:
    """A line under a measure, and what it charges by default."""

    provisioned: Quantity
    used: Quantity | None
    chargeable: Quantity


@dataclass(frozen=True, slots=True)
class MeasuredLine:
    """A service under every measure; one that a measure finds nothing of is not in `by_measure`."""

    service: str
    name: str
    unit: str
    decimals: int
    measure: MeasureName
    """The one in force."""
    by_measure: Mapping[MeasureName, Measured]


@dataclass(frozen=True, slots=True)
class MeasuredOtherwise:
    """The lines of a report under every measure, and what all of them come to by each, before tax: None, with an empty currency, where
    something has no price or the viewer is no party. `in_force`: each line under its own measure."""

    month: Month
    msp: str
    msp_name: str
    currency: str
    in_force: Money | None
    totals: Mapping[MeasureName, Money | None]
    lines: tuple[MeasuredLine, ...]


def measured_otherwise(viewer: Viewer, month: Month, msp: str) -> MeasuredOtherwise:
    """What the lines of a report would be under each measure, from the usage the report knows; everything charged at its default.

    A line keeps its percentile and what it starts from (used, provisioned). Reads the ledger once for each measure.
    Money is told to the MSP, its distributor and the operator. Raises NotFound, NotAllowed.
    """
    report = to_read(viewer, month, msp)
    lines = list(report.lines.order_by("position", "service_code"))
    services = as_copied(services_of(report.cycle.month), lines)
    prices = _prices(viewer, report)
    found = {name: _under(report, services, name) for name in MeasureName}
    return MeasuredOtherwise(
        month, report.msp_ref, report.msp_name, prices.currency if prices else "",
        _worth(report, prices, services, _under(report, services)),
        {name: _worth(report, prices, _with(services, name), own) for name, own in found.items()},
        tuple(_line(line, found) for line in lines),
    )  # fmt: skip


def _prices(viewer: Viewer, report: Report) -> PriceList | None:
    return in_force(report.distributor_id, report.msp_id, report.cycle.month) if knows_money(viewer, report) else None


def _with(services: Services, name: MeasureName) -> Services:
    """The services as if all were measured in one way."""
    return {key: replace(service, measure=Measure(name, service.measure.percentile)) for key, service in services.items()}


def _under(report: Report, services: Services, name: MeasureName | None = None) -> list[ReportLine]:
    """The lines of a report as if all services were measured by `name`; None: each by its own. They are of no report, and never saved."""
    measured = _with(services, name) if name else services
    positions = {key: place for place, key in enumerate(measured)}
    figures = month_lines(report.cycle.month, as_of=report.as_of, services=to_measure(measured), msp_ids=[report.msp_id])
    made = [new_line(measured[one.service_id], positions[one.service_id], figures_of(one), incomplete=False) for one in figures]
    return sorted(made, key=lambda line: line.position)


def _worth(report: Report, prices: PriceList | None, services: Services, lines: Sequence[ReportLine]) -> Money | None:
    if prices is None:
        return None

    def behind(_report: Report, wanted: Sequence[ReportLine]) -> dict[str, list[CustomerFigures]]:
        return {line.service_code: _customers(report, services, line) for line in wanted}

    charges = charged(Approved(report, tuple(lines)), prices, behind=behind)
    return None if why_not(prices, charges) else settled(prices, charges).net


def _customers(report: Report, services: Services, line: ReportLine) -> list[CustomerFigures]:
    """Who is behind a line under its measure. Who they are by name does not matter here."""
    shares = line_customers(
        report.cycle.month, as_of=report.as_of, msp_id=report.msp_id, service_id=line.service_id, services=to_measure(services)
    )
    names = refs(Viewer.system(), (share.customer_id for share in shares))
    return [CustomerFigures(names[share.customer_id], "", share.provisioned, share.used, share.credits) for share in shares]


def _line(line: ReportLine, found: Mapping[MeasureName, Sequence[ReportLine]]) -> MeasuredLine:
    by_measure = {
        name: Measured(own.provisioned, own.used, own.chargeable)
        for name, lines in found.items()
        for own in lines
        if own.service_id == line.service_id
    }
    return MeasuredLine(line.service_code, line.service_name, line.unit, line.decimals, MeasureName(line.measure), by_measure)
