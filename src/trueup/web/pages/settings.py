"""Settings: what there is, and which e-mails one gets."""

from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from trueup.kit.errors import Invalid
from trueup.notifications import actions, queries
from trueup.notifications.queries import KindPreference
from trueup.web.menu import SETTINGS, Entry, menu_of, own_pages
from trueup.web.notices import CHOICES, KINDS
from trueup.web.page import Request, render

ABOUT: Final[dict[str, str | Promise]] = {
    "billing_details": gettext_lazy("Who you are on statements and e-invoices: address, tax number, bank account"),
    "members": gettext_lazy("Who acts for your account, and in which role"),
    "terms": gettext_lazy("Deadlines, reminders, thresholds and penalties, from which day on"),
    "catalog": gettext_lazy("Solution groups, services, units, credits and measures"),
    "regions": gettext_lazy("Where usage reports are available"),
    "account_types": gettext_lazy("Which kinds of accounts have usage reports"),
    "sources": gettext_lazy("Where usage comes from, and which of it is expected every day"),
    "profiles": gettext_lazy("Reports and usage files in the columns of other programs"),
    "clients": gettext_lazy("Programs that act for your account"),
    "webhooks": gettext_lazy("Programs that are called when something happens"),
    "outbox": gettext_lazy("E-mails that were sent, wait, or failed"),
    "notification_settings": gettext_lazy("Which e-mails you get, when, and in which language"),
    "account_change_password": gettext_lazy("Change your password"),
    "mfa_index": gettext_lazy("An app, passkeys or security keys, and recovery codes"),
    "usersessions_list": gettext_lazy("Where you are signed in, and how to sign out there"),
}


@dataclass(frozen=True, slots=True)
class Card:
    """A page under Settings, and what it is for."""

    entry: Entry
    about: str | Promise


@require_safe
def overview(request: Request) -> HttpResponse:
    """What can be set up."""
    context = {"account": _cards(menu_of(request.viewer, request.path, SETTINGS)), "own": _cards(own_pages(request.path))}
    return render(request, "web/settings/overview.html", context)


def _cards(entries: tuple[Entry, ...]) -> list[Card]:
    return [Card(entry, ABOUT.get(entry.name, "")) for entry in entries]


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of e-mail on the page: its name in the form, the words, what can be chosen (value, word, chosen)."""

    name: str
    label: str | Promise
    choices: tuple[tuple[str, str | Promise, bool], ...]


@require_http_methods(["GET", "HEAD", "POST"])
def notification_settings(request: Request) -> HttpResponse:
    """Which e-mails the person gets."""
    problem: Invalid | None = None
    if request.method == "POST":
        try:
            _save(request)
        except Invalid as error:
            problem = error
        else:
            messages.success(request, _("Saved."))
            return redirect("notification_settings")
    now = queries.preferences(request.viewer)
    context = {"rows": [_row(kind) for kind in now.kinds], "language": now.language, "languages": settings.LANGUAGES, "problem": problem}
    return render(request, "web/settings/notifications.html", context, status=400 if problem else 200)


def _save(request: Request) -> None:
    """What was chosen. Raises Invalid."""
    kinds = queries.preferences(request.viewer).kinds
    chosen = {kind.kind.value: request.POST[kind.kind] for kind in kinds if kind.kind in request.POST}
    actions.set_preferences(request.viewer, chosen, now=request.now, language=request.POST.get("language") or None)


def _row(kind: KindPreference) -> Row:
    return Row(kind.kind, KINDS[kind.kind], tuple((choice.value, CHOICES[choice], choice == kind.choice) for choice in kind.choices))


urls = [
    path("settings/", overview, name="settings"),
    path("settings/notifications/", notification_settings, name="notification_settings"),
]
