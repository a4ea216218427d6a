"""Verifying: every figure of a closed cycle is computed again and must come out the same, and nothing is charged that nobody saved."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from trueup.catalog.rules import ChargeableBasis
from trueup.cycles.models import Cycle
from trueup.cycles.rules import CycleStatus
from trueup.events.queries import happened_to
from trueup.events.rules import Plain
from trueup.events.snapshot import snapshot
from trueup.kit.errors import NotFound
from trueup.kit.period import Month, instant_text
from trueup.kit.progress import Progress, Silence
from trueup.kit.quantity import ZERO, plain
from trueup.kit.text import text
from trueup.ledger.figures import month_lines
from trueup.ledger.queries import incomplete_lines
from trueup.ledger.rules.measures import MeasuredService
from trueup.reports.adjusting import bases, credits_before
from trueup.reports.measuring import (
    COUNTED,
    Services,
    as_copied,
    count_up,
    default_of,
    figures_of,
    measured_of,
    services_of,
    state_of,
    to_measure,
)
from trueup.reports.models import Generation, Report, ReportLine
from trueup.reports.rules.lines import NOTHING, Figures, Outcome, default_chargeable

Difference = tuple[str, str, str | None, str | None]
"""Line, field, stored, as it should be."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A figure that does not come out as it is stored; None: it is not there at all."""

    cycle: Month
    msp: str
    service: str
    field: str
    stored: str | None
    recomputed: str | None


@dataclass(frozen=True, slots=True)
class _Stored:
    """What the database holds of a cycle, all at one moment; `told` is what the history last said of (line, field), by report."""

    cycle: Cycle
    reports: list[Report]
    lines: dict[int, list[ReportLine]]
    told: dict[int, dict[tuple[str, str], Plain]]
    generated: int | None


@dataclass(slots=True)
class _Run:
    """Reports that can be measured together: pinned at the same moment, with nothing copied differently."""

    services: dict[int, MeasuredService]
    reports: list[Report] = field(default_factory=list)


def verify(month: Month | None, *, progress: Progress | None = None) -> list[Mismatch]:
    """Recompute one closed cycle with what it adjusts, or all; returns what differs. Raises NotFound for a cycle that is not closed.

    Measured figures are computed from the pinned ledger again; what people and the clock made of them must be what the history tells.
    """
    closed = Cycle.objects.filter(status=CycleStatus.CLOSED).order_by("first_day", "pk")
    if month is not None:
        closed = closed.of(month) if month.adjusted_in else closed.filter(first_day=month.first_day)
        if not closed:
            raise NotFound(text("the cycle {month} is not closed", month=month))
    told = progress or Silence()
    found: list[Mismatch] = []
    for cycle in closed:
        told.start(text("Verifying {month}", month=cycle.month), None)
        found += _verify(cycle, told)
    told.finish()
    return found


def _verify(cycle: Cycle, progress: Progress) -> Iterator[Mismatch]:
    stored = _load(cycle)
    wrong: set[str] = set()
    for mismatch in _recompute(stored, progress):
        wrong.add(mismatch.msp)
        yield mismatch
    for report in stored.reports:
        if report.msp_ref not in wrong:  # of lines that are wrong the sums say nothing more
            yield from _miscounted(stored, report)


def _recompute(stored: _Stored, progress: Progress) -> Iterator[Mismatch]:
    """What differs in the reports and their lines."""
    cycle = stored.cycle
    for report in stored.reports:
        yield from _untold(stored, report)
    if cycle.adjusts:
        yield from _charged_otherwise(stored)
    services = services_of(cycle.month)
    for as_of in sorted({report.as_of for report in stored.reports}):
        gaps = incomplete_lines(cycle.month, as_of=as_of)
        pinned = [report for report in stored.reports if report.as_of == as_of]
        for run in _runs(pinned, stored.lines, services):
            yield from _compare(stored, as_of, run, gaps)
            progress.advance(len(run.reports))
    if stored.generated is not None:
        yield from _unreported(stored, services)


def _load(cycle: Cycle) -> _Stored:
    """Read at one moment, so that somebody who works meanwhile makes no difference."""
    lines: dict[int, list[ReportLine]] = defaultdict(list)
    with snapshot():
        reports = list(Report.objects.filter(cycle=cycle).order_by("msp_ref"))
        for line in ReportLine.objects.filter(report__cycle=cycle).order_by("report_id", "position"):
            lines[line.report_id].append(line)
        told = {report.pk: _told(report) for report in reports}
        generation = Generation.objects.filter(cycle=cycle).first()
    return _Stored(cycle, reports, lines, told, generation.reports if generation else None)


def _told(report: Report) -> dict[tuple[str, str], Plain]:
    """What the history of a report said last of each value."""
    last: dict[tuple[str, str], Plain] = {}
    for event in happened_to("report", report.pk):
        for change in event.changes:
            last[change.get("of", ""), change["field"]] = change["after"]
    return last


