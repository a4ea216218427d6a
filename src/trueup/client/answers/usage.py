"""Usage and what became of it, as the API answers it."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from trueup.client.answers.reports import WhyNot


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


@dataclass(frozen=True, slots=True)
class MappedName:
    """What became of one of several names that were mapped."""

    name: str
    source: str | None
    batch: int | None
    replayed: int
    remaining: int
    problem: WhyNot | None


@dataclass(frozen=True, slots=True)
class DayOfBatch:
    """How many records of a batch are of a day."""

    day: date
    records: int


@dataclass(frozen=True, slots=True)
class Batch:
    """A delivery as the ledger has it; None: it is another account's, or not known. `days` only where one batch was asked for."""

    id: int
    source: str
    status: str
    received_at: datetime
    stored: int
    refused: int | None
    unmapped: int | None
    key: str | None
    file_name: str | None
    delivered_by: str | None
    days: tuple[DayOfBatch, ...] = ()


@dataclass(frozen=True, slots=True)
class DeliveryState:
    """A delivery that was sent to be worked on later: how far it is (`state`), and what became of it."""

    id: int
    state: str
    batch: int | None
    stored: int
    repeated: int
    unmapped: int
    refused_count: int
    refused_csv: str | None
    error: WhyNot | None = None


@dataclass(frozen=True, slots=True)
class RefusedEvent:
    """An event that was taken, and could not be stored: why (`code`, `detail`)."""

    id: int
    source: str
    event_id: str
    customer: str
    service: str
    day: date
    provisioned: Decimal
    code: str
    detail: str
