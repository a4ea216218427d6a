"""Statements of adjustments: what all statements between two parties have said of the usage of a month, and what is still to be said.

They follow each other: an adjustment is settled after everything before it, and builds on just that (`Chain.ids` proves it when it is
written). Prices are those the last statement before it copied; only what these do not name is looked up in the list in force.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.db.models import Exists, OuterRef, Q, QuerySet

from trueup.accounts.rules import Viewer
from trueup.cycles.models import of_usage
from trueup.kit.period import Month
from trueup.prices.queries import prices_of
from trueup.prices.rules.definition import read_price_list
from trueup.prices.rules.documents import customers_in
from trueup.prices.rules.lists import PriceList
from trueup.reports.models import Report
from trueup.reports.queries import customers_behind
from trueup.statements.models import BillingReport, Statement
from trueup.statements.rules.adjustments import standing
from trueup.statements.rules.documents import Document
from trueup.statements.rules.settlement import ChargedLine, without_price
from trueup.statements.settling import approved, charged

_KEYS = ("seller", "buyer", "from")


@dataclass(frozen=True, slots=True)
class Chain:
    """All statements between two parties of the usage of a month, the first one first."""

    statements: tuple[Statement, ...]

    @property
    def ids(self) -> tuple[int, ...]:
        """Which they are: another statement of the month makes another chain."""
        return tuple(one.pk for one in self.statements)

    def before(self, cycle: Month) -> "Chain":
        """Those of earlier cycles than that of an adjustment."""
        return Chain(tuple(one for one in self.statements if one.cycle.month.cycle < cycle.cycle))

    @property
    def standing(self) -> list[Document]:
        """What counts of them."""
        return standing(one.document for one in self.statements)

    @property
    def prices(self) -> PriceList | None:
        """What the last of them was priced by; None where nothing was settled yet."""
        return copied_prices(self._last) if self._last else None

    @property
    def _last(self) -> Statement | None:
        counting = {one["number"] for one in self.standing}
        return next((one for one in reversed(self.statements) if one.number in counting), None)

    @property
    def services(self) -> set[str]:
        """The services that were charged in what counts."""
        return {part["service"] for one in self.standing for line in one["lines"] for part in line["charged"]}

    @property
    def customers(self) -> set[str]:
        """The customers (refs) behind what the last of them was made of. Read from the ledger."""
        if self._last is None:
            return set()
        billing = self._last.billing_report
        found = approved(reports_of(billing) if billing else [one for one in (self._last.report,) if one])
        return {figures.customer for one in found for own in customers_behind(one.report, one.lines).values() for figures in own}


def copied_prices(issued: Statement) -> PriceList:
    """The price list that a statement copied."""
    said = issued.document["prices"]
    document = {name: value for name, value in said.items() if name not in _KEYS}
    read = read_price_list(said["seller"], said["buyer"], issued.cycle.month.last_day, document)
    return replace(read, customers=frozenset(customers_in(document)))  # only the buyer's own were copied


def chain_of_report(report: Report) -> Chain:
    """What was said to an MSP of the month that a report is about."""
    rows = Statement.objects.filter(
        of_usage(report.cycle.month, "report__cycle__"), report__msp=report.msp_id, seller=report.distributor_id
    )
    return _chain(rows)


def prices_of_report(report: Report) -> PriceList | None:
    """What an MSP pays by for a report: as its statement says, or what it adjusts; before there is one as the lists are now."""
    chain = chain_of_report(report)
    own = Chain(tuple(one for one in chain.statements if one.report_id == report.pk))
    if own.prices is not None:
        return own.prices
    before, now = chain.before(report.cycle.month), in_force(report.distributor_id, report.msp_id, report.cycle.month)
    return priced_as_before(before, now, charged(approved([report])[0])) if before.statements else now


def chain_of_billing(billing: BillingReport) -> Chain:
    """What was said to a distributor of the month that a billing report is about."""
    rows = Statement.objects.filter(
        of_usage(billing.cycle.month, "billing_report__cycle__"), billing_report__distributor=billing.distributor_id,
        seller=billing.vendor_id,
    )  # fmt: skip
    return _chain(rows)


def chain_of(statement: Statement) -> Chain:
    """The chain that a statement stands in."""
    if statement.report is not None:
        return chain_of_report(statement.report)
    if statement.billing_report is not None:
        return chain_of_billing(statement.billing_report)
    raise ValueError("a statement is of something")


def _chain(rows: QuerySet[Statement]) -> Chain:
    return Chain(tuple(rows.select_related("cycle", "seller", "buyer", "report__cycle", "billing_report__cycle").order_by("pk")))


def in_force(seller_id: int, buyer_id: int, month: Month) -> PriceList | None:
    """What a buyer pays by for a month, as the lists are now."""
    return prices_of(Viewer.system(), seller_id, [buyer_id], month.last_day).get(buyer_id)


def knows_money(viewer: Viewer, report: Report) -> bool:
    """Whether the money of a report is the viewer's to know: that of the MSP, its distributor and the operator."""
    return viewer.sees_all or viewer.account_id in {report.msp_id, report.distributor_id}


