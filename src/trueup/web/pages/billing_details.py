"""Billing details: what statements say of the account one acts for, beyond its name."""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trueup.accounts.rules import Right
from trueup.kit.errors import Invalid, Stale
from trueup.statements.actions import save_details
from trueup.statements.queries import billing_details as details_of
from trueup.statements.rules.parties import FIELDS, MOST_CHARACTERS
from trueup.web.forms import Form, TextField
from trueup.web.network.changing import SETTINGS, bound, show
from trueup.web.page import Request
from trueup.web.prices.lists import own

_LABELS: Final = {
    "legal_name": (gettext_lazy("Legal name"), gettext_lazy("Where it is another one than the account's."), "organization"),
    "street": (gettext_lazy("Street"), "", "street-address"),
    "postal_code": (gettext_lazy("Postal code"), "", "postal-code"),
    "city": (gettext_lazy("City"), gettext_lazy("Where it is another one than the account's."), "address-level2"),
    "state": (gettext_lazy("State"), "", "address-level1"),
    "country": (gettext_lazy("Country"), gettext_lazy("Two capital letters, like DE. An e-invoice needs it."), "country"),
    "vat_id": (gettext_lazy("VAT identifier"), gettext_lazy("With the letters of its country, like DE123456789."), "off"),
    "tax_number": (gettext_lazy("Tax number"), "", "off"),
    "email": (gettext_lazy("E-mail for questions about statements"), "", "email"),
    "endpoint_scheme": (gettext_lazy("Scheme of the electronic address"), gettext_lazy("Four digits, like 9930, for Peppol."), "off"),
    "endpoint_id": (gettext_lazy("Electronic address"), gettext_lazy("Where e-invoices are received."), "off"),
    "iban": (gettext_lazy("IBAN"), gettext_lazy("Without spaces."), "off"),
    "bic": (gettext_lazy("BIC"), "", "off"),
    "payment_days": (gettext_lazy("Payable after days"), gettext_lazy("Days after the date of a statement."), "off"),
}
"""What each detail is called, what is to be said of it, and how browsers fill it in."""


class DetailsForm(Form):
    """All details; what is empty is not said."""

    says_optional = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in FIELDS:
            label, help_text, fill = _LABELS[name]
            widget = forms.TextInput(attrs={"autocomplete": fill})
            self.fields[name] = TextField(label=label, help_text=help_text, max_length=MOST_CHARACTERS, widget=widget)


def billing_details(request: Request) -> HttpResponse:
    """Read them, or change them with the right to."""
    ref = own(request)
    details, mark = details_of(request.viewer, ref)
    form = DetailsForm(bound(request), initial=details | {"seen": mark})
    may = request.viewer.may(Right.KEEP_PRICES)
    if not may:
        for field in form.fields.values():
            field.disabled = True
    if request.method == "POST" and form.is_valid() and _save(request, form, ref):
        return HttpResponseRedirect(reverse("billing_details"))
    explanation = _("Statements of %(account)s say this, as seller and as buyer. Statements that were issued do not change.")
    if not may:
        explanation += " " + _("Billing managers and admins can change it.")
    return show(
        request, form, heading=_("Billing details"), submit=_("Save"), cancel=reverse("settings"), layout=SETTINGS,
        explanation=explanation % {"account": request.seat.chosen.name},
    )  # fmt: skip


def _save(request: Request, form: DetailsForm, ref: str) -> bool:
    said = {name: form.cleaned_data[name] for name in FIELDS}
    try:
        changed = save_details(request.viewer, ref, said, seen=form.cleaned_data["seen"], now=request.now)
    except Stale:
        details, mark = details_of(request.viewer, ref)
        form.renew({name: details.get(name, "") for name in FIELDS} | {"seen": mark})
        form.add_error(None, _("Somebody else has changed this meanwhile. Nothing of yours was saved yet, and nothing is lost."))
        return False
    except Invalid as refused:
        form.refuse(refused)
        return False
    messages.success(request, _("Saved.")) if changed else messages.info(request, _("Nothing was changed: it is so already."))
    return True


urls = [path("settings/billing-details/", billing_details, name="billing_details")]
