"""Insight over months: what was billed, by month, service and MSP; how the months were reviewed. As pictures and as tables."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from trueup.accounts.rules import Tier, Viewer
from trueup.kit.errors import Invalid
from trueup.kit.money import Money
from trueup.kit.page import Page
from trueup.kit.period import BEGINNING, Month
from trueup.kit.quantity import ZERO
from trueup.statements.insight import Billed, By, Reviewed, billed, review_figures
from trueup.web.network.listing import today_of
from trueup.web.page import Request, render
from trueup.web.pages import insight_report
from trueup.web.pages.billing import month_asked
from trueup.web.pages.billing_files import sent
from trueup.web.pages.home_chart import chart
from trueup.web.pages.insight_chart import pictures
from trueup.web.pages.insight_files import billed_file, comments_file, review_file
from trueup.web.whole import page_of
from trueup.web.words import REASONS, word

PER_PAGE: Final = 50
_USUAL_MONTHS: Final = 12
_OFFERED: Final = 60
"""Months to choose from, back from this one."""

_FIRST: Final = Month.of(BEGINNING)

_ABOVE: Final = frozenset({Tier.VENDOR, Tier.DISTRIBUTOR})


@dataclass(frozen=True, slots=True)
class Asked:
    """Which months, and what the second table is added up for."""

    first: Month
    last: Month
    by: By

    @property
    def span(self) -> str:
        """The query that asks for the same months."""
        return urlencode({"from": self.first, "to": self.last})

    @property
    def query(self) -> str:
        """The query that asks for the same, without the page."""
        return f"{self.span}&by={self.by}"


@require_GET
def insight(request: Request) -> HttpResponse:
    """All figures of some months. `?from=`, `?to=`; `?by=`: what stands in the table below that of the months."""
    asked = asked_of(request)
    context: dict[str, Any] = {"asked": asked, "months": _offered(request, asked)}
    try:
        by_month = billed(request.viewer, asked.first, asked.last, by=By.MONTH)
    except Invalid as error:
        return render(request, "web/insight/insight.html", context | {"refused": error.message}, status=400)
    rows = billed(request.viewer, asked.first, asked.last, by=asked.by) if by_month else []
    context |= {
        "by_month": [(Month.parse(one.key), one) for one in by_month],
        "pictures": pictures(by_month, asked.last),
        "totals": totals(by_month),
        "ways": _ways(request.viewer),
        "page": Page.of(len(rows), page_of(request.GET), PER_PAGE, lambda start, stop: rows[start:stop]),
        "query": f"{asked.query}&",
    }
    if request.viewer.tier in _ABOVE:
        context |= _review(review_figures(request.viewer, asked.first, asked.last))
    return render(request, "web/insight/insight.html", context)


def asked_of(request: Request) -> Asked:
    """What an address asks for; what makes no sense is left out. Without months: the last twelve that are over."""
    given = request.GET
    last = month_asked(given.get("to", "")) or Month.of(today_of(request)).previous()
    first = month_asked(given.get("from", "")) or _before(last, _USUAL_MONTHS - 1)
    by = next((by for by, _label in _ways(request.viewer) if by == given.get("by")), By.SERVICE)
    return Asked(first, last, by)


def _before(month: Month, count: int) -> Month:
    """Some months earlier; before the first month of all there is none."""
    for _count in range(count):
        month = month.previous() if month > _FIRST else month
    return month


def _offered(request: Request, asked: Asked) -> list[Month]:
    """The months to choose from, the latest first, those that are asked for among them."""
    now = Month.of(today_of(request))
    return sorted({_before(now, count) for count in range(_OFFERED)} | {asked.first, asked.last}, reverse=True)


def _ways(viewer: Viewer) -> list[tuple[By, str]]:
    """What figures can be added up for beside the month; an MSP has one distributor."""
    if viewer.tier not in _ABOVE:
        return [(By.SERVICE, _("By service"))]
    return [(By.SERVICE, _("By service")), (By.MSP, _("By distributor") if viewer.tier == Tier.VENDOR else _("By MSP"))]


def totals(rows: Iterable[Billed]) -> dict[str, Money]:
    """What was billed in all, each currency for itself."""
    found: dict[str, Money] = {}
    for one in rows:
        found[one.currency] = found.get(one.currency, ZERO) + one.amount
    return dict(sorted(found.items()))


def _review(reviewed: Sequence[Reviewed]) -> dict[str, Any]:
    codes = sorted({code for one in reviewed for code in one.comments}, key=lambda code: (not code, code))
    reasons = {code: word(REASONS, code) if code else _("Without a reason") for code in codes}
    comments = [
        (one.month, [(reason, one.comments.get(code, 0)) for code, reason in reasons.items()], sum(one.comments.values()))
        for one in reviewed
    ]
    return {"reviewed": reviewed, "chart": chart(reviewed), "reasons": list(reasons.values()), "comments": comments}


@require_GET
def billed_csv(request: Request, by: str) -> StreamingHttpResponse:
    """What was billed, whole. `by`: month, service or msp."""
    asked = asked_of(request)
    way = next((one for one in By if one == by), By.MONTH)
    return sent(billed_file(billed(request.viewer, asked.first, asked.last, by=way), way, asked.first, asked.last))


@require_GET
def review_csv(request: Request) -> StreamingHttpResponse:
    """How the months were reviewed."""
    asked = asked_of(request)
    return sent(review_file(review_figures(request.viewer, asked.first, asked.last), asked.first, asked.last))


@require_GET
def comments_csv(request: Request) -> StreamingHttpResponse:
    """Comments by reason and month."""
    asked = asked_of(request)
    return sent(comments_file(review_figures(request.viewer, asked.first, asked.last), asked.first, asked.last))


urls = [
    path("insight/", insight, name="insight"),
    path("insight/billed-by-<str:by>.csv", billed_csv, name="insight_billed"),
    path("insight/review.csv", review_csv, name="insight_review"),
    path("insight/comments.csv", comments_csv, name="insight_comments"),
    *insight_report.urls,
]