def priced_as_before(before: Chain, now: PriceList | None, lines: Sequence[ChargedLine]) -> PriceList | None:
    """The prices of an adjustment: those of what it adjusts, and for a line that these have no price for, those in force.

    A statement copies of a price list what its lines were priced by. What it did not charge is looked up whole: a service may have had
    a price of its own in the list, though others of its group were paid in packs.
    """
    prices = before.prices
    if prices is None or now is None or now.currency != prices.currency:
        return prices or now
    prices = _naming_who_is_new(prices, now, before)
    asked = {line.service for line in (*without_price(prices, lines), *(one for one in lines if one.service not in before.services))}
    services = {service: price for service, price in now.services.items() if service in asked and service not in prices.services}
    known = replace(prices, services={**prices.services, **services})
    groups = {line.group for line in without_price(known, lines)}
    packs = {group: now.packs[group] for group in groups if group in now.packs}
    return replace(known, packs={**prices.packs, **packs}, customers=prices.customers | now.customers)


def _naming_who_is_new(prices: PriceList, now: PriceList, before: Chain) -> PriceList:
    """Prices that were copied, with the complimentary credits of customers nothing was said of before, as of one that had moved.

    Who was there before keeps what it had, whatever became of the list.
    """
    new = now.customers - prices.customers
    named = {group: new & set(now.packs[group].complimentary_of) for group in prices.packs if group in now.packs}
    if any(named.values()):
        new -= before.customers
    packs = {
        group: replace(prices.packs[group], complimentary_of={
            **{customer: now.packs[group].complimentary_of[customer] for customer in sorted(customers & new)},
            **prices.packs[group].complimentary_of,
        })
        for group, customers in named.items()
    }  # fmt: skip
    return replace(prices, packs={**prices.packs, **packs})


# ── Billing reports ───────────────────────────────────────────────────────────────────────────────────────────────────


def reports_of(billing: BillingReport) -> QuerySet[Report]:
    """The reports a billing report is made of, by MSP: those of its cycle; of an adjustment every report of the month as it stands then."""
    same = Report.objects.filter(distributor=billing.distributor_id, vendor=billing.vendor_id)
    ordered = same.select_related("cycle").order_by("msp_ref")
    if not billing.cycle.adjusts:
        return ordered.filter(cycle=billing.cycle_id)
    until_then = Q(of_usage(billing.cycle.month), cycle__first_day__lte=billing.cycle.first_day)
    later = same.filter(until_then, msp=OuterRef("msp"), cycle__first_day__gt=OuterRef("cycle__first_day"))
    return ordered.filter(until_then, ~Exists(later))


def not_settled_before(billing: BillingReport) -> list[Month]:
    """The billing reports that come before an adjustment and have no statement yet: until then nobody knows what the difference is."""
    if not billing.cycle.adjusts:
        return []
    earlier = BillingReport.objects.filter(
        of_usage(billing.cycle.month), distributor=billing.distributor_id, vendor=billing.vendor_id,
        cycle__first_day__lt=billing.cycle.first_day,
    )  # fmt: skip
    settled = set(Statement.objects.filter(billing_report__in=earlier).values_list("billing_report_id", flat=True))
    return [one.cycle.month for one in earlier.select_related("cycle").order_by("cycle__first_day") if one.pk not in settled]


def is_as_submitted(billing: BillingReport) -> bool:
    """Whether what a submitted adjustment is the difference to still stands."""
    if not billing.cycle.adjusts:
        return True
    before = chain_of_billing(billing).before(billing.cycle.month)
    return (billing.document or {}).get("adjusts") == [one["number"] for one in before.standing]
