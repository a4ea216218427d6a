"""What is behind a line: its days, why just these count, the customers; and reports as CSV."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpResponse
from django.urls import path
from django.utils.functional import Promise
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trueup.kit.errors import Invalid, NotFound
from trueup.kit.period import Month
from trueup.reports.queries import Chart, CustomerFigures, LineView, chart, customers, report, table
from trueup.reports.rules.checks import USUAL_REASONS
from trueup.web import charts, words
from trueup.web.page import Request
from trueup.web.whole import month_of

REASON_CHOICES: Final = tuple((code, words.REASONS[code]) for code in USUAL_REASONS)
"""Reason codes that are offered, with their words."""

_HEADS: Final[tuple[tuple[str, str | Promise, bool], ...]] = (
    ("name", gettext_lazy("Customer"), False),
    ("provisioned", gettext_lazy("Provisioned"), True),
    ("used", gettext_lazy("Used"), True),
    ("credits", gettext_lazy("Credits"), True),
)
"""Columns of the customers: field, words, whether it is a number (which is sorted from the highest down first)."""


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column and where it leads: the same list, sorted by it."""

    words: str
    number: bool
    sort: str
    direction: str


@dataclass(frozen=True, slots=True)
class Panel:
    """A line opened up. `total` counts all its customers, `shown` are those the search leaves."""

    line: LineView
    chart: Chart
    drawing: charts.Chart | None
    chosen: tuple[Any, ...]
    shown: tuple[CustomerFigures, ...]
    heads: tuple[Head, ...]
    sort: str
    search: str
    has_credits: bool


def panel_of(request: Request, month: Month, msp: str, service: str) -> dict[str, Any]:
    """The context of a line's panel. `?sort=` and `?find=` are about its customers. Raises NotFound, NotAllowed."""
    line = line_of(request, month, msp, service)
    days = chart(request.viewer, month, msp, service)
    sort, search = request.GET.get("sort", "name"), request.GET.get("find", "")[:200]
    try:
        shown = customers(request.viewer, month, msp, service, search=search, order=sort)
    except Invalid:
        sort, shown = "name", customers(request.viewer, month, msp, service, search=search, order="name")
    has_credits = line.credits is not None
    return {
        "panel": Panel(
            line, days, charts.chart(days.days, line.days), tuple(one for one in days.days if one.chosen), tuple(shown),
            tuple(_heads(sort, has_credits=has_credits)), sort, search, has_credits,
        )
    }  # fmt: skip


def line_of(request: Request, month: Month, msp: str, service: str) -> LineView:
    """A line of the report. Raises NotFound, NotAllowed."""
    found = next((line for line in report(request.viewer, month, msp).lines if line.service == service), None)
    if found is None:
        raise NotFound("")
    return found


def _heads(sort: str, *, has_credits: bool) -> Iterable[Head]:
    for name, label, number in _HEADS:
        if name == "credits" and not has_credits:
            continue
        first = f"-{name}" if number else name
        other = name if number else f"-{name}"
        direction = "" if sort.removeprefix("-") != name else "descending" if sort.startswith("-") else "ascending"
        yield Head(str(label), number, other if sort == first else first, direction)


def as_file(name: str, rows: Iterable[Iterable[str]]) -> HttpResponse:
    """A file to be downloaded. Begins with the mark by which spreadsheets know UTF-8."""
    response = HttpResponse("\ufeff" + table.as_csv(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name.replace("/", "_"))
    response["Cache-Control"] = "no-store"
    return response


TITLES: Final[words.Words] = {
    "customer": gettext_lazy("Customer"),
    "name": gettext_lazy("Name"),
    "group": gettext_lazy("Group code"),
    "group_name": gettext_lazy("Solution group"),
    "service": gettext_lazy("Code"),
    "service_name": gettext_lazy("Service"),
    "unit": gettext_lazy("Billing unit"),
    "provisioned": gettext_lazy("Provisioned"),
    "used": gettext_lazy("Used"),
    "over_provisioned": gettext_lazy("Over-provisioned"),
    "over_provisioned_percent": gettext_lazy("Over-provisioned %"),
    "credits": gettext_lazy("Credits"),
    "default_chargeable": gettext_lazy("Default"),
    "chargeable": gettext_lazy("Chargeable"),
    "outcome": gettext_lazy("Outcome"),
    "comment": gettext_lazy("Comment"),
    "reason": gettext_lazy("Reason"),
    "days": gettext_lazy("Days"),
    "issues": gettext_lazy("Issues"),
}
"""What stands above the columns of a file."""


def _titles(columns: Iterable[str]) -> list[str]:
    return [str(TITLES[name]) for name in columns]


def customers_csv(request: Request, month: str, msp: str, service: str) -> HttpResponse:
    """The customers behind a line; the last row is the line itself."""
    of = month_of(month)
    line = line_of(request, of, msp, service)
    found = customers(request.viewer, of, msp, service)
    total = [_("Total"), *map(table.cell, (line.service_name, line.provisioned, line.used, line.credits))]
    rows = [_titles(table.CUSTOMER_COLUMNS), *map(table.customer_cells, found), total]
    return as_file(f"customers-{of}-{msp}-{service}.csv", rows)


def report_csv(request: Request, month: str, msp: str) -> HttpResponse:
    """The lines of a report."""
    of = month_of(month)
    found = report(request.viewer, of, msp)
    return as_file(f"report-{of}-{msp}.csv", [_titles(table.LINE_COLUMNS), *map(table.line_cells, found.lines)])


urls = [
    path("reports/<str:month>/<ref:msp>/lines/<ref:service>/customers.csv", customers_csv, name="report_customers_csv"),
    path("reports/<str:month>/<ref:msp>/report.csv", report_csv, name="report_csv"),
]
