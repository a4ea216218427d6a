"""The money of usage reports: what one comes to, what is at stake in many. For the MSP and its distributor alone."""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date

from django.db.models import F, Q

from trueup.accounts.rules import Tier, Viewer
from trueup.cycles.models import month_in, of_usage
from trueup.kit.errors import Invalid, NotFound
from trueup.kit.money import Money
from trueup.kit.page import Page
from trueup.kit.period import Month
from trueup.kit.quantity import Quantity
from trueup.kit.text import text
from trueup.prices.models import KeptPriceList
from trueup.prices.rules.lists import PriceList, combined
from trueup.reports.access import to_read
from trueup.reports.models import Report, ReportLine
from trueup.reports.queries import InboxFilter, InboxRow, ReportKey
from trueup.reports.queries.inbox import narrowed, rows_of
from trueup.reports.rules.lines import Outcome
from trueup.statements.adjusting import chain_of_report, in_force, knows_money, priced_as_before
from trueup.statements.issuing import said_of_report
from trueup.statements.models import Statement
from trueup.statements.rules.documents import Document, settled_document
from trueup.statements.rules.settlement import ChargedLine, settled, why_not
from trueup.statements.rules.stakes import Disputed, money_at_stake
from trueup.statements.settling import Approved, approved, charged, credits_of

# ── One report ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class ReportMoney:
    """What a report comes to, as rules.documents writes it: by its statement (`number`), or before there is one by the price list in
    force. None, with the reason, where something has no price. `otherwise`: what it would come to with other chargeable units."""

    document: Document | None
    number: str = ""
    reason: str | None = None
    otherwise: Document | None = None


def money_of_report(viewer: Viewer, month: Month, msp: str, *, units: Mapping[str, Quantity] | None = None) -> ReportMoney | None:
    """What a report comes to, an adjustment the difference; None for who may not know: anybody but the MSP and its distributor.

    `units` by service in place of the chargeable ones, for `otherwise`. Raises NotFound, NotAllowed.
    """
    found = to_read(viewer, month, msp)
    if not knows_money(viewer, found):
        return None
    issued = Statement.objects.filter(report=found, corrections=None).order_by("-id").first()
    if issued is not None:
        return ReportMoney(issued.document, issued.number)
    if found.cycle.adjusts:
        return _of_adjustment(found, units)
    one, prices = approved([found])[0], in_force(found.distributor_id, found.msp_id, month)
    lines = charged(one, prices)
    wrong = why_not(prices, lines)
    if wrong or prices is None:
        return ReportMoney(None, reason=wrong)
    otherwise = charged(_with(one, units), prices) if units else []
    return ReportMoney(_said(prices, lines), otherwise=_said(prices, otherwise) if units and not why_not(prices, otherwise) else None)


def _of_adjustment(found: Report, units: Mapping[str, Quantity] | None) -> ReportMoney:
    """What its statement would say now: the difference to what statements have said of the month."""
    before = chain_of_report(found).before(found.cycle.month)
    earlier = Report.objects.filter(of_usage(found.cycle.month), msp=found.msp_id, cycle__first_day__lt=found.cycle.first_day)
    if set(earlier.values_list("pk", flat=True)) - {one.report_id for one in before.statements}:
        return ReportMoney(None, reason=text("what it adjusts has no statement yet"))
    one, listed = approved([found])[0], in_force(found.distributor_id, found.msp_id, found.cycle.month)
    prices = priced_as_before(before, listed, charged(one))
    try:
        said = said_of_report(one, prices, before.standing)
        otherwise = said_of_report(_with(one, units), prices, before.standing) if units else None
    except Invalid as refused:
        return ReportMoney(None, reason=refused.message)
    return ReportMoney(said, otherwise=otherwise)


def _said(prices: PriceList, lines: Sequence[ChargedLine]) -> Document:
    return settled_document(settled(prices, lines), lines, prices)


def _with(one: Approved, units: Mapping[str, Quantity]) -> Approved:
    """The report with other chargeable units."""
    lines = tuple(_line_with(line, units.get(line.service_code, line.chargeable)) for line in one.lines)
    return Approved(one.report, lines)


def _line_with(line: ReportLine, units: Quantity) -> ReportLine:
    other = copy(line)
    other.chargeable = units
    return other


# ── Many reports ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Stake:
    """The money at stake in a report."""

    currency: str
    amount: Money


_At = tuple[int, Month]
"""An MSP (id) in a month."""


def stakes_of(viewer: Viewer, keys: Iterable[ReportKey]) -> dict[ReportKey, Stake]:
    """The money at stake in some reports, for their distributor; those without any, or without a price for it, are left out."""
    wanted = set(keys)
    if viewer.tier != Tier.DISTRIBUTOR or not wanted:
        return {}
    days, msps = {month.cycle.first_day for month, _msp in wanted}, {msp for _month, msp in wanted}
    near = Report.objects.filter(msp_ref__in=msps, cycle__first_day__in=days).values_list("pk", flat=True)
    return {key: stake for key, stake in _stakes(viewer, near).items() if key in wanted}


