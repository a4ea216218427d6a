"""What a billing report comes to while it is collected: approved reports, what has no price, which promo codes hold."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from trueup.accounts.rules import Viewer
from trueup.cycles.models import of_month
from trueup.kit.period import Month
from trueup.kit.quantity import Quantity, added
from trueup.kit.text import Text, plural
from trueup.prices.queries import prices_of, promo_code
from trueup.prices.rules.lists import PriceList
from trueup.prices.rules.promos import PromoCode
from trueup.reports.models import Report, ReportLine
from trueup.reports.rules.lines import Outcome
from trueup.reports.rules.workflow import Status
from trueup.statements.models import BillingReport
from trueup.statements.rules.documents import Document, settled_document
from trueup.statements.rules.highlights import Penalty
from trueup.statements.rules.settlement import ChargedLine, Settled, settled, why_not, without_price
from trueup.statements.settling import Approved, approved, charged, together


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

    reports: tuple[Approved, ...]
    lines: tuple[ChargedLine, ...]
    prices: PriceList | None
    promo_problems: Mapping[str, Text]
    """By service: why the code typed for it does not hold."""
    settled: Settled | None
    obstacles: tuple[Text, ...]
    promos: Mapping[str, PromoCode]
    """By service: the codes that hold."""
    missing: tuple[Missing, ...]

    @property
    def unpriced(self) -> tuple[ChargedLine, ...]:
        """The lines that charge something and have no price."""
        return tuple(without_price(self.prices, self.lines)) if self.prices else tuple(line for line in self.lines if line.units)

    @property
    def so_far(self) -> Document | None:
        """The money of what has a price, also while other lines have none; None where nothing has."""
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
        return settled_document(self.settled, self.lines, self.prices)


def collected(billing: BillingReport, codes: Mapping[str, str] | None = None) -> Collected:
    """A billing report that was found for its viewer, as it stands; `codes` in place of the promo codes it has.

    Only approved reports count; of the others it is said that they are missing.
    """
    rows = Report.objects.filter(cycle=billing.cycle, distributor=billing.distributor, vendor=billing.vendor).select_related("cycle")
    reports = list(rows.order_by("msp_ref"))
    ready = [report for report in reports if report.status == Status.APPROVED]
    missing = tuple(_missing(report) for report in reports if report.status != Status.APPROVED)
    day = billing.cycle.month.last_day
    prices = prices_of(Viewer.system(), billing.vendor_id, [billing.distributor_id], day).get(billing.distributor_id)
    found = approved(ready)
    lines = together([charged(one, prices) for one in found])
    promos, problems = _promos(billing, billing.promo_codes if codes is None else codes, lines)
    wrong = why_not(prices, lines)
    result = settled(prices, lines, promos) if prices and not wrong else None
    obstacles = [*_not_approved(len(missing)), *([wrong] if wrong else []), *problems.values()]
    return Collected(tuple(found), tuple(lines), prices, problems, result, tuple(obstacles), promos, missing)


def _missing(report: Report) -> Missing:
    return Missing(report.cycle.month, report.msp_ref, report.msp_name, Status(report.status))


def _promos(billing: BillingReport, codes: Mapping[str, str], lines: Sequence[ChargedLine]) -> tuple[dict[str, PromoCode], dict[str, Text]]:
    """The codes that hold, and why others don't, by service."""
    promos: dict[str, PromoCode] = {}
    problems: dict[str, Text] = {}
    day = billing.cycle.month.last_day
    for line in lines:
        typed = codes.get(line.service)
        if typed:
            promo, why = promo_code(billing.vendor_id, typed, day=day, service=line.service, buyer=billing.distributor_ref)
            if why or promo is None:
                problems[line.service] = why or Text("", {})
            else:
                promos[line.service] = promo
    return promos, problems


def _not_approved(count: int) -> list[Text]:
    if not count:
        return []
    return [plural("{count} report of its MSPs is not approved yet", "{count} reports of its MSPs are not approved yet", count)]


# ── What stands out ───────────────────────────────────────────────────────────────────────────────────────────────────


def units_before(billing: BillingReport) -> dict[str, Quantity] | None:
    """The units by service that the same distributor reported last month; None where there were no approved reports, or it adjusts."""
    if billing.cycle.adjusts:
        return None
    of_last = of_month(billing.cycle.month.previous(), "report__cycle__")
    rows = ReportLine.objects.filter(of_last, report__status=Status.APPROVED)
    rows = rows.filter(report__distributor_id=billing.distributor_id, report__vendor_id=billing.vendor_id)
    found: dict[str, list[Quantity]] = {}
    for service, units in rows.values_list("service_code", "chargeable"):
        found.setdefault(service, []).append(units)
    return {service: added(units) for service, units in found.items()} or None


def penalties_in(reports: Iterable[Approved]) -> dict[str, tuple[Penalty, ...]]:
    """The penalties in reports, by service."""
    found: dict[str, tuple[Penalty, ...]] = {}
    for one in reports:
        for line in one.lines:
            if line.outcome == Outcome.PENALTY:
                penalty = Penalty(one.report.msp_ref, one.report.msp_name, line.chargeable)
                found[line.service_code] = (*found.get(line.service_code, ()), penalty)
    return found
