"""What an MSP bills its customers for a month: by its own price list, reconciled to the units of its report, with what they cost it.

For an adjustment it bills the difference to what it billed for the report that is adjusted: both by its price lists as they are now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trueup.accounts.rules import Tier, Viewer
from trueup.kit.errors import NotAllowed
from trueup.kit.money import Money, total
from trueup.kit.period import Month
from trueup.kit.quantity import ZERO, Quantity, added
from trueup.kit.text import Text, text
from trueup.prices.queries import prices_of
from trueup.prices.rules.lists import PriceList
from trueup.reports.access import to_read
from trueup.reports.adjusting import bases
from trueup.reports.models import Report
from trueup.reports.queries import names_by_ref
from trueup.statements.adjusting import prices_of_report
from trueup.statements.rules.bills import bill_less, lines_less, nothing_like
from trueup.statements.rules.settlement import ChargedLine, Settled, by_customer, settled, shares_of, why_not
from trueup.statements.settling import approved, charged


@dataclass(frozen=True, slots=True)
class CustomerBill:
    """What to bill one customer. `settled` is None, with the reason, where something has no price; `cost` is None while nobody knows
    what the MSP pays. `lines` have the chargeable units: over all customers they sum to the lines of the report.

    For an adjustment all of it is the difference between the bills `before` and `after`, and may be below 0."""

    customer: str
    name: str
    lines: tuple[ChargedLine, ...]
    settled: Settled | None
    reason: Text | None
    cost: Money | None
    before: Settled | None = None
    after: Settled | None = None

    @property
    def margin(self) -> Money | None:
        """What is left of the bill, before tax, once its part of the MSP's own statement is paid; in the currency of both."""
        return self.settled.net - self.cost if self.settled and self.cost is not None else None


@dataclass(frozen=True, slots=True)
class CustomerBills:
    """The bills of a month. `cost_currency` is that of the MSP's own statement (empty: not known yet); with another currency than the
    bills' there is no margin. `is_final`: the report is approved."""

    is_final: bool
    currency: str
    cost_currency: str
    bills: tuple[CustomerBill, ...]
    lines: tuple[ChargedLine, ...] = ()
    """Those of the report: what the bills are reconciled to."""
    cost_net: Money | None = None
    """What the MSP's own statement comes to before tax: the costs of the bills, and what falls on no customer (a minimum without units)."""
    adjusts: Month | None = None
    """What was billed before: these bills are the difference to it, and come on top. None: they are all there is."""

    @property
    def reconciled(self) -> tuple["Reconciled", ...]:
        """Line by line, whether what customers are billed is what the report charges."""
        billed: dict[str, list[Quantity]] = {}
        for one in (line for bill in self.bills for line in bill.lines):
            billed.setdefault(one.service, []).append(one.units)
        return tuple(Reconciled(line, added(billed.get(line.service, ())), len(billed.get(line.service, ()))) for line in self.lines)

    @property
    def sums(self) -> "Sums":
        """What all bills that could be priced come to, before tax and with it; `margin` is that of the bills that have one."""
        priced = [bill for bill in self.bills if bill.settled]
        own = [(bill.settled.net, bill.settled.tax, bill.settled.gross) for bill in priced if bill.settled and self._is_own(bill)]
        known = [bill.margin for bill in priced if bill.margin is not None and self._is_own(bill)]
        net, tax, gross = (total((amounts[at] for amounts in own), self.currency) for at in range(3))
        margin = total(known, self.currency) if known else None
        return Sums(net, tax, gross, self.cost_net, margin, len(self.bills) - len(own))

    @property
    def cost_of_nobody(self) -> Money | None:
        """What of the MSP's own statement falls on no customer; None where the costs of customers are not known."""
        costs = [bill.cost for bill in self.bills if bill.cost is not None]
        if self.cost_net is None or len(costs) < len(self.bills):
            return None
        return total((self.cost_net, total(costs, self.cost_currency).copy_negate()), self.cost_currency)

    def _is_own(self, bill: CustomerBill) -> bool:
        return bill.settled is not None and bill.settled.currency == self.currency


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A line of the report, and what of it is billed to how many customers."""

    line: ChargedLine
    billed: Quantity
    customers: int

    @property
    def missing(self) -> Quantity:
        """Units that the report charges and nobody is billed: 0."""
        return self.line.units - self.billed


@dataclass(frozen=True, slots=True)
class Sums:
    """What the bills in the currency of the month come to; `others`: bills without a price, or in another currency."""

    net: Money
    tax: Money
    gross: Money
    cost: Money | None
    margin: Money | None
    others: int


def customer_bills(viewer: Viewer, month: Month, msp: str) -> CustomerBills:
    """What an MSP bills each customer, by ref. To the MSP and the operator alone: nobody else sees what it sells by.

    Raises NotFound, NotAllowed.
    """
    report = to_read(viewer, month, msp)
    if not viewer.sees_all and viewer.tier != Tier.MSP:
        raise NotAllowed(text("only “{msp}” sees what it bills its customers", msp=msp))
    now = _bills(report)
    base = bases([report.msp_id], report.cycle).get(report.msp_id) if report.cycle.adjusts else None
    return _difference(now, _bills(base.report), base.report.cycle.month) if base and base.report else now


def _bills(report: Report) -> CustomerBills:
    """All that a report charges, customer by customer."""
    lines = charged(approved([report])[0], customers=True)
    own = by_customer(lines)
    names = names_by_ref(list(own))
    prices = prices_of(Viewer.system(), report.msp_id, [pk for pk, _ in names.values()], report.cycle.month.last_day)
    costs = _costs(report, lines)
    bills = [_bill(ref, names[ref][1], own[ref], prices.get(names[ref][0]), costs) for ref in sorted(own)]
    currency = next((bill.settled.currency for bill in bills if bill.settled), "")
    return CustomerBills(
        report.approved_at is not None, currency, costs.currency if costs else "", tuple(bills), tuple(lines), costs.net if costs else None
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Costs:
    """What the MSP pays for each customer."""

    currency: str
    net: Money
    by_customer: Mapping[str, Money]


def _costs(report: Report, lines: Sequence[ChargedLine]) -> _Costs | None:
    """The parts of the MSP's own statement, or before there is one, of what it would say now."""
    prices = prices_of_report(report)
    if prices is None or why_not(prices, lines):
        return None
    result = settled(prices, lines)
    found: dict[str, list[Money]] = {}
    for line in result.lines:
        for customer, amount in shares_of(line, lines, prices.currency).items():
            found.setdefault(customer, []).append(amount)
    return _Costs(prices.currency, result.net, {customer: total(amounts, prices.currency) for customer, amounts in found.items()})