def inbox_by_money(viewer: Viewer, filters: InboxFilter, *, page: int = 1, per_page: int = 50) -> Page[InboxRow]:
    """A page of the inbox of a distributor, most money at stake first, each currency for itself; without any money, by units at stake.

    Raises NotFound for who has no such inbox, Invalid.
    """
    order = _by_money(viewer, filters)

    def fetch(start: int, stop: int) -> list[InboxRow]:
        ids = order[start:stop]
        rows = {row.key: row for row in rows_of(Report.objects.filter(pk__in=[pk for pk, _key in ids]))}
        return [rows[key] for _pk, key in ids if key in rows]

    return Page.of(len(order), page, per_page, fetch)


def next_by_money(viewer: Viewer, filters: InboxFilter, *, after: ReportKey) -> ReportKey | None:
    """The report that follows another in that order; the first one if that has left the list. None after the last."""
    keys = [key for _pk, key in _by_money(viewer, filters)]
    if after not in keys:
        return keys[0] if keys else None
    rest = keys[keys.index(after) + 1 :]
    return rest[0] if rest else None


def _by_money(viewer: Viewer, filters: InboxFilter) -> list[tuple[int, ReportKey]]:
    """All reports that are asked for in their order."""
    if viewer.tier != Tier.DISTRIBUTOR:
        raise NotFound("")
    seen = narrowed(Report.objects.visible_to(viewer), filters)
    rows = list(seen.values_list("pk", "cycle__first_day", "cycle__adjusts", "msp_ref", "stake"))
    stakes = _stakes(viewer, [pk for pk, *_rest, stake in rows if stake])
    found = [(pk, (month_in(first_day, adjusts), msp), stake) for pk, first_day, adjusts, msp, stake in rows]
    currencies = sorted({stake.currency for stake in stakes.values()})

    def place(one: tuple[int, ReportKey, Quantity]) -> tuple[int, Quantity, Quantity, int, str]:
        pk, key, units = one
        money = stakes.get(key)
        rank = currencies.index(money.currency) if money else len(currencies)
        return rank, -(money.amount if money else units), -units, -pk, key[1]

    return [(pk, key) for pk, key, _units in sorted(found, key=place)]


def _stakes(viewer: Viewer, report_ids: Iterable[int]) -> dict[ReportKey, Stake]:
    """The money at stake in reports, by few reads however many there are; by one where there are no prices."""
    prices = _Prices(viewer)
    if not prices:
        return {}
    lines: dict[tuple[int, _At, str], list[Disputed]] = {}
    for key, one in _disputed(viewer, report_ids):
        lines.setdefault(key, []).append(one)
    found: dict[ReportKey, Stake] = {}
    for (_pk, at, msp), own in lines.items():
        if any(one.differs for one in own):
            listed = prices.of(at)
            amount = money_at_stake(listed, own)
            if listed is not None and amount:
                found[at[1], msp] = Stake(listed.currency, amount)
    return found


def _disputed(viewer: Viewer, report_ids: Iterable[int]) -> Iterable[tuple[tuple[int, _At, str], Disputed]]:
    """The lines of reports in which something is at stake, with all others of their groups."""
    rows = ReportLine.objects.filter(report__in=list(report_ids), report__distributor_id=viewer.account_id, report__cycle__adjusts=None)
    argued = rows.filter(~Q(chargeable=F("default_chargeable")) | Q(outcome=Outcome.PENALTY))
    groups = {(line.report_id, line.group_code) for line in argued.only("report_id", "group_code")}
    near = rows.filter(report__in={report_id for report_id, _group in groups}).select_related("report__cycle")
    for line in near.order_by("report_id", "position", "service_code"):
        if (line.report_id, line.group_code) in groups:
            report = line.report
            yield (line.report_id, (report.msp_id, report.cycle.month), report.msp_ref), _both(line)


def _both(line: ReportLine) -> Disputed:
    saved = line.default_chargeable if line.saved_chargeable is None else line.saved_chargeable
    undisputed = saved if line.outcome == Outcome.PENALTY else line.default_chargeable
    return Disputed(_charged(line, line.chargeable), _charged(line, undisputed))


def _charged(line: ReportLine, units: Quantity) -> ChargedLine:
    return ChargedLine(
        line.service_code, line.service_name, line.group_code, line.group_name, line.unit, line.decimals, units,
        credits_of(_line_with(line, units)),
    )  # fmt: skip


class _Prices:
    """What the distributor sells by: all its lists are read at once, and each is made into prices when it is first asked for."""

    def __init__(self, viewer: Viewer) -> None:
        rows = KeptPriceList.objects.visible_to(viewer).filter(seller_id=viewer.account_id).select_related("seller", "buyer")
        self._rows: dict[int | None, list[KeptPriceList]] = {}
        for row in rows.order_by("from_date"):
            self._rows.setdefault(row.buyer_id, []).append(row)
        self._made: dict[int, PriceList] = {}

    def __bool__(self) -> bool:
        return bool(self._rows)

    def of(self, at: _At) -> PriceList | None:
        """What an MSP pays by on the last day of a month."""
        msp_id, month = at
        return combined(self._begun(msp_id, month.last_day), self._begun(None, month.last_day))

    def _begun(self, buyer: int | None, day: date) -> PriceList | None:
        row = next((row for row in reversed(self._rows.get(buyer, ())) if row.from_date <= day), None)
        if row is not None and row.pk not in self._made:
            self._made[row.pk] = row.prices
        return self._made[row.pk] if row is not None else None
