"""Members: who may sign in for an account, and what they may do there."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from trueup.accounts.queries import account
from trueup.accounts.rules import Right, Role, Tier
from trueup.kit.errors import Conflict, Invalid, NotFound
from trueup.kit.text import text
from trueup.network import actions, invitations, queries
from trueup.network.queries import MemberRow
from trueup.notifications import actions as notifications
from trueup.web import words
from trueup.web.forms import ChoiceField, Form, TextField
from trueup.web.network.changing import SETTINGS, Changing, bound, change, show
from trueup.web.network.listing import search_of, today_of
from trueup.web.page import Request, render, wants_fragment
from trueup.web.words import says

_MANAGE = text("manage members")
_ROLES = [(role.value, words.ROLES[role]) for role in Role]
_ROLE_HELP = gettext_lazy("An admin does everything and manages members; a billing manager does the work of the month; a viewer reads.")


class InviteForm(Form):
    """Somebody new in an account."""

    where = {"account": "email"}
    email = TextField(label=gettext_lazy("E-mail address"), required=True, max_length=254)
    name = TextField(label=gettext_lazy("Name"), max_length=200)
    role = ChoiceField(label=gettext_lazy("Role"), required=True, choices=_ROLES, initial=Role.BILLING_MANAGER.value, help_text=_ROLE_HELP)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].widget.attrs |= {"type": "email", "autocomplete": "off"}


class MemberForm(Form):
    """What somebody is in an account, and what they are called."""

    name = TextField(label=gettext_lazy("Name"), max_length=200)
    role = ChoiceField(label=gettext_lazy("Role"), required=True, choices=_ROLES, help_text=_ROLE_HELP)


def members(request: Request) -> HttpResponse:
    """The members of one's own account, or of one below it."""
    search, _number = search_of(request)
    chosen = request.GET.get("account", "") or request.seat.chosen.ref
    found = account(request.viewer, chosen)
    listed = [
        one for one in queries.members(request.viewer, chosen, on=today_of(request)) if search.lower() in f"{one.email} {one.name}".lower()
    ]
    context = {
        "members": listed, "search": search, "account": found.ref, "account_name": found.name, "own": found.ref == request.seat.chosen.ref,
        "is_partner": found.tier in {Tier.DISTRIBUTOR, Tier.MSP}, "may": request.viewer.may(Right.MANAGE_MEMBERS),
    }  # fmt: skip
    return render(request, "web/members/_list.html" if wants_fragment(request) else "web/members/list.html", context)


def invite(request: Request) -> HttpResponse:
    """Make somebody a member: they are sent a link, which is shown once to whom it opens nothing that is not theirs."""
    chosen = account(request.viewer, request.GET.get("account", "") or request.seat.chosen.ref)
    request.viewer.require(Right.MANAGE_MEMBERS, _MANAGE)
    form = InviteForm(bound(request))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        if form.act(lambda: actions.invite(request.viewer, said["email"], chosen.ref, Role(said["role"]), said["name"], now=request.now)):
            return _invited(request, said["email"].strip(), said["name"], chosen.name, chosen.pk)
    back = _back(request, chosen.ref)
    explanation = _("They get an e-mail with a link, choose a password, and act for %(account)s.") % {"account": chosen.name}
    return show(
        request, form, heading=_("Invite somebody"), submit=_("Invite"), cancel=back, explanation=explanation, layout=SETTINGS,
        crumbs=[(_("Members"), back)],
    )  # fmt: skip


def _invited(request: Request, email: str, name: str, account_name: str, account_id: int) -> HttpResponse:
    shown = invitations.link_to_show(request.viewer, email, request.now, on=today_of(request))
    sent = True
    try:
        notifications.tell_invited(
            email, name, account_name=account_name, inviter=request.user.name or request.user.email,  # type: ignore[union-attr]
            link=invitations.link_for(email, request.now), now=request.now, account_id=account_id, language=get_language() or "",
        )  # fmt: skip
    except Invalid as error:
        sent = False
        messages.error(request, says(error.message))
    return render(request, "web/members/invited.html", {"link": shown, "email": email, "account_name": account_name, "sent": sent})


def send_again(request: Request) -> HttpResponse:
    """A new link for somebody who has not come in yet."""
    if request.method != "POST":
        raise NotFound("")
    found = _find(request)
    request.viewer.require(Right.MANAGE_MEMBERS, _MANAGE)
    of = account(request.viewer, found.account.ref)
    return _invited(request, found.email, found.name, of.name, of.pk)


def edit_member(request: Request) -> HttpResponse:
    """Another role or name."""
    found = _find(request)
    request.viewer.require(Right.MANAGE_MEMBERS, _MANAGE)
    form = MemberForm(bound(request), initial=_values(found))
    back = _back(request, found.account.ref)
    if request.method == "POST" and form.is_valid():
        entry = {"email": found.email, "account": found.account.ref, "role": form.cleaned_data["role"], "name": form.cleaned_data["name"]}
        changing = Changing("members", entry, back, _("The member was changed."), fresh=lambda: _values(_find(request)))
        answer = change(request, form, changing)
        if answer is not None:
            return answer
    heading = _("Change %(email)s") % {"email": found.email}
    crumbs = [(_("Members"), back)]
    return show(request, form, heading=heading, submit=_("Save"), cancel=back, layout=SETTINGS, crumbs=crumbs)


def remove_member(request: Request) -> HttpResponse:
    """Take somebody out of an account: asked first, done then."""
    found = _find(request)
    request.viewer.require(Right.MANAGE_MEMBERS, _MANAGE)
    back = _back(request, found.account.ref)
    refused = ""
    if request.method == "POST":
        try:
            actions.remove(request.viewer, "members", (found.email, found.account.ref), now=request.now)
        except Conflict as error:
            refused = says(error.message)
        else:
            messages.success(request, _("%(email)s is no longer a member.") % {"email": found.email})
            return HttpResponseRedirect(back)
    return render(request, "web/members/remove.html", {"member": found, "back": back, "refused": refused}, status=409 if refused else 200)


def _values(member: MemberRow) -> dict[str, Any]:
    return {"name": member.name, "role": str(member.role), "seen": member.fingerprint}


def _find(request: Request) -> MemberRow:
    """The member the address names. Raises NotFound."""
    email, ref = request.GET.get("email", ""), request.GET.get("account", "")
    found = next((one for one in queries.members(request.viewer, ref, on=today_of(request)) if one.email == email), None)
    if found is None:
        raise NotFound(text("there is no member {name}", name=email))
    return found


def _back(request: Request, ref: str) -> str:
    """The list of an account's members."""
    address = reverse("members")
    return address if ref == request.seat.chosen.ref else f"{address}?{urlencode({'account': ref})}"


urls = [
    path("settings/members/", members, name="members"),
    path("settings/members/invite/", invite, name="invite"),
    path("settings/members/invite-again/", send_again, name="invite_again"),
    path("settings/members/edit/", edit_member, name="edit_member"),
    path("settings/members/remove/", remove_member, name="remove_member"),
]
