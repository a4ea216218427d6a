"""Lists of reports: all somebody sees, and what is due."""

from collections import Counter
from datetime import datetime

from trueup.accounts.models import Account
from trueup.accounts.queries import access_of
from trueup.accounts.rules import Tier, Viewer
from trueup.kit.errors import NotAllowed
from trueup.kit.period import Month
from trueup.reports.models import Report
from trueup.reports.queries.one import ReportSummary, summary_of
from trueup.reports.rules.workflow import EDITABLE, Status, prepared_on_behalf


def report_list(
    viewer: Viewer, *, cycle: Month | None = None, status: str | None = None, distributor: str | None = None
) -> list[ReportSummary]:
    """The reports a viewer sees, the latest cycle first, then by MSP.

    Raises NotAllowed, with the reason, for an MSP without access to usage reports.
    """
    reports = Report.objects.visible_to(viewer).select_related("cycle")
    if viewer.tier == Tier.MSP and viewer.account_id is not None:
        reports = reports.filter(has_access=True)  # as it was when each was generated
        if not reports.exists():
            _require_access(viewer.account_id)
    if cycle is not None:
        reports = reports.filter(cycle__first_day=cycle.first_day)
    if status is not None:
        reports = reports.filter(status=Status(status))
    if distributor is not None:
        reports = reports.filter(distributor_ref=distributor)
    return [summary_of(report) for report in reports.order_by("-cycle__first_day", "msp_ref")]


def _require_access(msp_id: int) -> None:
    """Tell an MSP why it has no list of reports."""
    access = access_of(Account.objects.select_related("region", "type").get(pk=msp_id))
    if not access.granted:
        raise NotAllowed(prepared_on_behalf(access.reason))


def counts(viewer: Viewer, month: Month) -> dict[str, int]:
    """How many reports of a cycle are in which status; statuses without any are 0."""
    found = Counter(Report.objects.visible_to(viewer).filter(cycle__first_day=month.first_day).values_list("status", flat=True))
    return {status.value: found[status] for status in Status}


def due_for_submission(*, now: datetime) -> list[int]:
    """The ids of reports whose deadline has passed, the longest overdue first. For the clock."""
    due = Report.objects.filter(status__in=EDITABLE, deadline_at__lte=now)
    return list(due.order_by("deadline_at", "pk").values_list("pk", flat=True))


def due_for_reminder(*, now: datetime) -> list[int]:
    """The ids of reports of which a reminder is due. For the clock."""
    due = Report.objects.filter(status__in=EDITABLE, next_reminder_at__lte=now)
    return list(due.order_by("next_reminder_at", "pk").values_list("pk", flat=True))
