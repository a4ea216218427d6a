"""Saving the draft of a report from its form: what can't be read, and what somebody else saved meanwhile, comes back beside its field."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from trueup.kit.errors import Conflict
from trueup.kit.period import Month
from trueup.reports.actions import LineEdit, save_draft
from trueup.reports.queries import HistoryEntry, sparklines
from trueup.reports.queries.page import ReportPage, conflict, report_page
from trueup.reports.rules.happenings import done
from trueup.web import editing
from trueup.web.page import Request, render, wants_fragment
from trueup.web.pages.report_details import address_of, back_to, context_of, month_of
from trueup.web.pages.report_rows import Row, Shown
from trueup.web.words import says

SAVED = "X-Report-Saved"
"""Tells the page that the server has its edits."""

COMMENT = "comment:"


@dataclass(frozen=True, slots=True)
class Happened:
    """A step somebody else took meanwhile."""

    sentence: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed into a line that can't be edited any more."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Clash:
    """Why nothing was saved: who did what meanwhile, which lines it touched, and what was typed where nothing can be saved any more."""

    steps: tuple[Happened, ...]
    lines: tuple[Row, ...]
    typed: tuple[Typed, ...]


@dataclass(frozen=True, slots=True)
class FieldError:
    """A value that can't be read, and the field it is in."""

    target: str
    name: str
    text: str


@require_POST
def draft(request: Request, month: str, msp: str) -> HttpResponse:
    """Save what was edited, and go on: `then` is `stay`, `submit` or `comment:<service>`."""
    of = month_of(month)
    form = editing.read_form(_posted(request))
    page = report_page(request.viewer, of, msp, now=request.now)
    lines = [one.view for one in page.lines]
    reading = editing.read_draft(form, lines)
    if reading.errors:
        return _again(request, of, msp, page, form, reading, status=422)
    stale = form.version is not None and form.version != page.report.version
    if reading.edits and (stale or not page.may_prepare):
        require_preparing(page, request, of, msp, reading.edits)
        return _again(request, of, msp, page, form, reading, status=409)
    if reading.edits:
        try:
            save_draft(request.viewer, of, msp, reading.edits, now=request.now, expected_version=page.report.version)
        except Conflict:  # somebody was quicker by a moment
            page = report_page(request.viewer, of, msp, now=request.now)
            reading = editing.read_draft(form, [one.view for one in page.lines])
            return _again(request, of, msp, page, form, reading, status=409)
    return _saved(request, of, msp)


def require_preparing(page: ReportPage, request: Request, month: Month, msp: str, edits: tuple[LineEdit, ...]) -> None:
    """Raise NotAllowed for who may not edit at all; that a report has moved on is shown beside what was typed."""
    if page.may_prepare:
        return
    try:
        save_draft(request.viewer, month, msp, edits, now=request.now, expected_version=page.report.version)
    except Conflict:
        return


def _posted(request: Request) -> dict[str, str]:
    """The fields of the form; `undo` empties a field, which takes it back to the default."""
    posted = {name: str(value) for name, value in request.POST.items()}
    if service := posted.get("undo", ""):
        posted[f"chargeable-{service}"] = ""
    return posted


def _saved(request: Request, month: Month, msp: str) -> HttpResponse:
    """On to where the person wanted to go."""
    address, then = address_of(request, month, msp), request.POST.get("then", "stay")
    if then == "submit":
        return _go(request, f"{address.report}submit/")
    if then.startswith(COMMENT):
        return _go(request, f"{address.report}comment/{then.removeprefix(COMMENT)}/")
    if not wants_fragment(request):
        messages.success(request, _("Draft saved."))
        undone = request.POST.get("undo", "")
        return back_to(address, request.POST.get("group", ""), f"#line-{undone}" if undone else "")
    page = report_page(request.viewer, month, msp, now=request.now)
    response = _fragment(request, month, msp, page, Shown(sparklines(request.viewer, month, msp), **_place(request)), {}, status=200)
    response[SAVED] = str(page.report.version)
    return response


def _go(request: Request, address: str) -> HttpResponse:
    if not request.htmx:
        return HttpResponseRedirect(address)
    response = HttpResponse(status=200)
    response["HX-Redirect"], response[SAVED] = address, "gone"
    return response


def _place(request: Request) -> dict[str, str]:
    return {"group": request.POST.get("group", ""), "selected": request.POST.get("line", "")}


def _again(
    request: Request, month: Month, msp: str, page: ReportPage, form: editing.Draft, reading: editing.Reading, *, status: int
) -> HttpResponse:
    """The page once more, with what was typed in its fields and why it was not saved."""
    shown = Shown(sparklines(request.viewer, month, msp), draft=form, reading=reading, **_place(request))
    names = {one.view.service: one.view.service_name for one in page.lines}
    extra: dict[str, Any] = {
        "errors": [
            FieldError(f"{'chargeable' if field == 'chargeable' else 'line'}-{service}", names[service], text)
            for (service, field), text in reading.errors.items()
        ]
    }
    if status == 409:
        extra["clash"] = (form, reading)
    return _fragment(request, month, msp, page, shown, extra, status=status)


def _fragment(
    request: Request, month: Month, msp: str, page: ReportPage, shown: Shown, extra: dict[str, Any], *, status: int
) -> HttpResponse:
    """The form and what stands around it, for a page that is there; else the whole page."""
    context = context_of(request, month, msp, page, shown) | extra
    if clash := context.pop("clash", None):
        context["conflict"] = _clash(request, month, msp, page, context["groups"], *clash)
    template = "web/reports/_saved.html" if wants_fragment(request) else "web/reports/details.html"
    return render(request, template, context | {"oob": wants_fragment(request)}, status=status)


def _clash(request: Request, month: Month, msp: str, page: ReportPage, groups: Any, form: editing.Draft, reading: editing.Reading) -> Clash:
    since = conflict(request.viewer, month, msp, since_version=form.version or page.report.version)
    rows = tuple(row for group in groups for row in group.rows if row.meanwhile)
    names = {one.view.service: one.view.service_name for one in page.lines}
    typed = tuple(Typed(names[edit.service], _typed(form, edit)) for edit in reading.edits)
    return Clash(tuple(_happened(entry) for entry in since.entries), rows, typed)


def _happened(entry: HistoryEntry) -> Happened:
    sentence = says(done(entry.event, entry.actor))
    return Happened(sentence[:1].upper() + sentence[1:], entry.at)


def _typed(form: editing.Draft, edit: LineEdit) -> str:
    entry = form.entries[edit.service]
    values = (entry.chargeable if edit.chargeable is not None else None, entry.comment if edit.comment is not None else None)
    return " · ".join(value.mine for value in values if value is not None)


urls = [path("reports/<str:month>/<str:msp>/draft/", draft, name="report_draft")]
