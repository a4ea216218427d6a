"""What is behind a line: its days, why just these count, the customers; and reports as CSV."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO
from typing import Any, Final

from django.http import HttpResponse
from django.urls import path
from django.utils.functional import Promise
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trueup.kit.cells import safe_cell
from trueup.kit.errors import Invalid, NotFound
from trueup.kit.period import Month
from trueup.kit.quantity import plain
from trueup.reports.queries import Chart, CustomerFigures, LineView, chart, customers, report
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


def figure(value: Decimal | None) -> str:
    """A number as programs read it; unknown is empty."""
    return plain(value) or ""


def as_csv(name: str, rows: Iterable[Iterable[str]]) -> HttpResponse:
    """A file to be downloaded. Begins with the mark by which spreadsheets know UTF-8."""
    written = StringIO()
    csv.writer(written, lineterminator="\r\n").writerows(rows)
    response = HttpResponse("\ufeff" + written.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name.replace("/", "_"))
    response["Cache-Control"] = "no-store"
    return response


def customers_csv(request: Request, month: str, msp: str, service: str) -> HttpResponse:
    """The customers behind a line; the last row is the line itself."""
    of = month_of(month)
    line = line_of(request, of, msp, service)
    found = customers(request.viewer, of, msp, service)
    rows = [[safe_cell(one.customer), safe_cell(one.name), *map(figure, (one.provisioned, one.used, one.credits))] for one in found]
    head = [_("Customer"), _("Name"), _("Provisioned"), _("Used"), _("Credits")]
    total = [_("Total"), safe_cell(line.service_name), *map(figure, (line.provisioned, line.used, line.credits))]
    return as_csv(f"customers-{of}-{msp}-{service}.csv", [head, *rows, total])


def report_csv(request: Request, month: str, msp: str) -> HttpResponse:
    """The lines of a report."""
    of = month_of(month)
    found = report(request.viewer, of, msp)
    head = [
        _("Solution group"), _("Service"), _("Code"), _("Billing unit"), _("Provisioned"), _("Used"), _("Over-provisioned"),
        _("Over-provisioned %"), _("Credits"), _("Default"), _("Chargeable"), _("Comment"), _("Reason"),
    ]  # fmt: skip
    return as_csv(f"report-{of}-{msp}.csv", [head, *(_line_row(line) for line in found.lines)])


def _line_row(line: LineView) -> list[str]:
    figures = (
        line.provisioned, line.used, line.over_provisioned, line.over_provisioned_percent, line.credits, line.default_chargeable,
        line.chargeable,
    )  # fmt: skip
    named = (line.group_name, line.service_name, line.service, line.unit)
    return [*map(safe_cell, named), *map(figure, figures), safe_cell(line.comment), safe_cell(line.reason)]


urls = [
    path("reports/<str:month>/<ref:msp>/lines/<ref:service>/customers.csv", customers_csv, name="report_customers_csv"),
    path("reports/<str:month>/<ref:msp>/report.csv", report_csv, name="report_csv"),
]
