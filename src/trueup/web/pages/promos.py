"""Promo codes: what a seller unlocks for a while. A buyer is told whether a code holds, not which there are."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from trueup.kit.errors import Conflict, Invalid, NotFound, Stale
from trueup.kit.quantity import plain
from trueup.prices import actions, queries
from trueup.prices.queries import KeptPromo
from trueup.web.forms import ChoiceField, DayField, Form, NumberField, TextField, choices
from trueup.web.network.changing import bound, show, take_away
from trueup.web.network.listing import today_of
from trueup.web.page import Request, render
from trueup.web.prices.lists import TYPED_BUYER, Catalog, buyers_of, may_keep, own, require_keeper
from trueup.web.prices.words import percent, price


class PromoForm(Form):
    """A promo code."""

    where = {"from": "from_date", "until": "until_date"}
    says_optional = False
    code = TextField(
        label=gettext_lazy("Code"), required=True, max_length=60,
        help_text=gettext_lazy("Capital letters, digits, dots, dashes and underscores. It never changes."),
    )  # fmt: skip
    from_date = DayField(label=gettext_lazy("From"), required=True, help_text=gettext_lazy("The first day on which it holds."))
    until_date = DayField(
        label=gettext_lazy("Until"), required=True, help_text=gettext_lazy("The last day. The last day of a cycle decides.")
    )
    service = ChoiceField(label=gettext_lazy("Service"), help_text=gettext_lazy("A price is that of one service."))
    buyer = TextField(
        label=gettext_lazy("Buyer"), max_length=200, help_text=gettext_lazy("The ref of the one it is for. Empty: everybody."),
        widget=forms.TextInput(attrs=TYPED_BUYER),
    )  # fmt: skip
    price = NumberField(
        label=gettext_lazy("Price per unit"),
        help_text=gettext_lazy("In place of tiers, free units and minimums. Either this or a margin."),
    )
    margin_percent = NumberField(label=gettext_lazy("Margin in percent"), help_text=gettext_lazy("In place of every other margin."))

    def said(self) -> dict[str, Any]:
        """The code as a document."""
        given = self.cleaned_data
        days = {"from": given["from_date"].isoformat(), "until": given["until_date"].isoformat()}
        return days | {name: given[name] or None for name in ("service", "buyer", "price", "margin_percent")}


@dataclass(frozen=True, slots=True)
class PromoShown:
    """A code in the list: what it unlocks, and whether it holds today."""

    kept: KeptPromo
    unlocks: str
    service: str
    phase: str

    @classmethod
    def of(cls, kept: KeptPromo, names: Any, today: date) -> "PromoShown":
        """As of a day."""
        promo = kept.promo
        unlocks = (
            _("%(price)s per unit") % {"price": price(plain(promo.price), "")} if promo.price is not None
            else _("a margin of %(percent)s") % {"percent": percent(plain(promo.margin_percent))}
        )  # fmt: skip
        phase = "comes" if promo.from_date > today else "was" if promo.until_date < today else "now"
        return cls(kept, unlocks, names.get(promo.service, promo.service or ""), phase)


@require_GET
def promos(request: Request) -> HttpResponse:
    """The codes of the account."""
    names, today = Catalog.of(request).names, today_of(request)
    rows = [PromoShown.of(kept, names, today) for kept in queries.promo_codes(request.viewer)]
    return render(request, "web/prices/promos.html", {"rows": rows, "may": may_keep(request, own(request))})


def new_promo(request: Request) -> HttpResponse:
    """Add a code."""
    require_keeper(request, own(request))
    form = _form(request, {"seen": actions.NEW})
    if request.method == "POST" and form.is_valid() and _save(request, form, form.cleaned_data["code"].strip(), actions.NEW):
        return HttpResponseRedirect(reverse("promos"))
    return _show(request, form, _("Add a promo code"))


def edit_promo(request: Request, code: str) -> HttpResponse:
    """Change a code."""
    kept = queries.kept_promo_code(request.viewer, own(request), code)
    require_keeper(request, own(request))
    form = _form(request, _initial(kept))
    form.fields["code"].disabled = True
    if request.method == "POST" and form.is_valid() and _save(request, form, code, form.cleaned_data["seen"]):
        return HttpResponseRedirect(reverse("promos"))
    return _show(request, form, _("Edit %(name)s") % {"name": code})


def _save(request: Request, form: PromoForm, code: str, seen: str) -> bool:
    """Save what was typed; what is wrong with it, or was changed meanwhile, is said in the form."""
    try:
        actions.save_promo_code(request.viewer, own(request), code, form.said(), seen=seen, now=request.now)
    except Stale as refused:
        if seen == actions.NEW:
            form.add_error("code", _("There is a promo code of this name already: open it and edit it."))
        else:
            _tell_meanwhile(request, form, code, refused)
        return False
    except Invalid as refused:
        form.refuse(refused)
        return False
    messages.success(request, _("“%(name)s” was saved.") % {"name": code})
    return True


def _tell_meanwhile(request: Request, form: PromoForm, code: str, refused: Conflict) -> None:
    try:
        form.renew(_initial(queries.kept_promo_code(request.viewer, own(request), code)))
        form.add_error(None, _("Somebody else has changed this meanwhile. Nothing of yours was saved yet, and nothing is lost."))
    except NotFound:
        form.refuse(refused)


def _initial(kept: KeptPromo) -> dict[str, Any]:
    promo = kept.promo
    return {
        "code": promo.code, "from_date": promo.from_date, "until_date": promo.until_date, "service": promo.service or "",
        "buyer": promo.buyer or "", "price": promo.price, "margin_percent": promo.margin_percent, "seen": kept.fingerprint,
    }  # fmt: skip


def _form(request: Request, initial: dict[str, Any]) -> PromoForm:
    form = PromoForm(bound(request), initial=initial)
    services = [(one.code, one.name) for group in Catalog.of(request).groups for one in group.services]
    form.offer(service=choices(services, nothing=_("Every service")))
    return form


def _show(request: Request, form: PromoForm, heading: str) -> HttpResponse:
    crumbs = [(_("Prices"), reverse("prices")), (_("Promo codes"), reverse("promos"))]
    return show(
        request, form, heading=heading, submit=_("Save"), cancel=reverse("promos"), crumbs=crumbs, datalists=[buyers_of(request)]
    )  # fmt: skip


def remove_promo(request: Request, code: str) -> HttpResponse:
    """Remove a code: asked first, done then."""
    kept = queries.kept_promo_code(request.viewer, own(request), code)
    require_keeper(request, own(request))
    if request.method == "POST":
        seen = request.POST.get("seen") or None
        return take_away(
            request,
            lambda: actions.remove_promo_code(request.viewer, own(request), code, seen=seen, now=request.now),
            done=_("“%(name)s” was removed.") % {"name": code},
            to=reverse("promos"),
        )
    return render(request, "web/prices/promo_remove.html", {"kept": kept})


urls = [
    path("promos/", promos, name="promos"),
    path("promos/new/", new_promo, name="new_promo"),
    path("promos/edit/<ref:code>/", edit_promo, name="edit_promo"),
    path("promos/remove/<ref:code>/", remove_promo, name="remove_promo"),
]
