"""Cycles and usage reports."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from trueup.client.answers import (
    CustomerBills,
    CustomerFigures,
    Cycle,
    CycleDetails,
    DayFigures,
    Download,
    Forecast,
    HistoryEntry,
    LineEdit,
    Report,
    ReportCustomer,
    ReportDone,
    ReportSummary,
    SourceDays,
    Waiting,
)
from trueup.client.reading import read
from trueup.client.transport import Answer, Transport, listed
from trueup.kit.addresses import encoded
from trueup.kit.period import Month
from trueup.kit.quantity import plain

ANY = "*"
"""The version that stands for whatever the state is by now."""


class Cycles:
    """`client.cycles`: the calendar."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self) -> Iterator[Cycle]:
        """The months with usage and all closed ones, the latest first."""
        return (read(Cycle, one) for one in self._transport.pages("/cycles"))

    def get(self, cycle: Month | str) -> CycleDetails:
        """One month. Raises NotFound."""
        return read(CycleDetails, self._transport.get(f"/cycles/{cycle}").json)

    def calendar(self, cycle: Month | str) -> Iterator[SourceDays]:
        """What became of every day of a month, by source. Raises NotFound, NotAllowed."""
        return (read(SourceDays, one) for one in self._transport.pages(f"/cycles/{cycle}/calendar"))

    def archive(self, cycle: Month | str, forms: Iterable[str], *, iso_currency: bool = False) -> Download:
        """All statements, reports and billing reports one sees of a closed month as a zip, in every form. Raises NotFound, Invalid."""
        asked = {"forms": ",".join(forms), "iso_currency": iso_currency or None}
        return self._transport.download(f"/cycles/{cycle}/archive", asked)

    def regenerate(self, cycle: Month | str, msps: Mapping[str, str], *, comment: str = "") -> tuple[ReportDone, ...]:
        """Measure several reports of a month anew, each by itself: by their MSPs, with the versions that were read. Raises NotAllowed."""
        reports = [{"msp": msp, **_seen(version)} for msp, version in msps.items()]
        said = {"reports": reports, "comment": comment}
        return _done(self._transport.call("POST", f"/cycles/{cycle}/regenerate", json=said))