def _bill(ref: str, name: str, lines: Sequence[ChargedLine], prices: PriceList | None, costs: _Costs | None) -> CustomerBill:
    wrong = why_not(prices, lines)
    result = settled(prices, lines) if prices and not wrong else None
    same = costs and (not result or result.currency == costs.currency)
    cost = costs.by_customer.get(ref, total((), costs.currency)) if costs and same else None
    return CustomerBill(ref, name, tuple(lines), result, wrong, cost)


# ── What came late ────────────────────────────────────────────────────────────────────────────────────────────────────


def _difference(now: CustomerBills, before: CustomerBills, adjusts: Month) -> CustomerBills:
    """The bills of a month as it is now, less those that there were before."""
    new, old = ({bill.customer: bill for bill in one.bills} for one in (now, before))
    known = now.cost_net is not None and before.cost_net is not None and now.cost_currency == before.cost_currency
    currency = now.cost_currency if known else ""
    made = [_bill_less(new.get(ref), old.get(ref), currency) for ref in sorted({**old, **new})]
    bills = tuple(bill for bill in made if bill.lines or bill.cost)
    billed = {line.service for bill in bills for line in bill.lines}
    lines = tuple(line for line in lines_less(now.lines, before.lines) if line.units or line.service in billed)
    cost = _less(now.cost_net, before.cost_net, currency)
    return CustomerBills(now.is_final, now.currency or before.currency, currency, bills, lines, cost, adjusts)


def _bill_less(after: CustomerBill | None, before: CustomerBill | None, cost_currency: str) -> CustomerBill:
    """The difference of one customer's bills; who has none on one side is charged nothing there. No currency: costs are not known."""
    like = after or before
    if like is None:
        raise ValueError("a difference has two sides")
    nothing = CustomerBill(
        like.customer, like.name, (), nothing_like(like.settled) if like.settled else None, None, None if like.cost is None else ZERO
    )  # fmt: skip
    new, old = after or nothing, before or nothing
    lines = [line for line in lines_less(new.lines, old.lines) if line.units or line.credits]
    settled_ = bill_less(new.settled, old.settled, {line.service for line in lines}) if new.settled and old.settled else None
    return CustomerBill(
        like.customer, like.name, tuple(lines), settled_, new.reason or old.reason, _less(new.cost, old.cost, cost_currency),
        old.settled, new.settled,
    )  # fmt: skip


def _less(after: Money | None, before: Money | None, currency: str) -> Money | None:
    """Nothing where one of them is not known, or there is no currency of both."""
    if after is None or before is None or not currency:
        return None
    return total((after, before.copy_negate()), currency)
