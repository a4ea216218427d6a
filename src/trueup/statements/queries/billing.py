"""Billing reports: those of a distributor or of a vendor, one with what it comes to, what happened to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from trueup.accounts.rules import Tier, Viewer
from trueup.events.models import Event
from trueup.events.queries import happened_to
from trueup.kit.errors import NotAllowed, NotFound
from trueup.kit.period import Month
from trueup.kit.text import text
from trueup.statements.collecting import Collected, collected
from trueup.statements.models import BillingReport
from trueup.statements.rules.billing import BillingStatus
from trueup.statements.rules.documents import Document


@dataclass(frozen=True, slots=True)
class BillingRow:
    """A billing report in a list."""

    cycle: Month
    distributor: str
    distributor_name: str
    vendor: str
    vendor_name: str
    status: BillingStatus
    po_number: str
    submitted_at: datetime | None
    completed_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class BillingView:
    """A billing report with what it comes to: as submitted (`document`), or while it is collected as it stands (`collected`)."""

    row: BillingRow
    comment: str
    return_reason: str
    promo_codes: Mapping[str, str]
    document: Document | None
    collected: Collected


def billing_reports(viewer: Viewer, *, month: Month | None = None) -> list[BillingRow]:
    """The billing reports a distributor or vendor sees, the latest cycle first."""
    rows = BillingReport.objects.visible_to(viewer).select_related("cycle").order_by("-cycle__first_day", "distributor_ref")
    return [_billing_row(row) for row in (rows.filter(cycle__first_day=month.first_day) if month else rows)]


def _billing_row(row: BillingReport) -> BillingRow:
    return BillingRow(
        row.cycle.month, row.distributor_ref, row.distributor_name, row.vendor_ref, row.vendor_name, BillingStatus(row.status),
        row.po_number, row.submitted_at, row.completed_at, row.version,
    )  # fmt: skip


def billing_report(viewer: Viewer, month: Month, distributor: str) -> BillingView:
    """One billing report. A vendor reads it once it was submitted. Raises NotFound, NotAllowed."""
    row = _billing(viewer, month, distributor)
    if viewer.tier == Tier.VENDOR and row.status in {BillingStatus.COLLECTING, BillingStatus.RETURNED}:
        raise NotAllowed(text("the distributor has not submitted this billing report yet"))
    return BillingView(_billing_row(row), row.comment, row.return_reason, row.promo_codes, row.document, collected(row))


def billing_history(viewer: Viewer, month: Month, distributor: str) -> list[Event]:
    """What happened to a billing report, oldest first. Raises NotFound."""
    return list(happened_to("billing_report", _billing(viewer, month, distributor).pk))


def _billing(viewer: Viewer, month: Month, distributor: str) -> BillingReport:
    rows = BillingReport.objects.visible_to(viewer).select_related("cycle")
    found = None if "\0" in distributor else rows.filter(cycle__first_day=month.first_day, distributor_ref=distributor).first()
    if found is None:
        raise NotFound(text("there is no billing report of “{distributor}” for {month}", distributor=distributor, month=month))
    return found
