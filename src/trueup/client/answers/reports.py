"""Cycles and usage reports, as the API answers them."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from trueup.kit.issue import Issue
from trueup.kit.period import Month


@dataclass(frozen=True, slots=True)
class Cycle:
    """One month of the calendar; an open one has no `closed_at` and no `as_of`."""

    cycle: Month
    status: str
    closes_at: datetime
    closed_at: datetime | None = None
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class MissingDays:
    """The days of a month on which a source that is expected daily delivered nothing."""

    source: str
    days: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class CycleDetails:
    """A month with its reports by status, the deadlines of those that wait for their MSP, and the days that are missing.

    `missing_days` is None for an MSP, which sees no sources.
    """

    cycle: Month
    status: str
    closes_at: datetime
    closed_at: datetime | None
    as_of: datetime | None
    reports: dict[str, int]
    first_deadline: datetime | None
    last_deadline: datetime | None
    missing_days: tuple[MissingDays, ...] | None = None


@dataclass(frozen=True, slots=True)
class ReportSummary:
    """A report in a list."""

    cycle: Month
    msp: str
    msp_name: str
    distributor: str
    status: str
    submission: str | None
    flags: tuple[str, ...]
    deadline: datetime
    version: str = ""


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A line of a report: figures in the unit of the service, credits; None is unknown (or: has no credits)."""

    service: str
    service_name: str
    group: str
    unit: str
    provisioned: Decimal
    used: Decimal | None
    over_provisioned: Decimal | None
    over_provisioned_percent: Decimal | None
    credits: Decimal | None
    default_chargeable: Decimal
    chargeable: Decimal
    as_saved: Decimal
    penalty: bool
    comment: str
    reason: str
    days: tuple[date, ...]
    issues: tuple[Issue, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A report with its lines. `version` is the state that was read: sent with a change, it is refused if somebody was faster."""

    cycle: Month
    msp: str
    msp_name: str
    distributor: str
    distributor_name: str
    company_id: str
    city: str
    state: str
    status: str
    submission: str | None
    flags: tuple[str, ...]
    deadline: datetime
    approved_at: datetime | None
    comment: str
    lines: tuple[ReportLine, ...]
    version: str = ""

    @property
    def issues(self) -> tuple[Issue, ...]:
        """The issues of all lines."""
        return tuple(issue for line in self.lines for issue in line.issues)

    def line(self, service: str) -> ReportLine:
        """The line of a service. Raises KeyError."""
        for line in self.lines:
            if line.service == service:
                return line
        raise KeyError(service)


@dataclass(frozen=True, slots=True)
class LineEdit:
    """What is saved of a line. None leaves a value as it is; the empty text takes it back (of `chargeable_units`: the default again)."""

    service: str
    chargeable_units: Decimal | str | None = None
    comment: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class CustomerFigures:
    """One customer's part of a line; the parts add up to it exactly."""

    customer: str
    name: str
    provisioned: Decimal
    used: Decimal | None
    credits: Decimal | None


@dataclass(frozen=True, slots=True)
class DayFigures:
    """What a line came to on one day; `chosen`: its figures are those of this day."""

    day: date
    provisioned: Decimal
    used: Decimal | None
    credits: Decimal | None
    chosen: bool


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One step in the life of something; `changes` are objects with field, before, after and, where it is one of a line, service; where
    it is one of a price list or promo code, `of`."""

    at: datetime
    actor: str
    event: str
    changes: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class ForecastLine:
    """Chargeable units of a line as saved, and as the clock would submit it at the deadline, and why."""

    service: str
    as_saved: Decimal
    if_nothing: Decimal
    reason: str


@dataclass(frozen=True, slots=True)
class Forecast:
    """What happens at the deadline if nobody does anything."""

    deadline: datetime
    lines: tuple[ForecastLine, ...]


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why one of several was refused; the others were done."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class ReportDone:
    """What became of one of several reports; `changed_lines` of one that was measured anew."""

    cycle: Month
    msp: str
    done: bool
    problem: WhyNot | None
    status: str | None
    changed_lines: int = 0


@dataclass(frozen=True, slots=True)
class DayOfSource:
    """What became of a day of a source, such as `delivered` or `missing`."""

    day: date
    state: str


@dataclass(frozen=True, slots=True)
class SourceDays:
    """A source, and what became of every day of a month; `missing` of them are."""

    source: str
    missing: int
    days: tuple[DayOfSource, ...]


@dataclass(frozen=True, slots=True)
class ReportCustomer:
    """One customer's part of one line of a report."""

    service: str
    customer: str
    name: str
    provisioned: Decimal
    used: Decimal | None
    credits: Decimal | None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits for the account, such as reports to prepare (`kind`); `count` of them, the first by `deadline`."""

    kind: str
    count: int
    cycle: Month | None
    msp: str | None
    deadline: datetime | None
    since: datetime | None
    stake: Decimal | None
    sources: tuple[str, ...] = ()
