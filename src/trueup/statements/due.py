"""What the clock of final billing has to do: billing reports to begin, statements to issue. Found in the tables at every round."""

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, DateTimeField, Exists, ExpressionWrapper, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from trueup.cycles.models import Cycle
from trueup.kit.period import Month
from trueup.prices.models import KeptPriceList
from trueup.reports.models import Generation, Report
from trueup.reports.rules.workflow import Status
from trueup.statements.models import BillingReport, Hold, Statement
from trueup.statements.rules.billing import BillingStatus

SETTLING: Final = timedelta(minutes=5)
"""A price list that was still being saved when it was looked for says it was saved before that: what was held then is tried once more."""


def months_to_bill() -> list[Month]:
    """The cycles whose reports are all there and whose billing reports have not begun, the earliest first."""
    cycles = Cycle.objects.filter(Exists(Generation.objects.filter(cycle_id=OuterRef("pk"))))
    cycles = cycles.filter(
        ~Exists(BillingReport.objects.filter(cycle_id=OuterRef("pk"))), Exists(Report.objects.filter(cycle_id=OuterRef("pk")))
    )
    return [cycle.month for cycle in cycles.order_by("first_day")]


def sellers_due(*, now: datetime) -> list[int]:
    """The distributors (ids) with approved reports that have no statement; what could not be priced is due again once prices changed."""
    return list(reports_due(now=now).order_by("distributor_id").values_list("distributor_id", flat=True).distinct())


def reports_due(*, now: datetime) -> QuerySet[Report]:
    """The approved reports without a statement, as far as it is worth trying: what was held is once a list was saved, or removed."""
    issued = Statement.objects.filter(report_id=OuterRef("pk"))
    held = Hold.objects.filter(report_id=OuterRef("pk"))
    lists = KeptPriceList.objects.filter(seller_id=OuterRef("distributor_id")).order_by().values("seller_id")
    saved, count = lists.annotate(said=Max("saved_at")), lists.annotate(said=Count("pk"))
    settled = ExpressionWrapper(OuterRef("prices_at") + SETTLING, output_field=DateTimeField())
    saved_since = Q(tried_at__lt=OuterRef("prices_at")) | Q(tried_at__lt=settled, tried_at__lte=now - SETTLING)
    changed = saved_since | ~Q(price_lists=OuterRef("price_lists"))
    reports = Report.objects.filter(status=Status.APPROVED).annotate(
        prices_at=Subquery(saved.values("said")), price_lists=Coalesce(Subquery(count.values("said")), 0)
    )
    return reports.filter(~Exists(issued), ~Exists(held) | Exists(held.filter(changed)), ~Exists(_unsettled_before()))


def lists_of(seller_id: int) -> int:
    """How many price lists a seller has."""
    return KeptPriceList.objects.filter(seller_id=seller_id).count()


def _unsettled_before() -> QuerySet[Report]:
    """Of an adjustment what it adjusts, while that has no statement: nobody knows what the difference is."""
    same = Q(cycle__adjusts=OuterRef("cycle__adjusts")) | Q(cycle__adjusts=None, cycle__first_day=OuterRef("cycle__adjusts"))
    earlier = Report.objects.filter(same, msp_id=OuterRef("msp_id"), cycle__first_day__lt=OuterRef("cycle__first_day"))
    return earlier.filter(~Exists(Statement.objects.filter(report_id=OuterRef("pk"))))


def vendors_due() -> list[int]:
    """The vendors (ids) with completed billing reports that have no statement."""
    return list(billing_due().order_by("vendor_id").values_list("vendor_id", flat=True).distinct())


def billing_due() -> QuerySet[BillingReport]:
    """The completed billing reports without a statement."""
    issued = Statement.objects.filter(billing_report_id=OuterRef("pk"))
    return BillingReport.objects.filter(~Exists(issued), status=BillingStatus.COMPLETED)
