"""The sheet of a price list: every price on one page. Nothing that was typed is lost, and what is wrong is said at its field."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext as _

from trueup.accounts.queries import installation
from trueup.kit.errors import Invalid, NotFound, Problem, Stale
from trueup.kit.text import text
from trueup.prices import actions, queries
from trueup.prices.queries import Kept
from trueup.prices.rules.definition import read_price_list
from trueup.prices.rules.documents import document_of
from trueup.prices.rules.lists import ListKey
from trueup.web.page import Request, render
from trueup.web.pages.prices import heading_of
from trueup.web.prices.lists import Catalog, address, key_of, own, require_keeper
from trueup.web.prices.sheet import Reading, Sheet, filled, typed
from trueup.web.prices.sheet_shown import Extra, shown
from trueup.web.prices.words import since
from trueup.web.words import says

MOST_AT_ONCE: Final = 100
"""Services that a new default list begins with; of a larger catalog they are added."""

MOST_OFFERED: Final = 1000
"""Customers that are offered while somebody types."""

MOST_ON_A_PAGE: Final = 9000
"""Fields of the sheet that a form sends; settings.py says how many it may at all."""


def edit_price_list(request: Request, seller: str, buyer: str, day: str) -> HttpResponse:
    """Change a list, or write one that there is not yet; `?buyer=&from=`: beginning as a copy of that one."""
    key = key_of(seller, buyer, day)
    kept = _there(request, key)
    if kept is None and seller != own(request):
        raise NotFound(text("there is no such price list"))
    require_keeper(request, seller)
    if kept is None and key.buyer is not None and not queries.sells_to(request.viewer, seller, key.buyer):
        raise NotFound(text("there is no such price list"))
    editing = _Editing(request, key, Catalog.of(request))
    return editing.sent(typed(request.POST)) if request.method == "POST" else editing.show(editing.begun(kept))


def _there(request: Request, key: ListKey) -> Kept | None:
    try:
        return queries.price_list(request.viewer, key)
    except NotFound:
        return None


@dataclass(frozen=True, slots=True)
class _Editing:
    """Somebody at the sheet of a list."""

    request: Request
    key: ListKey
    known: Catalog

    def begun(self, kept: Kept | None) -> Sheet:
        """The sheet as it is opened."""
        sheet = filled(kept.document, kept.fingerprint) if kept else self._new()
        return sheet.with_rows("packs", self.known.with_credits)

    def _new(self) -> Sheet:
        """The sheet of a list that is not there yet: a copy of another, or with the currency and tax of the default."""
        key, asked = self.key, self.request.GET
        if "from" in asked:
            copied = queries.price_list(self.request.viewer, key_of(key.seller, asked.get("buyer", ""), asked["from"]))
            return filled(copied.document, actions.NEW)
        default = queries.default_on(self.request.viewer, key.seller, key.from_date)
        like = default.document if default else {"currency": installation().currency}
        sheet = filled({name: value for name, value in like.items() if name in {"currency", "tax"}}, actions.NEW)
        codes = self._chosen("all:")
        return sheet.with_rows("services", codes) if key.buyer is None and len(codes) <= MOST_AT_ONCE else sheet

    def _chosen(self, what: str) -> list[str]:
        """The services that somebody adds: one, all of a group, or all."""
        kind, _colon, code = what.partition(":")
        return [
            one.code for group in self.known.groups for one in group.services
            if kind == "all" or (kind == "group" and group.code == code) or (kind == "service" and one.code == code)
        ]  # fmt: skip

    def sent(self, sheet: Sheet) -> HttpResponse:
        """What the form's buttons do: more rows, more tiers, or save."""
        said = self.request.POST
        if "add" in said:
            codes = self._chosen(said.get("what", ""))
            return self.show(sheet.with_rows("services", codes), extra=Extra(focus=codes[0] if codes else ""))
        if "more" in said:
            return self.show(sheet, extra=Extra(more=said["more"]))
        reading = Reading(sheet)
        return self.show(sheet, reading, status=400) if reading.errors else self._save(sheet, reading)

    def _save(self, sheet: Sheet, reading: Reading) -> HttpResponse:
        request = self.request
        try:
            saved = actions.save_price_list(request.viewer, self.key, reading.document, seen=sheet.seen, now=request.now)
        except Invalid as refused:
            reading.refuse(refused.problems or [Problem("", refused.message)])
            return self.show(sheet, reading, status=400)
        except Stale as refused:
            reading.errors[""] = says(refused.message)
            return self._meanwhile(sheet, reading)
        if saved:
            messages.success(request, _("The price list was saved. Statements that were issued keep their prices."))
        else:
            messages.info(request, _("Nothing was changed: it is so already."))
        return HttpResponseRedirect(address("price_list", self.key))

    def _meanwhile(self, sheet: Sheet, reading: Reading) -> HttpResponse:
        """Somebody else was quicker: what was typed stays, what is there now stands beside it, and saving again puts this in its place."""
        kept = _there(self.request, self.key)
        document: Mapping[str, Any] = kept.document if kept else {"currency": reading.document["currency"]}
        now_there = filled(document, kept.fingerprint if kept else actions.NEW)
        mine = {(row.section, row.code) for row in sheet.rows}
        added = {(row.section, row.code): row for row in now_there.rows if (row.section, row.code) not in mine}
        together = replace(sheet, seen=now_there.seen, rows=(*sheet.rows, *added.values()))
        written = document_of(read_price_list(self.key.seller, self.key.buyer, self.key.from_date, reading.document))
        fresh = {"document": document, "head": now_there.head, "mine": written, "added": added}
        return self.show(together, reading, extra=Extra(fresh=fresh), status=409)

    def show(self, sheet: Sheet, reading: Reading | None = None, *, extra: Extra | None = None, status: int = 200) -> HttpResponse:
        """The page."""
        kept = _there(self.request, self.key)
        heading = heading_of(self.key, self.request.seat.chosen.name, kept.buyer_name if kept else "")
        to = address("price_list", self.key) if kept else reverse("prices")
        context = {
            "heading": heading if kept else _("New: %(list)s") % {"list": heading}, "since": since(self.key.from_date), "kept": kept,
            "crumbs": [(_("Prices"), reverse("prices")), *([(heading, to)] if kept else [])], "cancel": to,
            "stale": status == 409, "typed": self.request.method == "POST",
            "customers": queries.customers(self.request.viewer, limit=MOST_OFFERED),
        }  # fmt: skip
        if sheet.fields > MOST_ON_A_PAGE:
            return render(self.request, "web/prices/too_many.html", context | {"count": sheet.prices})
        return render(self.request, "web/prices/edit.html", context | {"sheet": shown(sheet, self.known, reading, extra)}, status=status)


urls = [path("prices/<ref:seller>/<ref:buyer>/<str:day>/edit/", edit_price_list, name="edit_price_list")]
