"""Submitting a report, what happens if nobody does, the comment of a line without a script, and measuring anew."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from trueup.kit.addresses import anchor
from trueup.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from trueup.kit.period import Month
from trueup.kit.text import text
from trueup.reports.actions import save_draft, submit
from trueup.reports.generating import regenerate
from trueup.reports.queries import LineView
from trueup.reports.queries.page import PageLine, ReportPage, report_page
from trueup.reports.rules.workflow import STATUS_WORDS, Status
from trueup.web import editing, words
from trueup.web.page import Request, render
from trueup.web.pages.report_details import address_of, back_to, context_of
from trueup.web.pages.report_line import REASON_CHOICES
from trueup.web.pages.report_rows import Shown
from trueup.web.whole import month_of


@dataclass(frozen=True, slots=True)
class CommentForm:
    """The comment of a line as it is typed. `theirs`: what somebody else saved meanwhile."""

    comment: str
    reason: str
    own_reason: str
    was_comment: str
    was_reason: str
    version: int
    error: str = ""
    theirs: str = ""


@require_http_methods(["GET", "POST"])
def submission(request: Request, month: str, msp: str) -> HttpResponse:
    """What will be charged, what blocks, and the button that does it."""
    of = month_of(month)
    if request.method == "POST":
        return _submit(request, of, msp)
    return _confirmation(request, of, msp)


def _submit(request: Request, month: Month, msp: str) -> HttpResponse:
    comment, seen = request.POST.get("comment", ""), editing.version_of(request.POST)
    try:
        status = submit(request.viewer, month, msp, now=request.now, comment=comment, expected_version=_required(seen))
    except (Invalid, Conflict) as error:
        return _confirmation(
            request, month, msp, comment=comment, refused=error.message, status=409 if isinstance(error, Conflict) else 422
        )
    if status == Status.APPROVED:
        messages.success(request, _("The report was submitted and approved at once: there was nothing to review."))
    else:
        messages.success(request, _("The report was submitted. Your distributor reviews it now."))
    return back_to(address_of(request, month, msp))


def _required(version: int | None) -> int:
    """What is submitted is what the person has seen. Raises Invalid where the form does not say what that is."""
    if version is None:
        raise Invalid(text("the form does not say which state of the report it shows: look at it again, and submit it then"))
    return version


def _confirmation(
    request: Request, month: Month, msp: str, *, comment: str | None = None, refused: str = "", status: int = 200
) -> HttpResponse:
    page = report_page(request.viewer, month, msp, now=request.now)
    context = context_of(request, month, msp, page, Shown({}, group="all"))
    if not page.may_prepare and status == 409 and comment:  # it has moved on, and what was typed must not be lost
        return render(request, "web/reports/submit_late.html", context | {"refused": refused, "comment": comment}, status=status)
    if not page.may_prepare:
        _refuse(request, page)
    changed = [one.view for one in page.lines if one.view.chargeable != one.view.default_chargeable]
    context |= {"changed": changed, "refused": refused, "comment": page.report.comment if comment is None else comment}
    return render(request, "web/reports/submit.html", context, status=status)


def _refuse(request: Request, page: ReportPage) -> None:
    """Raise why the viewer can't prepare the report: it has moved on, or it is not theirs."""
    if page.forecast is None:
        raise Conflict(text("the report is {status}; there is nothing to submit", status=STATUS_WORDS[page.report.summary.status]))
    raise NotAllowed(text("{who} may not submit this report", who=request.viewer.actor.name))


@dataclass(frozen=True, slots=True)
class Fate:
    """A line as it is saved, and as it will be charged if nobody does anything."""

    line: LineView
    as_saved: Decimal
    if_nothing: Decimal
    outcome: str

    @property
    def difference(self) -> Decimal:
        """In units."""
        return self.if_nothing - self.as_saved


def forecast_page(request: Request, month: str, msp: str) -> HttpResponse:
    """What happens if you do nothing, line by line."""
    of = month_of(month)
    page = report_page(request.viewer, of, msp, now=request.now)
    if page.forecast is None:
        raise Conflict(text("the report is {status}: nothing happens to it by itself", status=STATUS_WORDS[page.report.summary.status]))
    context = context_of(request, of, msp, page, Shown({}, group="all"))
    context["fates"] = [_fate(one) for one in page.lines if one.forecast is not None]
    context["differing"] = sum(bool(fate.difference) for fate in context["fates"])
    return render(request, "web/reports/forecast.html", context)


