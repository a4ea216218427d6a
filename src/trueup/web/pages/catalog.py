"""The catalog: solution groups and their services; measures and credit requirements from a day on."""

from datetime import date
from typing import Any, Final

from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from trueup.accounts.rules import Right, Tier
from trueup.catalog.rules import DEFAULT_MEASURE, ChargeableBasis, MeasureName
from trueup.kit.errors import NotFound
from trueup.kit.quantity import plain
from trueup.kit.text import text
from trueup.network import actions, queries
from trueup.network.queries import GroupRow, ServiceRow
from trueup.web import words
from trueup.web.forms import ChoiceField, DayField, Form, NumberField, SwitchField, TextField, choices
from trueup.web.network.changing import SETTINGS, Changing, bound, change, show, take_away
from trueup.web.network.listing import next_month, search_of, today_of, zone_of
from trueup.web.network.placing import named, past_warning, still_to_come
from trueup.web.network.telling import history_of
from trueup.web.network.timeline import Entry, Line, line
from trueup.web.numbers import shown
from trueup.web.page import Request, render, wants_fragment
from trueup.web.templatetags.network import measure_words

_KEEP: Final = text("keep the catalog and the lists")
_MEASURES: Final = [(name.value, words.MEASURES[name]) for name in MeasureName]
_BASES: Final = [(basis.value, words.BASES[basis]) for basis in ChargeableBasis]
_NAME_HELP = gettext_lazy("What people read; the code if left empty.")
_CODE_HELP = gettext_lazy("What usage files call it. It never changes.")


class GroupForm(Form):
    """A tab of the report."""

    code = TextField(
        label=gettext_lazy("Code"), required=True, max_length=100, help_text=gettext_lazy("What it is called everywhere. It never changes.")
    )
    name = TextField(label=gettext_lazy("Name"), help_text=gettext_lazy("The title of the tab; the code if left empty."))

    def entry(self) -> dict[str, Any]:
        """What is said of it."""
        return {"code": self.cleaned_data["code"], "name": self.cleaned_data["name"] or None}


class ServiceForm(Form):
    """What is billed, apart from what holds from a day on."""

    name = TextField(label=gettext_lazy("Name"), help_text=_NAME_HELP)
    group = ChoiceField(label=gettext_lazy("Solution group"), required=True)
    unit = ChoiceField(label=gettext_lazy("Billing unit"), required=True)
    chargeable_basis = ChoiceField(
        label=gettext_lazy("Basis of chargeable units"),
        required=True,
        choices=_BASES,
        initial=ChargeableBasis.USED.value,
        help_text=gettext_lazy("The value a report begins with. Where used units are unknown it is always the provisioned units."),
    )
    reports_used = SwitchField(
        label=gettext_lazy("Reports used units"),
        initial=True,
        help_text=gettext_lazy("Whether the service can measure at all what is used."),
    )

    def entry(self) -> dict[str, Any]:
        """What is said of it."""
        said = self.cleaned_data
        return {name: said[name] for name in ("group", "unit", "chargeable_basis", "reports_used")} | {"name": said["name"] or None}


class NewServiceForm(ServiceForm):
    """A service that is not there yet, with its first measure and credit requirement."""

    where = {"credits.per_unit": "per_unit", "credits": "per_unit", "measure.percentile": "percentile"}
    code = TextField(label=gettext_lazy("Code"), required=True, max_length=100, help_text=_CODE_HELP)
    measure = ChoiceField(label=gettext_lazy("Measure"), required=True, choices=_MEASURES, initial=DEFAULT_MEASURE.value)
    percentile = NumberField(label=gettext_lazy("Percentile"), help_text=gettext_lazy("Only for the percentile day; 85 if left empty."))
    per_unit = NumberField(label=gettext_lazy("Credits per unit and month"), help_text=gettext_lazy("Empty where the service has none."))
    field_order = ("code", "name", "group", "unit", "measure", "percentile", "per_unit", "chargeable_basis", "reports_used")

    def clean(self) -> None:
        """The percentile belongs to one measure."""
        super().clean()
        _only_where_it_belongs(self, "measure")

    def entry(self) -> dict[str, Any]:
        """What is said of it."""
        said = self.cleaned_data
        credits_said = {"credits": [{"per_unit": said["per_unit"]}]} if said["per_unit"] else {}
        return super().entry() | {"code": said["code"], "measure": _measure(said)} | credits_said


