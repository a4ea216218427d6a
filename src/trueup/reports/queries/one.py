"""One report: its header, its lines, its history, and what becomes of it if nobody does anything."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from trueup.accounts.queries import viewers_of
from trueup.accounts.rules import Viewer
from trueup.catalog.rules import TermsInForce
from trueup.cycles.models import of_month
from trueup.events.queries import happened_to
from trueup.events.rules import Plain
from trueup.events.snapshot import snapshot
from trueup.kit.errors import Conflict
from trueup.kit.issue import Issue
from trueup.kit.period import Month
from trueup.kit.quantity import ZERO, Credits, Quantity, added
from trueup.kit.text import text
from trueup.reports.access import to_read
from trueup.reports.measuring import state_of
from trueup.reports.models import Report, ReportLine
from trueup.reports.rules.checks import issues_of
from trueup.reports.rules.copies import copied_terms
from trueup.reports.rules.lateness import fate
from trueup.reports.rules.lines import LineState, Outcome
from trueup.reports.rules.workflow import EDITABLE, MAY_REQUIRE_REVIEW, STATUS_WORDS, Status


@dataclass(frozen=True, slots=True)
class ReportSummary:
    """A report in a list. `submission` is None while it is not submitted."""

    cycle: Month
    msp: str
    msp_name: str
    distributor: str
    status: Status
    submission: str | None
    flags: tuple[str, ...]
    deadline: datetime


@dataclass(frozen=True, slots=True)
class LineView:
    """A line of a report: figures in the unit of the service, credits; None is unknown (or: has no credits).

    `as_saved` is what the MSP left, be it the default; `saved` what it set itself, None where it left the default. `charged_before`:
    what the line that this one adjusts has charged, None in a report of the month itself.
    """

    service: str
    service_name: str
    group: str
    group_name: str
    unit: str
    decimals: int
    measure: str
    provisioned: Quantity
    used: Quantity | None
    over_provisioned: Quantity | None
    over_provisioned_percent: Quantity | None
    credits: Credits | None
    default_chargeable: Quantity
    chargeable: Quantity
    as_saved: Quantity
    outcome: Outcome
    comment: str
    reason: str
    days: tuple[date, ...]
    issues: tuple[Issue, ...]
    saved: Quantity | None = None
    position: int = 0
    charged_before: Quantity | None = None

    @property
    def adjustment(self) -> Quantity | None:
        """By how much an adjustment changes what was charged before; None in a report of the month itself."""
        return None if self.charged_before is None else added((self.chargeable, self.charged_before.copy_negate()))

    @property
    def penalty(self) -> bool:
        """Whether a penalty lies on the line."""
        return self.outcome == Outcome.PENALTY


@dataclass(frozen=True, slots=True)
class ReportView:
    """A report with all its lines."""

    summary: ReportSummary
    msp_name: str
    distributor_name: str
    company_id: str
    city: str
    state: str
    time_zone: str
    has_access: bool
    comment: str
    terms: TermsInForce
    generated_at: datetime
    as_of: datetime
    submitted_at: datetime | None
    approved_at: datetime | None
    version: int
    lines: tuple[LineView, ...]

    @property
    def issues(self) -> tuple[Issue, ...]:
        """The issues of all lines."""
        return tuple(issue for line in self.lines for issue in line.issues)


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One step in the life of a report."""

    at: datetime
    actor: str
    event: str
    changes: list[dict[str, Plain]]


@dataclass(frozen=True, slots=True)
class ForecastLine:
    """Chargeable units of a line as saved, and as the clock would submit it at the deadline, and why."""

    service: str
    as_saved: Quantity
    if_nothing: Quantity
    reason: Outcome


@dataclass(frozen=True, slots=True)
class Forecast:
    """What happens if you do nothing. `days_left` counts whole days."""

    deadline: datetime
    days_left: int
    lines: tuple[ForecastLine, ...]

    @property
    def stake(self) -> Quantity:
        """The units by which doing nothing differs from what is saved, in either direction."""
        return sum((abs(line.if_nothing - line.as_saved) for line in self.lines), ZERO)


def viewer_for(email: str, month: Month, msp: str) -> Viewer:
    """A person as the viewer of a report: of several memberships the one closest to the report. Raises NotFound."""
    viewers = viewers_of(email)
    report = Report.objects.filter(of_month(month), msp_ref=msp).first()
    if report is None:
        return viewers[0]
    parties = [report.msp_id, report.distributor_id, report.vendor_id]
    if not report.has_access:  # its distributor prepares it: somebody who is in both acts for the distributor
        parties[:2] = [report.distributor_id, report.msp_id]
    close = [viewer for account_id in parties for viewer in viewers if viewer.account_id == account_id]
    return (close or viewers)[0]


