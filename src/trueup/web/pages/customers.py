"""Customers: who they are, and below which MSP, now and later."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from trueup.accounts.rules import Right, Tier
from trueup.kit.text import text
from trueup.network import queries
from trueup.network.queries import AccountDetails
from trueup.web.forms import ChoiceField, DayField, Form, TextField, choices
from trueup.web.network.changing import Changing, bound, change, show
from trueup.web.network.listing import PER_PAGE, rest_of, search_of, today_of, zone_of
from trueup.web.network.placing import PLACES, Move, details_of, kept, move, named, offered, placements_of, stay
from trueup.web.network.telling import history_of
from trueup.web.page import Request, render, wants_fragment

_FIELDS = ("name", "company_id", "city", "state")


class CustomerForm(Form):
    """A customer's name and company data."""

    name = TextField(label=gettext_lazy("Name"), help_text=gettext_lazy("What people read; the ref if left empty."))
    company_id = TextField(label=gettext_lazy("Company ID"), max_length=200)
    city = TextField(label=gettext_lazy("City"), max_length=200)
    state = TextField(label=gettext_lazy("State"), max_length=200)

    def entry(self) -> dict[str, Any]:
        """What is said of the customer."""
        return {name: self.cleaned_data[name] or None for name in _FIELDS}


class NewCustomerForm(CustomerForm):
    """A customer that is not there yet, with its MSP."""

    where = PLACES
    ref = TextField(
        label=gettext_lazy("Ref"),
        required=True,
        max_length=200,
        help_text=gettext_lazy("What usage files call the customer. It never changes."),
    )
    parent = ChoiceField(label=gettext_lazy("MSP"), required=True)
    from_date = DayField(
        label=gettext_lazy("From"), help_text=gettext_lazy("From which day on it belongs to this MSP; since ever if left empty.")
    )
    field_order = ("ref", "name", "parent", "from_date", "company_id", "city", "state")

    def entry(self) -> dict[str, Any]:
        """What is said of the customer, and below whom it is."""
        day: date | None = self.cleaned_data["from_date"]
        placement = {"parent": self.cleaned_data["parent"]} | ({"from": day.isoformat()} if day else {})
        return super().entry() | {"ref": self.cleaned_data["ref"], "tier": Tier.CUSTOMER.value, "placements": [placement]}


def customers(request: Request) -> HttpResponse:
    """The customers somebody sees, found by ref or name, of one MSP or all."""
    viewer = request.viewer
    search, number = search_of(request)
    msp = request.GET.get("msp", "") if viewer.tier != Tier.MSP else ""
    page = queries.accounts(
        viewer, tier=Tier.CUSTOMER, search=search, parent=msp or None, page=number, per_page=PER_PAGE, on=today_of(request)
    )
    context = {
        "page": page, "search": search, "msp": msp, "may": viewer.may(Right.KEEP_ACCOUNTS), "above": viewer.tier != Tier.MSP,
        "query": rest_of(request), "today": today_of(request),
    }  # fmt: skip
    if wants_fragment(request):
        return render(request, "web/customers/_list.html", context)
    msps = offered(request, Tier.MSP) if viewer.tier != Tier.MSP else ()
    return render(request, "web/customers/list.html", context | {"msps": msps})


def customer(request: Request, ref: str) -> HttpResponse:
    """One customer: its data, its MSPs in time, its history."""
    found = _find(request, ref)
    context = {
        "customer": found, "line": placements_of(found, today_of(request), _("MSP")), "zone": zone_of(request),
        "history": history_of(request, ref), "may": found.may_change, "may_move": found.may_change and request.viewer.tier != Tier.MSP,
    }  # fmt: skip
    return render(request, "web/customers/details.html", context)


def new_customer(request: Request) -> HttpResponse:
    """Add a customer."""
    request.viewer.require(Right.KEEP_ACCOUNTS, text("keep accounts"))
    form = NewCustomerForm(bound(request), initial={"parent": request.GET.get("msp", "")})
    form.offer(parent=_msps(request))
    if request.method == "POST" and form.is_valid():
        entry = form.entry()
        answer = change(request, form, Changing("accounts", entry, reverse("customer", args=[entry["ref"]]), _("The customer was added.")))
        if answer is not None:
            return answer
    return show(
        request, form, heading=_("Add a customer"), submit=_("Add the customer"), cancel=reverse("customers"), crumbs=_crumbs()
    )  # fmt: skip


def edit_customer(request: Request, ref: str) -> HttpResponse:
    """Another name, other company data."""
    found = kept(request, _find(request, ref))
    form = CustomerForm(bound(request), initial=_values(found))
    to = reverse("customer", args=[ref])
    if request.method == "POST" and form.is_valid():
        changing = Changing(
            "accounts", form.entry() | {"ref": ref}, to, _("The customer was changed."), fresh=lambda: _values(_find(request, ref))
        )
        answer = change(request, form, changing)
        if answer is not None:
            return answer
    heading = _("Edit %(name)s") % {"name": found.name}
    return show(request, form, heading=heading, submit=_("Save"), cancel=to, crumbs=_crumbs(found))


def move_customer(request: Request, ref: str) -> HttpResponse:
    """To another MSP, from a day on."""
    found = _find(request, ref)
    words = Move(
        heading=_("Move %(name)s to another MSP") % {"name": found.name},
        label=_("MSP"),
        offered=_msps(request),
        explanation=_("Usage of the days before stays with the MSP it was reported for; reports that were generated never change."),
        to=reverse("customer", args=[ref]),
        crumbs=_crumbs(found),
    )
    return move(request, found, words, lambda: _find(request, ref))


@require_POST
def stay_customer(request: Request, ref: str) -> HttpResponse:
    """Take back a move that has not come yet."""
    return stay(request, _find(request, ref), reverse("customer", args=[ref]))


def _find(request: Request, ref: str) -> AccountDetails:
    return details_of(request, ref, (Tier.CUSTOMER,))


def _values(found: AccountDetails) -> dict[str, Any]:
    """What stands in the form of a customer."""
    return {name: getattr(found, name) for name in _FIELDS} | {"seen": found.fingerprint}


def _msps(request: Request) -> list[tuple[str, str]]:
    """Below whom a customer can be; an MSP has but itself."""
    own = request.seat.chosen
    if request.viewer.tier == Tier.MSP:
        return [(own.ref, named(own.name, own.ref))]
    return choices(offered(request, Tier.MSP), _("Choose an MSP"))


def _crumbs(found: AccountDetails | None = None) -> list[tuple[str, str]]:
    own = [(found.name, reverse("customer", args=[found.ref]))] if found else []
    return [(_("Customers"), reverse("customers")), *own]


urls = [
    path("customers/", customers, name="customers"),
    path("customers/new/", new_customer, name="new_customer"),
    path("customers/view/<ref:ref>/", customer, name="customer"),
    path("customers/edit/<ref:ref>/", edit_customer, name="edit_customer"),
    path("customers/move/<ref:ref>/", move_customer, name="move_customer"),
    path("customers/stay/<ref:ref>/", stay_customer, name="stay_customer"),
]