class MeasureForm(Form):
    """The measure from a day on."""

    where = {"measure.percentile": "percentile", "measure.from": "from_date", "measure.name": "name", "measure": "name"}
    from_date = DayField(
        label=gettext_lazy("From"), required=True, help_text=gettext_lazy("A month is measured by what holds on its last day.")
    )
    name = ChoiceField(label=gettext_lazy("Measure"), required=True, choices=_MEASURES)
    percentile = NumberField(label=gettext_lazy("Percentile"), help_text=gettext_lazy("Only for the percentile day; 85 if left empty."))

    def clean(self) -> None:
        """The percentile belongs to one measure."""
        super().clean()
        _only_where_it_belongs(self, "name")

    def entry(self, code: str) -> dict[str, Any]:
        """What is said of it."""
        said = self.cleaned_data
        return {"code": code, "measure": {"from": said["from_date"].isoformat()} | _measure(said | {"measure": said["name"]})}


class CreditsForm(Form):
    """The credit requirement from a day on."""

    where = {"credits.per_unit": "per_unit", "credits.from": "from_date", "credits": "per_unit"}
    from_date = DayField(
        label=gettext_lazy("From"), required=True, help_text=gettext_lazy("Usage of that day and later ones is turned into credits by it.")
    )
    per_unit = NumberField(label=gettext_lazy("Credits per unit and month"), required=True)

    def entry(self, code: str) -> dict[str, Any]:
        """What is said of it."""
        said = self.cleaned_data
        return {"code": code, "credits": {"from": said["from_date"].isoformat(), "per_unit": said["per_unit"]}}


def _only_where_it_belongs(form: Form, measure: str) -> None:
    """A percentile that was typed beside another measure is a mistake: in one of the two fields."""
    if form.cleaned_data.get("percentile") and form.cleaned_data.get(measure) not in {None, "", MeasureName.PERCENTILE_DAY.value}:
        form.add_error("percentile", _("Only the percentile day has a percentile: leave this empty, or choose that measure."))


def _measure(said: dict[str, Any]) -> dict[str, Any]:
    """A measure; the percentile is said where it belongs, or where somebody typed one that does not."""
    percentile = {"percentile": said["percentile"]} if said["percentile"] else {}
    return {"name": said["measure"]} | percentile


def catalog(request: Request) -> HttpResponse:
    """The groups with their services."""
    search, _number = search_of(request)
    groups = queries.catalog(request.viewer, today_of(request))
    sought = search.lower()
    listed = [(group, [one for one in group.services if sought in f"{one.name} {one.code}".lower()]) for group in groups]
    context = {
        "groups": [(group, services) for group, services in listed if services or not sought],
        "search": search,
        "count": sum(len(services) for _group, services in listed),
        "may": request.viewer.may(Right.KEEP_CATALOG),
        "vendors": len({group.vendor.ref for group in groups}) > 1,
    }
    return render(request, "web/catalog/_list.html" if wants_fragment(request) else "web/catalog/list.html", context)


def service(request: Request, code: str) -> HttpResponse:
    """One service: how it is measured and billed, now and later."""
    found = queries.service_details(request.viewer, code, today_of(request))
    may = request.viewer.may(Right.KEEP_CATALOG)
    vendor = _group(request, found.group).vendor.ref
    context = {
        "service": found,
        "may": may,
        "measures": _measures(request, found),
        "credits": _credits(request, found),
        "zone": zone_of(request),
        "history": history_of(request, vendor, about=f"service {code}") if request.viewer.tier == Tier.VENDOR else None,
        "sentence": words.word(words.MEASURE_SENTENCES, found.measure.name if found.measure else DEFAULT_MEASURE),
    }
    return render(request, "web/catalog/service.html", context)


