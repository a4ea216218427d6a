"""Late usage: when a cycle closes, earlier months whose figures differ by now are adjusted in it (docs/settlement.md, *Late usage*)."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from trueup.accounts.rules import Viewer
from trueup.catalog.rules import ChargeableBasis
from trueup.cycles.models import Cycle, of_usage
from trueup.cycles.rules import CycleStatus
from trueup.kit.chunks import chunks
from trueup.kit.progress import Progress
from trueup.kit.quantity import Credits
from trueup.kit.text import text
from trueup.ledger.figures import line_customers, month_lines
from trueup.ledger.queries import late_lines, months_recorded
from trueup.ledger.rules.measures import MeasuredService
from trueup.reports.making import MSPS_AT_ONCE, Making, begin, complete, keep, new_report, placed, terms_of
from trueup.reports.measuring import as_copied, columns_of, default_of, figures_of, measured_of, new_line, to_measure
from trueup.reports.models import LateCheck, Report, ReportLine
from trueup.reports.rules.lines import NOTHING, Figures, credits_of_one, default_chargeable
from trueup.reports.rules.workflow import Status

_SAME: Final = (
    "msp_id", "distributor_id", "vendor_id", "msp_ref", "msp_name", "company_id", "city", "state", "distributor_ref", "distributor_name",
    "time_zone", "has_access", "access_reason", "terms", "searched",
)  # fmt: skip
"""What an adjustment takes over from the report it adjusts: whose it is and by which terms it is prepared."""

_SAME_LINE: Final = (
    "service_id", "service_code", "service_name", "group_id", "group_code", "group_name", "unit", "decimals", "measure", "percentile",
    "basis", "credits_per_unit", "comment", "reason",
)  # fmt: skip
"""What a line takes over: how it is measured, and what was said of it."""


@dataclass(frozen=True, slots=True)
class Base:
    """What was reported of the usage of an MSP last: the report of the month, or its last adjustment; nothing at all."""

    report: Report | None = None
    lines: Mapping[int, ReportLine] = field(default_factory=dict)

    @property
    def is_final(self) -> bool:
        """Whether it never changes again: only then it is adjusted. Before that it can be regenerated."""
        return self.report is None or self.report.status == Status.APPROVED


@dataclass(frozen=True, slots=True)
class _Now:
    """What the ledger says by now of an MSP in the month, measured as what was reported."""

    msp_id: int
    base: Base
    services: list[MeasuredService]
    figures: dict[int, Figures] = field(default_factory=dict)


def adjust(viewer: Viewer, cycle: Cycle, *, now: datetime, progress: Progress) -> int:
    """Make the adjustments of all earlier months in a cycle that is being generated; returns how many reports were made.

    A report that is not approved yet is not adjusted: it can be regenerated, and the next cycle looks at it again. Killed in between,
    the next call goes on; called twice at once, each adjustment is made once.
    """
    made = 0
    since = {} if _is_belated(cycle) else _months_to_look_at(cycle)
    if not since or cycle.as_of is None:
        return 0
    months = months_recorded(after=min(since.values()), until=cycle.as_of)
    for earlier, after in since.items():
        progress.start(text("Looking for late usage of {month} in {cycle}", month=earlier.month, cycle=cycle.month), None)
        one = _Adjusting.of(viewer, cycle, earlier, now) if earlier.month in months else None
        waiting = 0
        for portion in one.portions(after) if one else ():
            count, left = one.adjust(portion) if one else (0, 0)
            made, waiting = made + count, waiting + left
            progress.advance(len(portion))
        _note(cycle, earlier, waiting, now=now)
    return made


def closed_before(cycle: Cycle) -> QuerySet[Cycle]:
    """The closed months before that of a cycle, the earliest first."""
    return Cycle.objects.calendar().filter(status=CycleStatus.CLOSED, first_day__lt=cycle.first_day).order_by("first_day")


def _is_belated(cycle: Cycle) -> bool:
    """Whether a later month was closed before this one: that looks at all months before it, and each has one difference after the other.

    The row of a month is made when it is closed.
    """
    return Cycle.objects.calendar().filter(status=CycleStatus.CLOSED, first_day__gt=cycle.first_day, pk__lt=cycle.pk).exists()


def _months_to_look_at(cycle: Cycle) -> dict[Cycle, datetime]:
    """The earlier months with reports that were not looked at in this cycle yet, and since when anything recorded is late for them."""
    earlier = closed_before(cycle).exclude(generation=None)
    checks = LateCheck.objects.select_related("cycle").order_by("cycle__first_day")
    last = {check.month_id: check for check in checks}
    return {
        month: check.cycle.as_of if check and not check.waiting and check.cycle.as_of else month.as_of
        for month, check in ((month, last.get(month.pk)) for month in earlier)
        if month.as_of and not (check and check.cycle_id == cycle.pk)
    }


def _note(cycle: Cycle, earlier: Cycle, waiting: int, *, now: datetime) -> None:
    """All adjustments of a month in a cycle are there."""
    for made in Cycle.objects.filter(first_day=cycle.first_day, adjusts=earlier.first_day):
        complete(made, now=now)
    LateCheck.objects.get_or_create(cycle=cycle, month=earlier, defaults={"waiting": waiting})


@dataclass(frozen=True, slots=True)
class _Adjusting:
    """One earlier month that is adjusted in a cycle; `making` has the row of the adjustment, which is written with its first reports."""

    cycle: Cycle
    making: Making

    @classmethod
    def of(cls, viewer: Viewer, cycle: Cycle, earlier: Cycle, now: datetime) -> "_Adjusting":
        pinned = {"closed_at": cycle.closed_at, "as_of": cycle.as_of}
        row = Cycle(first_day=cycle.first_day, adjusts=earlier.first_day, status=CycleStatus.CLOSED, **pinned)
        return cls(cycle, Making.of(viewer, row, cycle.as_of or now, now=now))

    def portions(self, after: datetime) -> Iterator[dict[int, set[int]]]:
        """The MSPs with anything late, and the services it is of, in portions."""
        late: dict[int, set[int]] = defaultdict(set)
        for msp_id, service_id in late_lines(self.making.month, after=after, as_of=self.making.as_of):
            late[msp_id].add(service_id)
        for some in chunks(sorted(late), MSPS_AT_ONCE):
            yield {msp_id: late[msp_id] for msp_id in some}

    def adjust(self, late: Mapping[int, set[int]]) -> tuple[int, int]:
        """Adjust those of some MSPs whose figures differ; returns how many were adjusted, and how many have to wait."""
        found = self._measured(list(late))
        differing = [one for one in found if _differs(one) or self._shared_otherwise(one, late[one.msp_id])]
        ready = [one for one in differing if one.base.is_final]
        return self._make(ready) if ready else 0, len(differing) - len(ready)

    def _measured(self, msp_ids: Sequence[int]) -> list[_Now]:
        """MSPs as the ledger knows them by now: together, as far as they are measured alike."""
        known = bases(msp_ids, self.making.cycle)
        found: list[_Now] = []
        alike: list[tuple[list[MeasuredService], dict[int, _Now]]] = []
        for msp_id in msp_ids:
            base = known.get(msp_id, Base())
            services = to_measure(as_copied(self.making.services, base.lines.values()))
            one = _Now(msp_id, base, services)
            found.append(one)
            group = next((own for measured, own in alike if measured == services), None)
            if group is None:
                alike.append((services, {msp_id: one}))
            else:
                group[msp_id] = one
        for services, own in alike:
            for line in month_lines(self.making.month, as_of=self.making.as_of, services=services, msp_ids=list(own)):
                own[line.msp_id].figures[line.service_id] = figures_of(line)
        return found

    def _shared_otherwise(self, one: _Now, service_ids: Collection[int]) -> bool:
        """Whether credits lie with other customers than reported, though they come to the same: some may be complimentary to one."""
        report = one.base.report
        asked = [line.service_id for line in one.base.lines.values() if line.credits is not None and line.service_id in service_ids]
        return report is not None and any(
            self._customers(one, service_id, report.as_of) != self._customers(one, service_id, self.making.as_of) for service_id in asked
        )

    def _customers(self, one: _Now, service_id: int, as_of: datetime) -> object:
        return line_customers(self.making.month, as_of=as_of, msp_id=one.msp_id, service_id=service_id, services=one.services)

    @transaction.atomic(durable=True)
    def _make(self, ready: Sequence[_Now]) -> int:
        """Make those reports that are not there yet."""
        # Whoever generates the same cycle at the same time waits here, and then finds the reports.
        Cycle.objects.select_for_update().get(pk=self.cycle.pk)
        row = self.making.cycle
        pinned = {"status": row.status, "closed_at": row.closed_at, "as_of": row.as_of}
        made, _ = Cycle.objects.get_or_create(first_day=row.first_day, adjusts=row.adjusts, defaults=pinned)
        making = replace(self.making, cycle=made)
        there = set(Report.objects.filter(cycle=made, msp_id__in=[one.msp_id for one in ready]).values_list("msp_id", flat=True))
        missing = [one for one in ready if one.msp_id not in there]
        standing = placed([one.msp_id for one in missing if one.base.report is None], making)
        terms = terms_of(standing, making)
        reports = [
            _again(one.base.report, making) if one.base.report else new_report(making, standing[one.msp_id], terms[one.msp_id])
            for one in missing
        ]
        keep(making, reports, {one.msp_id: _lines(making, one) for one in missing})
        return len(reports)


def bases(msp_ids: Sequence[int], adjustment: Cycle) -> dict[int, Base]:
    """What was reported last of MSPs before an adjustment: what it adjusts. Nothing for an MSP that had no report."""
    reports = Report.objects.filter(of_usage(adjustment.month), msp_id__in=msp_ids, cycle__first_day__lt=adjustment.first_day)
    last = {report.msp_id: report for report in reports.order_by("cycle__first_day")}
    lines: dict[int, dict[int, ReportLine]] = {report.pk: {} for report in last.values()}
    for line in ReportLine.objects.filter(report__in=list(lines)):
        lines[line.report_id][line.service_id] = line
    return {msp_id: Base(report, lines[report.pk]) for msp_id, report in last.items()}


def _differs(one: _Now) -> bool:
    """Whether any figure is another than it was reported."""
    lines = one.base.lines
    return any(_changed(lines.get(service_id), one.figures.get(service_id)) for service_id in {*lines, *one.figures})


def _changed(line: ReportLine | None, figures: Figures | None) -> bool:
    """A line that is new, or whose records are all gone to somebody else, has changed if there is anything in it."""
    before = measured_of(line) if line else None
    if before and figures:
        return (before.provisioned, before.used, before.credits) != (figures.provisioned, figures.used, figures.credits)
    only = before or figures or NOTHING
    return any((only.provisioned, only.used, only.credits))


def credits_before(base: ReportLine) -> Credits | None:
    """The credits of one unit of a line that is adjusted; where it measured nothing itself, of the one that this adjusted."""
    own = credits_of_one(measured_of(base), base.chargeable)
    return base.credits_before if own is None else own


def _again(base: Report, making: Making) -> Report:
    """A report of the same parties by the same terms, in memory."""
    report = Report(cycle=making.cycle, **{name: getattr(base, name) for name in _SAME})
    begin(report, making)
    return report


def _lines(making: Making, one: _Now) -> list[ReportLine]:
    """Every line that was reported and every new one, in the order of the catalog: what is settled by tiers needs all of them."""
    lines = []
    for position, (service_id, service) in enumerate(making.services.items()):
        base, figures = one.base.lines.get(service_id), one.figures.get(service_id)
        incomplete = (one.msp_id, service_id) in making.incomplete
        if base is not None:
            lines.append(_line_again(base, figures or NOTHING, position, incomplete=incomplete))
        elif figures is not None:
            lines.append(new_line(service, position, figures, incomplete=incomplete, adjusts=True))
    return lines


def _line_again(base: ReportLine, figures: Figures, position: int, *, incomplete: bool) -> ReportLine:
    """A line with its newer figures. What people agreed on stays: it goes on from what was charged, and says what was said."""
    line = ReportLine(
        **{name: getattr(base, name) for name in _SAME_LINE}, **columns_of(figures), position=position, incomplete=incomplete,
        charged_before=base.chargeable, measured_before=default_chargeable(measured_of(base), ChargeableBasis(base.basis)),
        credits_before=credits_before(base),
    )  # fmt: skip
    line.chargeable = line.default_chargeable = default_of(line, figures)
    line.agreed = not _changed(base, figures)
    return line
