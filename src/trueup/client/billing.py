"""Billing reports, billing details and statements."""

from collections.abc import Iterator, Mapping
from typing import Any

from trueup.client.answers import (
    BillingDetails,
    BillingReport,
    BillingSummary,
    Corrected,
    Download,
    HistoryEntry,
    LineBehind,
    Statement,
    StatementSummary,
    WaitingStatement,
)
from trueup.client.reading import read
from trueup.client.transport import Answer, Transport
from trueup.kit.addresses import encoded
from trueup.kit.period import Month


class BillingReports:
    """`client.billing`: a distributor's billing report to its vendor. A change names the version that was read, `*` any.

    Every change raises NotFound, NotAllowed, Changed if somebody was faster, Conflict where its status does not allow it, Invalid with
    everything that is wrong.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, *, cycle: Month | str | None = None) -> Iterator[BillingSummary]:
        """Billing reports, the latest cycle first."""
        return (read(BillingSummary, one) for one in self._transport.pages("/billing-reports", {"cycle": cycle}))

    def get(self, cycle: Month | str, distributor: str) -> BillingReport:
        """One of them, with what it comes to. Raises NotFound; NotAllowed for a vendor before it was submitted."""
        return _billing(self._transport.get(_path(cycle, distributor)))

    def save(
        self, cycle: Month | str, distributor: str, *,
        po_number: str | None = None, promo_codes: Mapping[str, str] | None = None, comment: str | None = None, version: str,
    ) -> BillingReport:  # fmt: skip
        """Save what a distributor says in it: None leaves a part as it is, an empty promo code (by service) takes one away."""
        said = {"po_number": po_number, "promo_codes": dict(promo_codes) if promo_codes is not None else None, "comment": comment}
        what = {name: value for name, value in said.items() if value is not None}
        return _billing(self._transport.call("PATCH", _path(cycle, distributor), json=what, version=version))

    def submit(self, cycle: Month | str, distributor: str, *, version: str) -> BillingSummary:
        """Submit it to the vendor: its figures stay."""
        return self._do("submit", cycle, distributor, None, version)

    def send_back(self, cycle: Month | str, distributor: str, *, reason: str, version: str) -> BillingSummary:
        """Return it to the distributor."""
        return self._do("return", cycle, distributor, {"reason": reason}, version)

    def complete(self, cycle: Month | str, distributor: str, *, version: str) -> BillingSummary:
        """Complete it: its statement follows."""
        return self._do("complete", cycle, distributor, None, version)

    def lines(self, cycle: Month | str, distributor: str, service: str) -> Iterator[LineBehind]:
        """The lines of approved reports that the units of a service come from, by MSP. Raises NotFound, NotAllowed."""
        path = f"{_path(cycle, distributor)}/services/{encoded(service)}/lines"
        return (read(LineBehind, one) for one in self._transport.pages(path))

    def history(self, cycle: Month | str, distributor: str) -> Iterator[HistoryEntry]:
        """Every step, the first one first. Raises NotFound."""
        return (read(HistoryEntry, one) for one in self._transport.pages(f"{_path(cycle, distributor)}/history"))

    def file(self, cycle: Month | str, distributor: str, form: str) -> Download:
        """A billing report as a file: `csv`, `xlsx` or `pdf`. Raises NotFound, NotAllowed, Invalid."""
        return self._transport.download(f"{_path(cycle, distributor)}/files/{encoded(form)}")

    def _do(self, verb: str, cycle: Month | str, distributor: str, what: dict[str, Any] | None, version: str) -> BillingSummary:
        answer = self._transport.call("POST", f"{_path(cycle, distributor)}/{verb}", json=what, version=version)
        return read(BillingSummary, _versioned(answer))

    def details(self, account: str) -> BillingDetails:
        """What documents say of an account. Raises NotFound."""
        return _details(account, self._transport.get(_details_path(account)))

    def save_details(self, account: str, said: Mapping[str, str], *, version: str = "") -> BillingDetails:
        """Save what documents say of an account, as a whole; `version` empty: nothing was said yet. Raises as other changes do."""
        return _details(account, self._transport.call("PUT", _details_path(account), json=dict(said), version=version))


class Statements:
    """`client.statements`: the final documents one has issued or got."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self, *, cycle: Month | str | None = None, seller: str | None = None, buyer: str | None = None, kind: str | None = None,
        search: str | None = None,
    ) -> Iterator[StatementSummary]:  # fmt: skip
        """Statements, the latest first; `kind`: statement or credit_note."""
        asked = {"cycle": cycle, "seller": seller, "buyer": buyer, "kind": kind, "search": search}
        return (read(StatementSummary, one) for one in self._transport.pages("/statements", asked))

    def get(self, number: str) -> Statement:
        """One statement with all it says. Raises NotFound."""
        return read(Statement, self._transport.get(_number(number), {"expand": "document"}).json)

    def file(self, number: str, form: str, *, iso_currency: bool = False) -> Download:
        """A statement as a file: `csv`, `xlsx`, `pdf`, `factur-x`, `ubl`, `focus-csv` or `focus-parquet`.

        `iso_currency`: FOCUS is priced in money also where credits are the price. Raises NotFound, Invalid for what can't be in this form.
        """
        return self._transport.download(f"{_number(number)}/files/{encoded(form)}", {"iso_currency": iso_currency or None})

    def files(self, form: str, *, iso_currency: bool = False, **filters: Any) -> Download:
        """The statements of a list as one file, `csv`, `xlsx`, `focus-csv` or `focus-parquet`; the filters are those of `list`."""
        return self._transport.download(f"/statements/files/{encoded(form)}", {**filters, "iso_currency": iso_currency or None})

    def correct(self, number: str, *, reason: str) -> Corrected:
        """Correct a statement: a credit note over all of it, and a replacement.

        Raises NotFound, NotAllowed for who has not issued it, Conflict for what was corrected already, Invalid.
        """
        return read(Corrected, self._transport.call("POST", f"{_number(number)}/correct", json={"reason": reason}).json)

    def waiting(self) -> Iterator[WaitingStatement]:
        """Approved reports that have no statement yet, and why."""
        return (read(WaitingStatement, one) for one in self._transport.pages("/statements/waiting"))


def _path(cycle: Month | str, distributor: str) -> str:
    return f"/billing-reports/{encoded(str(cycle))}/{encoded(distributor)}"


def _number(number: str) -> str:
    return f"/statements/{encoded(number)}"


def _details_path(account: str) -> str:
    return f"/billing-details/{encoded(account)}"


def _versioned(answer: Answer) -> Any:
    return {**answer.json, "version": answer.version} if isinstance(answer.json, dict) else answer.json


def _billing(answer: Answer) -> BillingReport:
    return read(BillingReport, _versioned(answer))


def _details(account: str, answer: Answer) -> BillingDetails:
    said = answer.json if isinstance(answer.json, dict) else {}
    details = {name: value for name, value in said.items() if value and name not in {"account", "version"}}
    return read(BillingDetails, {"account": account, "details": details, "version": answer.version})
