"""Saving the draft of a report from its form: what can't be read, and what somebody else saved meanwhile, comes back beside its field."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from trueup.kit.addresses import anchor, encoded
from trueup.kit.errors import Conflict
from trueup.kit.period import Month
from trueup.reports.actions import LineEdit, save_draft
from trueup.reports.queries import HistoryEntry, sparklines
from trueup.reports.queries.page import ReportPage, conflict, report_page
from trueup.reports.rules.happenings import done
from trueup.web import editing, numbers
from trueup.web.page import Request, render, wants_fragment
from trueup.web.pages import report_money
from trueup.web.pages.report_details import address_of, back_to, context_of
from trueup.web.pages.report_rows import ALL, Group, Row, Shown
from trueup.web.whole import month_of
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


@dataclass(frozen=True, slots=True)
class Attempt:
    """A form that was sent, and the report as it is now."""

    request: Request
    month: Month
    msp: str
    form: editing.Draft
    page: ReportPage
    reading: editing.Reading

    @classmethod
    def of(cls, request: Request, month: Month, msp: str, form: editing.Draft) -> "Attempt":
        """Read the report and compare the form with it. Raises NotFound, NotAllowed."""
        page = report_page(request.viewer, month, msp, now=request.now)
        return cls(request, month, msp, form, page, editing.read_draft(form, [one.view for one in page.lines]))

    @property
    def stale(self) -> bool:
        """Whether the form was made from an earlier state of the report."""
        return self.form.version is not None and self.form.version != self.page.report.version

    @property
    def names(self) -> dict[str, str]:
        """The names of the services."""
        return {one.view.service: one.view.service_name for one in self.page.lines}


@require_POST
def draft(request: Request, month: str, msp: str) -> HttpResponse:
    """Save what was edited, and go on: `then` is `stay`, `submit` or `comment:<service>`.

    What comes back into the form is written in the language the form was made in, with what was typed as it is.
    """
    form = editing.read_form(_posted(request))
    with translation.override(form.language or numbers.language()):
        return _draft(request, month_of(month), msp, form)


def _draft(request: Request, of: Month, msp: str, form: editing.Draft) -> HttpResponse:
    attempt = Attempt.of(request, of, msp, form)
    if attempt.reading.errors and attempt.page.may_prepare:
        return _again(attempt, status=422)
    if not attempt.reading.edits and attempt.page.may_prepare:
        return _saved(request, of, msp)
    if attempt.stale and attempt.page.may_prepare:
        return _again(attempt, status=409)
    try:
        save_draft(request.viewer, of, msp, attempt.reading.edits, now=request.now, expected_version=attempt.page.report.version)
    except Conflict:  # it is no longer waiting for the MSP, or somebody was quicker by a moment
        return _again(Attempt.of(request, of, msp, form), status=409)
    return _saved(request, of, msp)


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
        return _go(request, f"{address.report}comment/{encoded(then.removeprefix(COMMENT))}/")
    if not wants_fragment(request):
        with translation.override(request.LANGUAGE_CODE):  # that of the next page
            messages.success(request, _("Draft saved."))
        undone = request.POST.get("undo", "")
        return back_to(address, request.POST.get("group", ""), f"#line-{anchor(undone)}" if undone else "")
    page = report_page(request.viewer, month, msp, now=request.now)
    context = context_of(request, month, msp, page, Shown(sparklines(request.viewer, month, msp), group=request.POST.get("group", "")))
    context |= {"oob": True, "money": report_money.shown(request, month, msp, page)}
    response = render(request, "web/reports/_saved.html", context)
    response[SAVED] = str(page.report.version)
    return response


def _go(request: Request, address: str) -> HttpResponse:
    if not request.htmx:
        return HttpResponseRedirect(address)
    response = HttpResponse(status=200)
    response["HX-Redirect"], response[SAVED] = address, "gone"
    return response


def _again(attempt: Attempt, *, status: int) -> HttpResponse:
    """The page once more, with what was typed in its fields and why it was not saved."""
    request, month, msp = attempt.request, attempt.month, attempt.msp
    fragment = wants_fragment(request)
    # Without a script no link can open another group: a page that points at lines of any of them shows them all.
    group = ALL if status == 409 and not fragment else request.POST.get("group", "")
    shown = Shown(sparklines(request.viewer, month, msp), group=group, draft=attempt.form, reading=attempt.reading)
    context = context_of(request, month, msp, attempt.page, shown)
    context["errors"] = [
        FieldError(f"{'chargeable' if field == 'chargeable' else 'line'}-{anchor(service)}", attempt.names[service], text)
        for (service, field), text in attempt.reading.errors.items()
    ]
    if status == 409:
        context["conflict"] = _clash(attempt, context["groups"])
    template = "web/reports/_saved.html" if fragment else "web/reports/details.html"
    return render(request, template, context | {"oob": fragment}, status=status)


def _clash(attempt: Attempt, groups: Sequence[Group]) -> Clash:
    since_version = attempt.form.version or attempt.page.report.version
    since = conflict(attempt.request.viewer, attempt.month, attempt.msp, since_version=since_version)
    rows = tuple(row for group in groups for row in group.rows if row.meanwhile)
    typed = [Typed(attempt.names[edit.service], _typed(attempt.form, edit)) for edit in attempt.reading.edits]
    typed += [
        Typed(attempt.names[service], getattr(attempt.form.entries[service], field).mine) for service, field in attempt.reading.errors
    ]
    return Clash(tuple(_happened(entry) for entry in since.entries), rows, tuple(typed))


def _happened(entry: HistoryEntry) -> Happened:
    return Happened(says(done(entry.event, entry.actor)), entry.at)


def _typed(form: editing.Draft, edit: LineEdit) -> str:
    entry = form.entries[edit.service]
    values = (entry.chargeable if edit.chargeable is not None else None, entry.comment if edit.comment is not None else None)
    return " · ".join(value.mine for value in values if value is not None)


urls = [path("reports/<str:month>/<ref:msp>/draft/", draft, name="report_draft")]
