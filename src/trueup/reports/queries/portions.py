"""Long parts of a report, read on from where the last portion ended: its customers, its history."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from trueup.accounts.rules import Viewer
from trueup.events.queries import happened_to
from trueup.events.rules import Plain
from trueup.events.snapshot import snapshot
from trueup.kit.period import Month
from trueup.reports.access import to_read
from trueup.reports.models import ReportLine
from trueup.reports.queries.one import CustomerFigures, behind, change_of_line, lines_of


@dataclass(frozen=True, slots=True)
class HistoryStep:
    """One step in the life of a report: the place of its event in the history of the MSP, when, who (a person, a client, the system)."""

    sequence: int
    at: datetime
    actor_kind: str
    actor: str
    event: str
    changes: tuple[dict[str, Plain], ...]


@dataclass(frozen=True, slots=True)
class CustomerOfLine:
    """One customer's part of one line; `position` is where the line stands in the report."""

    position: int
    service: str
    unit: str
    decimals: int
    figures: CustomerFigures

    @property
    def place(self) -> tuple[int, str, str]:
        """Where it stands among the customers of all lines."""
        return self.position, self.service, self.figures.customer


def history_from(viewer: Viewer, month: Month, msp: str, *, limit: int, after: int = 0) -> list[HistoryStep]:
    """At most `limit` steps of a report, oldest first, those behind the sequence `after`. Raises NotFound, NotAllowed."""
    with snapshot():
        found = to_read(viewer, month, msp)
        events = happened_to("report", found.pk).filter(sequence__gt=after)
        rows = list(events.values_list("sequence", "at", "actor_kind", "actor_name", "kind", "changes")[:limit])
    return [
        HistoryStep(sequence, at, kind, actor, event, tuple(change_of_line(change) for change in changes))
        for sequence, at, kind, actor, event, changes in rows
    ]


def customers_from(
    viewer: Viewer, month: Month, msp: str, *, limit: int, after: tuple[int, str, str] | None = None
) -> list[CustomerOfLine]:
    """At most `limit` of the customers behind all lines, in the order of the lines, then by ref, from the ledger as it was pinned.

    Only lines that are needed are read from the ledger. Raises NotFound, NotAllowed.
    """
    with snapshot():
        found = to_read(viewer, month, msp)
        lines = [line for line in lines_of(found) if after is None or (line.position, line.service_code) >= after[:2]]
    known = {line.service_code: line for line in lines}
    # Of the first line some may have been told before.
    figures = behind(found, lines, month, first=0 if after is None else 1, enough=limit)
    told = (one for service, own in figures.items() for one in _of(known[service], own))
    return [one for one in told if after is None or one.place > after][:limit]


def _of(line: ReportLine, own: list[CustomerFigures]) -> Iterator[CustomerOfLine]:
    return (CustomerOfLine(line.position, line.service_code, line.unit, line.decimals, figures) for figures in own)