def new_group(request: Request) -> HttpResponse:
    """Add a solution group."""
    request.viewer.require(Right.KEEP_CATALOG, _KEEP)
    form = GroupForm(bound(request))
    if request.method == "POST" and form.is_valid():
        entry = form.entry() | {"vendor": request.seat.chosen.ref}
        answer = change(request, form, Changing("solution_groups", entry, reverse("catalog"), _("The solution group was added.")))
        if answer is not None:
            return answer
    heading = _("Add a solution group")
    return show(request, form, heading=heading, submit=heading, cancel=reverse("catalog"), crumbs=_crumbs(), layout=SETTINGS)


def edit_group(request: Request, code: str) -> HttpResponse:
    """Another title of the tab."""
    found = _group(request, code)
    request.viewer.require(Right.KEEP_CATALOG, _KEEP)
    form = GroupForm(bound(request), initial={"code": code, "name": found.name, "seen": found.fingerprint})
    form.fields["code"].disabled = True
    if request.method == "POST" and form.is_valid():
        fresh = lambda: {"name": (now := _group(request, code)).name, "seen": now.fingerprint}  # noqa: E731 -- said once
        answer = change(
            request, form, Changing("solution_groups", form.entry(), reverse("catalog"), _("The solution group was changed."), fresh=fresh)
        )
        if answer is not None:
            return answer
    heading = _("Edit %(name)s") % {"name": found.name}
    return show(request, form, heading=heading, submit=_("Save"), cancel=reverse("catalog"), crumbs=_crumbs(), layout=SETTINGS)


def new_service(request: Request) -> HttpResponse:
    """Add a service."""
    request.viewer.require(Right.KEEP_CATALOG, _KEEP)
    form = NewServiceForm(bound(request), initial={"group": request.GET.get("group", "")})
    _offer(request, form)
    if request.method == "POST" and form.is_valid():
        entry = form.entry()
        answer = change(request, form, Changing("services", entry, reverse("service", args=[entry["code"]]), _("The service was added.")))
        if answer is not None:
            return answer
    heading = _("Add a service")
    return show(request, form, heading=heading, submit=heading, cancel=reverse("catalog"), crumbs=_crumbs(), layout=SETTINGS)


def edit_service(request: Request, code: str) -> HttpResponse:
    """Another name, group, unit or basis."""
    found = _kept(request, code)
    form = ServiceForm(bound(request), initial=_values(found))
    _offer(request, form)
    to = reverse("service", args=[code])
    if request.method == "POST" and form.is_valid():
        changing = Changing(
            "services", form.entry() | {"code": code}, to, _("The service was changed."), fresh=lambda: _values(_kept(request, code))
        )
        answer = change(request, form, changing)
        if answer is not None:
            return answer
    heading = _("Edit %(name)s") % {"name": found.name}
    return show(request, form, heading=heading, submit=_("Save"), cancel=to, crumbs=_crumbs(found), layout=SETTINGS)


def change_measure(request: Request, code: str) -> HttpResponse:
    """Another measure from a day on."""
    found = _kept(request, code)
    initial: dict[str, Any] = {"name": found.measure.name.value if found.measure else DEFAULT_MEASURE.value}
    heading = _("Another measure of %(name)s") % {"name": found.name}
    return _dated(request, found, MeasureForm(bound(request), initial=initial | _start(request, found)), heading)


def change_credits(request: Request, code: str) -> HttpResponse:
    """Another credit requirement from a day on."""
    found = _kept(request, code)
    heading = _("Another credit requirement of %(name)s") % {"name": found.name}
    return _dated(request, found, CreditsForm(bound(request), initial=_start(request, found)), heading)


def _dated(request: Request, found: ServiceRow, form: MeasureForm | CreditsForm, heading: str) -> HttpResponse:
    to = reverse("service", args=[found.code])
    if request.method == "POST" and form.is_valid():
        warnings = past_warning(form.cleaned_data["from_date"], today_of(request))
        changing = Changing(
            "services",
            form.entry(found.code),
            to,
            _("The change is noted."),
            heading=heading,
            preview=True,
            warnings=warnings,
            layout=SETTINGS,
            fresh=lambda: {"seen": _kept(request, found.code).fingerprint},
            subject=named(found.name, found.code),
            before=_until(found, form.cleaned_data["from_date"]),
            crumbs=_crumbs(found),
        )
        answer = change(request, form, changing)
        if answer is not None:
            return answer
    return show(request, form, heading=heading, submit=_("See what that changes"), cancel=to, crumbs=_crumbs(found), layout=SETTINGS)


