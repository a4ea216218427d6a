"""API clients: programs that act for an account within their scopes. A secret is shown once, and never again."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trueup.accounts.rules import Right, scopes_of
from trueup.kit.errors import Conflict, Invalid, NotFound
from trueup.kit.text import text
from trueup.network import queries
from trueup.network.queries import ClientRow
from trueup.web import words
from trueup.web.forms import Form, ManyField, TextField
from trueup.web.network import clients as keys
from trueup.web.network.changing import SETTINGS, bound, show
from trueup.web.network.listing import zone_of
from trueup.web.page import Request, render

_MANAGE = text("manage API clients")


class ClientForm(Form):
    """A program, and what it may do."""

    offered = forms.CharField(widget=forms.HiddenInput)
    name = TextField(label=gettext_lazy("Name"), required=True, max_length=200, help_text=gettext_lazy("What it is for, like “RMM feed”."))
    scopes = ManyField(label=gettext_lazy("What it may do"), required=True)


def clients(request: Request) -> HttpResponse:
    """The clients of the account and of those below it."""
    request.viewer.require(Right.MANAGE_MEMBERS, _MANAGE)
    return render(request, "web/clients/list.html", {"clients": queries.clients(request.viewer), "zone": zone_of(request)})


def new_client(request: Request) -> HttpResponse:
    """Make a client of one's own account, and show its secret."""
    explanation = _("The client acts for %(account)s, within what you choose here.") % {"account": request.seat.chosen.name}
    return _make(request, heading=_("Add an API client"), explanation=explanation)


def replace_client(request: Request, client_id: str) -> HttpResponse:
    """A new secret: a new client beside the old one, which works until it is revoked."""
    old = _find(request, client_id)
    explanation = _(
        "A secret is never changed in place: “%(name)s” gets a second client with a new id and a new secret. "
        "Both work, until you revoke the old one."
    ) % {"name": old.name}
    return _make(
        request,
        heading=_("Replace the secret"),
        explanation=explanation,
        account=old.account.ref,
        initial={"name": old.name, "scopes": [scope.value for scope in old.scopes]},
    )


def _make(request: Request, *, heading: str, explanation: str, account: str = "", initial: dict[str, Any] | None = None) -> HttpResponse:
    request.viewer.require(Right.MANAGE_MEMBERS, _MANAGE)
    chosen = request.seat.chosen
    form = ClientForm(bound(request), initial=(initial or {}) | {"offered": keys.offer_id()})
    form.offer(scopes=[(scope.value, words.word(words.SCOPES, scope)) for scope in scopes_of(chosen.tier)])
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            made = keys.create(
                request.viewer, account or chosen.ref, said["name"], said["scopes"], offered=said["offered"], now=request.now
            )
        except Conflict:
            messages.info(request, _("This client was made already. Its secret was shown then, and cannot be shown again."))
            return HttpResponseRedirect(reverse("clients"))
        except Invalid as error:
            form.refuse(error)
        else:
            return render(request, "web/clients/made.html", {"made": made, "name": said["name"]})
    crumbs = [(_("API clients"), reverse("clients"))]
    return show(
        request,
        form,
        heading=heading,
        submit=_("Make the client"),
        cancel=reverse("clients"),
        explanation=explanation,
        crumbs=crumbs,
        layout=SETTINGS,
    )


def revoke_client(request: Request, client_id: str) -> HttpResponse:
    """Take its access away: asked first, done then."""
    found = _find(request, client_id)
    if request.method == "POST":
        keys.revoke(request.viewer, client_id, now=request.now)
        messages.success(request, _("“%(name)s” was revoked. It has no access any more.") % {"name": found.name})
        return HttpResponseRedirect(reverse("clients"))
    return render(request, "web/clients/revoke.html", {"client": found, "zone": zone_of(request)})


def _find(request: Request, client_id: str) -> ClientRow:
    request.viewer.require(Right.MANAGE_MEMBERS, _MANAGE)
    found = next((client for client in queries.clients(request.viewer) if client.client_id == client_id), None)
    if found is None:
        raise NotFound(text("there is no client “{client}”", client=client_id))
    return found


urls = [
    path("settings/clients/", clients, name="clients"),
    path("settings/clients/new/", new_client, name="new_client"),
    path("settings/clients/<slug:client_id>/replace/", replace_client, name="replace_client"),
    path("settings/clients/<slug:client_id>/revoke/", revoke_client, name="revoke_client"),
]
