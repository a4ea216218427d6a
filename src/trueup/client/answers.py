"""What the API answers, as frozen dataclasses. Numbers are decimals, None is unknown, instants are UTC."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from trueup.kit.issue import Issue
from trueup.kit.period import Month

# ── Cycles ────────────────────────────────────────────────────────────────────────────────────────────────────────────


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


# ── Reports ───────────────────────────────────────────────────────────────────────────────────────────────────────────


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
    """One step in the life of a report; `changes` are objects with field, before, after and, where it is one of a line, service."""

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


# ── Usage ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class UsageRecord:
    """One usage record that counts."""

    day: date
    msp: str
    customer: str
    service: str
    provisioned: Decimal
    used: Decimal | None
    credits: Decimal | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """One problem of one row; row 1 is the first row of data."""

    row: int
    column: str
    value: str
    reason: str = field(metadata={"api": "code"})
    message: str = field(default="", metadata={"api": "detail"})


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of usage that was sent. Refused as a whole: there is no batch, nothing is stored, and there are refused rows."""

    batch: int | None
    stored: int
    repeated: int
    refused_count: int
    unmapped: int
    refused: tuple[RefusedRow, ...] = ()
    """The first of them; `client.usage.refused_rows` reads all."""
    refused_csv: str | None = None
    """Where all of them are, if there are more."""


@dataclass(frozen=True, slots=True)
class UnmappedName:
    """A name that could not be matched, and how many records wait for it. `kind` is customer or service."""

    source: str
    kind: str
    name: str
    records: int
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Mapped:
    """What became of the records that waited for a name: the last batch, how many were stored, how many still wait."""

    batch: int | None
    replayed: int
    remaining: int


# ── Customers ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class ImportedCustomers:
    """What a list of customers did; one may be renamed and moved. If any row is refused nothing was done."""

    added: int = 0
    renamed: int = 0
    moved: int = 0
    unchanged: int = 0
    refused_count: int = 0
    """How many rows are bad."""
    refused: tuple[RefusedRow, ...] = ()
    """Their problems, the first thousand."""


# ── Mapping profiles ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class MappingProfile:
    """A mapping profile; `definition` is what it says, as docs/exchange.md explains it. A built-in one is nobody's."""

    name: str
    kind: str
    account: str
    built_in: bool
    definition: dict[str, Any]
    saved_at: datetime | None
    saved_by: str
    version: str = ""


# ── Yourself ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Me:
    """Who calls, for which account, and what the token lets them do."""

    kind: str
    name: str
    account: str
    tier: str
    scopes: tuple[str, ...]
    rights: tuple[str, ...]


# ── The network, webhooks: whatever an entry has ──────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the network or a webhook: its values by the names the API gives them, and the version that was read."""

    values: dict[str, Any] = field(default_factory=dict)
    version: str = ""

    def __getitem__(self, name: str) -> Any:
        """A value, as JSON has it: numbers with a fraction are text. Raises KeyError."""
        return self.values[name]
