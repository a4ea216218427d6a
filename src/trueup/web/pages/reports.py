"""Billing › Usage Reports: the reports of an MSP, the latest first."""

from django.http import HttpResponse
from django.urls import path

from trueup.kit.errors import NotAllowed
from trueup.reports.queries import report_rows, report_years
from trueup.web.page import Request, render, wants_fragment
from trueup.web.pages import report_details, report_draft, report_line, report_submit
from trueup.web.whole import page_of, whole

MONTHS = 12
LAST_YEAR = 9998
"""The last of which all days, and the first of the next, are dates."""


def reports(request: Request) -> HttpResponse:
    """The last 12 months, or `?year=`."""
    year, page = whole(request.GET.get("year", ""), most=LAST_YEAR) or None, page_of(request.GET)
    try:
        rows = report_rows(request.viewer, now=request.now, months=MONTHS, year=year, page=page)
    except NotAllowed as refusal:  # an MSP without access reads why, in place of its list
        if wants_fragment(request):
            raise
        return render(request, "web/reports/no_access.html", {"reason": refusal.message}, status=403)
    context = {"page": rows, "year": year, "years": report_years(request.viewer), "query": f"year={year}&" if year else ""}
    template = "web/reports/_list.html" if wants_fragment(request) else "web/reports/list.html"
    return render(request, template, context)


urls = [
    path("reports/", reports, name="reports"),
    *report_line.urls,
    *report_draft.urls,
    *report_submit.urls,
    *report_details.urls,
]
