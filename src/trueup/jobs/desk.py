"""Whom the commands ask: the installation on this machine, or a server. Both answer the same, so what is printed is the same."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import typer

from trueup.client.answers import (
    CustomerFigures,
    Cycle,
    CycleDetails,
    DayFigures,
    Forecast,
    HistoryEntry,
    ImportedCustomers,
    LineEdit,
    Mapped,
    MappingProfile,
    RefusedRow,
    Report,
    ReportSummary,
    UnmappedName,
    UsageRecord,
)
from trueup.exchange.rules.profiles import Profile
from trueup.jobs.desk_billing import Billing, Files, Insight, Prices
from trueup.jobs.options import moment
from trueup.jobs.starting import Later, Server, WhenNeeded, server
from trueup.kit.period import Month
from trueup.kit.progress import Progress

if TYPE_CHECKING:
    from trueup.jobs import local, remote
else:
    local = WhenNeeded("trueup.jobs.local")
    remote = Later("trueup.jobs.remote")


@dataclass(frozen=True, slots=True)
class Taking:
    """How a file of usage is to be taken in. With a `profile` it is a CSV of any layout; `day` stands in for a day the profile says."""

    source: str | None = None
    key: str | None = None
    accept_valid: bool = False
    dry_run: bool = False
    profile: str | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of a file of usage. `rows` reads every refused row anew; `listed_in` says where else they all are."""

    batch: int | None
    stored: int
    repeated: int
    refused_count: int
    unmapped: int
    rows: Callable[[], Iterator[RefusedRow]]
    listed_in: str | None


class Desk(Protocol):
    """Reads and acts for somebody. Everything raises NotFound and NotAllowed; `now` is the instant it answers at."""

    @property
    def now(self) -> datetime:
        """The instant commands act at."""

    @property
    def prices(self) -> Prices:
        """Price lists and promo codes."""

    @property
    def billing(self) -> Billing:
        """Billing reports and statements."""

    @property
    def files(self) -> Files:
        """Files of reports, billing reports and statements."""

    @property
    def insight(self) -> Insight:
        """Figures over months, and what could be saved."""

    def cycles(self) -> Iterable[Cycle]:
        """The calendar, the latest month first."""

    def cycle(self, month: Month) -> CycleDetails:
        """One month."""

    def reports(self, *, cycle: Month | None, status: str | None, distributor: str | None) -> Iterable[ReportSummary]:
        """Reports, the latest cycle first, by MSP."""

    def report(self, month: Month, msp: str) -> Report:
        """One report."""

    def customers(self, month: Month, msp: str, service: str) -> Iterable[CustomerFigures]:
        """The customers behind a line."""

    def days(self, month: Month, msp: str, service: str) -> Iterable[DayFigures]:
        """The days behind a line."""

    def history(self, month: Month, msp: str) -> Iterable[HistoryEntry]:
        """Every step of a report."""

    def forecast(self, month: Month, msp: str) -> Forecast:
        """What happens at the deadline. Raises Conflict."""

    def save(self, month: Month, msp: str, edits: Sequence[LineEdit]) -> Report:
        """Save lines of a draft. Raises Conflict, Invalid."""

    def submit(self, month: Month, msp: str, comment: str) -> Report:
        """Submit a report. Raises Conflict, Invalid with everything that blocks it."""

    def approve(self, month: Month, msp: str, comment: str) -> Report:
        """Approve a report. Raises Conflict."""

    def reject(self, month: Month, msp: str, reason: str) -> Report:
        """Send a report back. Raises Conflict, Invalid."""

    def regenerate(self, month: Month, msp: str, comment: str) -> int:
        """Measure a report anew; how many lines changed. Raises Conflict."""

    def waive(self, month: Month, msp: str, service: str, reason: str) -> Report:
        """Take the penalty from a line. Raises Conflict, Invalid."""

    def usage(
        self, month: Month, *, msp: str | None, customer: str | None, service: str | None, as_of: datetime | None
    ) -> Iterable[UsageRecord]:
        """The records of a month that count."""

    def unmapped(self) -> Iterable[UnmappedName]:
        """The names records wait for."""

    def map_name(self, name: str, *, customer: str | None, service: str | None, source: str | None) -> Mapped:
        """Match a name. Raises Conflict, Invalid."""

    def take_in(self, file: Path, how: Taking, progress: Progress) -> TakenIn:
        """Take in a file of usage. Raises Conflict, Invalid."""

    def import_customers(self, file: Path, *, dry_run: bool, progress: Progress) -> ImportedCustomers:
        """Add, rename and move customers as a CSV file says. Raises Invalid."""

    def profiles(self) -> Iterable[MappingProfile]:
        """The mapping profiles, by name and account."""

    def profile(self, name: str) -> Profile:
        """What a mapping profile says."""

    def save_profile(self, written: str, file_name: str) -> Profile:
        """Save the profile that a YAML text describes. Raises Conflict, Invalid with the line of everything that is wrong."""

    def remove_profile(self, name: str) -> None:
        """Remove a mapping profile. Raises Conflict."""

    def exported(self, month: Month, msp: str, profile: str, *, customers: bool | None) -> bytes:
        """A report in the columns of a profile, by line or by customer (None: as the profile says). Raises Invalid."""


def reading(email: str | None = None, now: datetime | None = None, account: str | None = None) -> AbstractContextManager[Desk]:
    """The desk that shows what the operator, the person after `--as`, or the caller of the server sees; `account`: in which of theirs."""
    chosen = server()
    if chosen is None:
        return _this_machine(email, now, account)
    _only_here("--as", email)
    _only_here("--now", now)
    return remote.desk(Server(chosen.url, account or chosen.account))


def acting(email: str | None, now: datetime | None = None, account: str | None = None) -> AbstractContextManager[Desk]:
    """The same of somebody who does something: at this machine it has to be said who it is."""
    if server() is None and email is None:
        raise typer.BadParameter("say which member does it", param_hint="--as")
    return reading(email, now, account)


@contextmanager
def _this_machine(email: str | None, now: datetime | None, account: str | None) -> Iterator[Desk]:
    yield local.LocalDesk(email, moment(now), account)


def _only_here(option: str, given: object) -> None:
    if given is not None:
        raise typer.BadParameter("not with --server: it says itself who asks, and when", param_hint=option)
