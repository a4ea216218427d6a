"""The desk of a server: everything is asked of its API, and neither Django nor the ledger is loaded here."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from trueup.client import ANY, Client, Unreachable
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
    Report,
    ReportSummary,
    UnmappedName,
    UsageRecord,
)
from trueup.exchange.rules.definition import read_name, read_profile
from trueup.exchange.rules.profiles import Profile, document_of
from trueup.exchange.written import from_text
from trueup.jobs import signing_in
from trueup.jobs.desk import Desk, TakenIn, Taking
from trueup.jobs.options import moment
from trueup.jobs.remote_billing import RemoteBilling, RemotePrices
from trueup.jobs.remote_files import RemoteFiles, RemoteInsight
from trueup.jobs.starting import Server
from trueup.kit.period import Month
from trueup.kit.progress import Progress
from trueup.reports.rules.workflow import MAY_REQUIRE_REVIEW

_Flagged = TypeVar("_Flagged", Report, ReportSummary)

_SMALL = 256 * 1024
"""Bytes of a file that is not worth compressing."""


@contextmanager
def desk(chosen: Server) -> Iterator[Desk]:
    """The desk of a server. Raises SignedOut, Invalid."""
    with signing_in.saying_how(chosen.url), signing_in.client(chosen) as client:
        yield RemoteDesk(client)


def _flagged(found: _Flagged) -> _Flagged:
    """With the flag that commands know; the others of the API follow from the lines."""
    return replace(found, flags=(MAY_REQUIRE_REVIEW,) if "may_require_review" in found.flags else ())


class RemoteDesk:
    """Asks a server; see `desk.Desk`. What is done is done whatever the state is by now, as at the machine itself."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.prices = RemotePrices(client)
        self.billing = RemoteBilling(client)
        self.files = RemoteFiles(client)
        self.insight = RemoteInsight(client)

    @property
    def now(self) -> datetime:
        """The instant by this machine's clock: the server goes by its own."""
        return moment(None)

    def cycles(self) -> Iterable[Cycle]:
        """The calendar."""
        return self._client.cycles.list()

    def cycle(self, month: Month) -> CycleDetails:
        """One month."""
        return self._client.cycles.get(month)

    def reports(self, *, cycle: Month | None, status: str | None, distributor: str | None) -> Iterable[ReportSummary]:
        """Reports."""
        return map(_flagged, self._client.reports.list(cycle=cycle, status=status, distributor=distributor))

    def report(self, month: Month, msp: str) -> Report:
        """One report."""
        return _flagged(self._client.reports.get(month, msp))

    def customers(self, month: Month, msp: str, service: str) -> Iterable[CustomerFigures]:
        """The customers behind a line."""
        return self._client.reports.customers(month, msp, service)

    def days(self, month: Month, msp: str, service: str) -> Iterable[DayFigures]:
        """The days behind a line."""
        return self._client.reports.days(month, msp, service)

    def history(self, month: Month, msp: str) -> Iterable[HistoryEntry]:
        """Every step of a report."""
        return self._client.reports.history(month, msp)

    def forecast(self, month: Month, msp: str) -> Forecast:
        """What happens at the deadline."""
        return self._client.reports.forecast(month, msp)

    def save(self, month: Month, msp: str, edits: Sequence[LineEdit]) -> Report:
        """Save lines of a draft."""
        return self._client.reports.save(month, msp, edits, version=ANY)

    def submit(self, month: Month, msp: str, comment: str) -> Report:
        """Submit a report."""
        return self._client.reports.submit(month, msp, comment=comment, version=ANY)

    def approve(self, month: Month, msp: str, comment: str) -> Report:
        """Approve a report."""
        return self._client.reports.approve(month, msp, comment=comment, version=ANY)

    def reject(self, month: Month, msp: str, reason: str) -> Report:
        """Send a report back."""
        return self._client.reports.reject(month, msp, reason=reason, version=ANY)

    def regenerate(self, month: Month, msp: str, comment: str) -> int:
        """Measure a report anew; how many lines changed stands in its history."""
        before = sum(1 for _ in self._client.reports.history(month, msp))
        self._client.reports.regenerate(month, msp, comment=comment, version=ANY)
        steps = [*self._client.reports.history(month, msp)][before:]
        return len({change["service"] for step in steps if step.event == "regenerated" for change in step.changes if change.get("service")})

    def waive(self, month: Month, msp: str, service: str, reason: str) -> Report:
        """Take the penalty from a line."""
        return self._client.reports.waive(month, msp, service, reason=reason, version=ANY)

    def usage(
        self, month: Month, *, msp: str | None, customer: str | None, service: str | None, as_of: datetime | None
    ) -> Iterable[UsageRecord]:
        """The records of a month that count."""
        return self._client.usage.records(month, msp=msp, customer=customer, service=service, as_of=as_of)

    def unmapped(self) -> Iterable[UnmappedName]:
        """The names records wait for."""
        return self._client.usage.unmapped()

    def map_name(self, name: str, *, customer: str | None, service: str | None, source: str | None) -> Mapped:
        """Match a name."""
        return self._client.usage.map(name, customer=customer, service=service, source=source)

    def take_in(self, file: Path, how: Taking, progress: Progress) -> TakenIn:
        """Send a file of usage; text is compressed on the way."""
        text = file.suffix.lower() != ".parquet" and file.is_file() and file.stat().st_size > _SMALL
        try:
            found = self._client.usage.send_file(file, **asdict(how), compression="zstd" if text else None, progress=progress)
        except Unreachable as error:
            raise Unreachable(f"{error.message}. Send the same again: what was taken in already changes nothing") from error
        rows = lambda: self._client.usage.refused_rows(found)  # noqa: E731
        return TakenIn(found.batch, found.stored, found.repeated, found.refused_count, found.unmapped, rows, None)

    def import_customers(self, file: Path, *, dry_run: bool, progress: Progress) -> ImportedCustomers:
        """Add, rename and move customers."""
        return self._client.network.import_customers(file, dry_run=dry_run, progress=progress)

    def profiles(self) -> Iterable[MappingProfile]:
        """The mapping profiles."""
        return self._client.profiles.list()

    def profile(self, name: str) -> Profile:
        """What a mapping profile says."""
        found = self._client.profiles.get(name)
        return read_profile(found.name, found.definition)

    def save_profile(self, written: str, file_name: str) -> Profile:
        """Save a mapping profile: what is wrong is found here, where the lines are known."""
        wanted = from_text(written, file_name=file_name)
        self._client.profiles.save(wanted.name, document_of(wanted), version=ANY)
        return wanted

    def remove_profile(self, name: str) -> None:
        """Remove a mapping profile."""
        self._client.profiles.remove(read_name(name), version=ANY)

    def exported(self, month: Month, msp: str, profile: str, *, customers: bool | None) -> bytes:
        """A report in the columns of a profile."""
        return self._client.reports.mapped(month, msp, profile, customers=customers)
