"""Terms: what is agreed with each MSP, a distributor's default, and the installation's; from which day on, and where a value comes from."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from trueup.accounts.rules import Right, Tier
from trueup.kit.errors import NotAllowed, NotFound
from trueup.kit.text import text
from trueup.network import actions, queries
from trueup.network.queries import AccountDetails, TermsEntry, TermsRow, When
from trueup.web import words
from trueup.web.forms import ChoiceField, DayField, DaysField, Form, NumberField, WholeField
from trueup.web.network.changing import SETTINGS, Changing, bound, change, show, take_away
from trueup.web.network.listing import PER_PAGE, next_month, rest_of, search_of, today_of, zone_of
from trueup.web.network.placing import details_of, past_warning
from trueup.web.network.steps import WasIs
from trueup.web.network.steps import value as in_words
from trueup.web.network.telling import history_of
from trueup.web.network.terms import LEVELS, label, shown_terms, values_of
from trueup.web.page import Request, render, wants_fragment
from trueup.web.templatetags.trueup import day as day_words

_YES_NO: Final = (("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No")))
_CHOICES: Final = {
    "penalty": tuple(words.PENALTIES.items()),
    "auto_approve": tuple(words.AUTO_APPROVALS.items()),
    "zero_reports": _YES_NO,
}


class TermsForm(Form):
    """What an account says from a day on. A field that is left empty is as the level above says."""

    where = {"from": "from_date"}
    says_optional = False
    from_date = DayField(label=gettext_lazy("From"), required=True, help_text=gettext_lazy("The first day on which these terms hold."))
    auto_submit_after_days = WholeField(help_text=gettext_lazy("Days after the generation of a report."))
    resubmit_within_days = WholeField(help_text=gettext_lazy("Days after a rejection."))
    reminder_days_before = DaysField(help_text=gettext_lazy("Days before the deadline, like 3, 1, 0; a dash for no reminder."))
    over_provision_percent = NumberField(help_text=gettext_lazy("Percent of the provisioned units that were not used."))
    over_provision_units = NumberField(help_text=gettext_lazy("Units that were provisioned and not used; both have to be reached."))
    penalty = ChoiceField(help_text=gettext_lazy("What the deadline does to an over-provisioned line without a comment."))
    auto_approve = ChoiceField(help_text=gettext_lazy("Which reports are approved without a person."))
    zero_reports = ChoiceField(help_text=gettext_lazy("Whether an MSP without usage gets a report."))

    def inherit(self, row: TermsRow) -> None:
        """Name the fields, and say in each what holds where it is left empty: the terms of the level above."""
        inherited = {term.field: term for term in row.in_force}
        for name, field in self.fields.items():
            if name not in inherited:
                continue
            field.label = label(name)
            above = in_words(name, inherited[name].value)
            if name in _CHOICES:
                as_above = _("As above: %(value)s") % {"value": above}
                field.choices = [("", as_above), *_CHOICES[name]]  # type: ignore[attr-defined]
            else:
                field.widget.attrs["placeholder"] = above
                field.help_text = _("%(help)s If left empty: %(value)s, %(origin)s.") % {
                    "help": field.help_text,
                    "value": above,
                    "origin": words.word(LEVELS, inherited[name].level),
                }

    def entry(self, ref: str) -> dict[str, Any]:
        """What the account says: everything, so that what is empty here is not said."""
        said = {name: given if given != "" else None for name, given in self.cleaned_data.items() if name not in {"seen", "from_date"}}
        said["zero_reports"] = {"yes": True, "no": False}.get(self.cleaned_data["zero_reports"])
        return said | {"account": ref, "from": self.cleaned_data["from_date"].isoformat()}

    def changes(self, before: Mapping[str, object], row: TermsRow) -> tuple[WasIs, ...]:
        """What will hold that does not hold before. `row` is the level above."""
        inherited = {term.field: term.value for term in row.in_force}
        said = {name: value for name, value in self.entry("").items() if name in inherited and value is not None}
        after: dict[str, Any] = {**inherited, **said}
        pairs = [(name, in_words(name, before.get(name)), in_words(name, value)) for name, value in after.items()]
        return tuple(WasIs(label(name), was, now) for name, was, now in pairs if was != now)


def terms(request: Request) -> HttpResponse:
    """The defaults, and the terms of each MSP."""
    search, number = search_of(request)
    today = today_of(request)
    page = queries.terms(request.viewer, search=search, page=number, per_page=PER_PAGE, on=today)
    context = {"page": page.with_items([shown_terms(row) for row in page.items]), "search": search, "query": rest_of(request)}
    if wants_fragment(request):
        return render(request, "web/terms/_list.html", context)
    defaults = [shown_terms(row) for row in queries.default_terms(request.viewer, today)]
    return render(request, "web/terms/list.html", context | {"defaults": defaults, "one": request.viewer.tier == Tier.MSP})


def terms_of(request: Request, ref: str) -> HttpResponse:
    """The terms of one MSP or distributor: in force, coming, past, and what happened to them."""
    found, row = _find(request, ref)
    context = {
        "account": found,
        "terms": shown_terms(row),
        "zone": zone_of(request),
        "history": history_of(request, ref, about=f"terms {ref} "),
    }
    return render(request, "web/terms/details.html", context)


def change_terms(request: Request, ref: str) -> HttpResponse:
    """Other terms from a day on; shown first what that changes."""
    found, row = _kept(request, ref)
    return _edit(request, found, row, None, heading=_("Change the terms of %(name)s") % {"name": found.name})


def edit_terms(request: Request, day: str, ref: str) -> HttpResponse:
    """What will hold from a day to come is put right."""
    found, row = _kept(request, ref)
    return _edit(request, found, row, _coming(row, day), heading=_("Terms of %(name)s to come") % {"name": found.name})


def _edit(request: Request, found: AccountDetails, row: TermsRow, entry: TermsEntry | None, *, heading: str) -> HttpResponse:
    """New terms, or those of an entry that is still to come."""
    above = _above(request, found)
    start = {"from_date": entry.from_date, "seen": entry.fingerprint} if entry else {"from_date": next_month(today_of(request)), "seen": ""}
    form = TermsForm(bound(request), initial=_initial(entry or _own_in_force(row)) | start)
    form.inherit(above)
    form.fields["from_date"].disabled = entry is not None
    to = reverse("terms_of", args=[found.ref])
    crumbs = [(_("Terms"), reverse("terms")), (found.name, to)]
    if request.method == "POST" and form.is_valid():
        day: date = form.cleaned_data["from_date"]
        before = {term.field: term.value for term in (above if entry else row).in_force} | dict(values_of(entry))
        changing = Changing(
            "terms", form.entry(found.ref), to, _("The terms are noted."), heading=heading, preview=True, layout=SETTINGS, crumbs=crumbs,
            warnings=past_warning(day, today_of(request)), changes=form.changes(before, above),
            subject=_("%(name)s, from %(day)s on") % {"name": found.name, "day": day_words(day)},
            fresh=lambda: _initial_now(request, found.ref, entry.from_key) if entry else {},
        )  # fmt: skip
        answer = change(request, form, changing)
        if answer is not None:
            return answer
    explanation = _("An empty field is as the level above says. Reports that were generated keep the terms they were generated with.")
    return show(
        request, form, heading=heading, submit=_("See what that changes"), cancel=to, explanation=explanation, crumbs=crumbs,
        layout=SETTINGS,
    )  # fmt: skip


@require_POST
def remove_terms(request: Request, ref: str) -> HttpResponse:
    """Terms that are not in force yet are taken back."""
    _found, row = _kept(request, ref)
    entry = _coming(row, request.POST.get("from", ""))
    return take_away(
        request,
        lambda: actions.remove(request.viewer, "terms", (ref, entry.from_key), now=request.now),
        done=_("The terms to come were removed."),
        to=reverse("terms_of", args=[ref]),
    )


def _find(request: Request, ref: str) -> tuple[AccountDetails, TermsRow]:
    found = details_of(request, ref, (Tier.DISTRIBUTOR, Tier.MSP))
    if found.terms is None:
        raise NotFound(text("there are no terms of {name}", name=ref))
    return found, found.terms


def _kept(request: Request, ref: str) -> tuple[AccountDetails, TermsRow]:
    found, row = _find(request, ref)
    request.viewer.require(Right.KEEP_TERMS, text("keep terms"))
    if not row.may_change:
        raise NotAllowed(text("“{ref}” is not below your account at present", ref=ref))
    return found, row


def _above(request: Request, found: AccountDetails) -> TermsRow:
    """The terms that hold where an account says nothing: its distributor's, or the installation's."""
    defaults = queries.default_terms(request.viewer, today_of(request))
    parents = {placed.parent.ref for placed in found.placements if placed.when != When.PAST and placed.parent.ref}
    return next((row for row in defaults if row.account is not None and row.account.ref in parents), defaults[0])


def _own_in_force(row: TermsRow) -> TermsEntry | None:
    return next((entry for entry in row.own if entry.when == When.IN_FORCE), None)


def _coming(row: TermsRow, day: str) -> TermsEntry:
    found = next((entry for entry in row.coming if entry.from_key == day), None)
    if found is None:
        raise NotFound(text("there are no terms of {name}", name=day))
    return found


def _initial(entry: TermsEntry | None) -> dict[str, Any]:
    """What stands in the form."""
    said = dict(values_of(entry))
    if isinstance(said.get("zero_reports"), bool):
        said["zero_reports"] = "yes" if said["zero_reports"] else "no"
    return said


def _initial_now(request: Request, ref: str, day: str) -> dict[str, Any]:
    entries: Sequence[TermsEntry] = _find(request, ref)[1].own
    entry = next((entry for entry in entries if entry.from_key == day), None)
    return _initial(entry) | {"seen": entry.fingerprint} if entry else {}


urls = [
    path("settings/terms/", terms, name="terms"),
    path("settings/terms/of/<ref:ref>/", terms_of, name="terms_of"),
    path("settings/terms/change/<ref:ref>/", change_terms, name="change_terms"),
    path("settings/terms/edit/<str:day>/<ref:ref>/", edit_terms, name="edit_terms"),
    path("settings/terms/remove/<ref:ref>/", remove_terms, name="remove_terms"),
]
