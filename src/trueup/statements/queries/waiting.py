"""What was approved and has no statement yet, and why."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from trueup.accounts.rules import Tier, Viewer
from trueup.kit.period import Month
from trueup.kit.text import unpacked
from trueup.reports.models import Report
from trueup.reports.rules.workflow import Status
from trueup.statements.models import Hold, Statement


@dataclass(frozen=True, slots=True)
class Waiting:
    """An approved report without a statement; `reason` is None where it is only a matter of moments."""

    cycle: Month
    msp: str
    msp_name: str
    reason: str | None


def waiting_for_prices(viewer: Viewer, *, limit: int = 200) -> list[Waiting]:
    """Approved reports of a distributor's MSPs that have no statement, and why: to the distributor and the operator."""
    if not viewer.sees_all and viewer.tier != Tier.DISTRIBUTOR:
        return []
    issued = Statement.objects.filter(report_id=OuterRef("pk"))
    rows = Report.objects.visible_to(viewer).filter(~Exists(issued), status=Status.APPROVED).select_related("cycle")
    found = list(rows.order_by("cycle__first_day", "msp_ref")[:limit])
    reasons = dict(Hold.objects.filter(report__in=found).values_list("report_id", "reason"))
    return [Waiting(row.cycle.month, row.msp_ref, row.msp_name, _reason(reasons.get(row.pk))) for row in found]


def _reason(kept: str | None) -> str | None:
    return unpacked(kept) if kept else None
