"""Report details: the page both sides work on, and saving its draft."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.formats import get_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from trueup.accounts.rules import Tier
from trueup.kit.period import Month
from trueup.reports.queries import HistoryEntry, LineView, ReportView, sparklines
from trueup.reports.queries.page import ReportPage, report_page
from trueup.reports.rules.workflow import EDITABLE, Status
from trueup.web import amounts
from trueup.web.page import Request, render, wants_fragment
from trueup.web.pages import report_history, report_line, report_money
from trueup.web.pages.report_rows import Group, Row, Shown, current_group, groups_of
from trueup.web.templatetags.reports import actor_word, end_of
from trueup.web.whole import month_of

URGENT = timedelta(hours=48)
FIRST_BLOCKING = 5


@dataclass(frozen=True, slots=True)
class Address:
    """Where the pages of a report are."""

    month: str
    msp: str
    report: str
    list: str
    list_name: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why a report came back."""

    actor: str
    at: datetime
    reason: str
    lines: tuple[LineView, ...]


@dataclass(frozen=True, slots=True)
class Doings:
    """What the viewer may do, and what waits to be done."""

    may_edit: bool
    may_review: bool
    may_regenerate: bool
    editable: bool
    urgent: bool
    fate: str
    rejection: Rejected | None
    review_comment: str
    blocking: tuple[Row, ...]

    @property
    def first_blocking(self) -> tuple[Row, ...]:
        """Those that are named."""
        return self.blocking[:FIRST_BLOCKING]

    @property
    def more_blocking(self) -> int:
        """How many are not."""
        return max(len(self.blocking) - FIRST_BLOCKING, 0)


def address_of(request: Request, month: Month, msp: str) -> Address:
    """The addresses of a report, for its templates and redirects."""
    own = request.viewer.tier == Tier.MSP
    report = reverse("report", kwargs={"month": str(month), "msp": msp})
    return Address(str(month), msp, report, reverse("reports" if own else "review"), _("Usage reports") if own else _("Review"))


def details(request: Request, month: str, msp: str) -> HttpResponse:
    """The report with its lines. `?group=` opens a tab, `?line=` what is behind a line."""
    return _details(request, month_of(month), msp, request.GET.get("line", ""))


def _details(request: Request, of: Month, msp: str, line: str) -> HttpResponse:
    page = report_page(request.viewer, of, msp, now=request.now)
    if line and line not in {one.view.service for one in page.lines}:
        line = ""
    shown = Shown(sparklines(request.viewer, of, msp), selected=line, group=request.GET.get("group", ""))
    context = context_of(request, of, msp, page, shown) | {"money": report_money.shown(request, of, msp, page)}
    if line:
        context |= report_line.panel_of(request, of, msp, line)
    if wants_fragment(request) and request.htmx.target == "line-place":
        return render(request, "web/reports/_panel.html", context)
    return render(request, "web/reports/details.html", context)


def line(request: Request, month: str, msp: str, service: str) -> HttpResponse:
    """What is behind a line: beside a page that is there, else the whole page with the line opened."""
    of = month_of(month)
    if not wants_fragment(request):
        return _details(request, of, msp, service)
    context = report_line.panel_of(request, of, msp, service)
    return render(request, "web/reports/_panel.html", context | {"address": address_of(request, of, msp), "current_group": ""})


def context_of(request: Request, month: Month, msp: str, page: ReportPage, shown: Shown) -> dict[str, Any]:
    """What the templates of the page show."""
    groups = groups_of(page.lines, shown)
    rows = [row for group in groups for row in group.rows]
    names = {row.service: row.line.service_name for row in rows}
    return {
        "report": page.report,
        "page": _doings(page, groups, request.now),
        "full": page,
        "groups": groups,
        "current_group": current_group(page.lines, shown),
        "first_line": next((row.service for group in groups if group.shown for row in group.rows), ""),
        "steps": report_history.steps(page.history, names, page.report.time_zone),
        "address": address_of(request, month, msp),
        "separators": {"decimal": get_format("DECIMAL_SEPARATOR"), "grouping": get_format("THOUSAND_SEPARATOR")},
        "reasons": report_line.REASON_CHOICES,
    }


def _doings(page: ReportPage, groups: tuple[Group, ...], now: datetime) -> Doings:
    report = page.report
    editable = report.summary.status in EDITABLE
    return Doings(
        may_edit=page.may_prepare,
        may_review=page.may_review,
        may_regenerate=page.may_regenerate,
        editable=editable,
        urgent=editable and report.summary.deadline - now < URGENT,
        fate=_fate(page, now),
        rejection=_rejected(page),
        review_comment=_review_comment(report, page.history),
        blocking=tuple(row for group in groups for row in group.rows if row.blocking),
    )


def _fate(page: ReportPage, now: datetime) -> str:
    """What happens if you do nothing, in one sentence."""
    if page.forecast is None:
        return ""
    if page.report.summary.deadline <= now:
        return _("The deadline has passed: the report is submitted automatically at any moment, as it was last saved.")
    when = end_of(page.report.summary.deadline, page.report.time_zone)
    lines = {one.view.service: one.view for one in page.lines}
    changes = [(lines[one.service], abs(one.if_nothing - one.as_saved)) for one in page.forecast.lines if one.if_nothing != one.as_saved]
    differing = len(changes)
    if not differing:
        return _("If you do nothing, the report is submitted automatically at the end of %(day)s, as it was last saved.") % {"day": when}
    values = {"day": when, "count": differing, "stake": amounts.said(amounts.per_unit(changes))}
    return ngettext(
        "If you do nothing, the report is submitted automatically at the end of %(day)s, and %(count)s line is charged differently "
        "from what is saved. At stake: %(stake)s.",
        "If you do nothing, the report is submitted automatically at the end of %(day)s, and %(count)s lines are charged differently "
        "from what is saved. At stake: %(stake)s.",
        differing,
    ) % values  # fmt: skip


def _rejected(page: ReportPage) -> Rejected | None:
    if page.rejection is None:
        return None
    lines = tuple(one.view for one in page.lines if one.rejected)
    return Rejected(actor_word(page.rejection.by), page.rejection.at, page.rejection.reason, lines)


def _review_comment(report: ReportView, history: tuple[HistoryEntry, ...]) -> str:
    """What the distributor said when it approved."""
    if report.summary.status != Status.APPROVED:
        return ""
    said: list[Mapping[str, Any]] = [one for entry in history if entry.event == "approved" for one in entry.changes]
    return next((str(one["after"]) for one in said if one["field"] == "review_comment"), "")


def back_to(address: Address, group: str = "", anchor: str = "") -> HttpResponseRedirect:
    """To the page of the report: a tab, a place."""
    query = f"?{urlencode({'group': group})}" if group else ""
    return HttpResponseRedirect(f"{address.report}{query}{anchor}")


urls = [
    path("reports/<str:month>/<ref:msp>/", details, name="report"),
    path("reports/<str:month>/<ref:msp>/lines/<ref:service>/", line, name="report_line"),
]
