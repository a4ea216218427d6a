"""The desk of the installation on this machine: actions and queries, for the operator or the person `--as` names."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from pathlib import Path

from trueup.accounts.queries import installation
from trueup.accounts.rules import Tier, Viewer
from trueup.client.answers import (
    CustomerFigures,
    Cycle,
    CycleDetails,
    DayFigures,
    Forecast,
    ForecastLine,
    HistoryEntry,
    ImportedCustomers,
    LineEdit,
    Mapped,
    MappingProfile,
    MissingDays,
    RefusedRow,
    Report,
    ReportLine,
    ReportSummary,
    UnmappedName,
    UsageRecord,
)
from trueup.cycles import queries as calendar
from trueup.cycles.queries import CycleView
from trueup.exchange.actions import remove_profile, save_text
from trueup.exchange.queries import exported
from trueup.exchange.rules.profiles import Profile
from trueup.jobs import mapped
from trueup.jobs.alike import like as _like
from trueup.jobs.desk import TakenIn, Taking
from trueup.jobs.local_billing import LocalBilling
from trueup.jobs.local_files import LocalFiles
from trueup.jobs.local_insight import LocalInsight
from trueup.jobs.local_prices import LocalPrices
from trueup.jobs.people import every_answer, viewer_of_report, viewers
from trueup.kit.period import Month, local_date
from trueup.kit.progress import Progress
from trueup.kit.quantity import plain
from trueup.ledger import actions as ledger
from trueup.ledger import queries as recorded
from trueup.network.actions import import_customers
from trueup.reports import actions, generating, queries
from trueup.reports.queries import ReportView
from trueup.reports.rules.workflow import EDITABLE, Status


class LocalDesk:
    """Asks the modules of this installation; see `desk.Desk`."""

    def __init__(self, email: str | None, now: datetime, account: str | None = None) -> None:
        self._email = email
        self._account = account
        self.now = now
        self.prices = LocalPrices(email, account, now)
        self.billing = LocalBilling(email, now)
        self.files = LocalFiles(email, account)
        self.insight = LocalInsight(email, account)

    def _viewer(self, month: Month, msp: str) -> Viewer:
        return viewer_of_report(self._email, month, msp)

    def cycles(self) -> Iterable[Cycle]:
        """The calendar of all memberships."""
        found = {view.month: view for views in every_answer(viewers(self._email), calendar.cycles) for view in views}
        return [_like(Cycle, found[month], **_kept(found[month])) for month in sorted(found, reverse=True)]

    def cycle(self, month: Month) -> CycleDetails:
        """One month with its reports, deadlines and missing days."""
        asking = viewers(self._email)
        view = every_answer(asking, lambda viewer: calendar.cycle_view(viewer, month))[0]
        answers = every_answer(asking, lambda viewer: queries.report_list(viewer, cycle=month, status=None, distributor=None))
        reports = {one.msp: one for summaries in answers for one in summaries}.values()
        counts = Counter(report.status for report in reports)
        due = sorted(report.deadline for report in reports if report.status in EDITABLE)
        sees_sources = any(viewer.tier != Tier.MSP for viewer in asking)
        today = local_date(self.now, installation().time_zone)
        missing = calendar.completeness(month, as_of=view.as_of, until=month.end if view.as_of else today)
        return _like(
            CycleDetails, view, **_kept(view),
            reports={status.value: counts[status] for status in Status},
            first_deadline=due[0] if due else None, last_deadline=due[-1] if due else None,
            missing_days=tuple(MissingDays(code, tuple(days)) for code, days in missing.items()) if sees_sources else None,
        )  # fmt: skip

    def reports(self, *, cycle: Month | None, status: str | None, distributor: str | None) -> Iterable[ReportSummary]:
        """The reports of all memberships."""
        answers = every_answer(
            viewers(self._email), lambda viewer: queries.report_list(viewer, cycle=cycle, status=status, distributor=distributor)
        )
        found = {(-one.cycle.cycle.year, -one.cycle.cycle.month, one.msp, one.cycle): one for summaries in answers for one in summaries}
        return [_like(ReportSummary, found[key]) for key in sorted(found)]

    def report(self, month: Month, msp: str) -> Report:
        """One report."""
        return self._report(self._viewer(month, msp), month, msp)

    @staticmethod
    def _report(viewer: Viewer, month: Month, msp: str) -> Report:
        return _whole(queries.report(viewer, month, msp))

    def customers(self, month: Month, msp: str, service: str) -> Iterable[CustomerFigures]:
        """The customers behind a line."""
        return (_like(CustomerFigures, one) for one in queries.customers(self._viewer(month, msp), month, msp, service))

    def days(self, month: Month, msp: str, service: str) -> Iterable[DayFigures]:
        """The days behind a line."""
        return (_like(DayFigures, one) for one in queries.days(self._viewer(month, msp), month, msp, service))

    def history(self, month: Month, msp: str) -> Iterable[HistoryEntry]:
        """Every step of a report."""
        return (_like(HistoryEntry, one, changes=tuple(one.changes)) for one in queries.history(self._viewer(month, msp), month, msp))

    def forecast(self, month: Month, msp: str) -> Forecast:
        """What happens at the deadline."""
        found = queries.forecast(self._viewer(month, msp), month, msp, now=self.now)
        return Forecast(found.deadline, tuple(_like(ForecastLine, line, reason=str(line.reason)) for line in found.lines))

    def save(self, month: Month, msp: str, edits: Sequence[LineEdit]) -> Report:
        """Save lines of a draft."""
        viewer = self._viewer(month, msp)
        typed = [actions.LineEdit(one.service, _typed(one), one.comment, one.reason) for one in edits]
        actions.save_draft(viewer, month, msp, typed, now=self.now)
        return self._report(viewer, month, msp)

    def submit(self, month: Month, msp: str, comment: str) -> Report:
        """Submit a report."""
        viewer = self._viewer(month, msp)
        actions.submit(viewer, month, msp, now=self.now, comment=comment)
        return self._report(viewer, month, msp)

    def approve(self, month: Month, msp: str, comment: str) -> Report:
        """Approve a report."""
        viewer = self._viewer(month, msp)
        actions.approve(viewer, month, msp, now=self.now, comment=comment)
        return self._report(viewer, month, msp)

    def reject(self, month: Month, msp: str, reason: str) -> Report:
        """Send a report back."""
        viewer = self._viewer(month, msp)
        actions.reject(viewer, month, msp, now=self.now, comment=reason)
        return self._report(viewer, month, msp)

    def regenerate(self, month: Month, msp: str, comment: str) -> int:
        """Measure a report anew."""
        return generating.regenerate(self._viewer(month, msp), month, msp, now=self.now, comment=comment)

    def waive(self, month: Month, msp: str, service: str, reason: str) -> Report:
        """Take the penalty from a line."""
        viewer = self._viewer(month, msp)
        actions.waive(viewer, month, msp, service, now=self.now, reason=reason)
        return self._report(viewer, month, msp)

    def usage(
        self, month: Month, *, msp: str | None, customer: str | None, service: str | None, as_of: datetime | None
    ) -> Iterable[UsageRecord]:
        """The records of a month that count, of all memberships."""
        found = every_answer(
            viewers(self._email),
            lambda viewer: recorded.usage_rows(viewer, month, msp=msp, customer=customer, service=service, as_of=as_of),
        )
        return (_like(UsageRecord, row) for row in _once(found))

    def unmapped(self) -> Iterable[UnmappedName]:
        """The names records wait for, of all memberships."""
        answers = every_answer(viewers(self._email), recorded.unmapped_names)
        found = {tuple(asdict(name).values()): name for names in answers for name in names}
        return [_like(UnmappedName, name) for name in found.values()]

    def map_name(self, name: str, *, customer: str | None, service: str | None, source: str | None) -> Mapped:
        """Match a name."""
        return _like(Mapped, ledger.map_name(Viewer.system(), name, customer=customer, service=service, source=source, now=self.now))

    def take_in(self, file: Path, how: Taking, progress: Progress) -> TakenIn:
        """Take in a file of usage."""
        return mapped.take_in(self._email, file, how, progress, now=self.now)

    def import_customers(self, file: Path, *, dry_run: bool, progress: Progress) -> ImportedCustomers:
        """Add, rename and move customers."""
        found = import_customers(Viewer.system(), file, dry_run=dry_run, now=self.now, progress=progress)
        refused = tuple(RefusedRow(one.row, one.column, one.value, one.code, str(one.reason)) for one in found.refused)
        return _like(ImportedCustomers, found, refused=refused, refused_count=len({one.row for one in refused}))

    def profiles(self) -> Iterable[MappingProfile]:
        """The mapping profiles of all memberships."""
        return mapped.profiles(self._email)

    def profile(self, name: str) -> Profile:
        """What a mapping profile says."""
        return mapped.profile(self._email, name)

    def save_profile(self, written: str, file_name: str) -> Profile:
        """Save a mapping profile."""
        return save_text(mapped.keeper(self._email, self._account), written, file_name=file_name, seen=None, now=self.now)

    def remove_profile(self, name: str) -> None:
        """Remove a mapping profile."""
        remove_profile(mapped.keeper(self._email, self._account), name, seen=None, now=self.now)

    def exported(self, month: Month, msp: str, profile: str, *, customers: bool | None) -> bytes:
        """A report in the columns of a profile."""
        return exported(self._viewer(month, msp), month, msp, profile, customers=customers).content


def _kept(view: CycleView) -> dict[str, object]:
    return {"cycle": view.month, "status": view.status.value}


def _whole(found: ReportView) -> Report:
    header = {one.name: getattr(found.summary, one.name) for one in fields(found.summary)}
    lines = tuple(_like(ReportLine, line) for line in found.lines)
    return _like(Report, found, **header, lines=lines, version=str(found.version))


def _typed(edit: LineEdit) -> str | None:
    """Chargeable units as somebody types them; the empty text is the default again."""
    return (
        edit.chargeable_units if edit.chargeable_units is None or isinstance(edit.chargeable_units, str) else plain(edit.chargeable_units)
    )


def _once(answers: list[Iterator[recorded.UsageRow]]) -> Iterator[recorded.UsageRow]:
    """The records of all answers; what two of them have comes once."""
    seen: set[tuple[object, ...]] = set()
    for rows in answers:
        for row in rows:
            if len(answers) > 1:
                key = (row.day, row.customer, row.service)
                if key in seen:
                    continue
                seen.add(key)
            yield row
