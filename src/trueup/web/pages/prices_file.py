"""Prices as a file: all lists and promo codes of the account to take away, and a file to apply, which is shown first."""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from trueup.kit.errors import Invalid, NotAllowed, Stale
from trueup.prices import actions, queries
from trueup.prices.rules.files import Planned, plan_mark
from trueup.prices.written import as_text
from trueup.web.forms import Form
from trueup.web.network.changing import BACK, CONFIRMED, bound
from trueup.web.network.steps import StepShown
from trueup.web.page import Request, render
from trueup.web.prices.lists import Catalog, may_keep, own, require_keeper
from trueup.web.prices.words import changed_entry, was_is
from trueup.web.words import says

FILE_NAME: Final = "prices.yaml"
MOST_TYPED: Final = 8_000_000
"""Characters of a file; a larger one is applied on the command line."""
MOST_PROBLEMS: Final = 50
"""Problems of a file that are listed."""
MOST_CHANGES: Final = 30
"""Changes of a list that are shown."""


class FileForm(Form):
    """A file of prices: chosen, or typed."""

    says_optional = False
    file = forms.FileField(label=gettext_lazy("File"), required=False, widget=forms.FileInput(attrs={"accept": ".yaml,.yml,.txt"}))
    text = forms.CharField(
        label=gettext_lazy("Or its text"), required=False, strip=False, max_length=MOST_TYPED,
        widget=forms.Textarea(attrs={"rows": 18, "spellcheck": "false", "class": "price-file wide", "wrap": "off"}),
    )  # fmt: skip

    def clean(self) -> None:
        """The text is that of the file, where one was chosen."""
        super().clean()
        file = self.cleaned_data.get("file")
        if file is not None:
            self._take(file)
        elif not self.cleaned_data.get("text", "").strip() and not self.errors:
            self.add_error("file", _("Choose a file, or write what is in it."))

    def _take(self, file: Any) -> None:
        if file.size > MOST_TYPED:
            self.add_error("file", _("This file is too large for a page: apply it on the command line."))
            return
        try:
            self.cleaned_data["text"] = file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            self.add_error("file", _("This is no text in UTF-8."))
            return
        self.data = self.data.copy()  # type: ignore[attr-defined]
        self.data["text"] = self.cleaned_data["text"]  # type: ignore[index]


def prices_file(request: Request) -> HttpResponse:
    """The file of the account, and a form for another one."""
    seller = own(request)
    if request.method != "POST":
        return _show(request, FileForm())
    require_keeper(request, seller)
    form = FileForm(bound(request), request.FILES)
    if BACK in request.POST or not form.is_valid():
        return _show(request, form, status=200 if BACK in request.POST else 400)
    try:
        return _apply(request, form) if CONFIRMED in request.POST else _preview(request, form)
    except Invalid as refused:
        for problem in refused.problems[:MOST_PROBLEMS]:
            form.add_error("text", f"{says(problem.where)}: {says(problem.message)}" if problem.where else says(problem.message))
        form.add_error(None, says(refused.message))
        return _show(request, form, status=400)
    except NotAllowed as refused:
        form.add_error(None, says(refused.message))
        return _show(request, form, status=403)


def _preview(request: Request, form: FileForm, *, warning: str = "") -> HttpResponse:
    """What the file would change."""
    said = form.cleaned_data["text"]
    plan = actions.plan_prices(request.viewer, said, file_name=FILE_NAME, now=request.now)
    if not plan:
        messages.info(request, _("Nothing was changed: it is so already."))
        return HttpResponseRedirect(reverse("prices"))
    names = Catalog.of(request).names
    context = {"steps": [_step(one, names) for one in plan], "text": said, "mark": plan_mark(plan), "warning": warning}
    return render(request, "web/prices/file_preview.html", context, status=409 if warning else 200)


def _step(one: Planned, names: Any) -> StepShown:
    left = len(one.changes) - MOST_CHANGES
    note = _("and %(count)s more changes") % {"count": left} if left > 0 else ""
    return StepShown(changed_entry(one.said), was_is(one.changes[:MOST_CHANGES], names), note)


def _apply(request: Request, form: FileForm) -> HttpResponse:
    said = form.cleaned_data["text"]
    try:
        actions.apply_prices(
            request.viewer, said, file_name=FILE_NAME, dry_run=False, now=request.now, seen=request.POST.get("mark", "")
        )  # fmt: skip
    except Stale:
        return _preview(
            request, form, warning=_("Prices were changed meanwhile. Nothing was applied yet: this is what the file changes now.")
        )
    messages.success(request, _("The file was applied. Statements that were issued keep their prices."))
    return HttpResponseRedirect(reverse("prices"))


def _show(request: Request, form: FileForm, *, status: int = 200) -> HttpResponse:
    return render(request, "web/prices/file.html", {"form": form, "may": may_keep(request, own(request))}, status=status)


@require_GET
def prices_download(request: Request) -> HttpResponse:
    """All price lists and promo codes of the account."""
    lists = [kept.prices for kept in queries.price_lists(request.viewer, seller=own(request))]
    codes = [(kept.seller, kept.promo) for kept in queries.promo_codes(request.viewer)]
    response = HttpResponse(as_text(lists, codes), content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=FILE_NAME)
    response["Cache-Control"] = "no-store"
    return response


urls = [
    path("prices/file/", prices_file, name="prices_file"),
    path("prices/file/prices.yaml", prices_download, name="prices_download"),
]
