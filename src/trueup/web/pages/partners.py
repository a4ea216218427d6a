"""Partners: MSPs, and for a vendor the distributors too; where they stand, what they may, on which terms."""

from datetime import date
from typing import Any, Final

from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from trueup.accounts.rules import Right, Tier
from trueup.kit.errors import NotFound
from trueup.kit.text import text
from trueup.network import queries
from trueup.network.queries import AccountDetails
from trueup.web.forms import ChoiceField, DayField, Form, SwitchField, TextField, choices
from trueup.web.network.changing import Changing, bound, change, show
from trueup.web.network.listing import PER_PAGE, rest_of, search_of, time_zones, today_of, zone_of
from trueup.web.network.placing import PLACES, Move, details_of, kept, move, named, offered, placements_of, stay
from trueup.web.network.telling import history_of
from trueup.web.network.terms import shown_terms
from trueup.web.page import Request, render, wants_fragment

_FIELDS: Final = ("name", "company_id", "city", "state", "region", "type", "time_zone", "usage_reports_excluded")
_TIERS: Final = {Tier.MSP.value: gettext_lazy("MSPs"), Tier.DISTRIBUTOR.value: gettext_lazy("Distributors")}
ZONES: Final = "time-zones"


class PartnerForm(Form):
    """A partner's company data, and what decides whether it has usage reports."""

    name = TextField(label=gettext_lazy("Name"), help_text=gettext_lazy("What people read; the ref if left empty."))
    company_id = TextField(label=gettext_lazy("Company ID"), max_length=200)
    city = TextField(label=gettext_lazy("City"), max_length=200)
    state = TextField(label=gettext_lazy("State"), max_length=200)
    region = ChoiceField(label=gettext_lazy("Region"))
    type = ChoiceField(label=gettext_lazy("Account type"))
    time_zone = TextField(
        label=gettext_lazy("Time zone"),
        max_length=64,
        help_text=gettext_lazy("Deadlines end at midnight there. The installation's if left empty."),
    )
    usage_reports_excluded = SwitchField(
        label=gettext_lazy("Excluded from usage reports"), help_text=gettext_lazy("Its distributor then prepares its reports.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].widget.attrs |= {"list": ZONES, "autocomplete": "off"}

    def entry(self) -> dict[str, Any]:
        """What is said of the partner."""
        return {name: self.cleaned_data[name] or None for name in _FIELDS if name in self.cleaned_data}


class NewPartnerForm(PartnerForm):
    """A partner that is not there yet, and below whom."""

    where = PLACES
    ref = TextField(
        label=gettext_lazy("Ref"), required=True, max_length=200, help_text=gettext_lazy("What files call the partner. It never changes.")
    )
    parent = ChoiceField(label=gettext_lazy("Belongs to"), required=True)
    from_date = DayField(
        label=gettext_lazy("From"), help_text=gettext_lazy("From which day on it belongs there; since ever if left empty.")
    )
    field_order = ("ref", "name", "parent", "from_date", *_FIELDS[1:])

    def placed(self, tier: Tier) -> dict[str, Any]:
        """What is said of the partner, and below whom it is."""
        day: date | None = self.cleaned_data["from_date"]
        placement = {"parent": self.cleaned_data["parent"]} | ({"from": day.isoformat()} if day else {})
        return self.entry() | {"ref": self.cleaned_data["ref"], "tier": tier.value, "placements": [placement]}


def partners(request: Request) -> HttpResponse:
    """The MSPs of a distributor; a vendor's MSPs or distributors."""
    viewer = request.viewer
    if viewer.tier == Tier.MSP:
        raise NotFound("")
    search, number = search_of(request)
    tier = _tier_asked(request)
    page = queries.accounts(viewer, tier=tier, search=search, page=number, per_page=PER_PAGE, on=today_of(request))
    context = {
        "page": page,
        "search": search,
        "tier": tier.value,
        "query": rest_of(request),
        "above": viewer.tier != Tier.DISTRIBUTOR and tier == Tier.MSP,
    }
    if wants_fragment(request):
        return render(request, "web/partners/_list.html", context)
    tiers = list(_TIERS.items()) if viewer.tier != Tier.DISTRIBUTOR else []
    return render(request, "web/partners/list.html", context | {"tiers": tiers, "may": viewer.may(Right.KEEP_ACCOUNTS)})


def partner(request: Request, ref: str) -> HttpResponse:
    """Everything about one partner."""
    found = _find(request, ref)
    today = today_of(request)
    context = {
        "partner": found,
        "line": placements_of(found, today, _above(found.tier)),
        "zone": zone_of(request),
        "history": history_of(request, ref),
        "may_move": found.may_change and request.viewer.tier != Tier.DISTRIBUTOR and found.tier == Tier.MSP,
        "is_msp": found.tier == Tier.MSP,
        "terms": shown_terms(found.terms) if found.terms else None,
        "may_invite": request.viewer.may(Right.MANAGE_MEMBERS),
        "own": ref == request.seat.chosen.ref,
    }
    return render(request, "web/partners/details.html", context)


def new_partner(request: Request) -> HttpResponse:
    """Add an MSP, or, for a vendor, a distributor."""
    if request.viewer.tier == Tier.MSP:
        raise NotFound("")
    tier = _tier_asked(request)
    request.viewer.require(Right.KEEP_ACCOUNTS, text("keep accounts"))
    form = NewPartnerForm(bound(request))
    _offer(request, form)
    form.offer(parent=_parents(request, tier))
    if request.method == "POST" and form.is_valid():
        entry = form.placed(tier)
        answer = change(request, form, Changing("accounts", entry, reverse("partner", args=[entry["ref"]]), _("The partner was added.")))
        if answer is not None:
            return answer
    heading = _("Add an MSP") if tier == Tier.MSP else _("Add a distributor")
    return show(request, form, heading=heading, submit=heading, cancel=reverse("partners"), crumbs=_crumbs(), datalists=_zones())


def edit_partner(request: Request, ref: str) -> HttpResponse:
    """Other company data, another region."""
    found = kept(request, _find(request, ref))
    form = PartnerForm(bound(request), initial=_values(found))
    _offer(request, form)
    to = reverse("partner", args=[ref])
    if request.method == "POST" and form.is_valid():
        changing = Changing(
            "accounts", form.entry() | {"ref": ref}, to, _("The partner was changed."), fresh=lambda: _values(_find(request, ref))
        )
        answer = change(request, form, changing)
        if answer is not None:
            return answer
    heading = _("Edit %(name)s") % {"name": found.name}
    return show(request, form, heading=heading, submit=_("Save"), cancel=to, crumbs=_crumbs(found), datalists=_zones())


def move_partner(request: Request, ref: str) -> HttpResponse:
    """To another distributor, from a day on."""
    found = _find(request, ref)
    words = Move(
        heading=_("Move %(name)s to another distributor") % {"name": found.name},
        label=_("Distributor"),
        offered=_parents(request, found.tier),
        explanation=_("Its customers go with it. Usage of the days before and reports that were generated stay as they are."),
        to=reverse("partner", args=[ref]),
        crumbs=_crumbs(found),
    )
    return move(request, found, words, lambda: _find(request, ref))


@require_POST
def stay_partner(request: Request, ref: str) -> HttpResponse:
    """Take back a move that has not come yet."""
    return stay(request, _find(request, ref), reverse("partner", args=[ref]))


def _find(request: Request, ref: str) -> AccountDetails:
    return details_of(request, ref, (Tier.DISTRIBUTOR, Tier.MSP))


def _tier_asked(request: Request) -> Tier:
    """Which partners are meant; a distributor has but MSPs."""
    asked = request.GET.get("tier") == Tier.DISTRIBUTOR.value and request.viewer.tier != Tier.DISTRIBUTOR
    return Tier.DISTRIBUTOR if asked else Tier.MSP


def _values(found: AccountDetails) -> dict[str, Any]:
    """What stands in the form of a partner."""
    return {name: getattr(found, name) for name in _FIELDS} | {"seen": found.fingerprint}


def _offer(request: Request, form: Form) -> None:
    nothing = _("none")
    regions = [(one.code, named(one.name, one.code)) for one in queries.regions(request.viewer)]
    types = [(one.code, named(one.name, one.code)) for one in queries.account_types(request.viewer)]
    form.offer(region=choices(regions, nothing), type=choices(types, nothing))


def _parents(request: Request, tier: Tier) -> list[tuple[str, str]]:
    """Below whom a partner can be."""
    own = request.seat.chosen
    if Tier.DISTRIBUTOR in {own.tier, tier}:
        return [(own.ref, named(own.name, own.ref))]
    return choices(offered(request, Tier.DISTRIBUTOR), _("Choose a distributor"))


def _above(tier: Tier) -> str:
    return _("Distributor") if tier == Tier.MSP else _("Vendor")


def _zones() -> list[tuple[str, tuple[str, ...]]]:
    return [(ZONES, time_zones())]


def _crumbs(found: AccountDetails | None = None) -> list[tuple[str, str]]:
    own = [(found.name, reverse("partner", args=[found.ref]))] if found else []
    return [(_("Partners"), reverse("partners")), *own]


urls = [
    path("partners/", partners, name="partners"),
    path("partners/new/", new_partner, name="new_partner"),
    path("partners/view/<ref:ref>/", partner, name="partner"),
    path("partners/edit/<ref:ref>/", edit_partner, name="edit_partner"),
    path("partners/move/<ref:ref>/", move_partner, name="move_partner"),
    path("partners/stay/<ref:ref>/", stay_partner, name="stay_partner"),
]
