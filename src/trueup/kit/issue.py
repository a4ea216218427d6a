"""Something to know about a report: it blocks the submission or it warns."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much an issue weighs."""

    BLOCKING = "blocking"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue of a report; `service` names the line, None the report as a whole."""

    code: str
    severity: Severity
    message: str
    service: str | None = None
