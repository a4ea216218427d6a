"""What was approved and has no statement yet, and why; what of billing waits for somebody."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet

from trueup.accounts.rules import Right, Tier, Viewer
from trueup.cycles.models import month_in
from trueup.kit.page import Page
from trueup.kit.period import Month
from trueup.kit.text import unpacked
from trueup.prices.models import KeptPriceList
from trueup.prices.rules.lists import ListKey
from trueup.reports.models import Report
from trueup.reports.rules.workflow import Status
from trueup.statements.models import BillingReport, Hold, Statement
from trueup.statements.rules.billing import BillingStatus


@dataclass(frozen=True, slots=True)
class Waiting:
    """An approved report without a statement; `reason` is None where it is only a matter of moments.

    `price_list`: the one that is in force for it, where the price is missing; None: there is none at all.
    """

    cycle: Month
    msp: str
    msp_name: str
    reason: str | None
    distributor: str = ""
    price_list: ListKey | None = None


def waiting_for_prices(viewer: Viewer, *, limit: int = 200) -> list[Waiting]:
    """Approved reports of a distributor's MSPs that have no statement, and why: to the distributor and the operator."""
    return _waiting(list(_unsettled(viewer)[:limit]))


def waiting_page(viewer: Viewer, *, page: int = 1, per_page: int = 50) -> Page[Waiting]:
    """A page of them."""
    rows = _unsettled(viewer)
    return Page.of(rows.count(), page, per_page, lambda start, stop: _waiting(list(rows[start:stop])))


def _unsettled(viewer: Viewer) -> QuerySet[Report]:
    if not viewer.sees_all and viewer.tier != Tier.DISTRIBUTOR:
        return Report.objects.none()
    issued = Statement.objects.filter(report_id=OuterRef("pk"))
    rows = Report.objects.visible_to(viewer).filter(~Exists(issued), status=Status.APPROVED).select_related("cycle")
    return rows.order_by("cycle__first_day", "msp_ref", "pk")


def _waiting(found: list[Report]) -> list[Waiting]:
    reasons = dict(Hold.objects.filter(report__in=found).values_list("report_id", "reason"))
    lists = _lists_of(found)
    return [
        Waiting(
            row.cycle.month, row.msp_ref, row.msp_name, unpacked(reasons[row.pk]) if row.pk in reasons else None,
            row.distributor_ref, _in_force(row, lists),
        )
        for row in found
    ]  # fmt: skip


_Listed = tuple[int, int | None, date]


def _lists_of(found: Iterable[Report]) -> list[_Listed]:
    """Whose price lists there are for some reports: seller, buyer, from when."""
    sellers, buyers = {row.distributor_id for row in found}, {row.msp_id for row in found}
    rows = KeptPriceList.objects.filter(Q(buyer=None) | Q(buyer__in=buyers), seller__in=sellers)
    return list(rows.values_list("seller_id", "buyer_id", "from_date"))


def _in_force(row: Report, lists: Iterable[_Listed]) -> ListKey | None:
    """The list of the MSP, else the default of its distributor."""
    day = row.cycle.month.last_day
    begun = [(buyer, begin) for seller, buyer, begin in lists if seller == row.distributor_id and begin <= day]
    own, default = ([begin for buyer, begin in begun if buyer == wanted] for wanted in (row.msp_id, None))
    if not own and not default:
        return None
    return ListKey(row.distributor_ref, row.msp_ref if own else None, max(own or default))


@dataclass(frozen=True, slots=True)
class WaitingBilling:
    """Billing reports of a cycle that wait for the viewer: to be submitted (all is approved), to be corrected, or to be reviewed.

    `distributor` names the only one. `since`: the earliest submission of those to review.
    """

    status: BillingStatus
    month: Month
    count: int
    distributor: str
    distributor_name: str
    since: datetime | None
    deadline: None = None  # there is none: the cycle is billed when it is


def waiting_billing(viewer: Viewer) -> list[WaitingBilling]:
    """The billing reports that the viewer is the next to act on, the earliest cycle first; nothing for who only reads."""
    rows = BillingReport.objects.visible_to(viewer)
    if viewer.tier == Tier.DISTRIBUTOR and viewer.may(Right.BILL):
        same = Report.objects.filter(cycle=OuterRef("cycle"), distributor=OuterRef("distributor"), vendor=OuterRef("vendor"))
        ready = Q(status=BillingStatus.COLLECTING) & ~Exists(same.exclude(status=Status.APPROVED))
        rows = rows.filter(ready | Q(status=BillingStatus.RETURNED))
    elif viewer.tier == Tier.VENDOR and viewer.may(Right.COMPLETE_BILLING):
        rows = rows.filter(status=BillingStatus.SUBMITTED)
    else:
        return []
    said = rows.values_list("status", "cycle__first_day", "cycle__adjusts").annotate(
        count=Count("pk"), ref=Min("distributor_ref"), name=Min("distributor_name"), since=Min("submitted_at")
    )
    return [
        WaitingBilling(BillingStatus(status), month_in(first_day, adjusts), count, ref, name, since)
        for status, first_day, adjusts, count, ref, name, since in said.order_by("cycle__first_day", "status")
    ]
