"""Making reports: what the reports of a closed cycle and the adjustments of earlier months have in common."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from trueup.accounts.queries import Standing, installation, standings
from trueup.accounts.rules import Viewer
from trueup.catalog.queries import terms_on
from trueup.catalog.rules import TermsInForce
from trueup.cycles.models import Cycle
from trueup.events.recording import Change, Happening, record_all
from trueup.kit.errors import Conflict
from trueup.kit.period import Month, instant_text
from trueup.kit.quantity import plain
from trueup.kit.text import joined, plural
from trueup.ledger.queries import incomplete_lines
from trueup.reports.measuring import Services, count_up, services_of
from trueup.reports.models import Generation, Report, ReportLine
from trueup.reports.rules.copies import copied_terms, copy_terms
from trueup.reports.rules.lateness import deadline, next_reminder
from trueup.reports.rules.searching import searchable
from trueup.reports.rules.workflow import Status

MSPS_AT_ONCE = 200
"""Reports made in one transaction: others wait for it, and a crash loses no more than this."""


@dataclass(frozen=True, slots=True)
class Making:
    """What all reports that are made of a month have in common. `cycle` is that of the reports; `month` the month of their usage."""

    cycle: Cycle
    month: Month
    as_of: datetime
    viewer: Viewer
    services: Services
    incomplete: set[tuple[int, int]]
    installation_zone: str
    now: datetime

    @classmethod
    def of(cls, viewer: Viewer, cycle: Cycle, as_of: datetime, *, now: datetime) -> "Making":
        """Reports of a cycle, from the ledger as of a pin."""
        month = cycle.month.usage
        return cls(
            cycle, month, as_of, viewer, services_of(month), incomplete_lines(month, as_of=as_of), installation().time_zone, now
        )  # fmt: skip


def terms_of(standing: dict[int, Standing], making: Making) -> dict[int, TermsInForce]:
    """The terms of MSPs, by their ids."""
    way = {msp_id: (one.distributor.pk, msp_id) for msp_id, one in standing.items()}
    return terms_on(way, making.month.last_day)


def placed(msp_ids: Collection[int], making: Making) -> dict[int, Standing]:
    """How the MSPs stand on the last day of the month. Raises Conflict for one that belongs to no distributor."""
    found = standings(msp_ids, making.month.last_day)
    lost = sorted(set(msp_ids) - set(found))
    if lost:
        raise Conflict(
            plural(
                "{count} MSP with usage in {month} belongs to no distributor and vendor (id {ids}): place it first",
                "{count} MSPs with usage in {month} belong to no distributor and vendor (ids {ids}): place them first",
                len(lost),
                month=making.month,
                ids=joined(str(msp_id) for msp_id in lost[:10]),
            )
        )
    return found


def new_report(making: Making, standing: Standing, terms: TermsInForce) -> Report:
    """A report of an MSP as it stands, in memory."""
    msp = standing.msp
    report = Report(
        cycle=making.cycle,
        msp=msp,
        distributor=standing.distributor,
        vendor=standing.vendor,
        msp_ref=msp.ref,
        msp_name=msp.name,
        company_id=msp.company_id,
        city=msp.city,
        state=msp.state,
        distributor_ref=standing.distributor.ref,
        distributor_name=standing.distributor.name,
        searched=searchable(msp.name, msp.ref, msp.company_id),
        time_zone=standing.time_zone,
        has_access=standing.access.granted,
        access_reason=str(standing.access.reason),
        terms=copy_terms(terms),
    )
    begin(report, making)
    return report


def begin(report: Report, making: Making) -> None:
    """Let the time of a report begin, in memory: its pin and its deadline, by the terms it has copied."""
    terms = copied_terms(report.terms)
    due = deadline(making.now, terms.auto_submit_after_days, installation_zone=making.installation_zone, msp_zone=report.time_zone)
    report.generated_at, report.as_of = making.now, making.as_of
    report.deadline_day, report.deadline_at = due
    report.next_reminder_at = next_reminder(due.day, terms, msp_zone=report.time_zone, after=making.now)


def keep(making: Making, reports: list[Report], lines: dict[int, list[ReportLine]]) -> None:
    """Write reports, their lines (by MSP) and the beginnings of their histories. Within a transaction."""
    for report in reports:
        count_up(report, lines[report.msp_id])
    for report in Report.objects.bulk_create(reports):
        for line in lines[report.msp_id]:
            line.report = report  # which has an id by now
    made = [line for own in lines.values() for line in own]
    ReportLine.objects.bulk_create(made, batch_size=500)
    _record(making, reports, made)


@transaction.atomic(durable=True)
def complete(cycle: Cycle, *, now: datetime) -> None:
    """Note that all reports of a cycle are there; of two who come here at once one notes it."""
    Cycle.objects.select_for_update().get(pk=cycle.pk)
    count = Report.objects.filter(cycle=cycle).count()
    Generation.objects.get_or_create(cycle=cycle, defaults={"completed_at": now, "reports": count})


def _record(making: Making, reports: list[Report], lines: list[ReportLine]) -> None:
    """The beginning of each report's history: what it charges by default, and what was said of it before."""
    told: dict[int, list[Change]] = {report.pk: _born(report) for report in reports}
    for line in lines:
        told[line.report_id].append(Change("chargeable", None, plain(line.chargeable), of=line.service_code))
        for name in ("comment", "reason"):
            if said := getattr(line, name):
                told[line.report_id].append(Change(name, None, said, of=line.service_code))
    record_all(
        [Happening(report.msp_id, "generated", making.viewer.actor, making.now, "report", report.pk, told[report.pk]) for report in reports]
    )


def _born(report: Report) -> list[Change]:
    return [
        Change("status", None, Status.MSP_PREPARING),
        Change("as_of", None, instant_text(report.as_of)),
        Change("deadline", None, instant_text(report.deadline_at)),
    ]
