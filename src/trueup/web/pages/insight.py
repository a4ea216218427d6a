"""Insight over months: what was billed, by month, service and MSP; how the months were reviewed. As pictures and as tables."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final

from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from trueup.accounts.rules import Tier, Viewer
from trueup.kit.errors import Invalid
from trueup.kit.money import Money, total
from trueup.kit.page import Page
from trueup.kit.period import Month
from trueup.kit.quantity import ZERO
from trueup.statements.insight import Billed, By, billed, review_figures
from trueup.web.page import Request, render
from trueup.web.pages import insight_report, insight_reviews
from trueup.web.pages.billing_files import sent
from trueup.web.pages.insight_chart import pictures
from trueup.web.pages.insight_files import billed_file
from trueup.web.pages.insight_reviews import shown
from trueup.web.pages.insight_span import offered, span_of
from trueup.web.whole import page_of

PER_PAGE: Final = 50
_ABOVE: Final = frozenset({Tier.VENDOR, Tier.DISTRIBUTOR})


@require_GET
def insight(request: Request) -> HttpResponse:
    """All figures of some months. `?from=`, `?to=`; `?by=`: what stands in the table below that of the months."""
    span, by = span_of(request), _by(request)
    context: dict[str, Any] = {"span": span, "by": by, "months": offered(request, span)}
    try:
        by_month = billed(request.viewer, span.first, span.last, by=By.MONTH)
    except Invalid as error:
        return render(request, "web/insight/insight.html", context | {"refused": error.message}, status=400)
    rows = billed(request.viewer, span.first, span.last, by=by) if by_month else []
    context |= {
        "by_month": [(Month.parse(one.key), one) for one in by_month],
        "pictures": pictures(by_month, span.last),
        "totals": totals(by_month),
        "ways": _ways(request.viewer),
        "page": Page.of(len(rows), page_of(request.GET), PER_PAGE, lambda start, stop: rows[start:stop]),
        "highest": highest(rows),
        "query": f"{span.query}&by={by}&",
    }
    if request.viewer.tier in _ABOVE:
        context |= shown(request.viewer, review_figures(request.viewer, span.first, span.last))
    return render(request, "web/insight/insight.html", context)


def _by(request: Request) -> By:
    """What makes no sense is left out."""
    return next((by for by, _label in _ways(request.viewer) if by == request.GET.get("by")), By.SERVICE)


def _ways(viewer: Viewer) -> list[tuple[By, str]]:
    """What figures can be added up for beside the month; an MSP has one distributor."""
    if viewer.tier not in _ABOVE:
        return [(By.SERVICE, _("By service"))]
    return [(By.SERVICE, _("By service")), (By.MSP, _("By distributor") if viewer.tier == Tier.VENDOR else _("By MSP"))]


def totals(rows: Iterable[Billed]) -> dict[str, Money]:
    """What was billed in all, each currency for itself."""
    found: dict[str, list[Money]] = defaultdict(list)
    for one in rows:
        found[one.currency].append(one.amount)
    return {currency: total(amounts, currency) for currency, amounts in sorted(found.items())}


def highest(rows: Iterable[Billed]) -> dict[str, Money]:
    """The highest amount of each currency: bars are drawn by it."""
    found: dict[str, Money] = {}
    for one in rows:
        found[one.currency] = max(found.get(one.currency, ZERO), one.amount)
    return found


@require_GET
def billed_csv(request: Request, by: str) -> StreamingHttpResponse:
    """What was billed, whole. `by`: month, service or msp."""
    span = span_of(request)
    way = next((one for one in By if one == by), By.MONTH)
    return sent(billed_file(billed(request.viewer, span.first, span.last, by=way), way, span.first, span.last))


urls = [
    path("insight/", insight, name="insight"),
    path("insight/billed-by-<str:by>.csv", billed_csv, name="insight_billed"),
    *insight_reviews.urls,
    *insight_report.urls,
]