class Reports:
    """`client.reports`: read, edit, submit, review. A change names the version that was read; ANY stands for whatever it is by now.

    Every change raises NotFound, NotAllowed, Stale (with `current`) if somebody was faster, Conflict where the report's status does
    not allow it, Invalid with everything that is wrong.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self, *,
        cycle: Month | str | None = None, status: str | None = None, submission: str | None = None, flag: str | None = None,
        search: str | None = None, msp: str | None = None, distributor: str | None = None, waiting: bool | None = None,
        since: Month | str | None = None, until: Month | str | None = None, order: str | None = None,
    ) -> Iterator[ReportSummary]:  # fmt: skip
        """The reports somebody sees, the latest cycle first unless `order` says otherwise (`deadline`, `-stake` …).

        `since` and `until` are the first and the last month; `waiting`: only what waits for the account. Raises NotAllowed, Invalid.
        """
        narrowed = {"cycle": cycle, "from": since, "to": until, "status": status, "submission": submission, "flag": flag}
        wanted = {**narrowed, "search": search, "msp": msp, "distributor": distributor, "waiting": waiting, "order": order}
        return (read(ReportSummary, one) for one in self._transport.pages("/reports", wanted))

    def get(self, cycle: Month | str, msp: str) -> Report:
        """A report with its lines and issues. Raises NotFound, NotAllowed."""
        return _report(self._transport.get(_path(cycle, msp), {"expand": "lines"}))

    def waiting(self) -> Iterator[Waiting]:
        """What waits for the account. Raises NotAllowed."""
        return (read(Waiting, one) for one in self._transport.pages("/waiting"))

    def all_customers(self, cycle: Month | str, msp: str) -> Iterator[ReportCustomer]:
        """The customers behind all lines of a report. Raises NotFound, NotAllowed."""
        return (read(ReportCustomer, one) for one in self._transport.pages(f"{_path(cycle, msp)}/customers"))

    def customers(self, cycle: Month | str, msp: str, service: str) -> Iterator[CustomerFigures]:
        """The customers behind a line. Raises NotFound, NotAllowed."""
        return (read(CustomerFigures, one) for one in self._transport.pages(f"{_path(cycle, msp)}/lines/{encoded(service)}/customers"))

    def days(self, cycle: Month | str, msp: str, service: str) -> Iterator[DayFigures]:
        """The days behind a line. Raises NotFound, NotAllowed."""
        return (read(DayFigures, one) for one in self._transport.pages(f"{_path(cycle, msp)}/lines/{encoded(service)}/days"))

    def history(self, cycle: Month | str, msp: str) -> Iterator[HistoryEntry]:
        """Every step of a report, the first one first. Raises NotFound, NotAllowed."""
        return (_step(one) for one in self._transport.pages(f"{_path(cycle, msp)}/history"))

    def forecast(self, cycle: Month | str, msp: str) -> Forecast:
        """What happens at the deadline. Raises Conflict for a report that nobody is preparing, NotFound, NotAllowed."""
        return read(Forecast, self._transport.get(f"{_path(cycle, msp)}/forecast").json)

    def export(self, cycle: Month | str, msp: str) -> bytes:
        """A report with all its figures as a CSV file. Raises NotFound, NotAllowed."""
        return self._transport.content(f"{_path(cycle, msp)}/export.csv")

    def mapped(self, cycle: Month | str, msp: str, profile: str, *, customers: bool | None = None) -> bytes:
        """A report in the columns of a mapping profile, such as `connectwise`: by line or by customer (None: as the profile says).

        Raises NotFound, NotAllowed, Invalid for a profile that does not fit.
        """
        return self._transport.content(f"{_path(cycle, msp)}/mapped.csv", {"profile": profile, "customers": customers})

    def file(self, cycle: Month | str, msp: str, form: str) -> Download:
        """A report as a file: `csv`, `xlsx` or `pdf`. Raises NotFound, NotAllowed, Invalid."""
        return self._transport.download(f"{_path(cycle, msp)}/files/{encoded(form)}")

    def files(self, form: str, **filters: Any) -> Download:
        """The reports of a list as one file, `csv` or `xlsx`; the filters are those of `list`. Raises NotAllowed, Invalid."""
        return self._transport.download(f"/reports/files/{encoded(form)}", _renamed(filters))

    def customer_bills(self, cycle: Month | str, msp: str) -> CustomerBills:
        """What an MSP bills its customers, by its own price list. Raises NotFound, NotAllowed for all others."""
        path = f"{_path(cycle, msp)}/customer-bills"
        bills = [*self._transport.pages(path)]
        header = self._transport.get(path, {"limit": 1}).json
        return read(CustomerBills, {**header, "bills": bills})

    def customer_bills_file(self, cycle: Month | str, msp: str, form: str) -> Download:
        """What an MSP bills its customers, `csv` or `xlsx`. Raises NotFound, NotAllowed, Invalid."""
        return self._transport.download(f"{_path(cycle, msp)}/customer-bills/files/{encoded(form)}")

    def save(self, cycle: Month | str, msp: str, edits: Iterable[LineEdit], *, version: str) -> Report:
        """Save lines of a draft; it may be incomplete."""
        lines = [_edit(one) for one in edits]
        return _report(self._transport.call("PATCH", f"{_path(cycle, msp)}/lines", json={"lines": lines}, version=version))

    def submit(self, cycle: Month | str, msp: str, *, comment: str = "", version: str) -> Report:
        """Submit a report for review."""
        return self._do("submit", cycle, msp, {"comment": comment}, version)

    def approve(self, cycle: Month | str, msp: str, *, comment: str = "", version: str) -> Report:
        """Approve a report under review."""
        return self._do("approve", cycle, msp, {"comment": comment}, version)

    def approve_all(self, reports: Iterable[ReportSummary | Report], *, comment: str = "") -> tuple[ReportDone, ...]:
        """Approve several reports, each by itself as it was read: what somebody has changed meanwhile is refused. Raises NotAllowed."""
        seen = [{"cycle": str(one.cycle), "msp": one.msp, **_seen(one.version)} for one in reports]
        return _done(self._transport.call("POST", "/reports/approve", json={"reports": seen, "comment": comment}))

    def reject(self, cycle: Month | str, msp: str, *, reason: str, lines: Iterable[str] = (), version: str) -> Report:
        """Send a report under review back to the MSP; `lines` are the services it is about."""
        return self._do("reject", cycle, msp, {"reason": reason, "lines": [*lines]}, version)

    def regenerate(self, cycle: Month | str, msp: str, *, comment: str = "", version: str) -> Report:
        """Measure a report anew from newer usage."""
        return self._do("regenerate", cycle, msp, {"comment": comment}, version)

    def waive(self, cycle: Month | str, msp: str, service: str, *, reason: str, version: str) -> Report:
        """Take the penalty from a line of a report under review."""
        return self._do("waivers", cycle, msp, {"service": service, "reason": reason}, version)

    def _do(self, verb: str, cycle: Month | str, msp: str, what: dict[str, Any], version: str) -> Report:
        return _report(self._transport.call("POST", f"{_path(cycle, msp)}/{verb}", json=what, version=version))


def _path(cycle: Month | str, msp: str) -> str:
    return f"/reports/{encoded(str(cycle))}/{encoded(msp)}"


def _renamed(filters: Mapping[str, Any]) -> dict[str, Any]:
    """Filters as the API calls them."""
    return {{"since": "from", "until": "to"}.get(name, name): value for name, value in filters.items()}


def _seen(version: str) -> dict[str, int | None]:
    """The version of one of several."""
    return {"version": int(version) if version.isdecimal() else None}


def _done(answer: Answer) -> tuple[ReportDone, ...]:
    return tuple(read(ReportDone, one) for one in listed(answer, "reports"))


def _report(answer: Answer) -> Report:
    return read(Report, {**answer.json, "version": answer.version}) if isinstance(answer.json, dict) else read(Report, answer.json)


def _step(given: Any) -> HistoryEntry:
    """A step; a change of no line has no service."""
    step = read(HistoryEntry, given)
    return replace(step, changes=tuple(dict(_change(change)) for change in step.changes))


def _change(given: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    if given.get("service") is not None:
        yield "service", given["service"]
    yield from ((name, given.get(name)) for name in ("field", "before", "after"))


def _edit(edit: LineEdit) -> dict[str, Any]:
    said: dict[str, Any] = {"service": edit.service}
    if edit.chargeable_units is not None:
        written = edit.chargeable_units if isinstance(edit.chargeable_units, str) else plain(edit.chargeable_units)
        said["chargeable_units"] = written or None
    return said | {name: value for name, value in (("comment", edit.comment), ("reason", edit.reason)) if value is not None}
