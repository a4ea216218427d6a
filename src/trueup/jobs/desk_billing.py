"""What a desk answers about money: prices, billing reports, statements."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from trueup.client.answers import (
    Billed,
    BillingDetails,
    BillingReport,
    BillingSummary,
    Corrected,
    Deprovisioning,
    Download,
    HistoryEntry,
    LineBehind,
    MeasuredOtherwise,
    PriceList,
    PriceListSummary,
    PromoCheck,
    PromoCode,
    Reviewed,
    Simulated,
    Statement,
    StatementSummary,
    WaitingStatement,
)
from trueup.kit.period import Month
from trueup.statements.exports.forms import Form
from trueup.statements.exports.means import Means


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which statements: by cycle, seller and buyer (refs), kind; `search` looks in numbers and names."""

    cycle: Month | None = None
    seller: str | None = None
    buyer: str | None = None
    kind: str | None = None
    search: str | None = None


@dataclass(frozen=True, slots=True)
class Reports:
    """Which reports: by cycle, status, distributor (ref); `search` looks in the refs and names of MSPs."""

    cycle: Month | None = None
    status: str | None = None
    distributor: str | None = None
    search: str | None = None


class Prices(Protocol):
    """`desk.prices`: price lists and promo codes."""

    def lists(self, *, seller: str | None = None, buyer: str | None = None) -> Iterable[PriceListSummary]:
        """Price lists, the default of a seller first, then by buyer and day; `buyer` `*`: only defaults."""

    def one(self, seller: str, buyer: str | None, begin: date) -> PriceList:
        """One price list."""

    def save_file(self, written: str, file_name: str, *, dry_run: bool) -> tuple[str, ...]:
        """Save what a file of prices says; what was changed by it. Raises Invalid with the line of everything that is wrong."""

    def file(self, *, seller: str | None = None) -> str:
        """A file of prices: of a seller as far as one sees them, else of those one keeps."""

    def remove(self, seller: str, buyer: str | None, begin: date) -> None:
        """Remove a price list."""

    def simulate(self, month: Month, seller: str, buyer: str | None, begin: date) -> Iterable[Simulated]:
        """What those a price list is for would pay for a month with it, by ref, and what they pay now."""

    def history(self, seller: str) -> Iterable[HistoryEntry]:
        """What happened to the price lists and promo codes of a seller, those that were removed too, the first step first."""

    def promo_codes(self, *, seller: str | None = None) -> Iterable[PromoCode]:
        """Promo codes, by seller and code."""

    def check_promo(self, seller: str, code: str, service: str, month: Month) -> PromoCheck:
        """Whether a seller's code holds for a service in a month, for who asks."""

    def remove_promo(self, seller: str, code: str) -> None:
        """Remove a promo code."""


class Billing(Protocol):
    """`desk.billing`: billing reports, what documents say of accounts, statements."""

    def reports(self, *, month: Month | None) -> Iterable[BillingSummary]:
        """Billing reports, the latest cycle first."""

    def report(self, month: Month, distributor: str) -> BillingReport:
        """One billing report."""

    def save(
        self, month: Month, distributor: str, *, po_number: str | None, promo_codes: Mapping[str, str] | None, comment: str | None
    ) -> BillingReport:
        """Save what a distributor says in it. Raises Conflict, Invalid."""

    def submit(self, month: Month, distributor: str) -> BillingSummary:
        """Submit it to the vendor. Raises Conflict, Invalid with everything that stands in the way."""

    def send_back(self, month: Month, distributor: str, reason: str) -> BillingSummary:
        """Return it to the distributor. Raises Conflict, Invalid."""

    def complete(self, month: Month, distributor: str) -> BillingSummary:
        """Complete it. Raises Conflict."""

    def lines(self, month: Month, distributor: str, service: str) -> Iterable[LineBehind]:
        """The lines of approved reports that the units of a service come from, by MSP."""

    def history(self, month: Month, distributor: str) -> Iterable[HistoryEntry]:
        """What happened to a billing report, the first step first."""

    def details(self, account: str) -> BillingDetails:
        """What documents say of an account."""

    def save_details(self, account: str, said: Mapping[str, str]) -> BillingDetails:
        """Save some of it; what is empty is taken away. Raises Invalid."""

    def statements(self, wanted: Wanted) -> Iterable[StatementSummary]:
        """Statements, the latest first."""

    def statement(self, number: str) -> Statement:
        """One statement."""

    def correct(self, number: str, reason: str) -> Corrected:
        """Correct a statement. Raises Conflict, Invalid."""

    def waiting(self) -> Iterable[WaitingStatement]:
        """Approved reports without a statement."""


class Insight(Protocol):
    """`desk.insight`: figures over months, and of a report."""

    def billed(self, first: Month, last: Month, by: str) -> Iterable[Billed]:
        """What was billed, by month, service or msp. Raises Invalid."""

    def review(self, first: Month, last: Month) -> Iterable[Reviewed]:
        """How the reports of each month went. Raises Invalid."""

    def deprovision(self, month: Month, msp: str) -> Deprovisioning:
        """What an MSP could deprovision."""

    def measures(self, month: Month, msp: str) -> MeasuredOtherwise:
        """A month under each measure."""


class Files(Protocol):
    """`desk.files`: everything raises Invalid for a form that there is not of a thing, before anything is read."""

    def report(self, month: Month, msp: str, form: Form) -> Download:
        """One report."""

    def reports(self, wanted: Reports, form: Form) -> Download:
        """The reports of a list."""

    def statement(self, number: str, form: Form, *, iso_currency: bool) -> Download:
        """One statement; `iso_currency`: FOCUS in money also where credits are the price."""

    def statements(self, wanted: Wanted, form: Form, *, iso_currency: bool) -> Download:
        """The statements of a list."""

    def billing(self, month: Month, distributor: str, form: Form) -> Download:
        """One billing report."""

    def customers(self, month: Month, msp: str, form: Form) -> Download:
        """What an MSP bills its customers."""

    def cycle(self, month: Month, forms: Iterable[Form], means: Means, *, iso_currency: bool) -> Download:
        """All that one sees of a cycle, as a zip, made by these means."""
