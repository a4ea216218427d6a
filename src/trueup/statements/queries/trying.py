"""This month with that price list: what its seller's buyers would pay if it were in force, beside what they pay now."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet

from trueup.accounts.models import Account
from trueup.accounts.rules import Tier, Viewer
from trueup.cycles.models import of_month
from trueup.kit.chunks import chunks
from trueup.kit.errors import Invalid
from trueup.kit.money import Money, total
from trueup.kit.period import Month
from trueup.prices.queries import price_list, prices_of
from trueup.prices.rules.lists import ListKey, PriceList
from trueup.reports.models import Report, ReportLine
from trueup.reports.queries import CustomerFigures, customers_behind
from trueup.reports.queries.lists import readable
from trueup.statements.adding import REPORTS_AT_ONCE
from trueup.statements.rules.settlement import ChargedLine, Settled, by_customer, settled, why_not
from trueup.statements.settling import Behind, approved, charged, together

_OF_SELLER: Final = {Tier.VENDOR: "vendor", Tier.DISTRIBUTOR: "distributor", Tier.MSP: "msp"}
"""The column of a report that says who sells what it reports."""

_OF_BUYER: Final = {Tier.VENDOR: "distributor_id", Tier.DISTRIBUTOR: "msp_id"}
"""The column of a report that says who pays the seller for it; an MSP is paid by customers, which stand in the lines."""

_Amounts = defaultdict[str, list[Money]]


@dataclass(frozen=True, slots=True)
class Tried:
    """What one buyer pays for the month, and would pay: None, with the reason, where something has no price."""

    buyer: str
    buyer_name: str
    now: Settled | None
    why_not_now: str | None
    by_list: Settled | None
    why_not_by_list: str | None

    @property
    def difference(self) -> Money | None:
        """What it would pay more, before tax; None where one of the two is not known, or is in another currency."""
        if self.now is None or self.by_list is None or self.now.currency != self.by_list.currency:
            return None
        return total((self.by_list.net, self.now.net.copy_negate()), self.now.currency)


@dataclass(frozen=True, slots=True)
class Trial:
    """The buyers of a list, by ref; `left_out`: how many more follow those that were asked for."""

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


_Parts = list[ChargedLine]
_Both = tuple[_Parts, _Parts]
"""The lines of one buyer, for what it pays now and for the list: they differ in the customers that were looked up."""


def tried_out(viewer: Viewer, month: Month, key: ListKey, *, limit: int, after: str = "") -> Trial:
    """What a month comes to with a list in force on its last day, in place of the one that is, for those it is a list for.

    A default list is tried for every buyer: what their own lists name stays. A distributor's buyers pay report by report, a vendor's
    all reports of a distributor at once, an MSP's by customer. Chargeable units are those of now, approved or not; promo codes do not
    count. At most `limit` buyers, those behind the ref `after`.
    Raises NotFound for a list that the viewer does not see, NotAllowed, with the reason, for an MSP without access to its reports.
    """
    tried = price_list(viewer, key).prices
    seller = Account.objects.get(ref=key.seller)
    tier = Tier(seller.tier)
    reports = readable(viewer).filter(of_month(month), **{_OF_SELLER[tier]: seller})
    shares = _by_customer(reports) if tier == Tier.MSP else {}
    paying = _customers(shares) if tier == Tier.MSP else _accounts(reports.values(_OF_BUYER[tier]))
    buyers, more = paying(key.buyer, after, limit)
    lists = _Lists.of(viewer, seller, buyers, month, tried)
    lines = {one.pk: (shares[one.ref],) * 2 for one in buyers} if tier == Tier.MSP else _charges(reports, _OF_BUYER[tier], lists)
    return Trial(tuple(_tried(one, lists, lines[one.pk]) for one in buyers), more)


_Paying = Callable[[str | None, str, int], tuple[list[Account], int]]
"""Of those who pay one (or all), behind a ref, so many; and how many more follow."""


def _accounts(ids: QuerySet[Report, Any]) -> _Paying:
    def chosen(only: str | None, after: str, limit: int) -> tuple[list[Account], int]:
        rows = Account.objects.filter(pk__in=ids, ref__gt=after).order_by("ref")
        wanted = rows if only is None else rows.filter(ref=only)
        found = list(wanted[:limit])
        return found, max(wanted.count() - len(found), 0)

    return chosen


def _customers(shares: Collection[str]) -> _Paying:
    def chosen(only: str | None, after: str, limit: int) -> tuple[list[Account], int]:
        refs = sorted(ref for ref in shares if ref > after and only in {None, ref})
        found = {one.ref: one for one in Account.objects.filter(ref__in=refs[:limit])}
        return [found[ref] for ref in refs[:limit] if ref in found], len(refs[limit:])

    return chosen


@dataclass(frozen=True, slots=True)
class _Lists:
    """What some buyers (by id) pay by now, and what they would."""

    buyers: Sequence[int]
    now: Mapping[int, PriceList]
    then: Mapping[int, PriceList]

    @classmethod
    def of(cls, viewer: Viewer, seller: Account, buyers: Iterable[Account], month: Month, tried: PriceList) -> "_Lists":
        """As the viewer sees them."""
        ids = [one.pk for one in buyers]
        place = None if tried.buyer is None else next((one.pk for one in buyers if one.ref == tried.buyer), None)
        now = prices_of(viewer, seller.pk, ids, month.last_day)
        return cls(ids, now, prices_of(viewer, seller.pk, ids, month.last_day, instead={place: tried}) if ids else {})


def _charges(reports: QuerySet[Report], column: str, lists: _Lists) -> dict[int, _Both]:
    """What is charged to buyers, a portion of reports at a time: a distributor may have thousands."""
    found: dict[int, _Both] = {pk: ([], []) for pk in lists.buyers}
    ids = list(reports.filter(**{f"{column}__in": lists.buyers}).order_by("msp_ref", "pk").values_list("pk", flat=True))
    for some in chunks(ids, REPORTS_AT_ONCE):
        parts: defaultdict[int, tuple[list[_Parts], list[_Parts]]] = defaultdict(lambda: ([], []))
        portion = Report.objects.filter(pk__in=some).select_related("cycle").order_by("msp_ref", "pk")
        for one in approved(portion):
            buyer, behind = getattr(one.report, column), _once()
            for side, prices in zip(parts[buyer], (lists.now.get(buyer), lists.then.get(buyer)), strict=True):
                side.append(charged(one, prices, behind=behind))
        found |= {buyer: (_more(found[buyer][0], now), _more(found[buyer][1], then)) for buyer, (now, then) in parts.items()}
    return found


def _more(known: _Parts, parts: Sequence[_Parts]) -> _Parts:
    return parts[0] if not known and len(parts) == 1 else together([known, *parts])


def _once() -> Behind:
    """The customers behind the lines of one report, each line read from the ledger once."""
    known: dict[str, Sequence[CustomerFigures]] = {}

    def behind(report: Report, wanted: Sequence[ReportLine]) -> Mapping[str, Sequence[CustomerFigures]]:
        missing = [line for line in wanted if line.service_code not in known]
        if missing:
            known.update(customers_behind(report, missing))
        return {line.service_code: known[line.service_code] for line in wanted if line.service_code in known}

    return behind


def _by_customer(reports: Iterable[Report]) -> dict[str, _Parts]:
    """What of an MSP's report is whose, by the ref of the customer: read once, however many customers and lists there are."""
    return by_customer(line for one in approved(reports) for line in charged(one, customers=True))


def _tried(one: Account, lists: _Lists, lines: _Both) -> Tried:
    was, why_not_now = _settled(lists.now.get(one.pk), lines[0])
    is_, why_not_by_list = _settled(lists.then.get(one.pk), lines[1])
    return Tried(one.ref, one.name, was, why_not_now, is_, why_not_by_list)


def _settled(prices: PriceList | None, lines: _Parts) -> tuple[Settled | None, str | None]:
    wrong = why_not(prices, lines)
    if wrong or prices is None:
        return None, wrong
    try:
        return settled(prices, lines), None
    except Invalid as error:  # more money than there is
        return None, error.message
