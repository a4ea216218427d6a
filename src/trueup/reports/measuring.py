"""From measured figures to lines and back: what generating, regenerating and verifying a report have in common."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from itertools import groupby

from trueup.catalog.queries import ServiceInForce, services_on
from trueup.catalog.rules import ChargeableBasis, Measure, MeasureName
from trueup.kit.period import Month
from trueup.kit.quantity import ZERO, Quantity
from trueup.ledger.figures import LineFigures
from trueup.ledger.rules.measures import MeasuredService
from trueup.reports.models import Report, ReportLine
from trueup.reports.rules.lines import Figures, LineState, Outcome, adjusted_default, default_chargeable
from trueup.reports.rules.tally import tally

Services = dict[int, ServiceInForce]
"""Services by id, in the order of a report."""


def services_of(month: Month) -> Services:
    """The services as they are in force on the last day of a month: what its reports copy."""
    return services_on(month.last_day)


def as_copied(services: Services, lines: Iterable[ReportLine]) -> Services:
    """The services, but those that have a line as the line copied them."""
    copied = dict(services)
    for line in lines:
        copied[line.service_id] = replace(
            services[line.service_id],
            group_id=line.group_id,
            group_code=line.group_code,
            group_name=line.group_name,
            unit=line.unit,
            decimals=line.decimals,
            measure=Measure(MeasureName(line.measure), line.percentile),
            basis=ChargeableBasis(line.basis),
        )
    return copied


def to_measure(services: Services) -> list[MeasuredService]:
    """What the ledger needs to know of all services."""
    return [
        MeasuredService(
            service_id=service.id,
            group_id=service.group_id,
            vendor_id=service.vendor_id,
            measure=service.measure,
            decimals=service.decimals,
        )
        for service in services.values()
    ]


def by_msp(lines: Iterable[LineFigures], at_once: int) -> Iterator[dict[int, list[LineFigures]]]:
    """The lines, which come sorted by MSP, in portions of so many MSPs."""
    portion: dict[int, list[LineFigures]] = {}
    for msp_id, own in groupby(lines, key=lambda line: line.msp_id):
        portion[msp_id] = list(own)
        if len(portion) == at_once:
            yield portion
            portion = {}
    if portion:
        yield portion


def figures_of(measured: LineFigures) -> Figures:
    """The figures of a line as the rules know them."""
    return Figures(measured.provisioned, measured.used, measured.credits, measured.days)


def new_line(service: ServiceInForce, position: int, figures: Figures, *, incomplete: bool, adjusts: bool = False) -> ReportLine:
    """A line as it is generated: charged at its default, nothing edited. Neither saved nor of a report yet.

    `adjusts`: of an adjustment, which has charged nothing of this service before.
    """
    default = default_chargeable(figures, service.basis)
    return ReportLine(
        service_id=service.id,
        position=position,
        service_code=service.code,
        service_name=service.name,
        group_id=service.group_id,
        group_code=service.group_code,
        group_name=service.group_name,
        unit=service.unit,
        decimals=service.decimals,
        measure=service.measure.name,
        percentile=service.measure.percentile,
        basis=service.basis,
        credits_per_unit=service.credits_per_unit,
        incomplete=incomplete,
        default_chargeable=default,
        chargeable=default,
        charged_before=ZERO if adjusts else None,
        measured_before=ZERO if adjusts else None,
        **columns_of(figures),
    )


def default_of(line: ReportLine, figures: Figures) -> Quantity:
    """What a line charges by default with these figures; one of an adjustment goes on from what was charged before."""
    measured = default_chargeable(figures, ChargeableBasis(line.basis))
    if line.charged_before is None or line.measured_before is None:
        return measured
    return adjusted_default(measured, charged_before=line.charged_before, measured_before=line.measured_before)


def columns_of(figures: Figures) -> dict[str, object]:
    """The measured columns of a line."""
    return {
        "provisioned": figures.provisioned,
        "used": figures.used,
        "credits": figures.credits,
        "days": [day.isoformat() for day in figures.days],
    }


def measured_of(line: ReportLine) -> Figures:
    """The figures a line holds."""
    return Figures(line.provisioned, line.used, line.credits, tuple(date.fromisoformat(day) for day in line.days))


def state_of(line: ReportLine) -> LineState:
    """A line as the rules see it."""
    return LineState(
        service=line.service_code,
        figures=measured_of(line),
        default=line.default_chargeable,
        saved=line.saved_chargeable,
        comment=line.comment,
        outcome=Outcome(line.outcome),
        incomplete=line.incomplete,
        source_changed=line.source_changed,
        agreed=line.agreed,
    )


COUNTED = (
    "line_count", "differing_lines", "commented_lines", "penalty_lines", "stake",
    "total_chargeable", "total_default", "total_provisioned", "total_over_provisioned",
)  # fmt: skip
"""The columns of a report that say what all its lines come to."""


def count_up(report: Report, lines: Iterable[ReportLine]) -> None:
    """Write into a report, in memory, what all its lines come to. Whoever changes a line does this before the report is written."""
    sums = tally(state_of(line) for line in lines)
    report.line_count, report.differing_lines = sums.lines, sums.differing
    report.commented_lines, report.penalty_lines = sums.commented, sums.penalties
    report.stake, report.total_chargeable, report.total_default = sums.stake, sums.chargeable, sums.default
    report.total_provisioned, report.total_over_provisioned = sums.provisioned, sums.over_provisioned
