"""What a billing report comes to while it is collected: approved reports, what has no price, which promo codes hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trueup.accounts.rules import Viewer
from trueup.kit.text import Text, plural
from trueup.prices.queries import prices_of, promo_code
from trueup.prices.rules.lists import PriceList
from trueup.prices.rules.promos import PromoCode
from trueup.reports.models import Report
from trueup.reports.rules.workflow import Status
from trueup.statements.models import BillingReport
from trueup.statements.rules.documents import Document, settled_document
from trueup.statements.rules.settlement import ChargedLine, Settled, settled, why_not
from trueup.statements.settling import Approved, approved, charged, together


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
    day = billing.cycle.month.last_day
    prices = prices_of(Viewer.system(), billing.vendor_id, [billing.distributor_id], day).get(billing.distributor_id)
    found = approved(ready)
    lines = together([charged(one, prices) for one in found])
    promos, problems = _promos(billing, billing.promo_codes if codes is None else codes, lines)
    wrong = why_not(prices, lines)
    result = settled(prices, lines, promos) if prices and not wrong else None
    obstacles = [*_not_approved(len(reports) - len(ready)), *([wrong] if wrong else []), *problems.values()]
    return Collected(tuple(found), tuple(lines), prices, problems, result, tuple(obstacles))


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
