"""Mapping profiles: the columns of other programs' files; and a report in them, to be downloaded."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from trueup.exchange import actions, queries
from trueup.exchange.queries import Kept
from trueup.exchange.rules.profiles import CONNECTWISE, FIGURES, TEXTS, USAGE, Kind, may_keep, require_keeper
from trueup.exchange.written import as_text
from trueup.kit.errors import Conflict, Invalid, Stale
from trueup.reports.queries import report
from trueup.web.forms import Form
from trueup.web.network.changing import bound
from trueup.web.page import Request, render
from trueup.web.pages.report_details import address_of
from trueup.web.whole import month_of
from trueup.web.words import says

_MOST_TYPED: Final = 2_000_000
"""Characters of a profile."""

_USAGE_EXAMPLE: Final = """\
name: usage
kind: in
header_row: 1
columns:
  - {field: day, heading: Day}
  - {field: customer, heading: Customer}
  - {field: service, heading: Product}
  - {field: provisioned_units, heading: Quantity}
services: {}
customers: {}
delimiter: ","
decimal_comma: false
encoding: utf-8
day_format: YYYY-MM-DD
"""


class ProfileForm(Form):
    """A profile as text."""

    text = forms.CharField(
        label=gettext_lazy("Profile"),
        max_length=_MOST_TYPED,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 26, "spellcheck": "false", "class": "profile-text", "wrap": "off"}),
    )


@require_GET
def profiles(request: Request) -> HttpResponse:
    """Those of the account, and those that are built in."""
    context = {"profiles": queries.profiles(request.viewer), "may_keep": may_keep(request.viewer)}
    return render(request, "web/profiles/list.html", context)


def new_profile(request: Request) -> HttpResponse:
    """Write a profile, beginning with one there is (`?like=`) or with an example for usage files (`?in`)."""
    require_keeper(request.viewer)
    like = request.GET.get("like", "")
    kept = queries.profile(request.viewer, like) if like else Kept(CONNECTWISE)
    example = as_text(replace(kept.profile, name=f"{kept.name}-2" if like else "mine"))
    form = ProfileForm(bound(request), initial={"text": _USAGE_EXAMPLE if "in" in request.GET else example, "seen": actions.NEW})
    if request.method == "POST" and form.is_valid() and _save(request, form, None):
        return HttpResponseRedirect(reverse("profiles"))
    return _show(request, form, _("Add a mapping profile"))


def edit_profile(request: Request, name: str) -> HttpResponse:
    """Change a profile; who may not, and of a built-in one everybody, reads it."""
    kept = queries.profile(request.viewer, name)
    if request.method == "POST":
        require_keeper(request.viewer)
    if kept.profile.built_in or not may_keep(request.viewer):
        context = {"kept": kept, "text": as_text(kept.profile), "may_keep": may_keep(request.viewer)}
        return render(request, "web/profiles/details.html", context)
    form = ProfileForm(bound(request), initial=_now(kept))
    if request.method == "POST" and form.is_valid() and _save(request, form, name):
        return HttpResponseRedirect(reverse("profiles"))
    return _show(request, form, _("Change “%(name)s”") % {"name": name})


def _now(kept: Kept) -> dict[str, str]:
    return {"text": as_text(kept.profile), "seen": kept.profile.fingerprint}


def _save(request: Request, form: ProfileForm, name: str | None) -> bool:
    """Save what was typed; what is wrong with it is said in the form, line by line."""
    said = form.cleaned_data
    try:
        saved = actions.save_text(request.viewer, said["text"], file_name=_("Profile"), seen=said["seen"], now=request.now, name=name)
    except Stale as error:
        _tell_meanwhile(request, form, error, name)
    except Invalid as error:
        for problem in error.problems:
            form.add_error("text", f"{says(problem.where)}: {says(problem.message)}")
        if not error.problems:
            form.refuse(error)
    except Conflict as error:
        form.refuse(error)
    else:
        messages.success(request, _("“%(name)s” was saved.") % {"name": saved.name})
        return True
    return False


def _tell_meanwhile(request: Request, form: ProfileForm, error: Stale, name: str | None) -> None:
    """Somebody else was quicker: what is there now stands beside what was typed."""
    kept = next((kept for kept in queries.profiles(request.viewer) if kept.name == name), None)
    if kept is None:
        form.refuse(error)
        return
    form.renew(_now(kept))
    form.add_error(None, _("Somebody else has changed this meanwhile. Nothing of yours was saved yet, and nothing is lost."))


def _show(request: Request, form: ProfileForm, heading: str) -> HttpResponse:
    fields: list[tuple[str, Mapping[str, Any]]] = [(_("Reports"), {**FIGURES, **TEXTS}), (_("Usage files"), USAGE)]
    context = {
        "form": form, "heading": heading, "submit": _("Save"), "cancel": reverse("profiles"), "fields": fields,
        "crumbs": [(_("Mapping profiles"), reverse("profiles"))],
    }  # fmt: skip
    status = 409 if form.meanwhile else 400 if form.is_bound and form.errors else 200
    return render(request, "web/profiles/edit.html", context, status=status)


def remove_profile(request: Request, name: str) -> HttpResponse:
    """Remove a profile: asked first, done then."""
    kept = queries.profile(request.viewer, name)
    require_keeper(request.viewer)
    if request.method == "POST":
        try:
            actions.remove_profile(request.viewer, name, seen=request.POST.get("seen") or None, now=request.now)
        except Conflict as error:
            messages.error(request, says(error.message))
        else:
            messages.success(request, _("“%(name)s” was removed.") % {"name": name})
        return HttpResponseRedirect(reverse("profiles"))
    return render(request, "web/profiles/remove.html", {"kept": kept})


@require_GET
def report_mapped(request: Request, month: str, msp: str) -> HttpResponse:
    """Choose in which columns a report is downloaded."""
    of = month_of(month)
    found = report(request.viewer, of, msp)
    context = {
        "report": found, "address": address_of(request, of, msp), "profiles": queries.profiles(request.viewer, Kind.OUT),
        "chosen": request.GET.get("profile", ""),
    }  # fmt: skip
    return render(request, "web/profiles/report.html", context)


@require_GET
def report_mapped_csv(request: Request, month: str, msp: str) -> HttpResponse:
    """The report in the columns of a profile."""
    wanted = {"customers": True, "lines": False}.get(request.GET.get("rows", ""))
    name = request.GET.get("profile", CONNECTWISE.name)
    found = queries.exported(request.viewer, month_of(month), msp, name, customers=wanted)
    response = HttpResponse(found.content, content_type=f"text/csv; charset={found.charset}")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=found.file_name)
    response["Cache-Control"] = "no-store"
    return response


urls = [
    path("settings/profiles/", profiles, name="profiles"),
    path("settings/profiles/new/", new_profile, name="new_profile"),
    path("settings/profiles/edit/<ref:name>/", edit_profile, name="edit_profile"),
    path("settings/profiles/remove/<ref:name>/", remove_profile, name="remove_profile"),
    path("reports/<str:month>/<ref:msp>/mapped/", report_mapped, name="report_mapped"),
    path("reports/<str:month>/<ref:msp>/mapped.csv", report_mapped_csv, name="report_mapped_csv"),
]
