"""Verifying: every figure of a closed cycle is computed again from the pinned ledger and must come out the same."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from trueup.catalog.rules import ChargeableBasis
from trueup.cycles.models import Cycle
from trueup.cycles.rules import CycleStatus
from trueup.kit.errors import NotFound
from trueup.kit.period import Month
from trueup.kit.progress import Progress, Silence
from trueup.kit.quantity import plain
from trueup.ledger.figures import month_lines
from trueup.ledger.rules.measures import MeasuredService
from trueup.reports.measuring import Services, as_copied, figures_of, measured_of, services_of, state_of, to_measure
from trueup.reports.models import Generation, Report, ReportLine
from trueup.reports.rules.lines import NOTHING, Figures, default_chargeable


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A figure that does not come out as it is stored; None: it is not there at all."""

    cycle: Month
    msp: str
    service: str
    field: str
    stored: str | None
    recomputed: str | None


@dataclass(slots=True)
class _Run:
    """Reports that can be measured together: pinned at the same moment, with nothing copied differently."""

    services: dict[int, MeasuredService]
    lines: dict[int, list[ReportLine]] = field(default_factory=dict)


def verify(month: Month | None, *, progress: Progress | None = None) -> list[Mismatch]:
    """Recompute one closed cycle, or all; returns what differs. Raises NotFound for a cycle that is not closed."""
    closed = Cycle.objects.filter(status=CycleStatus.CLOSED).order_by("first_day")
    if month is not None:
        closed = closed.filter(first_day=month.first_day)
        if not closed:
            raise NotFound(f"the cycle {month} is not closed")
    told = progress or Silence()
    found: list[Mismatch] = []
    for cycle in closed:
        told.start(f"Verifying {cycle}", None)
        found += _verify(cycle, told)
    told.finish()
    return found


def _verify(cycle: Cycle, told: Progress) -> Iterator[Mismatch]:
    reports = {report.msp_id: report for report in Report.objects.filter(cycle=cycle)}
    lines: dict[int, list[ReportLine]] = defaultdict(list)
    for line in ReportLine.objects.filter(report__cycle=cycle).order_by("report_id", "position"):
        lines[line.report_id].append(line)
    services = services_of(cycle.month)
    for as_of in sorted({report.as_of for report in reports.values()} | _pins(cycle)):
        pinned = [report for report in reports.values() if report.as_of == as_of]
        for run in _runs(pinned, lines, services):
            yield from _compare(cycle, as_of, run, reports)
            told.advance(len(run.lines))
    yield from _unreported(cycle, services, set(reports))


def _pins(cycle: Cycle) -> set[datetime]:
    return {cycle.as_of} if cycle.as_of else set()


def _runs(reports: Iterable[Report], lines: dict[int, list[ReportLine]], services: Services) -> list[_Run]:
    """Put the reports into as few runs as what they copied allows: nearly always one."""
    runs: list[_Run] = []
    for report in reports:
        own = lines[report.pk]
        copied = {service.service_id: service for service in to_measure(as_copied(services, own))}
        ids = {line.service_id for line in own}
        run = next((run for run in runs if all(run.services[one] == copied[one] for one in ids)), None)
        if run is None:
            run = _Run(copied)
            runs.append(run)
        run.lines[report.msp_id] = own
    return runs


def _compare(cycle: Cycle, as_of: datetime, run: _Run, reports: dict[int, Report]) -> Iterator[Mismatch]:
    """What differs between the lines of a run and the ledger."""
    measured: dict[int, dict[int, Figures]] = defaultdict(dict)
    found = month_lines(cycle.month, as_of=as_of, services=list(run.services.values()), msp_ids=list(run.lines))
    for one in found:
        measured[one.msp_id][one.service_id] = figures_of(one)
    for msp_id, lines in run.lines.items():
        msp = reports[msp_id].msp_ref
        for line in lines:
            figures = measured[msp_id].pop(line.service_id, NOTHING)
            yield from (Mismatch(cycle.month, msp, line.service_code, *difference) for difference in _differences(line, figures))
        for service_id in measured[msp_id]:
            yield Mismatch(cycle.month, msp, f"service {service_id}", "line", None, "measured")


def _differences(line: ReportLine, figures: Figures) -> Iterator[tuple[str, str | None, str | None]]:
    """(field, stored, recomputed) of everything that does not come out the same."""
    stored = measured_of(line)
    default = default_chargeable(figures, ChargeableBasis(line.basis))
    pairs = {
        "provisioned": (stored.provisioned, figures.provisioned),
        "used": (stored.used, figures.used),
        "credits": (stored.credits, figures.credits),
        "default_chargeable": (line.default_chargeable, default),
        "chargeable": (line.chargeable, state_of(line).chargeable),
    }
    for name, (kept, again) in pairs.items():
        if kept != again:
            yield name, plain(kept), plain(again)
    if stored.days != figures.days and figures is not NOTHING:
        yield "days", " ".join(map(str, stored.days)), " ".join(map(str, figures.days))


def _unreported(cycle: Cycle, services: Services, reported: set[int]) -> Iterator[Mismatch]:
    """MSPs with usage that got no report, once all were generated."""
    if not Generation.objects.filter(cycle=cycle).exists():
        return
    lines = month_lines(cycle.month, as_of=cycle.as_of, services=to_measure(services))
    for msp_id in sorted({line.msp_id for line in lines} - reported):
        yield Mismatch(cycle.month, f"account {msp_id}", "", "report", None, "measured")
