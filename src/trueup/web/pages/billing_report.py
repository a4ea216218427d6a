"""A billing report: what it comes to, what stands in its way, what stands out; saved and submitted, returned or completed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from trueup.accounts.rules import Right, Tier, Viewer
from trueup.kit.errors import Conflict, Invalid, NotAllowed, NotFound, TrueUpError
from trueup.kit.page import Page
from trueup.kit.period import Month
from trueup.prices.rules.lists import ListKey, PriceList
from trueup.statements.files import FORMS, Kind
from trueup.statements.queries import (
    BillingView,
    StatementFilter,
    billing_history,
    billing_report,
    checked_promo,
    lines_behind,
    statement_page,
)
from trueup.statements.rules.billing import WORKFLOW, BillingStatus, BillingVerb
from trueup.statements.rules.highlights import Highlight
from trueup.web.billing.addresses import price_list_address, report_line_address
from trueup.web.billing.doing import PROMO, Typed, did_so, do, says_so, typed_of
from trueup.web.billing.history import steps
from trueup.web.billing.lines import MoneyLine, lines_in, sums_in
from trueup.web.billing.obstacles import obstacles_of
from trueup.web.network.listing import zone_of
from trueup.web.page import Request, render
from trueup.web.whole import month_of, page_of

PER_PAGE: Final = 50
_ASKED: Final = {BillingVerb.RETURN, BillingVerb.COMPLETE}
"""Verbs with a form of their own."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line with what can be typed beside it. `error`: why the code does not hold."""

    of: MoneyLine
    address: str
    takes_code: bool
    code: str
    error: str
    highlights: tuple[Highlight, ...]


@dataclass(frozen=True, slots=True)
class Reported:
    """A report behind it."""

    msp: str
    msp_name: str
    submission: str
    flagged: bool
    approved_at: datetime | None
    address: str


@dataclass(frozen=True, slots=True)
class Doings:
    """What the viewer may do now."""

    may_save: bool
    may_decide: bool
    own: bool
    open: str = ""


def address_of(month: Month, distributor: str) -> str:
    """Where a billing report is."""
    return reverse("billing_report", args=[str(month), distributor])


@require_http_methods(["GET", "HEAD", "POST"])
def report_view(request: Request, month: str, distributor: str) -> HttpResponse:
    """A billing report; a POST does something with it. `?do=return` and `?do=complete` open the vendor's forms."""
    of = month_of(month)
    if request.method == "POST":
        return _post(request, of, distributor)
    return _show(request, billing_report(request.viewer, of, distributor), of, distributor)


def _show(
    request: Request, view: BillingView, month: Month, distributor: str, *, typed: Typed | None = None, refused: str = "", status: int = 200
) -> HttpResponse:
    document = view.document or view.collected.so_far
    doings = _doings(request, view, typed)
    lines = _lines(view, lines_in(document) if document else (), typed, month, distributor)
    history = billing_history(request.viewer, month, distributor)
    context: dict[str, Any] = {
        "billing": view,
        "row": view.row,
        "address": address_of(month, distributor),
        "lines": lines,
        "sums": sums_in(document) if document and not view.collected.unpriced else None,
        "page": doings,
        "typed": typed or Typed(BillingVerb.SAVE, view.row.po_number, view.comment),
        "refused": refused,
        "obstacles": obstacles_of(view) if doings.may_save else None,
        "highlights": view.highlights,
        "reports": _reported(view.collected.reports, page_of(request.GET)),
        "all_reports": len(view.collected.reports) + len(view.collected.missing),
        "prices_address": price_list_address(_key(view.collected.prices)),
        "statements": _statements(request.viewer, view),
        "steps": steps(history, {line.service: line.service_name for line in view.collected.lines}),
        "zone": zone_of(request),
        "forms": FORMS[Kind.BILLING_REPORT],
        "files_address": f"{address_of(month, distributor)}files/",
    }
    return render(request, "web/billing/report.html", context, status=status)


def _doings(request: Request, view: BillingView, typed: Typed | None) -> Doings:
    viewer, state = request.viewer, view.row.status
    opened = typed.verb if typed else request.GET.get("do", "")
    may_decide = viewer.may(Right.COMPLETE_BILLING) and (state, BillingVerb.COMPLETE) in WORKFLOW
    return Doings(
        may_save=viewer.may(Right.BILL) and (state, BillingVerb.SAVE) in WORKFLOW,
        may_decide=may_decide,
        own=viewer.tier == Tier.DISTRIBUTOR,
        open=opened if may_decide and opened in _ASKED else "",
    )


def _key(prices: PriceList | None) -> ListKey | None:
    return ListKey(prices.seller, prices.buyer, prices.from_date) if prices else None


