"""Small lists of the whole installation: regions, account types, sources. An entry is changed where it stands."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from trueup.accounts.rules import Right, Tier, Viewer
from trueup.kit.errors import NotFound
from trueup.network import actions, queries
from trueup.network.queries import SwitchRow
from trueup.network.rules.tree import SECTIONS
from trueup.web import words
from trueup.web.forms import ChoiceField, Form, SwitchField, TextField, WholeField
from trueup.web.network.changing import Changing, bound, change, take_away
from trueup.web.network.listing import zone_of
from trueup.web.network.steps import UNMAPPED
from trueup.web.network.telling import history_of
from trueup.web.numbers import shown
from trueup.web.page import Request, render

_CODE_HELP = gettext_lazy("What it is called everywhere. It never changes.")
_NAME_HELP = gettext_lazy("What people read; the code if left empty.")


class SwitchForm(Form):
    """A region or an account type."""

    code = TextField(label=gettext_lazy("Code"), required=True, max_length=64, help_text=_CODE_HELP)
    name = TextField(label=gettext_lazy("Name"), max_length=200, help_text=_NAME_HELP)
    usage_reports = SwitchField(label=gettext_lazy("Usage reports are available"), initial=True)

    def entry(self) -> dict[str, Any]:
        """What is said of it."""
        return {
            "code": self.cleaned_data["code"],
            "name": self.cleaned_data["name"] or None,
            "usage_reports": self.cleaned_data["usage_reports"],
        }


class SourceForm(Form):
    """Where usage comes from."""

    code = TextField(
        label=gettext_lazy("Code"),
        required=True,
        max_length=64,
        help_text=gettext_lazy("What it is called at an import. It never changes."),
    )
    expected = SwitchField(
        label=gettext_lazy("Expected daily"),
        help_text=gettext_lazy("A day without a record of it is missing, and no penalty falls on what it feeds."),
    )
    unmapped = ChoiceField(
        label=gettext_lazy("Rows with unknown customers or services"), required=True, choices=list(UNMAPPED.items()), initial="refuse"
    )

    def entry(self) -> dict[str, Any]:
        """What is said of it."""
        said = self.cleaned_data
        return {"code": said["code"], "expected": "daily" if said["expected"] else None, "unmapped": said["unmapped"]}


class UnitForm(Form):
    """What is counted."""

    code = TextField(label=gettext_lazy("Code"), required=True, max_length=64, help_text=_CODE_HELP)
    name = TextField(label=gettext_lazy("Name"), max_length=200, help_text=_NAME_HELP)
    decimals = WholeField(label=gettext_lazy("Decimals"), help_text=gettext_lazy("How many decimals units of it may have: 0 to 6."))

    def entry(self) -> dict[str, Any]:
        """What is said of it."""
        said = self.cleaned_data
        return {"code": said["code"], "name": said["name"] or None, "decimals": said["decimals"]}


@dataclass(frozen=True, slots=True)
class Row:
    """An entry of a list in words. `facts` are its values by label; `initial` is what stands in its form."""

    code: str
    name: str
    facts: tuple[tuple[str, str], ...]
    removable: bool
    initial: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Listing:
    """One list: its section of the network, its address, its words, its form, how its rows are found."""

    section: str
    name: str
    heading: str | Promise
    explanation: str | Promise
    add: str | Promise
    form: type[SwitchForm] | type[SourceForm] | type[UnitForm]
    rows: Callable[[Viewer], list[Row]]

    @property
    def remover(self) -> str:
        """The name of the address that removes an entry."""
        return f"remove_{self.name}"


def _switches(found: tuple[SwitchRow, ...]) -> list[Row]:
    return [
        Row(
            one.code,
            one.name,
            ((_("Usage reports"), _("available") if one.usage_reports else _("not available")), (_("Accounts"), shown(one.accounts))),
            not one.accounts and not one.shared,
            {"name": one.name, "usage_reports": one.usage_reports, "seen": one.fingerprint},
        )
        for one in found
    ]


def _regions(viewer: Viewer) -> list[Row]:
    return _switches(queries.regions(viewer))


def _account_types(viewer: Viewer) -> list[Row]:
    return _switches(queries.account_types(viewer))


def _sources(viewer: Viewer) -> list[Row]:
    return [
        Row(
            one.code,
            one.code,
            (
                (_("Expected daily"), _("Yes") if one.expected_daily else _("No")),
                (_("Unknown names"), words.word(UNMAPPED, "keep" if one.keeps_unmapped else "refuse")),
            ),
            not one.in_use,
            {"expected": one.expected_daily, "unmapped": "keep" if one.keeps_unmapped else "refuse", "seen": one.fingerprint},
        )
        for one in queries.sources(viewer)
    ]


def _units(viewer: Viewer) -> list[Row]:
    return [
        Row(
            one.code,
            one.name,
            ((_("Decimals"), str(one.decimals)), (_("Services"), shown(one.services))),
            not one.services and not one.shared,
            {"name": one.name, "decimals": one.decimals, "seen": one.fingerprint},
        )
        for one in queries.billing_units(viewer)
    ]


LISTS: Final = (
    Listing(
        "regions",
        "regions",
        gettext_lazy("Regions"),
        gettext_lazy("Parts of the world, and whether usage reports are available there."),
        gettext_lazy("Add a region"),
        SwitchForm,
        _regions,
    ),
    Listing(
        "account_types",
        "account_types",
        gettext_lazy("Account types"),
        gettext_lazy("Kinds of partners, and whether usage reports are available to them."),
        gettext_lazy("Add an account type"),
        SwitchForm,
        _account_types,
    ),
    Listing(
        "sources",
        "sources",
        gettext_lazy("Sources"),
        gettext_lazy("Where usage comes from, and what is done when something is missing."),
        gettext_lazy("Add a source"),
        SourceForm,
        _sources,
    ),
    Listing(
        "billing_units",
        "units",
        gettext_lazy("Billing units"),
        gettext_lazy("What is counted, and with how many decimals."),
        gettext_lazy("Add a billing unit"),
        UnitForm,
        _units,
    ),
)


def _show(request: Request, listing: Listing, form: Form | None = None, edited: str = "", *, status: int = 200) -> HttpResponse:
    """The list; an entry that is being changed stands as its form."""
    rows = listing.rows(request.viewer)
    may = request.viewer.may(Right.KEEP_CATALOG)
    row = next((row for row in rows if row.code == (edited or request.GET.get("edit"))), None)
    if may and form is None and row is not None:
        form = listing.form(initial=row.initial | {"code": row.code})
    elif may and form is None and "new" in request.GET:
        form = listing.form()
    if form is not None and row is not None:
        form.fields["code"].widget = form.fields["code"].hidden_widget()
    history = history_of(request, None, about=f"{SECTIONS[listing.section]} ") if may else None
    context = {"listing": listing, "rows": rows, "form": form, "edited": row.code if row and form else "", "may": may}
    return render(
        request,
        "web/network/list.html",
        context | {"address": reverse(listing.name), "history": history, "zone": zone_of(request)},
        status=status,
    )


def _view(listing: Listing) -> Callable[[Request], HttpResponse]:
    def view(request: Request) -> HttpResponse:
        if request.viewer.tier not in {None, Tier.VENDOR}:
            raise NotFound("")
        if request.method != "POST":
            return _show(request, listing)
        form = listing.form(bound(request))
        is_new = "new" in request.POST
        code = "" if is_new else request.POST.get("code", "")
        if form.is_valid():
            done = _("It was added.") if is_new else _("It was changed.")
            changing = Changing(listing.section, form.entry(), reverse(listing.name), done, fresh=lambda: _fresh(request, listing, code))
            answer = change(request, form, changing)
            if answer is not None:
                return answer
        return _show(request, listing, form, code, status=409 if form.meanwhile else 400)

    return view


def _fresh(request: Request, listing: Listing, code: str) -> dict[str, Any]:
    return next((row.initial for row in listing.rows(request.viewer) if row.code == code), {})


def _remover(listing: Listing) -> Callable[[Request], HttpResponse]:
    @require_POST
    def view(request: Request) -> HttpResponse:
        if request.viewer.tier not in {None, Tier.VENDOR}:
            raise NotFound("")
        code = request.POST.get("code", "")
        return take_away(
            request,
            lambda: actions.remove(request.viewer, listing.section, code, now=request.now),
            done=_("It was removed."),
            to=reverse(listing.name),
        )

    return view


urls = [path(f"settings/{one.name.replace('_', '-')}/", _view(one), name=one.name) for one in LISTS]
urls += [path(f"settings/{one.name.replace('_', '-')}/remove/", _remover(one), name=one.remover) for one in LISTS]
