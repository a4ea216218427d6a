"""Questions about terms: what is in force, where each value comes from, and what comes."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Q

from trueup.accounts import queries as tree
from trueup.accounts.models import Account
from trueup.accounts.queries import paths
from trueup.accounts.rules import Right, Tier, Viewer
from trueup.catalog.models import Terms
from trueup.catalog.rules import TERMS_FIELDS, TermsInForce
from trueup.kit.errors import NotFound
from trueup.kit.page import Page
from trueup.kit.period import FOREVER
from trueup.network.queries.shapes import Level, Term, TermsEntry, TermsRow, TermValue, When, since, when
from trueup.network.queries.sight import held, named, present_accounts
from trueup.network.rules.editing import fingerprint
from trueup.network.rules.plan import entry_name
from trueup.network.rules.tree import nothing_named
from trueup.network.tables.reading import values_of_terms

_Entries = Mapping[str, Sequence[TermsEntry]]


def terms(viewer: Viewer, *, search: str = "", page: int, per_page: int, on: date) -> Page[TermsRow]:
    """The terms of the viewer's MSPs, by name; `search` looks in name and ref."""
    found = present_accounts(viewer, Tier.MSP, on)
    if words := search.strip():
        found = found.filter(Q(name__icontains=words) | Q(ref__icontains=words))
    ordered = found.order_by("name", "ref")
    some = Page.of(found.count(), page, per_page, lambda start, stop: list(ordered[start:stop]))
    return some.with_items(terms_of(viewer, some.items, on))


def default_terms(viewer: Viewer, on: date) -> tuple[TermsRow, ...]:
    """The installation's terms, then those of the distributors the viewer sees, by name: what holds where an MSP's say nothing."""
    distributors = list(present_accounts(viewer, Tier.DISTRIBUTOR, on).order_by("name", "ref"))
    return (_of_installation(viewer, on), *terms_of(viewer, distributors, on))


def terms_after(viewer: Viewer, *, search: str = "", after: str | None = None, limit: int, on: date) -> list[TermsRow]:
    """The terms of the distributors and MSPs that are the viewer's or below it on a day, by ref: at most `limit` after that ref.

    Before all refs, after none, come the installation's. `search` looks in name and ref, and leaves the installation out.
    """
    found = Account.objects.filter(held(viewer, on), tier__in=_WITH_TERMS)
    words = search.strip()
    if words:
        found = found.filter(Q(name__icontains=words) | Q(ref__icontains=words))
    first = [] if words or after is not None else [_of_installation(viewer, on)]
    if after:
        found = found.filter(ref__gt=after)
    return [*first, *terms_of(viewer, list(found.order_by("ref")[:limit]), on)][:limit]


def terms_row(viewer: Viewer, ref: str, on: date) -> TermsRow:
    """The terms of a distributor or an MSP that is the viewer's or below it on a day. Raises NotFound."""
    account = tree.account(viewer, ref)
    if not Account.objects.filter(held(viewer, on), pk=account.pk, tier__in=_WITH_TERMS).exists():
        raise NotFound(nothing_named("terms", ref))
    return terms_of(viewer, [account], on)[0]


def terms_entry(viewer: Viewer, ref: str, day: date, on: date) -> TermsEntry:
    """What such an account says from a day on. Raises NotFound."""
    found = next((entry for entry in terms_row(viewer, ref, on).own if entry.from_key == day.isoformat()), None)
    if found is None:
        raise NotFound(nothing_named("terms", entry_name("terms", (ref, day.isoformat()))))
    return found


_WITH_TERMS = (Tier.DISTRIBUTOR, Tier.MSP)


def _of_installation(viewer: Viewer, on: date) -> TermsRow:
    own = _entries([], on).get("", ())
    return TermsRow(None, _in_force([(Level.INSTALLATION, own)]), tuple(own), viewer.sees_all)


def terms_of(viewer: Viewer, accounts: Sequence[Account], on: date) -> list[TermsRow]:
    """The terms of distributors and MSPs the viewer sees."""
    ways = paths([account.pk for account in accounts], on)
    entries = _entries({account_id for way in ways.values() for account_id in way}, on)
    refs = dict(Account.objects.filter(pk__in={pk for way in ways.values() for pk in way}).values_list("pk", "ref"))
    rows = []
    for account in accounts:
        way = ways[account.pk]
        levels = [(Level.INSTALLATION, entries.get("", ()))]
        levels += [(level, entries.get(refs[pk], ())) for level, pk in zip((Level.DISTRIBUTOR, Level.MSP), way[1:], strict=False)]
        keeps = viewer.sees_all or (viewer.may(Right.KEEP_TERMS) and viewer.account_id in way)
        rows.append(TermsRow(named(account), _in_force(levels), tuple(entries.get(account.ref, ())), keeps))
    return rows


def _entries(account_ids: Collection[int], on: date) -> _Entries:
    """What each account says, by its ref, the earliest first; the installation's are under the empty ref."""
    said: dict[str, list[Terms]] = defaultdict(list)
    for entry in Terms.objects.filter(Q(account=None) | Q(account__in=account_ids)).select_related("account").order_by("from_date"):
        said[entry.account.ref if entry.account else ""].append(entry)
    return {
        ref: [_entry(ref, entry, until, on) for entry, until in zip(rows, [*(row.from_date for row in rows[1:]), FOREVER], strict=True)]
        for ref, rows in said.items()
    }


def _entry(ref: str, entry: Terms, until: date, on: date) -> TermsEntry:
    said = tuple((name, _value(getattr(entry, name))) for name in TERMS_FIELDS if getattr(entry, name) is not None)
    return TermsEntry(
        account=ref,
        from_date=since(entry.from_date),
        from_key=entry.from_date.isoformat(),
        said=said,
        when=when(entry.from_date, until, on),
        fingerprint=fingerprint(values_of_terms(entry)),
    )


def _value(value: Any) -> TermValue:
    if isinstance(value, list | tuple):
        return tuple(int(day) for day in value)
    if isinstance(value, bool | int | Decimal):
        return value
    return str(value)


_STANDARD = TermsInForce()


def _in_force(levels: Sequence[tuple[Level, Sequence[TermsEntry]]]) -> tuple[Term, ...]:
    """Each term from the lowest level that says it."""
    found = {name: Term(name, _value(getattr(_STANDARD, name)), Level.STANDARD) for name in TERMS_FIELDS}
    for level, entries in levels:
        for entry in entries:
            if entry.when == When.IN_FORCE:
                found |= {name: Term(name, value, level) for name, value in entry.said}
    return tuple(found.values())