@require_POST
def remove_dated(request: Request, code: str) -> HttpResponse:
    """A measure or credit requirement that is still to come is taken back."""
    found = _kept(request, code)
    is_measure = request.POST.get("what") == "measure"
    day = still_to_come(request, _measures(request, found) if is_measure else _credits(request, found))
    gone: dict[str, Any] = (
        {"measure": {"from": day.isoformat(), "name": None}} if is_measure else {"credits": {"from": day.isoformat(), "per_unit": None}}
    )
    return take_away(
        request,
        lambda: actions.change(request.viewer, "services", {"code": code} | gone, now=request.now),
        done=_("It was taken back."),
        to=reverse("service", args=[code]),
    )


def _kept(request: Request, code: str) -> ServiceRow:
    found = queries.service_details(request.viewer, code, today_of(request))
    request.viewer.require(Right.KEEP_CATALOG, _KEEP)
    return found


def _group(request: Request, code: str) -> GroupRow:
    found = next((group for group in queries.catalog(request.viewer, today_of(request)) if group.code == code), None)
    if found is None:
        raise NotFound(text("there is no solution group “{name}”", name=code))
    return found


def _values(found: ServiceRow) -> dict[str, Any]:
    """What stands in the form of a service."""
    values = {"name": found.name, "group": found.group, "unit": found.unit, "reports_used": found.reports_used}
    return values | {"chargeable_basis": found.basis.value, "seen": found.fingerprint}


def _until(found: ServiceRow, day: date) -> dict[str, Any]:
    """What holds until a day, as the history has it."""
    measures = [one for one in found.measures if one.from_date is None or one.from_date <= day]
    requirements = [one for one in found.credits if one.from_date is None or one.from_date <= day]
    measure = f"{measures[-1].name} {plain(measures[-1].percentile) or ''}".strip() if measures else DEFAULT_MEASURE.value
    return {"measure": measure} | ({"credits": plain(requirements[-1].per_unit)} if requirements else {})


def _start(request: Request, found: ServiceRow) -> dict[str, Any]:
    return {"from_date": next_month(today_of(request)), "seen": found.fingerprint}


def _offer(request: Request, form: Form) -> None:
    groups = [(one.code, named(one.name, one.code)) for one in queries.catalog(request.viewer, today_of(request))]
    units = [(one.code, named(one.name, one.code)) for one in queries.billing_units(request.viewer)]
    form.offer(group=choices(groups, _("Choose a solution group")), unit=choices(units, _("Choose a billing unit")))


def _measures(request: Request, found: ServiceRow) -> Line:
    entries = [
        Entry(measure_words(one), one.from_date, explanation=words.word(words.MEASURE_SENTENCES, one.name)) for one in found.measures
    ]
    return line("measure", _("Measure"), entries, today_of(request), nothing=words.word(words.MEASURES, DEFAULT_MEASURE))


def _credits(request: Request, found: ServiceRow) -> Line:
    entries = [Entry(shown(one.per_unit), one.from_date) for one in found.credits]
    return line(
        "credits",
        _("Credit requirement"),
        entries,
        today_of(request),
        nothing=_("The service has none: its units are not turned into credits."),
    )


def _crumbs(found: ServiceRow | None = None) -> list[tuple[str, str]]:
    own = [(found.name, reverse("service", args=[found.code]))] if found else []
    return [(_("Catalog"), reverse("catalog")), *own]


urls = [
    path("settings/catalog/", catalog, name="catalog"),
    path("settings/catalog/new-group/", new_group, name="new_group"),
    path("settings/catalog/group/<ref:code>/", edit_group, name="edit_group"),
    path("settings/catalog/new/", new_service, name="new_service"),
    path("settings/catalog/view/<ref:code>/", service, name="service"),
    path("settings/catalog/edit/<ref:code>/", edit_service, name="edit_service"),
    path("settings/catalog/measure/<ref:code>/", change_measure, name="change_measure"),
    path("settings/catalog/credits/<ref:code>/", change_credits, name="change_credits"),
    path("settings/catalog/take-back/<ref:code>/", remove_dated, name="remove_dated"),
]
