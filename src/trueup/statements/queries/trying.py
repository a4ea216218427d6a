"""This month with that price list: what its seller's buyers would pay if it were in force, beside what they pay now."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from trueup.accounts.models import Account
from trueup.accounts.rules import Tier, Viewer
from trueup.cycles.models import of_month
from trueup.kit.money import Money, total
from trueup.kit.period import Month
from trueup.kit.text import Text
from trueup.prices.queries import price_list, prices_of
from trueup.prices.rules.lists import ListKey, PriceList
from trueup.reports.models import Report
from trueup.reports.queries.lists import readable
from trueup.statements.rules.settlement import ChargedLine, CustomerShare, Settled, settled, why_not
from trueup.statements.settling import Approved, approved, charged, together

_OF_SELLER: Final = {Tier.VENDOR: "vendor", Tier.DISTRIBUTOR: "distributor", Tier.MSP: "msp"}
"""The column of a report that says who sells what it reports."""


_Amounts = defaultdict[str, list[Money]]


@dataclass(frozen=True, slots=True)
class Tried:
    """What one buyer pays for the month, and would pay: None, with the reason, where something has no price."""

    buyer: str
    buyer_name: str
    now: Settled | None
    why_not_now: Text | None
    by_list: Settled | None
    why_not_by_list: Text | None

    @property
    def difference(self) -> Money | None:
        """What it would pay more, before tax; None where one of the two is not known, or is in another currency."""
        if self.now is None or self.by_list is None or self.now.currency != self.by_list.currency:
            return None
        return total((self.by_list.net, self.now.net.copy_negate()), self.now.currency)


@dataclass(frozen=True, slots=True)
class Trial:
    """The buyers of a list, by ref; `left_out`: how many more there are than were asked for."""

    rows: tuple[Tried, ...]
    left_out: int

    @property
    def sums(self) -> tuple["Sum", ...]:
        """What all of them pay before tax, currency by currency."""
        now: _Amounts = defaultdict(list)
        by_list: _Amounts = defaultdict(list)
        more: _Amounts = defaultdict(list)
        for row in self.rows:
            if row.now is not None:
                now[row.now.currency].append(row.now.net)
            if row.by_list is not None:
                by_list[row.by_list.currency].append(row.by_list.net)
                more[row.by_list.currency] += [] if row.difference is None else [row.difference]
        return tuple(Sum(one, *(total(found[one], one) for found in (now, by_list, more))) for one in sorted({*now, *by_list}))


@dataclass(frozen=True, slots=True)
class Sum:
    """What buyers pay in one currency; `difference` is that of the buyers of whom both is known."""

    currency: str
    now: Money
    by_list: Money
    difference: Money


def tried_out(viewer: Viewer, month: Month, key: ListKey, *, limit: int) -> Trial:
    """What a month comes to with a list in force on its last day, in place of the one that is, for those it is a list for.

    A default list is tried for every buyer: what their own lists name stays. A distributor's buyers pay report by report, a vendor's
    all reports of a distributor at once, an MSP's by customer. Chargeable units are those of now, approved or not; promo codes do not
    count.
    Raises NotFound for a list that the viewer does not see, NotAllowed, with the reason, for an MSP without access to its reports.
    """
    tried = price_list(viewer, key).prices
    seller = Account.objects.get(ref=key.seller)
    rows = readable(viewer).filter(of_month(month)).select_related("cycle")
    of_seller = rows.filter(**{_OF_SELLER[Tier(seller.tier)]: seller}).order_by("msp_ref")
    found = _buyers(Tier(seller.tier), of_seller, key.buyer)
    chosen = sorted(found)[:limit]
    return Trial(tuple(_tried(viewer, seller, month, [found[ref] for ref in chosen], tried)), len(found) - len(chosen))


@dataclass(frozen=True, slots=True)
class _Buyer:
    """Somebody who pays, and the reports that say what for; `customer`: of an MSP, what of its report is this customer's."""

    account: Account
    reports: tuple[Approved, ...]
    customer: bool = False

    def lines(self, prices: PriceList | None) -> list[ChargedLine]:
        """What is charged. Customers are read from the ledger only where they matter."""
        if self.customer:
            return [one for one in (_share(line, self.account.ref) for line in charged(self.reports[0], customers=True)) if one]
        parts = [charged(one, prices) for one in self.reports]
        return parts[0] if len(parts) == 1 else together(parts)


def _buyers(tier: Tier, reports: Iterable[Report], only: str | None) -> dict[str, _Buyer]:
    """Who pays, by ref."""
    read = approved(reports)
    if tier == Tier.MSP:
        refs = {share.customer for one in read for line in charged(one, customers=True) for share in line.customers if share.units}
        accounts = {one.ref: one for one in Account.objects.filter(ref__in=refs if only is None else refs & {only})}
        return {ref: _Buyer(one, tuple(read), customer=True) for ref, one in accounts.items()}
    by_id: dict[int, list[Approved]] = {}
    for one in read:
        by_id.setdefault(one.report.distributor_id if tier == Tier.VENDOR else one.report.msp_id, []).append(one)
    accounts_ = Account.objects.in_bulk(list(by_id))
    return {accounts_[pk].ref: _Buyer(accounts_[pk], tuple(own)) for pk, own in by_id.items() if only in {None, accounts_[pk].ref}}


def _share(line: ChargedLine, customer: str) -> ChargedLine | None:
    own: CustomerShare | None = next((one for one in line.customers if one.customer == customer and one.units), None)
    if own is None:
        return None
    return ChargedLine(
        line.service, line.service_name, line.group, line.group_name, line.unit, line.decimals, own.units, own.credits, (own,)
    )  # fmt: skip


def _tried(viewer: Viewer, seller: Account, month: Month, found: Sequence[_Buyer], tried: PriceList) -> Iterable[Tried]:
    ids = [one.account.pk for one in found]
    place = next((one.account.pk for one in found if one.account.ref == tried.buyer), None)
    now = prices_of(viewer, seller.pk, ids, month.last_day)
    then = prices_of(viewer, seller.pk, ids, month.last_day, instead={place: tried})
    return [_priced(one, now, then) for one in found]


def _priced(one: _Buyer, now: Mapping[int, PriceList], then: Mapping[int, PriceList]) -> Tried:
    was, why_not_now = _settled(one, now.get(one.account.pk))
    is_, why_not_by_list = _settled(one, then.get(one.account.pk))
    return Tried(one.account.ref, one.account.name, was, why_not_now, is_, why_not_by_list)


def _settled(one: _Buyer, prices: PriceList | None) -> tuple[Settled | None, Text | None]:
    lines = one.lines(prices)
    wrong = why_not(prices, lines)
    return (settled(prices, lines) if prices and not wrong else None), wrong
