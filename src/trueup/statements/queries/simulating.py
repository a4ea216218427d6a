"""Prices tried out: what reports would come to."""

from dataclasses import dataclass

from trueup.accounts.rules import Tier, Viewer
from trueup.cycles.models import of_month
from trueup.kit.period import Month
from trueup.kit.text import Text
from trueup.prices.queries import price_list, prices_of
from trueup.prices.rules.lists import ListKey, PriceList
from trueup.reports.models import Report
from trueup.statements.rules.settlement import Settled, settled, why_not
from trueup.statements.settling import approved, charged


@dataclass(frozen=True, slots=True)
class Simulated:
    """What a report would come to: `settled` is None, with the reason, where something has no price."""

    msp: str
    msp_name: str
    settled: Settled | None
    reason: Text | None


def simulate(viewer: Viewer, month: Month, key: ListKey | None = None) -> list[Simulated]:
    """What the reports of a month would come to by a price list (None: by the lists in force): for its seller, report by report.

    Chargeable units are those of now, approved or not. Raises NotFound for a list the viewer does not see.
    """
    tried = price_list(viewer, key).prices if key else None
    rows = Report.objects.visible_to(viewer).filter(of_month(month)).select_related("cycle").order_by("msp_ref")
    found = approved(rows.filter(has_access=True) if viewer.tier == Tier.MSP else rows)  # who can't read a report learns nothing of it
    sellers = {one.report.distributor_id for one in found}
    day = month.last_day
    known: dict[int, PriceList] = {}
    for seller_id in sellers:
        known |= prices_of(viewer, seller_id, [one.report.msp_id for one in found if one.report.distributor_id == seller_id], day)
    result = []
    for one in found:
        prices = tried or known.get(one.report.msp_id)
        lines = charged(one, prices)
        wrong = why_not(prices, lines)
        result.append(Simulated(one.report.msp_ref, one.report.msp_name, settled(prices, lines) if prices and not wrong else None, wrong))
    return result
