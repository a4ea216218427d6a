"""Long parts of a report, read on from where the last portion ended: its lines, its history."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from trueup.accounts.rules import Viewer
from trueup.events.queries import happened_to
from trueup.events.rules import Plain
from trueup.events.snapshot import snapshot
from trueup.kit.period import Month
from trueup.reports.access import to_read
from trueup.reports.measuring import state_of
from trueup.reports.queries.one import LineView, change_of_line, line_view
from trueup.reports.rules.copies import copied_terms


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
class SomeLines:
    """Some lines of a report in the order of the catalog, and the version of the report they are of."""

    version: int
    lines: list[LineView]


def lines_from(viewer: Viewer, month: Month, msp: str, *, limit: int, after: tuple[int, str] | None = None) -> SomeLines:
    """At most `limit` lines of a report, those behind a position and service. Raises NotFound, NotAllowed."""
    behind = Q() if after is None else Q(position__gt=after[0]) | Q(position=after[0], service_code__gt=after[1])
    with snapshot():
        found = to_read(viewer, month, msp)
        lines = list(found.lines.filter(behind).order_by("position", "service_code")[:limit])
    terms = copied_terms(found.terms)
    return SomeLines(found.version, [line_view(line, state_of(line), terms) for line in lines])


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
