"""Statements and files, as the API answers them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from trueup.client.answers.billing import Money
from trueup.kit.period import Month

Document = dict[str, Any]
"""What a statement says, as docs/settlement.md explains it: numbers are text."""


@dataclass(frozen=True, slots=True)
class StatementSummary:
    """A statement in a list: amounts in its currency, those of a credit note above 0 too. Names are those it was issued with."""

    number: str
    kind: str
    cycle: Month
    seller: str
    seller_name: str
    buyer: str
    buyer_name: str
    issue_date: date
    issued_at: datetime
    currency: str
    net: Decimal
    tax: Decimal
    gross: Decimal
    corrects: str
    corrected_by: tuple[str, ...]
    checksum: str


@dataclass(frozen=True, slots=True)
class StatementSource:
    """What a statement follows from: the report of an MSP, or the billing report of a distributor, and which version of it."""

    kind: str
    cycle: Month
    version: int
    msp: str | None = None
    distributor: str | None = None
    po_number: str | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement with all it says. `document` is the whole that the checksum is over, where it was asked for."""

    number: str
    kind: str
    cycle: Month
    seller: str
    seller_name: str
    buyer: str
    buyer_name: str
    issue_date: date
    issued_at: datetime
    currency: str
    net: Decimal
    tax: Decimal
    gross: Decimal
    corrects: str
    corrected_by: tuple[str, ...]
    checksum: str
    reason: str
    seller_party: dict[str, str]
    buyer_party: dict[str, str]
    source: StatementSource
    amounts: Money
    document: Document | None = None


@dataclass(frozen=True, slots=True)
class Corrected:
    """What a correction made: a credit note over all of a statement, and what it should have said.

    `also`: the same for what was said of late usage since.
    """

    corrected: str
    credit_note: StatementSummary
    replacement: StatementSummary
    also: tuple[StatementSummary, ...] = ()


@dataclass(frozen=True, slots=True)
class WaitingStatement:
    """An approved report that has no statement, and why; no reason: it is a matter of moments."""

    cycle: Month
    msp: str
    msp_name: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Download:
    """A file: its content comes in pieces, as it is made. Read it to its end: what is cut off is told there."""

    name: str
    media_type: str
    content: Iterator[bytes]
