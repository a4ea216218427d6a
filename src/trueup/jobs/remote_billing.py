"""Money at a server: prices, billing reports, statements."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from trueup.client import ANY, Client, Invalid
from trueup.client.answers import (
    BillingDetails,
    BillingReport,
    BillingSummary,
    Corrected,
    HistoryEntry,
    LineBehind,
    PriceList,
    PriceListSummary,
    PromoCheck,
    PromoCode,
    Simulated,
    Statement,
    StatementSummary,
    WaitingStatement,
)
from trueup.jobs.alike import fields_of
from trueup.jobs.desk_billing import Wanted
from trueup.kit.period import Month

_ITS_NAME = "prices.yaml"
"""What the server calls a file of prices that it was sent."""


@dataclass(frozen=True, slots=True)
class RemotePrices:
    """Asks a server; see `desk_billing.Prices`. What is done is done whatever the state is by now."""

    client: Client

    def lists(self, *, seller: str | None = None, buyer: str | None = None) -> Iterable[PriceListSummary]:
        """Price lists."""
        return self.client.prices.list(seller=seller, buyer=buyer)

    def one(self, seller: str, buyer: str | None, begin: date) -> PriceList:
        """One price list."""
        return self.client.prices.get(seller, buyer, begin)

    def save_file(self, written: str, file_name: str, *, dry_run: bool) -> tuple[str, ...]:
        """Save what a file of prices says; what is wrong is told with the name the file has here."""
        try:
            return self.client.prices.apply(written, dry_run=dry_run)
        except Invalid as error:
            problems = [replace(one, message=_named(one.message, file_name)) for one in error.problems]
            raise Invalid(_named(error.message, file_name), problems) from error

    def file(self, *, seller: str | None = None) -> str:
        """A file of prices."""
        return self.client.prices.export(seller)

    def remove(self, seller: str, buyer: str | None, begin: date) -> None:
        """Remove a price list."""
        self.client.prices.remove(seller, buyer, begin, version=ANY)

    def simulate(self, month: Month, seller: str, buyer: str | None, begin: date) -> Iterable[Simulated]:
        """What a month comes to."""
        return self.client.prices.simulate(month, seller, buyer, begin)

    def history(self, seller: str) -> Iterable[HistoryEntry]:
        """What happened to prices."""
        return self.client.prices.all_history(seller)

    def promo_codes(self, *, seller: str | None = None) -> Iterable[PromoCode]:
        """Promo codes."""
        return self.client.promo_codes.list(seller=seller)

    def check_promo(self, seller: str, code: str, service: str, month: Month) -> PromoCheck:
        """Whether a code holds."""
        return self.client.promo_codes.check(seller, code, service, month)

    def remove_promo(self, seller: str, code: str) -> None:
        """Remove a promo code."""
        self.client.promo_codes.remove(seller, code, version=ANY)


def _named(message: str, file_name: str) -> str:
    return file_name + message.removeprefix(_ITS_NAME) if message.startswith(_ITS_NAME) else message


@dataclass(frozen=True, slots=True)
class RemoteBilling:
    """Asks a server; see `desk_billing.Billing`. What is done is done whatever the state is by now."""

    client: Client

    def reports(self, *, month: Month | None) -> Iterable[BillingSummary]:
        """Billing reports."""
        return self.client.billing.list(cycle=month)

    def report(self, month: Month, distributor: str) -> BillingReport:
        """One billing report."""
        return self.client.billing.get(month, distributor)

    def save(
        self, month: Month, distributor: str, *, po_number: str | None, promo_codes: Mapping[str, str] | None, comment: str | None
    ) -> BillingReport:
        """Save what a distributor says in it."""
        said = {"po_number": po_number, "promo_codes": promo_codes, "comment": comment}
        return self.client.billing.save(month, distributor, **said, version=ANY)  # type: ignore[arg-type]

    def submit(self, month: Month, distributor: str) -> BillingSummary:
        """Submit it."""
        return self.client.billing.submit(month, distributor, version=ANY)

    def send_back(self, month: Month, distributor: str, reason: str) -> BillingSummary:
        """Return it."""
        return self.client.billing.send_back(month, distributor, reason=reason, version=ANY)

    def complete(self, month: Month, distributor: str) -> BillingSummary:
        """Complete it."""
        return self.client.billing.complete(month, distributor, version=ANY)

    def lines(self, month: Month, distributor: str, service: str) -> Iterable[LineBehind]:
        """The lines of reports behind a service."""
        return self.client.billing.lines(month, distributor, service)

    def history(self, month: Month, distributor: str) -> Iterable[HistoryEntry]:
        """What happened to a billing report."""
        return self.client.billing.history(month, distributor)

    def details(self, account: str) -> BillingDetails:
        """What documents say of an account."""
        return self.client.billing.details(account)

    def save_details(self, account: str, said: Mapping[str, str]) -> BillingDetails:
        """Save some of it: the rest is sent as it was read, so that nobody else's change is lost."""
        before = self.client.billing.details(account)
        return self.client.billing.save_details(account, {**before.details, **said}, version=before.version)

    def statements(self, wanted: Wanted) -> Iterable[StatementSummary]:
        """Statements."""
        return self.client.statements.list(**fields_of(wanted))

    def statement(self, number: str) -> Statement:
        """One statement."""
        return self.client.statements.get(number)

    def correct(self, number: str, reason: str) -> Corrected:
        """Correct a statement."""
        return self.client.statements.correct(number, reason=reason)

    def waiting(self) -> Iterable[WaitingStatement]:
        """Approved reports without a statement."""
        return self.client.statements.waiting()
