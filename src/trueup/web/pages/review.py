"""The inbox: reports of a distributor's MSPs, what is most at stake first; saved views of it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from trueup.accounts.actions import drop_view, keep_view
from trueup.accounts.queries import saved_views
from trueup.accounts.rules import Right, Tier, Viewer
from trueup.kit.errors import Invalid
from trueup.kit.page import Page
from trueup.kit.period import local_date
from trueup.reports.queries import InboxOptions, InboxRow, inbox, inbox_options
from trueup.reports.rules.workflow import EDITABLE, Status
from trueup.reports.several import MOST_APPROVED
from trueup.statements.queries import Stake, inbox_by_money, stakes_of
from trueup.web import words
from trueup.web.page import Request, render, wants_fragment
from trueup.web.pages import bulk, reviewing
from trueup.web.pages.inbox import ALL, BY_MONEY, FLAGS, ON_BEHALF, ORDERS, TABS, Asked, asked_in, asked_of, report_address, tab_of
from trueup.web.whole import page_of

PER_PAGE = 50
LIST = "review"
"""What the list is called among those of which views are kept."""

_MOMENT = timedelta(microseconds=1)
"""A deadline is the midnight that ends its day."""


@dataclass(frozen=True, slots=True)
class Tab:
    """A list of the inbox, with how many reports are in it under the filters."""

    label: str
    query: str
    count: int
    current: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A report in the list; days are those of the MSP's time zone. `money`: what of its money is at stake, where that is known."""

    report: InboxRow
    money: Stake | None
    address: str
    key: str
    deadline_day: date
    submitted_day: date | None
    days_left: int | None
    approvable: bool


@require_GET
def review(request: Request) -> HttpResponse:
    """The reports that are asked for."""
    reviewing.require_reviewing_tier(request.viewer)
    asked = asked_of(request.GET.dict())
    context = _context(request, asked)
    if not wants_fragment(request):
        return render(request, "web/review/inbox.html", context)
    response = render(request, "web/review/_inbox.html", context)
    response["HX-Push-Url"] = asked.address
    return response


def _context(request: Request, asked: Asked) -> dict[str, Any]:
    viewer = request.viewer
    prices = viewer.tier == Tier.DISTRIBUTOR
    listed = inbox_by_money if asked.by_money and prices else inbox
    page = listed(viewer, asked.filters, page=page_of(request.GET), per_page=PER_PAGE)
    stakes = stakes_of(viewer, [row.key for row in page.items if row.stake])
    options = inbox_options(viewer, asked.filters)
    return {
        "asked": asked,
        "page": page,
        "rows": [_row(row, asked, request.now, stakes.get(row.key), may_review=viewer.may(Right.REVIEW)) for row in page.items],
        "tabs": _tabs(viewer, asked, options, page),
        "months": options.cycles,
        "kinds": [(kind, words.word(words.SUBMISSIONS, kind), count) for kind, count in options.submissions.items()],
        "flags": list(FLAGS.items()),
        "orders": [(code, label) for code, label in ORDERS.items() if prices or code != BY_MONEY],
        "views": saved_views(viewer, LIST),
        "nothing": _nothing(asked),
        "to_approve": options.statuses[Status.UNDER_REVIEW] if viewer.may(Right.REVIEW) and asked.tab in {Status.UNDER_REVIEW, ALL} else 0,
        "waits_for_msp": asked.filters.status in EDITABLE,
        "vendor": viewer.tier == Tier.VENDOR,
        "most_at_once": MOST_APPROVED,
    }


def _row(row: InboxRow, asked: Asked, now: datetime, money: Stake | None, *, may_review: bool) -> Row:
    last_day = local_date(row.deadline - _MOMENT, row.time_zone)
    left = (last_day - local_date(now, row.time_zone)).days if row.status in EDITABLE else None
    return Row(
        row,
        money,
        _address(row, asked, may_prepare=may_review),
        f"{row.cycle}/{row.msp}",
        last_day,
        local_date(row.submitted_at, row.time_zone) if row.submitted_at else None,
        left,
        approvable=may_review and row.status == Status.UNDER_REVIEW,
    )


def _address(row: InboxRow, asked: Asked, *, may_prepare: bool) -> str:
    """The review of a report; one that the distributor prepares itself leads to where it is edited."""
    if may_prepare and not row.has_access and row.status in EDITABLE:
        return reviewing.details_address(row.cycle, row.msp, asked.query)
    return report_address(row.cycle, row.msp, asked.query)


def _tabs(viewer: Viewer, asked: Asked, options: InboxOptions, page: Page[InboxRow]) -> list[Tab]:
    counted = options if asked.tab != ON_BEHALF else inbox_options(viewer, tab_of(asked, ALL).filters)
    counts: dict[str, int] = dict(counted.statuses.items())
    counts[ALL] = sum(counted.statuses.values())
    counts[ON_BEHALF] = page.total if asked.tab == ON_BEHALF else inbox(viewer, tab_of(asked, ON_BEHALF).filters, per_page=1).total
    # Preparing on behalf is nothing that most distributors do: it is shown where there is something.
    shown = [tab for tab in TABS if tab != ON_BEHALF or counts[tab] or tab == asked.tab]
    return [Tab(words.word(TABS, tab), tab_of(asked, tab).query, counts[tab], tab == asked.tab) for tab in shown]


def _nothing(asked: Asked) -> dict[str, str]:
    """What an empty list means, in words."""
    if asked.tab == Status.UNDER_REVIEW:
        return {"title": _("No report waits for review"), "text": _("As soon as an MSP submits one, or the clock does, it is here.")}
    if asked.tab == ON_BEHALF:
        return {"title": _("Nothing to prepare"), "text": _("No MSP without access has a report in preparation.")}
    return {"title": _("No reports here"), "text": _("Reports are generated when a cycle is closed.")}


# ── saved views ───────────────────────────────────────────────────────────────────────────────────────────────────────


@require_POST
def review_keep_view(request: Request) -> HttpResponse:
    """Keep the filters under a name."""
    reviewing.require_reviewing_tier(request.viewer)
    asked = asked_in(request.POST.get("inbox", ""))
    name = request.POST.get("name", "")
    try:
        kept = keep_view(request.viewer, LIST, name, asked.query)
    except Invalid as error:
        context = _context(request, asked) | {"view_name": name, "view_error": error.message}
        return render(request, "web/review/inbox.html", context, status=400)
    messages.success(request, _("The view “%(name)s” is saved.") % {"name": kept})
    return HttpResponseRedirect(asked.address)


@require_POST
def review_drop_view(request: Request) -> HttpResponse:
    """Remove a kept view."""
    reviewing.require_reviewing_tier(request.viewer)
    name = request.POST.get("name", "")
    drop_view(request.viewer, LIST, name)
    messages.success(request, _("The view “%(name)s” is removed.") % {"name": name})
    return HttpResponseRedirect(asked_in(request.POST.get("inbox", "")).address)


urls = [
    path("review/", review, name="review"),
    path("review/views/keep/", review_keep_view, name="review_keep_view"),
    path("review/views/drop/", review_drop_view, name="review_drop_view"),
    *bulk.urls,
    *reviewing.urls,
]
