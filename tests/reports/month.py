"""Driving a month of the world in tests: what people and the clock do, in one line each."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tests.world import FILE_NAME, NETWORK
from trueup.accounts.rules import Viewer
from trueup.cycles.actions import close
from trueup.cycles.models import Cycle
from trueup.kit import period
from trueup.kit.period import parse_instant
from trueup.ledger.actions import import_usage
from trueup.network.actions import apply
from trueup.reports import actions, queries
from trueup.reports.actions import LineEdit
from trueup.reports.generating import generate, regenerate
from trueup.reports.queries import ForecastLine, LineView, ReportView

OCTOBER = period.Month(2026, 10)
OPERATOR = Viewer.system()
MONTH_END = "2026-10-31T20:00:00Z"
CLOSING = "2026-11-01T00:00:00Z"
DEADLINE_OF_BOLT = "2026-11-06T23:00:00Z"
HEADER = "day,customer,service,provisioned_units,used_units,allocated_credits"


def at(text: str) -> datetime:
    """An instant."""
    return parse_instant(text)


def every_day(customer: str, service: str, provisioned: str, used: str, *, without: Sequence[int] = ()) -> list[str]:
    """The same usage on every day of October, but for some days of the month."""
    return [row(day, customer, service, provisioned, used) for day in range(1, 32) if day not in without]


def at_times(customer: str, service: str, provisioned: str, used: str) -> list[str]:
    """The same usage at the beginning and at the end of October: enough for every measure of a day, and quicker to deliver."""
    return [row(day, customer, service, provisioned, used) for day in (1, 31)]


def row(day: int, customer: str, service: str, provisioned: str, used: str) -> str:
    """Usage of one day of October."""
    return f"2026-10-{day:02d},{customer},{service},{provisioned},{used},"


@dataclass
class October:
    """October 2026 in the world everybody knows."""

    folder: Path
    deliveries: int = field(default=0)

    def terms(self, line: str) -> None:
        """Agree other terms: a line of the network file."""
        apply(OPERATOR, NETWORK + f"  - {{{line}}}\n", file_name=FILE_NAME, dry_run=False, now=at("2026-09-02T00:00:00Z"))

    def deliver(self, *rows: str, now: str = MONTH_END, source: str | None = None) -> None:
        """Usage comes in."""
        self.deliveries += 1
        file = self.folder / f"usage-{self.deliveries}.csv"
        file.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
        result = import_usage(OPERATOR, file, source=source, now=at(now))
        assert result.stored == len(rows)

    def close(self, now: str = CLOSING) -> Cycle:
        """The clock closes the month and generates the reports."""
        cycle = close(OPERATOR, OCTOBER, now=at(now))
        generate(OPERATOR, cycle, now=at(now))
        return cycle

    def edit(self, msp: str, service: str, *, by: str, now: str = "2026-11-02T10:00:00Z", **edit: str) -> None:
        """Somebody edits a line."""
        actions.save_draft(self.viewer(by, msp), OCTOBER, msp, [LineEdit(service, **edit)], now=at(now))

    def submit(self, msp: str, *, by: str, now: str = "2026-11-03T10:00:00Z", comment: str = "") -> str:
        """Somebody submits."""
        return actions.submit(self.viewer(by, msp), OCTOBER, msp, now=at(now), comment=comment)

    def approve(self, msp: str, *, by: str = "north@north.example", now: str = "2026-11-08T10:00:00Z") -> None:
        """The distributor approves."""
        actions.approve(self.viewer(by, msp), OCTOBER, msp, now=at(now))

    def reject(self, msp: str, comment: str, *, by: str = "north@north.example", now: str = "2026-11-08T10:00:00Z") -> None:
        """The distributor rejects."""
        actions.reject(self.viewer(by, msp), OCTOBER, msp, now=at(now), comment=comment)

    def waive(self, msp: str, service: str, reason: str, *, by: str = "north@north.example") -> None:
        """The distributor waives a penalty."""
        actions.waive(self.viewer(by, msp), OCTOBER, msp, service, now=at("2026-11-08T11:00:00Z"), reason=reason)

    def regenerate(self, msp: str, *, by: str = "north@north.example", now: str = "2026-11-03T12:00:00Z") -> int:
        """The distributor has a report regenerated."""
        return regenerate(self.viewer(by, msp), OCTOBER, msp, now=at(now))

    def deadline(self, now: str = DEADLINE_OF_BOLT) -> int:
        """The clock submits what is due."""
        return sum(actions.auto_submit(OPERATOR, report_id, now=at(now)) for report_id in queries.due_for_submission(now=at(now)))

    def remind(self, now: str) -> int:
        """The clock reminds whom it is due to."""
        return sum(actions.remind(OPERATOR, report_id, now=at(now)) for report_id in queries.due_for_reminder(now=at(now)))

    def viewer(self, email: str, msp: str) -> Viewer:
        """A person acting on a report."""
        return queries.viewer_for(email, OCTOBER, msp)

    def report(self, msp: str) -> ReportView:
        """The report of an MSP."""
        return queries.report(OPERATOR, OCTOBER, msp)

    def line(self, msp: str, service: str) -> LineView:
        """One of its lines."""
        return next(line for line in self.report(msp).lines if line.service == service)

    def codes(self, msp: str, service: str) -> list[str]:
        """The issues of a line."""
        return [issue.code for issue in self.line(msp, service).issues]

    def forecast(self, msp: str, now: str = "2026-11-02T10:00:00Z") -> dict[str, ForecastLine]:
        """What happens if nobody does anything."""
        return {line.service: line for line in queries.forecast(OPERATOR, OCTOBER, msp, now=at(now)).lines}

    def events(self, msp: str) -> list[tuple[str, str]]:
        """(actor, event) of a report's history."""
        return [(entry.actor, entry.event) for entry in queries.history(OPERATOR, OCTOBER, msp)]
