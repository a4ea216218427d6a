"""Insight into one report: what to deprovision, with the saving next month; the same month under each measure."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path
from django.views.decorators.http import require_GET

from trueup.accounts.rules import Tier
from trueup.catalog.rules import MeasureName
from trueup.kit.money import Money
from trueup.kit.page import Page
from trueup.kit.period import Month
from trueup.kit.quantity import ZERO, added
from trueup.statements.insight import (
    Deprovisioning,
    Measured,
    MeasuredLine,
    MeasuredOtherwise,
    OverProvisioned,
    ToDeprovision,
    deprovision,
    measured_otherwise,
)
from trueup.web.network.listing import rest_of, search_of
from trueup.web.page import Request, render, wants_fragment
from trueup.web.pages.billing_files import sent
from trueup.web.pages.insight_files import deprovision_file, measures_file
from trueup.web.pages.report_details import address_of
from trueup.web.whole import month_of

PER_PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Unused:
    """Units of a service that a customer does not use."""

    line: OverProvisioned
    of: ToDeprovision


@require_GET
def to_deprovision(request: Request, month: str, msp: str) -> HttpResponse:
    """What over-provisioning costs, line by line, and the units nobody uses, customer by customer."""
    of = month_of(month)
    found = deprovision(request.viewer, of, msp)
    search, number = search_of(request)
    rows = [row for row in unused(found) if search.casefold() in f"{row.of.name} {row.of.customer} {row.line.name}".casefold()]
    page = Page.of(len(rows), number, PER_PAGE, lambda start, stop: rows[start:stop])
    context = {"found": found, "page": page, "search": search, "query": rest_of(request), **_of_report(request, of, msp)}
    if wants_fragment(request):
        return render(request, "web/insight/_unused.html", context)
    return render(request, "web/insight/deprovision.html", context)


def unused(found: Deprovisioning) -> list[Unused]:
    """Customer by customer: with whom most is saved comes first, and of its units those that save most."""
    rows = [Unused(line, one) for line in found.lines for one in line.customers]
    saved: dict[str, list[Money]] = defaultdict(list)
    for row in rows:
        saved[row.of.customer].append(row.of.saving or ZERO)
    savings = {customer: added(amounts) for customer, amounts in saved.items()}
    return sorted(
        rows, key=lambda row: (-savings[row.of.customer], row.of.name, row.of.customer, -(row.of.saving or ZERO), row.line.service)
    )  # fmt: skip


@require_GET
def deprovision_csv(request: Request, month: str, msp: str) -> StreamingHttpResponse:
    """The units to deprovision, all of them."""
    return sent(deprovision_file(deprovision(request.viewer, month_of(month), msp)))


@dataclass(frozen=True, slots=True)
class Total:
    """What all lines come to under a measure, and by how much that is more or less than as it is; `lines` are measured by it now."""

    measure: MeasureName
    amount: Money | None
    difference: Money | None
    lines: int


@dataclass(frozen=True, slots=True)
class Cell:
    """A line under a measure; None where the measure finds nothing of it."""

    measure: MeasureName
    of: Measured | None
    in_force: bool


@require_GET
def measures(request: Request, month: str, msp: str) -> HttpResponse:
    """Every line under every measure, and what all of them come to."""
    of = month_of(month)
    found = measured_otherwise(request.viewer, of, msp)
    context = {
        "found": found, "totals": _totals(found), "rows": [(line, _cells(line)) for line in found.lines], "measures": list(MeasureName),
        **_of_report(request, of, msp),
    }  # fmt: skip
    return render(request, "web/insight/measures.html", context)


def _totals(found: MeasuredOtherwise) -> list[Total]:
    return [
        Total(name, amount, _difference(amount, found.in_force), sum(line.measure == name for line in found.lines))
        for name, amount in found.totals.items()
    ]


def _difference(amount: Money | None, before: Money | None) -> Money | None:
    return None if amount is None or before is None else amount - before


def _cells(line: MeasuredLine) -> Sequence[Cell]:
    return [Cell(name, line.by_measure.get(name), name == line.measure) for name in MeasureName]


@require_GET
def measures_csv(request: Request, month: str, msp: str) -> StreamingHttpResponse:
    """Every line under every measure."""
    return sent(measures_file(measured_otherwise(request.viewer, month_of(month), msp)))


def _of_report(request: Request, month: Month, msp: str) -> dict[str, Any]:
    """What the templates need of the report. `is_told`: the viewer may know its money."""
    return {"month": month, "msp": msp, "address": address_of(request, month, msp), "is_told": request.viewer.tier != Tier.VENDOR}


urls = [
    path("reports/<str:month>/<ref:msp>/deprovision/", to_deprovision, name="deprovision"),
    path("reports/<str:month>/<ref:msp>/deprovision/table.csv", deprovision_csv, name="deprovision_csv"),
    path("reports/<str:month>/<ref:msp>/measures/", measures, name="measures"),
    path("reports/<str:month>/<ref:msp>/measures/table.csv", measures_csv, name="measures_csv"),
]