def _untold(stored: _Stored, report: Report) -> Iterator[Mismatch]:
    """Where a report is not what its history tells."""
    told = stored.told[report.pk]
    found = _differing("", told, {
        "status": report.status,
        "submission": report.submission or None,
        "as_of": instant_text(report.as_of),
        "deadline": instant_text(report.deadline_at),
    })  # fmt: skip
    for line in stored.lines[report.pk]:
        found += _differing(line.service_code, told, {
            "chargeable": plain(line.chargeable),
            "penalty": line.outcome == Outcome.PENALTY or None,
            "comment": line.comment or None,
            "reason": line.reason or None,
        })  # fmt: skip
    present = {line.service_code for line in stored.lines[report.pk]}
    gone = {of for (of, name), after in told.items() if name == "chargeable" and after is not None} - present
    found += [(service, "line", None, "in the history") for service in sorted(gone)]
    for service, name, kept, again in found:
        yield Mismatch(stored.cycle.month, report.msp_ref, service, name, kept, again)


def _miscounted(stored: _Stored, report: Report) -> Iterator[Mismatch]:
    """What a report says of its lines together that is not what they come to."""
    counted = Report()
    count_up(counted, stored.lines[report.pk])
    for name in COUNTED:
        kept, again = Decimal(getattr(report, name)), Decimal(getattr(counted, name))
        if kept != again:
            yield Mismatch(stored.cycle.month, report.msp_ref, "", name, plain(kept), plain(again))


def _differing(of: str, told: dict[tuple[str, str], Plain], stored: dict[str, Plain]) -> list[Difference]:
    """The values that are not what the history told last; False and nothing are the same."""
    pairs = {name: (value, told.get((of, name)) or None) for name, value in stored.items()}
    return [(of, name, _text(kept), _text(again)) for name, (kept, again) in pairs.items() if kept != again]


def _text(value: Plain) -> str | None:
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


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
        run.reports.append(report)
    return runs


def _compare(stored: _Stored, as_of: datetime, run: _Run, gaps: set[tuple[int, int]]) -> Iterator[Mismatch]:
    """What differs between the lines of a run and the ledger."""
    month = stored.cycle.month
    measured: dict[int, dict[int, Figures]] = defaultdict(dict)
    msp_ids = [report.msp_id for report in run.reports]
    for one in month_lines(month, as_of=as_of, services=list(run.services.values()), msp_ids=msp_ids):
        measured[one.msp_id][one.service_id] = figures_of(one)
    for report in run.reports:
        found = measured[report.msp_id]
        for line in stored.lines[report.pk]:
            figures = found.pop(line.service_id, NOTHING)
            incomplete = (report.msp_id, line.service_id) in gaps
            for difference in _differences(line, figures, incomplete=incomplete):
                yield Mismatch(month, report.msp_ref, line.service_code, *difference)
        for service_id in found:
            yield Mismatch(month, report.msp_ref, f"service {service_id}", "line", None, "measured")


def _differences(line: ReportLine, figures: Figures, *, incomplete: bool) -> Iterator[tuple[str, str | None, str | None]]:
    """(field, stored, recomputed) of everything that does not come out the same."""
    stored = measured_of(line)
    pairs = {
        "provisioned": (stored.provisioned, figures.provisioned),
        "used": (stored.used, figures.used),
        "credits": (stored.credits, figures.credits),
        "default_chargeable": (line.default_chargeable, default_of(line, figures)),
        "chargeable": (line.chargeable, state_of(line).chargeable),
    }
    for name, (kept, again) in pairs.items():
        if kept != again:
            yield name, plain(kept), plain(again)
    if figures is NOTHING:
        return
    if stored.days != figures.days:
        yield "days", " ".join(map(str, stored.days)), " ".join(map(str, figures.days))
    if line.incomplete != incomplete:
        yield "incomplete_data", _text(line.incomplete), _text(incomplete)


def _charged_otherwise(stored: _Stored) -> Iterator[Mismatch]:
    """Where the lines of adjustments do not go on from what was charged before."""
    known = bases([report.msp_id for report in stored.reports], stored.cycle)
    for report in stored.reports:
        before = known[report.msp_id].lines if report.msp_id in known else {}
        for line in stored.lines[report.pk]:
            base = before.get(line.service_id)
            charged = base.chargeable if base else ZERO
            measured = default_chargeable(measured_of(base), ChargeableBasis(base.basis)) if base else ZERO
            each = credits_before(base) if base else None
            for name, again in (("charged_before", charged), ("measured_before", measured), ("credits_before", each)):
                kept = getattr(line, name)
                if kept != again:
                    yield Mismatch(stored.cycle.month, report.msp_ref, line.service_code, name, plain(kept), plain(again))


def _unreported(stored: _Stored, services: Services) -> Iterator[Mismatch]:
    """Reports that were generated and are gone, and MSPs with usage that have none."""
    month, count = stored.cycle.month, len(stored.reports)
    if count != stored.generated:
        yield Mismatch(month, "", "", "reports", str(count), str(stored.generated))
    if stored.cycle.adjusts:  # only of those whose figures differed
        return
    reported = {report.msp_id for report in stored.reports}
    lines = month_lines(month, as_of=stored.cycle.as_of, services=to_measure(services))
    for msp_id in sorted({line.msp_id for line in lines} - reported):
        yield Mismatch(month, f"account {msp_id}", "", "report", None, "measured")