def summary_of(report: Report) -> ReportSummary:
    return ReportSummary(
        cycle=report.cycle.month,
        msp=report.msp_ref,
        msp_name=report.msp_name,
        distributor=report.distributor_ref,
        status=Status(report.status),
        submission=report.submission or None,
        flags=(MAY_REQUIRE_REVIEW,) if report.may_require_review else (),
        deadline=report.deadline_at,
    )


def report(viewer: Viewer, month: Month, msp: str) -> ReportView:
    """One report with its lines in the order of the catalog. Raises NotFound, NotAllowed."""
    with snapshot():  # the report and its lines as they are at one moment
        found = to_read(viewer, month, msp)
        lines = lines_of(found)
    terms = copied_terms(found.terms)
    return report_view(found, terms, tuple(line_view(line, state_of(line), terms) for line in lines))


def lines_of(found: Report) -> list[ReportLine]:
    """The lines of a report in the order of the catalog."""
    return list(found.lines.order_by("position", "service_code"))


def report_view(found: Report, terms: TermsInForce, lines: tuple[LineView, ...]) -> ReportView:
    """A report and its lines as they are shown."""
    return ReportView(
        summary=summary_of(found),
        msp_name=found.msp_name,
        distributor_name=found.distributor_name,
        company_id=found.company_id,
        city=found.city,
        state=found.state,
        time_zone=found.time_zone,
        has_access=found.has_access,
        comment=found.comment,
        terms=terms,
        generated_at=found.generated_at,
        as_of=found.as_of,
        submitted_at=found.submitted_at,
        approved_at=found.approved_at,
        version=found.version,
        lines=lines,
    )


def line_view(line: ReportLine, state: LineState, terms: TermsInForce) -> LineView:
    """A line as it is shown."""
    return LineView(
        service=line.service_code,
        service_name=line.service_name,
        group=line.group_code,
        group_name=line.group_name,
        unit=line.unit,
        decimals=line.decimals,
        measure=line.measure,
        provisioned=line.provisioned,
        used=line.used,
        over_provisioned=state.figures.over_provisioned,
        over_provisioned_percent=state.figures.over_provisioned_percent,
        credits=line.credits,
        default_chargeable=line.default_chargeable,
        chargeable=line.chargeable,
        as_saved=state.as_saved,
        outcome=state.outcome,
        comment=line.comment,
        reason=line.reason,
        days=state.figures.days,
        issues=tuple(issues_of(state, terms)),
        saved=state.saved,
        position=line.position,
        charged_before=line.charged_before,
    )


def history(viewer: Viewer, month: Month, msp: str) -> list[HistoryEntry]:
    """Every step of a report, oldest first. Raises NotFound, NotAllowed."""
    return history_of(to_read(viewer, month, msp))


def history_of(found: Report) -> list[HistoryEntry]:
    """Every step of a report that was found for its viewer."""
    events = happened_to("report", found.pk).values_list("at", "actor_name", "kind", "changes")
    return [HistoryEntry(at, actor, kind, [change_of_line(change) for change in changes]) for at, actor, kind, changes in events]


def change_of_line(change: dict[str, Plain]) -> dict[str, Plain]:
    """A change as the history of a report shows it: what it is of is a service."""
    return {"service" if name == "of" else name: value for name, value in change.items()}


def forecast(viewer: Viewer, month: Month, msp: str, *, now: datetime) -> Forecast:
    """What happens at the deadline if you do nothing. Raises Conflict if the report is not waiting for the MSP, NotFound, NotAllowed."""
    with snapshot():
        found = to_read(viewer, month, msp)
        lines = lines_of(found)
    if found.status not in EDITABLE:
        raise Conflict(text("the report is {status}: nothing happens to it by itself", status=STATUS_WORDS[Status(found.status)]))
    terms = copied_terms(found.terms)
    return forecast_of(found, [state_of(line) for line in lines], terms, now=now)


def forecast_of(found: Report, lines: Iterable[LineState], terms: TermsInForce, *, now: datetime) -> Forecast:
    """What happens at the deadline of a report in an editable state."""
    fates = ((line, fate(line, terms)) for line in lines)
    return Forecast(
        found.deadline_at,
        max((found.deadline_at - now).days, 0),
        tuple(ForecastLine(line.service, line.as_saved, charged, outcome) for line, (outcome, charged) in fates),
    )