def _fate(one: PageLine) -> Fate:
    forecast = one.forecast
    if forecast is None:
        return Fate(one.view, one.view.as_saved, one.view.as_saved, "as_saved")
    return Fate(one.view, forecast.as_saved, forecast.if_nothing, forecast.reason)


@dataclass(frozen=True, slots=True)
class Commenting:
    """A line whose comment is edited on a page of its own."""

    request: Request
    month: Month
    msp: str
    page: ReportPage
    one: PageLine

    def form(self, comment: str, reason: str, *, error: str = "", theirs: str = "") -> CommentForm:
        """The form with these values in its fields."""
        own = reason if reason not in words.REASONS else ""
        line = self.one.view
        choice = editing.OTHER if own else reason
        return CommentForm(comment, choice, own, line.comment, line.reason, self.page.report.version, error, theirs)

    def shown(self, form: CommentForm, *, status: int = 200) -> HttpResponse:
        """The page with the form."""
        context: dict[str, Any] = {
            "report": self.page.report,
            "one": self.one,
            "line": self.one.view,
            "form": form,
            "address": address_of(self.request, self.month, self.msp),
            "reasons": REASON_CHOICES,
        }
        return render(self.request, "web/reports/comment.html", context, status=status)


@require_http_methods(["GET", "POST"])
def comment_page(request: Request, month: str, msp: str, service: str) -> HttpResponse:
    """The comment of one line, for who has no script. `?use=last` puts in that of last month."""
    of = month_of(month)
    page = report_page(request.viewer, of, msp, now=request.now)
    one = next((line for line in page.lines if line.view.service == service), None)
    if one is None:
        raise NotFound("")
    if not page.may_prepare:
        _refuse(request, page)
    commenting = Commenting(request, of, msp, page, one)
    if request.method == "POST":
        return _save_comment(commenting)
    said = one.previous if one.previous and request.GET.get("use") == "last" else one.view
    return commenting.shown(commenting.form(said.comment, said.reason))


def _save_comment(to: Commenting) -> HttpResponse:
    line = to.one.view
    draft = editing.read_form({name: str(value) for name, value in to.request.POST.items()})
    reading = editing.read_draft(draft, [line])
    entry = draft.entries.get(line.service, editing.Entry())
    typed = (entry.comment.mine if entry.comment else "", entry.reason.mine if entry.reason else "")
    if reading.errors:
        return to.shown(to.form(*typed, error=next(iter(reading.errors.values()))), status=422)
    if reading.contested:
        return to.shown(to.form(*typed, theirs=line.comment or "–"), status=409)
    try:
        save_draft(to.request.viewer, to.month, to.msp, reading.edits, now=to.request.now, expected_version=to.page.report.version)
    except Conflict as conflict:
        return to.shown(to.form(*typed, error=conflict.message), status=409)
    messages.success(to.request, _("Draft saved."))
    return back_to(address_of(to.request, to.month, to.msp), line.group, f"#line-{anchor(line.service)}")


@require_POST
def regeneration(request: Request, month: str, msp: str) -> HttpResponse:
    """Measure the report anew."""
    of = month_of(month)
    changed = regenerate(request.viewer, of, msp, now=request.now, comment=request.POST.get("comment", ""))
    if changed:
        messages.success(
            request, ngettext("%(count)s line has new figures.", "%(count)s lines have new figures.", changed) % {"count": changed}
        )
    else:
        messages.success(request, _("The figures are as they were: no newer usage changes them."))
    return back_to(address_of(request, of, msp))


urls = [
    path("reports/<str:month>/<ref:msp>/submit/", submission, name="report_submit"),
    path("reports/<str:month>/<ref:msp>/forecast/", forecast_page, name="report_forecast"),
    path("reports/<str:month>/<ref:msp>/comment/<ref:service>/", comment_page, name="report_comment"),
    path("reports/<str:month>/<ref:msp>/regenerate/", regeneration, name="report_regenerate"),
]
