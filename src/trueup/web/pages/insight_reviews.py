"""How months were reviewed: over-provisioning, penalties, comments by reason; by month, service, MSP and distributor."""

from collections.abc import Sequence
from typing import Any, Final

from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from trueup.accounts.rules import Tier, Viewer
from trueup.kit.errors import Invalid
from trueup.kit.page import Page
from trueup.statements.insight import Reviewed, ReviewedBy, review_figures
from trueup.web.page import Request, render
from trueup.web.pages.billing_files import sent
from trueup.web.pages.home_chart import chart
from trueup.web.pages.insight_files import comments_file, review_file
from trueup.web.pages.insight_span import Span, offered, span_of
from trueup.web.whole import page_of
from trueup.web.words import REASONS, word

PER_PAGE: Final = 50

_MONTH: Final = ReviewedBy.MONTH


@require_GET
def reviews(request: Request) -> HttpResponse:
    """How some months were reviewed. `?from=`, `?to=`, `?by=`."""
    span, by = span_of(request), by_of(request, ReviewedBy.SERVICE)
    context: dict[str, Any] = {"span": span, "by": by, "months": offered(request, span)}
    try:
        rows = review_figures(request.viewer, span.first, span.last, by=by)
    except Invalid as error:
        return render(request, "web/insight/reviews.html", context | {"refused": error.message}, status=400)
    page = Page.of(len(rows), page_of(request.GET), PER_PAGE, lambda start, stop: rows[start:stop])
    context |= {"page": page, "query": f"{span.query}&by={by}&", **shown(request.viewer, page.items, by)}
    return render(request, "web/insight/reviews.html", context)


def shown(viewer: Viewer, rows: Sequence[Reviewed], by: ReviewedBy = _MONTH) -> dict[str, Any]:
    """What the templates show of some rows: the figures, the picture of months, the comments by reason."""
    codes = sorted({code for one in rows for code in one.comments}, key=lambda code: (not code, code))
    reasons = {code: word(REASONS, code) if code else _("Without a reason") for code in codes}
    comments = [
        (one, [(reason, one.comments.get(code, 0)) for code, reason in reasons.items()], sum(one.comments.values()))
        for one in rows
        if one.comments or by == _MONTH
    ]
    picture = {"chart": chart(rows)} if by == _MONTH else {}
    return {
        "reviewed": rows, "review_by": by, "review_ways": ways(viewer), "reasons": list(reasons.values()), "comments": comments, **picture,
    }  # fmt: skip


def ways(viewer: Viewer) -> list[tuple[ReviewedBy, str]]:
    """What reports can be told together by; a distributor has its own alone."""
    found = [
        (_MONTH, _("By month")), (ReviewedBy.SERVICE, _("By service")), (ReviewedBy.MSP, _("By MSP")),
        (ReviewedBy.DISTRIBUTOR, _("By distributor")),
    ]  # fmt: skip
    return found[:-1] if viewer.tier == Tier.DISTRIBUTOR else found


def by_of(request: Request, usual: ReviewedBy) -> ReviewedBy:
    """What `?by=` asks for; what makes no sense is left out."""
    return next((by for by in ReviewedBy if by == request.GET.get("by")), usual)


def _found(request: Request) -> tuple[list[Reviewed], ReviewedBy, Span]:
    span, by = span_of(request), by_of(request, _MONTH)
    return review_figures(request.viewer, span.first, span.last, by=by), by, span


@require_GET
def review_csv(request: Request) -> StreamingHttpResponse:
    """How the months were reviewed, whole."""
    rows, by, span = _found(request)
    return sent(review_file(rows, by, span.first, span.last))


@require_GET
def comments_csv(request: Request) -> StreamingHttpResponse:
    """Comments by reason, whole."""
    rows, by, span = _found(request)
    return sent(comments_file(rows, by, span.first, span.last))


urls = [
    path("insight/reviews/", reviews, name="insight_reviews"),
    path("insight/review.csv", review_csv, name="insight_review"),
    path("insight/comments.csv", comments_csv, name="insight_comments"),
]
