"""Below which account another one is, now and later: shown, and changed from a day on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trueup.accounts.rules import Right, Tier
from trueup.kit.errors import Conflict, NotAllowed, NotFound
from trueup.kit.text import text
from trueup.network import actions, queries
from trueup.network.queries import AccountDetails
from trueup.web.forms import ChoiceField, DayField, Form
from trueup.web.network.changing import Changing, bound, change, show, take_away
from trueup.web.network.listing import next_month, today_of
from trueup.web.network.timeline import Entry, Line, line
from trueup.web.page import Request
from trueup.web.templatetags.trueup import day as day_words
from trueup.web.words import says

PLACES: Final = {"placements": "parent", "placements.parent": "parent", "placements.from": "from_date", "from": "from_date"}
"""Where what is wrong with a placement is shown."""

MOST_OFFERED: Final = 1000
"""Accounts a list to choose from holds."""


class MoveForm(Form):
    """To which account another one goes, and when."""

    where = PLACES
    parent = ChoiceField(label=gettext_lazy("To"), required=True)
    from_date = DayField(label=gettext_lazy("From"), required=True, help_text=gettext_lazy("The first day on which it belongs there."))


@dataclass(frozen=True, slots=True)
class Move:
    """The words of a move, the accounts to choose from, where to go afterwards, and what stands above the page."""

    heading: str
    label: str
    offered: Sequence[tuple[str, str]]
    explanation: str
    to: str
    crumbs: Sequence[tuple[str, str]]


def details_of(request: Request, ref: str, tiers: Sequence[Tier]) -> AccountDetails:
    """One account of a tier. Raises NotFound."""
    found = queries.account_details(request.viewer, ref, today_of(request))
    if found.tier not in tiers:
        raise NotFound(text("there is no account “{ref}”", ref=ref))
    return found


def kept(request: Request, found: AccountDetails) -> AccountDetails:
    """The same, for somebody who is about to change it. Raises NotAllowed."""
    request.viewer.require(Right.KEEP_ACCOUNTS, text("keep accounts"))
    if not found.may_change:
        raise NotAllowed(text("“{ref}” is not below your account at present", ref=found.ref))
    return found


def placements_of(account: AccountDetails, today: date, heading: str) -> Line:
    """The accounts above one in time."""
    entries = [
        Entry(
            named(says(placed.parent.name), placed.parent.ref),
            placed.from_date,
            placed.until_date - timedelta(days=1) if placed.until_date else None,
        )
        for placed in account.placements
    ]
    return line("placements", heading, entries, today, nothing=_("It belongs to nobody."))


def move(request: Request, found: AccountDetails, words: Move, again: Callable[[], AccountDetails]) -> HttpResponse:
    """To another account, from a day on: shown first what that changes."""
    kept(request, found)
    today = today_of(request)
    form = MoveForm(bound(request), initial={"from_date": next_month(today), "seen": found.fingerprint})
    form.offer(parent=words.offered)
    form.fields["parent"].label = words.label
    if request.method == "POST" and form.is_valid():
        day: date = form.cleaned_data["from_date"]
        entry = {"ref": found.ref, "placements": {"from": day.isoformat(), "parent": form.cleaned_data["parent"]}}
        changing = Changing(
            "accounts", entry, words.to, _("The move is noted."), heading=words.heading, preview=True, warnings=past_warning(day, today),
            fresh=lambda: {"seen": again().fingerprint}, subject=named(found.name, found.ref), before={"parent": _under(found, day)},
            names=dict(words.offered), crumbs=words.crumbs,
        )  # fmt: skip
        answer = change(request, form, changing)
        if answer is not None:
            return answer
    return show(
        request, form, heading=words.heading, submit=_("See what that changes"), cancel=words.to, crumbs=words.crumbs,
        explanation=words.explanation,
    )  # fmt: skip


def _under(account: AccountDetails, day: date) -> str:
    """Below whom an account is on a day, as things are."""
    begun = [placed.parent for placed in account.placements if placed.from_date is None or placed.from_date <= day]
    return (begun[-1].ref or says(begun[-1].name)) if begun else ""


def stay(request: Request, found: AccountDetails, to: str) -> HttpResponse:
    """Take back a move that has not come yet."""
    kept(request, found)
    day = still_to_come(request, placements_of(found, today_of(request), ""))
    entry: dict[str, Any] = {"ref": found.ref, "placements": {"from": day.isoformat(), "parent": None}}
    return take_away(
        request, lambda: actions.change(request.viewer, "accounts", entry, now=request.now), done=_("The move was taken back."), to=to
    )  # fmt: skip


def named(name: str, ref: str) -> str:
    """An account in a list: its name, and its ref where that says more."""
    return name if name == ref or not ref else f"{name} ({ref})"


def offered(request: Request, tier: Tier) -> list[tuple[str, str]]:
    """The accounts of a tier somebody can choose, by name."""
    page = queries.accounts(request.viewer, tier=tier, page=1, per_page=MOST_OFFERED, on=today_of(request))
    return [(one.ref, named(one.name, one.ref)) for one in page.items]


def past_warning(day: date, today: date) -> tuple[str, ...]:
    """What a change means that holds for days that are over."""
    if day >= today:
        return ()
    sentence = _(
        "%(day)s is in the past. Reports that were generated never change, and usage that was received keeps the MSP it came with; "
        "what is generated from now on goes by the new value."
    )
    return (sentence % {"day": day_words(day)},)


def still_to_come(request: Request, shown: Line) -> date:
    """The day of the entry a form takes away. Raises Conflict if no such entry is still to come."""
    typed = request.POST.get("from", "")
    found = next((entry.from_date for entry in shown.shown if entry.phase == "comes" and str(entry.from_date) == typed), None)
    if found is None:
        raise Conflict(text("there is nothing to come from that day on; somebody may have removed it already"))
    return found
