"""Values that hold from a day on, as a page shows them: what is in force, what comes, what was."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

Phase = Literal["was", "now", "comes"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One value and the days it holds: from `from_date` (None: since ever) until and with `last_day` (None: for good)."""

    value: str
    from_date: date | None
    last_day: date | None = None
    phase: Phase = "now"
    explanation: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """All values of one thing: `shown` is what is in force and what comes, `past` what was, the latest first."""

    name: str
    heading: str
    nothing: str
    shown: tuple[Entry, ...]
    past: tuple[Entry, ...]

    @property
    def present(self) -> Entry | None:
        """What is in force."""
        return next((entry for entry in self.shown if entry.phase == "now"), None)

    @property
    def coming(self) -> Entry | None:
        """What comes next."""
        return next((entry for entry in self.shown if entry.phase == "comes"), None)


def line(name: str, heading: str, entries: Sequence[Entry], today: date, *, nothing: str = "") -> Line:
    """The values of one thing as of a day. `entries` are in the order of the days; one without an end ends where the next begins."""
    followed = [_ended(entry, entries[at + 1] if at + 1 < len(entries) else None) for at, entry in enumerate(entries)]
    placed = [replace(entry, phase=_phase(entry, today)) for entry in followed]
    shown = tuple(entry for entry in placed if entry.phase != "was")
    return Line(name, heading, nothing, shown, tuple(entry for entry in reversed(placed) if entry.phase == "was"))


def _ended(entry: Entry, following: Entry | None) -> Entry:
    if entry.last_day is not None or following is None or following.from_date is None:
        return entry
    return replace(entry, last_day=following.from_date - timedelta(days=1))


def _phase(entry: Entry, today: date) -> Phase:
    if entry.from_date is not None and entry.from_date > today:
        return "comes"
    return "was" if entry.last_day is not None and entry.last_day < today else "now"
