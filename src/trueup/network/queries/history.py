"""What happened to the network."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace

from django.db import connection
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from trueup.accounts import queries as tree
from trueup.accounts.models import Account, Member, Placement
from trueup.accounts.rules import Actor, Right, Tier, Viewer
from trueup.events import queries as events
from trueup.events.models import Event
from trueup.events.rules import Change, Plain
from trueup.kit.errors import NotFound
from trueup.kit.page import Page
from trueup.kit.text import text
from trueup.network.queries.shapes import OUTSIDE, HistoryRow, Named
from trueup.network.queries.sight import named
from trueup.network.rules import dated
from trueup.network.rules.history import ELSEWHERE
from trueup.network.tables.recording import APPLIED, CHANGED

INSTALLATION = 1
"""The number of the installation's row, the subject of what concerns all."""


def history(viewer: Viewer, account_ref: str | None, *, page: int, per_page: int) -> Page[HistoryRow]:
    """What happened to an account (and to its members, terms and what it sells), the newest first; None: to the installation's lists.

    A customer's history is told in those of its MSPs. Accounts outside the viewer's subtree are not named.
    Raises NotFound; the installation's history is for its operator and the vendors, who keep its lists.
    """
    if account_ref is None:
        return _of_installation(viewer, page, per_page)
    account = tree.account(viewer, account_ref)
    rows, told_in, of = _of_account(viewer, account)
    ordered = rows.order_by("-at", "-pk") if account.tier == Tier.CUSTOMER else rows.order_by("-sequence")
    return _page(viewer, _some(ordered, page, per_page), told_in, of)


def history_before(viewer: Viewer, account_ref: str | None, *, about: str = "", before: int | None, limit: int) -> list[HistoryRow]:
    """The same as a list that is read on: at most `limit` events whose `number` is below `before`. Raises NotFound.

    `about`: what was told of one entry alone, like `service core`.
    """
    account = tree.account(viewer, account_ref) if account_ref is not None else None
    rows, told_in, of = _of_account(viewer, account) if account is not None else (_installations(viewer), {}, "")
    if about:
        rows, of = _telling_of(rows, about) if of in {"", about} else rows.none(), about
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = _rows(viewer, list(rows.order_by("-pk")[:limit]), told_in, of)
    return found if account is not None else _without_strangers(viewer, found)


def _of_installation(viewer: Viewer, page: int, per_page: int) -> Page[HistoryRow]:
    found = _page(viewer, _some(_installations(viewer).order_by("-sequence"), page, per_page), {})
    return found.with_items(_without_strangers(viewer, found.items))


def _installations(viewer: Viewer) -> QuerySet[Event]:
    """The events of the installation's lists. Raises NotFound for who does not keep them."""
    if not replace(viewer, scopes=None).may(Right.KEEP_CATALOG):  # whose token only reads may read what their account keeps
        raise NotFound(text("there is no history of the installation"))
    return events.happened_to("installation", INSTALLATION).filter(kind__in=(APPLIED, CHANGED))


def _telling_of(rows: QuerySet[Event], of: str) -> QuerySet[Event]:
    """The events that tell of an entry."""
    # Text, because SQLite can't look into a list of JSON; the two write other characters in their own ways.
    needle = f'"of": {json.dumps(of, ensure_ascii=connection.vendor == "sqlite")}'
    return rows.annotate(told=Cast("changes", TextField())).filter(told__contains=needle)


def _without_strangers(viewer: Viewer, rows: Iterable[HistoryRow]) -> list[HistoryRow]:
    """Vendors do not learn who works for another."""
    if viewer.sees_all:
        return list(rows)
    known = set(Member.objects.visible_to(viewer).values_list("user__email", flat=True))
    stranger = Actor("person", text("somebody of another vendor"))
    return [
        row if row.actor.kind != "person" or row.actor.name in known
        else replace(row, actor=stranger)
        for row in rows
    ]  # fmt: skip


def _of_account(viewer: Viewer, account: Account) -> tuple[QuerySet[Event], dict[int, Named], str]:
    """The events that tell of an account, in whose histories they are, and of which entry alone they are to be read (empty: all).

    Of a customer: of the events of its MSPs those that tell of it, and of these what they tell of it.
    """
    if account.tier != Tier.CUSTOMER:
        return events.history(viewer, "account", account.pk), {account.pk: named(account)}, ""
    placed = Placement.objects.visible_to(viewer).filter(account=account).select_related("parent")
    msps = {row.parent_id: named(row.parent) for row in placed}
    of = f"account {account.ref}"
    return _telling_of(Event.objects.visible_to(viewer).filter(subject="account", subject_id__in=msps), of), msps, of


def _some(rows: QuerySet[Event], page: int, per_page: int) -> Page[Event]:
    return Page.of(rows.count(), page, per_page, lambda start, stop: list(rows[start:stop]))


def _page(viewer: Viewer, some: Page[Event], told_in: dict[int, Named], of: str = "") -> Page[HistoryRow]:
    return some.with_items(_rows(viewer, some.items, told_in, of))


def _rows(viewer: Viewer, some: Sequence[Event], told_in: dict[int, Named], of: str) -> list[HistoryRow]:
    """The events as the viewer may read them; `of` names the one entry whose changes are wanted."""
    changes = {event.pk: [Change(**change) for change in event.changes if not of or change.get("of") == of] for event in some}
    tiers = _hidden(viewer, (change for found in changes.values() for change in found))
    return [
        HistoryRow(
            at=event.at,
            actor=event.actor,
            kind=event.kind,
            changes=tuple(_masked(change, tiers) for change in changes[event.pk]),
            note=event.note if viewer.sees_all else "",
            told_in=told_in.get(event.chain),
            number=event.pk,
        )
        for event in some
    ]


def _hidden(viewer: Viewer, changes: Iterable[Change]) -> dict[Plain, Tier]:
    """Of the accounts that are named as being above others those the viewer does not see."""
    if viewer.sees_all:
        return {}
    refs = {str(ref) for change in changes if dated.is_of(change.field, "parent") for ref in (change.before, change.after) if ref}
    seen = set(Account.objects.visible_to(viewer).filter(ref__in=refs).values_list("ref", flat=True))
    return {ref: Tier(tier) for ref, tier in Account.objects.filter(ref__in=refs - seen).values_list("ref", "tier")}


def _masked(change: Change, hidden: dict[Plain, Tier]) -> Change:
    if not dated.is_of(change.field, "parent"):
        return change
    before, after = (
        OUTSIDE[hidden[value]] if isinstance(value, str) and value in hidden else ELSEWHERE if value == ELSEWHERE else value
        for value in (change.before, change.after)
    )
    return Change(change.field, before, after, change.of)
