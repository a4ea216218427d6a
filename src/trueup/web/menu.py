"""The menu: which pages there are for whom."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from trueup.accounts.rules import Right, Tier, Viewer


@dataclass(frozen=True, slots=True)
class Item:
    """A page in the menu: its name, the words, who sees it (`right`: only who has it)."""

    name: str
    label: str | Promise
    tiers: frozenset[Tier]
    right: Right | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """An item as it is shown. `note`: what is to be said beside it."""

    label: str | Promise
    address: str
    current: bool
    name: str = ""
    note: str | Promise = ""


_ALL = frozenset({Tier.VENDOR, Tier.DISTRIBUTOR, Tier.MSP})
_ABOVE = frozenset({Tier.VENDOR, Tier.DISTRIBUTOR})
_MSP = frozenset({Tier.MSP})
_VENDOR = frozenset({Tier.VENDOR})

MENU: Final = (
    Item("home", _("Home"), _ALL),
    Item("reports", _("Usage reports"), _MSP),
    Item("review", _("Review"), _ABOVE),
    Item("cycles", _("Cycles"), _ABOVE),
    Item("billing", _("Billing"), _ABOVE),
    Item("statements", _("Statements"), _ALL),
    Item("prices", _("Prices"), _ALL),
    Item("insight", _("Insight"), _ALL),
    Item("customers", _("Customers"), _ALL),
    Item("partners", _("Partners"), _ABOVE),
    Item("uploads", _("Imports"), _ALL, Right.IMPORT_USAGE),
    Item("settings", _("Settings"), _ALL),
)
"""In the order of the month's work; what is set up once is under Settings."""

SETTINGS: Final = (
    Item("members", _("Members"), _ALL),
    Item("terms", _("Terms"), _ALL),
    Item("billing_details", _("Billing details"), _ALL),
    Item("catalog", _("Catalog"), _ALL),
    Item("regions", _("Regions"), _VENDOR),
    Item("account_types", _("Account types"), _VENDOR),
    Item("sources", _("Sources"), _VENDOR),
    Item("profiles", _("Mapping profiles"), _ALL),
    Item("clients", _("API clients"), _ALL, Right.MANAGE_MEMBERS),
    Item("webhooks", _("Webhooks"), _ALL, Right.KEEP_WEBHOOKS),
    Item("outbox", _("Outbox"), _VENDOR, Right.MANAGE_MEMBERS),
)

OWN: Final = (
    Item("notification_settings", _("Notifications"), _ALL),
    Item("account_change_password", _("Password"), _ALL),
    Item("mfa_index", _("Two-step sign-in"), _ALL),
    Item("usersessions_list", _("Sessions"), _ALL),
)
"""What is a person's own, whatever account they act for."""


def own_pages(path: str) -> tuple[Entry, ...]:
    """The pages everybody has who is signed in."""
    return _entries(OWN, path)


def menu_of(viewer: Viewer, path: str, items: tuple[Item, ...] = MENU) -> tuple[Entry, ...]:
    """The entries somebody sees; the one whose page is shown is marked."""
    shown = [item for item in items if viewer.tier in item.tiers and (item.right is None or viewer.may(item.right))]
    if items is MENU and any(entry.current for entry in (*_entries(SETTINGS, path), *own_pages(path))):
        path = _address("settings")
    return _entries(tuple(shown), path)


def without_reports(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The menu of an MSP that has no usage reports: their page, which says why, stays in it, and the menu says so already."""
    return tuple(replace(entry, note=_("no access")) if entry.name == "reports" else entry for entry in entries)


def _entries(items: tuple[Item, ...], path: str) -> tuple[Entry, ...]:
    """Those whose pages there are; the start page is above no other."""
    found = [(item, address) for item in items if (address := _address(item.name))]
    above = [address for _item, address in found if path == address or (address != "/" and path.startswith(address))]
    best = max(above, key=len, default="")
    return tuple(Entry(item.label, address, address == best, item.name) for item, address in found)


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
