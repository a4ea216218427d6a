"""What a billing report comes to while it is collected: approved reports, what has no price, which promo codes hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trueup.cycles.models import of_month
from trueup.kit.period import Month
from trueup.kit.quantity import Quantity
from trueup.kit.text import Text, plural, text
from trueup.prices.rules.lists import PriceList
from trueup.prices.rules.promos import PromoCode
from trueup.reports.columns import ExactSum
from trueup.reports.models import Report, ReportLine
from trueup.reports.rules.workflow import Status
from trueup.statements.adding import added_up, lines_of, with_customers
from trueup.statements.adjusting import chain_of_billing, in_force, not_settled_before, priced_as_before, reports_of
from trueup.statements.codes import checked, unlocked_in, written
from trueup.statements.models import BillingReport
from trueup.statements.rules.adjustments import adjustment
from trueup.statements.rules.documents import Document, settled_document
from trueup.statements.rules.settlement import ChargedLine, Settled, settled, why_not, without_price


@dataclass(frozen=True, slots=True)
class Missing:
    """A report that is not approved yet: as long as there is one, nothing is submitted."""

    cycle: Month
    msp: str
    msp_name: str
    status: Status


@dataclass(frozen=True, slots=True)
class Collected:
    """A billing report as it stands. `settled` is None while something has no price; `obstacles` say why it can't be submitted."""

    reports: tuple[Report, ...]
    """The approved ones, by MSP."""
    lines: tuple[ChargedLine, ...]
    prices: PriceList | None
    promo_problems: Mapping[str, Text]
    """By service: why the code typed for it does not hold."""
    settled: Settled | None
    obstacles: tuple[Text, ...]
    promos: Mapping[str, PromoCode]
    """By service: the codes that hold."""
    missing: tuple[Missing, ...]
    not_settled: tuple[Month, ...] = ()
    """Of an adjustment: the billing reports before it that have no statement yet."""
    before: tuple[Document, ...] | None = None
    """Of an adjustment: what statements have said of the month before. `lines` and `settled` are the whole month as it is now."""
    is_open: bool = True
    """Whether it is collected still; else its document says what it comes to."""

    @property
    def unpriced(self) -> tuple[ChargedLine, ...]:
        """The lines that charge something and have no price."""
        if not self.is_open:
            return ()
        return tuple(without_price(self.prices, self.lines)) if self.prices else tuple(line for line in self.lines if line.units)

    @property
    def so_far(self) -> Document | None:
        """The money of what has a price, also while other lines have none; None where nothing has, or no difference is known yet."""
        if self.before is not None:
            return self.document if self.settled and not self.not_settled else None
        if self.prices is None:
            return None
        missing = set(self.unpriced)
        lines = [line for line in self.lines if line not in missing]
        return settled_document(self.settled or settled(self.prices, lines, self.promos), lines, self.prices)

    @property
    def document(self) -> Document:
        """The money, to be kept when it is submitted."""
        if self.settled is None or self.prices is None:
            raise ValueError("what has no price can't be kept")
        said = {**settled_document(self.settled, self.lines, self.prices), **written(self.promos)}
        return said if self.before is None else adjustment(said, self.before)


def collected(
    billing: BillingReport, codes: Mapping[str, str] | None = None, *, service: str | None = None,
    anew_after: Sequence[Document] | None = None, replaced: Document | None = None,
) -> Collected:  # fmt: skip
    """A billing report that was found for its viewer, as it stands; `codes` in place of the promo codes it has; of one `service` alone,
    if it is named: without the customers behind other lines, but where an adjustment has to know who is new.

    Only approved reports count; of the others it is said that they are missing. One that adjusts an earlier month collects the whole
    month as it is now, and charges the difference, by the prices and promo codes of before; `anew_after`: to what these say, by the
    prices of now, in place of what is `replaced`.
    """
    month = billing.cycle.month
    reports, rows = reports_of(billing), lines_of(billing, service)
    found, others = ([one for one in reports if (one.status == Status.APPROVED) is approved] for approved in (True, False))
    bare = added_up(rows)
    prices = in_force(billing.vendor_id, billing.distributor_id, month)
    before: Sequence[Document] | None = None
    kept = unlocked_in([replaced] if replaced else [])
    if billing.cycle.adjusts:
        chain = chain_of_billing(billing).before(month)
        before = chain.standing if anew_after is None else anew_after
        if anew_after is None:
            prices = priced_as_before(chain, prices, bare)
            kept = unlocked_in(before)
    lines = with_customers(rows, bare, prices)
    typed = billing.promo_codes if codes is None else codes
    promos, problems = checked(billing, typed, lines, kept, anew=anew_after is not None, prices=prices)
    wrong = why_not(prices, lines)
    result = settled(prices, lines, promos) if prices and not wrong else None
    not_settled = tuple(not_settled_before(billing))
    earlier = [text("the billing report of {month} has no statement yet", month=one) for one in not_settled]
    obstacles = [*_not_approved(len(others)), *earlier, *([wrong] if wrong else []), *problems.values()]
    missing = tuple(_missing(report) for report in others)
    said = None if before is None else tuple(before)
    return Collected(tuple(found), tuple(lines), prices, problems, result, tuple(obstacles), promos, missing, not_settled, said)


def submitted(billing: BillingReport) -> Collected:
    """What is behind a billing report whose money is that of its document: reports and units. Nothing stands in its way any more."""
    found = reports_of(billing).filter(status=Status.APPROVED)
    prices = in_force(billing.vendor_id, billing.distributor_id, billing.cycle.month)
    return Collected(tuple(found), tuple(added_up(lines_of(billing))), prices, {}, None, (), {}, (), is_open=False)


def _missing(report: Report) -> Missing:
    return Missing(report.cycle.month, report.msp_ref, report.msp_name, Status(report.status))


def _not_approved(count: int) -> list[Text]:
    if not count:
        return []
    return [plural("{count} report of its MSPs is not approved yet", "{count} reports of its MSPs are not approved yet", count)]


# ── What stands out ───────────────────────────────────────────────────────────────────────────────────────────────────


def units_before(billing: BillingReport) -> dict[str, Quantity] | None:
    """The units by service that the same distributor reported last month; None where there were no approved reports, or it adjusts.

    Of an MSP whose report of this month is not approved yet nothing counts: months are compared by the same MSPs.
    """
    if billing.cycle.adjusts:
        return None
    of_last = of_month(billing.cycle.month.previous(), "report__cycle__")
    rows = ReportLine.objects.filter(of_last, report__status=Status.APPROVED)
    rows = rows.filter(report__distributor_id=billing.distributor_id, report__vendor_id=billing.vendor_id)
    waiting = reports_of(billing).exclude(status=Status.APPROVED).values("msp_id")
    return (
        dict(rows.exclude(report__msp_id__in=waiting).order_by().values_list("service_code").annotate(units=ExactSum("chargeable"))) or None
    )
