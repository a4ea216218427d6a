"""Price lists: what somebody sells by and what they are charged; one list; a new one; its end; what happened to them."""

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from trueup.kit.errors import NotFound
from trueup.kit.text import text
from trueup.prices import actions, queries
from trueup.prices.queries import Dated, Kept
from trueup.prices.rules.lists import ListKey
from trueup.web.forms import DayField, Form, TextField
from trueup.web.network.changing import bound, show, take_away
from trueup.web.network.listing import PER_PAGE, next_month, rest_of, search_of, today_of, zone_of
from trueup.web.network.placing import named
from trueup.web.page import Request, render, wants_fragment
from trueup.web.prices.lists import (
    TYPED_BUYER,
    Catalog,
    Sold,
    address,
    buyers_of,
    key_of,
    may_keep,
    own,
    priced_groups,
    query_for,
    require_keeper,
)
from trueup.web.prices.words import percent, since, tax, told
from trueup.web.whole import page_of
from trueup.web.words import says


class NewListForm(Form):
    """Whose list, and from when."""

    buyer = TextField(
        label=gettext_lazy("Buyer"), max_length=200,
        help_text=gettext_lazy("The ref of who pays by it. Empty: the default list, for everybody without a list of their own."),
        widget=forms.TextInput(attrs=TYPED_BUYER),
    )  # fmt: skip
    from_date = DayField(
        label=gettext_lazy("From"), required=True,
        help_text=gettext_lazy("It holds from this day on. A cycle is charged by the list in force on its last day."),
    )  # fmt: skip


@require_GET
def prices(request: Request) -> HttpResponse:
    """The lists of the account, buyer by buyer, and those it is charged by."""
    search, number = search_of(request)
    seller, today = own(request), today_of(request)
    page = queries.sold_by(request.viewer, seller, search=search, page=number, per_page=PER_PAGE)
    context = {
        "page": page.with_items([Sold.of(one, today) for one in page.items]), "search": search, "query": rest_of(request),
        "may": may_keep(request, seller),
    }  # fmt: skip
    if wants_fragment(request):
        return render(request, "web/prices/_list.html", context)
    bought = [Sold.of(one, today) for one in queries.bought_by(request.viewer)]
    return render(request, "web/prices/list.html", context | {"bought": bought})


@require_GET
def price_list(request: Request, seller: str, buyer: str, day: str) -> HttpResponse:
    """One list: what it says, what comes from the default, and what happened to it."""
    kept = queries.price_list(request.viewer, key_of(seller, buyer, day))
    known, keeps = Catalog.of(request), seller == own(request)
    default, dated = _default(request, kept), _when(request, kept)
    context = {
        "kept": kept, "heading": heading_of(kept.key, kept.seller_name, kept.buyer_name), "since": since(kept.key.from_date),
        "dated": dated, "phase": dated.when(today_of(request)),
        "tax": tax(kept.document.get("tax")), "margin": percent(kept.document.get("margin_percent") or "0"),
        "groups": priced_groups(kept.document, known),
        "default": default, "rest": priced_groups(default.document, known, without=kept.document) if default else [],
        "may": may_keep(request, seller), "keeps": keeps, "addresses": _addresses(kept.key), "zone": zone_of(request),
        "history": told(reversed(queries.list_history(request.viewer, kept.key)), known.names) if keeps else None,
    }  # fmt: skip
    return render(request, "web/prices/details.html", context)


def heading_of(key: ListKey, seller_name: str, buyer_name: str) -> str:
    """What a list is called."""
    if key.buyer is None:
        return _("Default list of %(seller)s") % {"seller": seller_name}
    return _("Price list for %(buyer)s") % {"buyer": named(buyer_name or key.buyer, key.buyer)}


def _addresses(key: ListKey) -> dict[str, str]:
    asked = query_for(key)
    return {
        "edit": address("edit_price_list", key),
        "remove": address("remove_price_list", key),
        "copy": f"{reverse('new_price_list')}?{asked}",
        "simulate": f"{reverse('simulation')}?{asked}",
    }


def _when(request: Request, kept: Kept) -> Dated:
    """When the list holds, among those of its seller and buyer."""
    lists = queries.lists_of(request.viewer, kept.key.seller, kept.key.buyer)
    return next(one for one in (lists.lists if lists else ()) if one.from_date == kept.key.from_date)