def _lines(view: BillingView, lines: Sequence[MoneyLine], typed: Typed | None, month: Month, distributor: str) -> list[Line]:
    marked = {one.service: one for one in view.highlights}
    codes = dict(view.promo_codes) | (typed.codes if typed else {})
    return [
        Line(
            line,
            reverse("billing_line", args=[str(month), distributor, line.kind, line.code]),
            not line.is_packs,
            "" if line.is_packs else codes.get(line.code, ""),
            "" if line.is_packs else (typed.errors.get(line.code, "") if typed else "") or view.collected.promo_problems.get(line.code, ""),
            tuple(marked[service] for service in line.services if service in marked),
        )
        for line in lines
    ]


def _reported(reports: Sequence[Any], number: int) -> Page[Reported]:
    def fetch(start: int, stop: int) -> list[Reported]:
        return [_one(report) for report in reports[start:stop]]

    return Page.of(len(reports), number, PER_PAGE, fetch)


def _one(report: Any) -> Reported:
    return Reported(
        report.msp_ref, report.msp_name, report.submission, report.may_require_review, report.approved_at,
        reverse("report", args=[str(report.cycle.month), report.msp_ref]),
    )  # fmt: skip


def _statements(viewer: Viewer, view: BillingView) -> list[str]:
    """The numbers of its statements, the latest first."""
    if view.row.status != BillingStatus.COMPLETED:
        return []
    wanted = StatementFilter(cycle=view.row.cycle, seller=view.row.vendor, buyer=view.row.distributor)
    return [row.number for row in statement_page(viewer, wanted, per_page=10).items]


# ── What is done ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _post(request: Request, month: Month, distributor: str) -> HttpResponse:
    """Do what was sent; what is refused comes back with what was typed."""
    typed = typed_of(request)
    try:
        do(request, month, distributor, typed)
    except (Conflict, Invalid) as error:
        return _again(request, month, distributor, typed, error)
    return HttpResponseRedirect(reverse("billing") if typed.verb in _ASKED else address_of(month, distributor))


def _again(request: Request, month: Month, distributor: str, typed: Typed, error: TrueUpError) -> HttpResponse:
    try:
        history = billing_history(request.viewer, month, distributor)
    except NotAllowed:  # it went back to the distributor meanwhile, perhaps by a first click
        messages.info(request, _("The billing report is with the distributor again."))
        return HttpResponseRedirect(reverse("billing"))
    view = billing_report(request.viewer, month, distributor)
    if isinstance(error, Conflict) and (did_so(request.viewer, typed, history) or says_so(view, typed)):
        return HttpResponseRedirect(reverse("billing") if typed.verb in _ASKED else address_of(month, distributor))  # a second click
    problems = error.problems if isinstance(error, Invalid) else ()
    for problem in problems:
        place = problem.at[-1] if problem.at else ""
        typed.errors[place] = problem.message
    status = 409 if isinstance(error, Conflict) else 400
    return _show(request, view, month, distributor, typed=typed, refused=error.message, status=status)


# ── Parts of the page ─────────────────────────────────────────────────────────────────────────────────────────────────


@require_GET
def promo(request: Request, month: str, distributor: str) -> HttpResponse:
    """What a promo code does, while it is typed: a fragment beside its field."""
    service = request.GET.get("service", "")
    typed = request.GET.get(f"{PROMO}{service}", "").strip()[:60]
    found = checked_promo(request.viewer, month_of(month), distributor, service, typed)
    return render(request, "web/billing/_promo.html", {"found": found if typed else None, "service": service})


@require_GET
def line(request: Request, month: str, distributor: str, kind: str, code: str) -> HttpResponse:
    """A line with everything behind it: its steps, its services, the reports its units come from."""
    of = month_of(month)
    view = billing_report(request.viewer, of, distributor)
    document = view.document or view.collected.so_far
    found = next((one for one in (lines_in(document) if document else ()) if (one.kind, one.code) == (kind, code)), None)
    if found is None:
        raise NotFound("")
    context = behind(request, of, distributor, found) | {
        "row": view.row,
        "above": address_of(of, distributor),
        "above_name": view.row.distributor_name,
        "list": reverse("billing"),
        "list_name": _("Billing"),
        "cycle": of,
        "kind": "",
    }
    return render(request, "web/billing/line.html", context)


def behind(request: Request, month: Month, distributor: str, found: MoneyLine) -> dict[str, Any]:
    """The reports behind a line of a billing report, page by page."""
    page = lines_behind(request.viewer, month, distributor, found.services, page=page_of(request.GET), per_page=PER_PAGE)
    rows = [(one, report_line_address(one.cycle, one.msp, one.service, one.group)) for one in page.items]
    return {"line": found, "page": page, "rows": rows, "has_credits": any(one.credits is not None for one in page.items)}


urls = [
    path("billing/<str:month>/<ref:distributor>/", report_view, name="billing_report"),
    path("billing/<str:month>/<ref:distributor>/promo/", promo, name="billing_promo"),
    path("billing/<str:month>/<ref:distributor>/lines/<str:kind>/<ref:code>/", line, name="billing_line"),
]
