"""Why a row of usage is refused: the codes, which are a contract, and a sentence for each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from trueup.kit.errors import Conflict
from trueup.kit.text import Text, text

KEY_REUSED = "idempotency_key_reused"
"""What programs are told where the key of a delivery stands for another content."""


class KeyReused(Conflict):
    """The key of a delivery stands for another content."""


class Reason(StrEnum):
    """What is wrong with one value of one row."""

    MALFORMED = "malformed"
    MISSING = "missing"
    NOT_A_DATE = "not_a_date"
    IN_FUTURE = "in_future"
    UNKNOWN_CUSTOMER = "unknown_customer"
    UNKNOWN_SERVICE = "unknown_service"
    NO_MSP = "no_msp"
    NOT_A_NUMBER = "not_a_number"
    NEGATIVE = "negative"
    TOO_MANY_DECIMALS = "too_many_decimals"
    TOO_LARGE = "too_large"
    DUPLICATE = "duplicate"


SENTENCES: dict[Reason, Text] = {
    Reason.MALFORMED: text("The row cannot be read: it does not have the columns of the header, or is no JSON object."),
    Reason.MISSING: text("A value is required here."),
    Reason.NOT_A_DATE: text("Not a day written as YYYY-MM-DD."),
    Reason.IN_FUTURE: text("The day is after today in the installation's time zone."),
    Reason.UNKNOWN_CUSTOMER: text("No customer has this ref."),
    Reason.UNKNOWN_SERVICE: text("No service has this code."),
    Reason.NO_MSP: text("The customer was not placed under an MSP on that day."),
    Reason.NOT_A_NUMBER: text("Not a number."),
    Reason.NEGATIVE: text("Usage cannot be below zero."),
    Reason.TOO_MANY_DECIMALS: text("More than 6 decimal places."),
    Reason.TOO_LARGE: text("At most 12 digits before the decimal point can be stored."),
    Reason.DUPLICATE: text("An earlier good row of the batch has the same day, customer and service."),
}


SHOWN = 200
"""Characters of a value that are told; the rest is cut off."""


@dataclass(frozen=True)
class Refusal:
    """One problem of one row. Row 1 is the first row of data."""

    row: int
    column: str
    value: str
    """As delivered, its first `SHOWN` characters."""
    reason: Reason

    @property
    def message(self) -> Text:
        """The reason as a sentence."""
        return SENTENCES[self.reason]