def _default(request: Request, kept: Kept) -> Kept | None:
    """The seller's default in force when this list begins (or today, where that is later), if what is not named is looked up there."""
    if kept.key.buyer is None:
        return None
    found = queries.default_on(request.viewer, kept.key.seller, max(kept.key.from_date, today_of(request)))
    return found if found and found.prices.currency == kept.prices.currency else None


def new_price_list(request: Request) -> HttpResponse:
    """Whose list and from when; `?buyer=&from=`: as a copy of that list. The sheet comes next; nothing is saved before."""
    seller = own(request)
    require_keeper(request, seller)
    copied = _copied(request, seller)
    initial = {"from_date": next_month(today_of(request)), "buyer": (copied.key.buyer or "") if copied else ""}
    form = NewListForm(bound(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        key = ListKey(seller, form.cleaned_data["buyer"] or None, form.cleaned_data["from_date"])
        if _is_free(request, form, key):
            return HttpResponseRedirect(address("edit_price_list", key) + (f"?{query_for(copied.key)}" if copied else ""))
    explanation = _("You see all of its prices next; nothing is saved before that.")
    if copied:
        what = heading_of(copied.key, copied.seller_name, copied.buyer_name)
        explanation = _("It begins as a copy of: %(list)s, %(since)s.") % {"list": what, "since": since(copied.key.from_date)}
    return show(
        request, form, heading=_("New price list"), submit=_("On to its prices"), cancel=reverse("prices"), explanation=explanation,
        crumbs=[(_("Prices"), reverse("prices"))],
        datalists=[buyers_of(request)],
    )  # fmt: skip


def _copied(request: Request, seller: str) -> Kept | None:
    """The list that the address says to begin with. Raises NotFound."""
    if "from" not in request.GET:
        return None
    return queries.price_list(request.viewer, key_of(seller, request.GET.get("buyer", ""), request.GET["from"]))


def _is_free(request: Request, form: NewListForm, key: ListKey) -> bool:
    """Whether there can be such a list, and is none; why not is said beside its field."""
    if key.buyer is not None and not queries.sells_to(request.viewer, key.seller, key.buyer):
        form.add_error("buyer", says(text("“{seller}” does not sell to “{ref}”", seller=key.seller, ref=key.buyer)))
        return False
    try:
        queries.price_list(request.viewer, key)
    except NotFound:
        return True
    form.add_error("from_date", _("There is a list from this day on already: open it and edit it, or choose another day."))
    return False


def remove_price_list(request: Request, seller: str, buyer: str, day: str) -> HttpResponse:
    """Remove a list: asked first, done then."""
    key = key_of(seller, buyer, day)
    kept = queries.price_list(request.viewer, key)
    require_keeper(request, seller)
    if request.method == "POST":
        seen = request.POST.get("seen") or None
        return take_away(
            request,
            lambda: actions.remove_price_list(request.viewer, key, seen=seen, now=request.now),
            done=_("The price list was removed."),
            to=reverse("prices"),
        )
    context = {
        "kept": kept,
        "heading": heading_of(key, kept.seller_name, kept.buyer_name),
        "since": since(key.from_date),
        "cancel": address("price_list", key),
    }
    return render(request, "web/prices/remove.html", context)


@require_GET
def prices_history(request: Request) -> HttpResponse:
    """What happened to the lists and promo codes of the account, also to those that are gone."""
    page = queries.prices_history(request.viewer, page=page_of(request.GET), per_page=20)
    events = told(page.items, Catalog.of(request).names, naming=True)
    return render(request, "web/prices/history.html", {"page": page, "history": events, "zone": zone_of(request), "query": ""})


urls = [
    path("prices/", prices, name="prices"),
    path("prices/new/", new_price_list, name="new_price_list"),
    path("prices/history/", prices_history, name="prices_history"),
    path("prices/<ref:seller>/<ref:buyer>/<str:day>/", price_list, name="price_list"),
    path("prices/<ref:seller>/<ref:buyer>/<str:day>/remove/", remove_price_list, name="remove_price_list"),
]
