"""Questions about accounts: lists, and one with everything about it."""

from collections.abc import Sequence
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from trueup.accounts import queries as tree
from trueup.accounts.models import Account, Placement
from trueup.accounts.queries import access_of, installation
from trueup.accounts.rules import Right, Tier, Viewer
from trueup.kit.page import Page
from trueup.kit.period import BEGINNING
from trueup.network.queries.people import members_of
from trueup.network.queries.shapes import AccountDetails, AccountEntry, AccountRow, PlacedUnder, When
from trueup.network.queries.sight import below_on, beneath, children, may_keep, placements, present_accounts, visible_days
from trueup.network.queries.terms import terms_of
from trueup.network.rules.editing import fingerprint, shown
from trueup.network.tables.reading import of_accounts


def accounts(
    viewer: Viewer, *, tier: Tier, search: str = "", parent: str | None = None, page: int, per_page: int, on: date
) -> Page[AccountRow]:  # fmt: skip
    """The accounts of a tier in the viewer's subtree on a day or later, by name. `search` looks in name, ref, company ID and city.

    `parent` is the ref of the account they are placed below on the day. Raises NotFound for a parent the viewer does not see.
    """
    found = present_accounts(viewer, tier, on)
    if parent is not None:
        above = tree.account(viewer, parent)
        found = found.filter(Exists(Placement.objects.on(on).filter(account_id=OuterRef("pk"), parent=above)))
    ordered = _matching(found, search).select_related("region", "type").order_by("name", "ref")
    return _rows(viewer, Page.of(found.count(), page, per_page, lambda start, stop: list(ordered[start:stop])), on)


def _rows(viewer: Viewer, page: Page[Account], on: date) -> Page[AccountRow]:
    ids = [account.pk for account in page.items]
    placed, below = placements(viewer, page.items, on), children(ids, on)
    rows = []
    for account in page.items:
        here = [row for row in placed[account.pk] if row.when == When.IN_FORCE]
        coming = [row for row in placed[account.pk] if row.when == When.COMING]
        rows.append(
            AccountRow(
                ref=account.ref,
                name=account.name,
                tier=Tier(account.tier),
                parent=here[0].parent if here else None,
                coming=coming[0] if coming else None,
                company_id=account.company_id,
                city=account.city,
                state=account.state,
                region=account.region.name if account.region else "",
                type=account.type.name if account.type else "",
                access=access_of(account) if account.tier == Tier.MSP else None,
                children=below.get(account.pk, 0),
            )
        )
    return page.with_items(rows)


def accounts_after(
    viewer: Viewer, *, tier: Tier | None = None, search: str = "", below: str | None = None, after: str | None = None, limit: int, on: date
) -> list[AccountEntry]:  # fmt: skip
    """The accounts in the viewer's subtree on a day or later, by ref: at most `limit` whose ref comes after `after`.

    `search` looks in name, ref, company ID and city. `below`: those at any depth below that account on the day. Raises NotFound for one
    the viewer does not see.
    """
    wanted = Q()
    for one in Tier if tier is None else (tier,):
        wanted |= Q(pk__in=present_accounts(viewer, one, on).order_by().values("pk"))
    found = _matching(Account.objects.filter(wanted), search)
    if below is not None:
        above = tree.account(viewer, below)
        found = found.filter(beneath(above.pk, on)) if above.pk in below_on(viewer, [above.pk], on) else found.none()
    if after is not None:
        found = found.filter(ref__gt=after)
    return _entries(viewer, list(found.select_related("region", "type").order_by("ref")[:limit]), on)


def account_entry(viewer: Viewer, ref: str, on: date) -> AccountEntry:
    """What is said of one account. Raises NotFound."""
    return _entries(viewer, [_found(viewer, ref)], on)[0]


def _matching(accounts: QuerySet[Account], search: str) -> QuerySet[Account]:
    words = search.strip()
    if not words:
        return accounts
    return accounts.filter(Q(name__icontains=words) | Q(ref__icontains=words) | Q(company_id__icontains=words) | Q(city__icontains=words))


def _entries(viewer: Viewer, some: Sequence[Account], on: date) -> list[AccountEntry]:
    ids = [account.pk for account in some]
    values = of_accounts(Account.objects.filter(pk__in=ids), Placement.objects.filter(account_id__in=ids))
    placed, zone = placements(viewer, some, on), installation().time_zone
    return [
        AccountEntry(
            ref=account.ref,
            name=account.name,
            tier=Tier(account.tier),
            company_id=account.company_id,
            city=account.city,
            state=account.state,
            region=account.region.code if account.region else "",
            type=account.type.code if account.type else "",
            time_zone=account.time_zone,
            time_zone_in_force=account.time_zone or zone,
            usage_reports_excluded=account.usage_reports_excluded,
            access=access_of(account) if account.tier == Tier.MSP else None,
            placements=tuple(placed[account.pk]),
            fingerprint=fingerprint(shown(values[account.ref,], _days_seen(viewer, placed[account.pk]))),
        )
        for account in some
    ]


def _days_seen(viewer: Viewer, placed: Sequence[PlacedUnder]) -> frozenset[date] | None:
    """The same as `visible_days`, of placements that are known."""
    return None if viewer.sees_all else frozenset(one.from_date or BEGINNING for one in placed if one.parent.ref)


def account_details(viewer: Viewer, ref: str, on: date) -> AccountDetails:
    """One account with all its placements, the terms in force, and its members. Raises NotFound."""
    account = _found(viewer, ref)
    values = of_accounts(Account.objects.filter(pk=account.pk), Placement.objects.filter(account=account))[ref,]
    zone = installation().time_zone
    has_terms = account.tier in {Tier.DISTRIBUTOR, Tier.MSP}
    return AccountDetails(
        ref=ref,
        name=account.name,
        tier=Tier(account.tier),
        company_id=account.company_id,
        city=account.city,
        state=account.state,
        region=account.region.code if account.region else "",
        region_name=account.region.name if account.region else "",
        type=account.type.code if account.type else "",
        type_name=account.type.name if account.type else "",
        time_zone=account.time_zone,
        time_zone_in_force=account.time_zone or zone,
        usage_reports_excluded=account.usage_reports_excluded,
        access=access_of(account) if account.tier == Tier.MSP else None,
        placements=tuple(placements(viewer, [account], on)[account.pk]),
        children=children([account.pk], on).get(account.pk, 0),
        terms=terms_of(viewer, [account], on)[0] if has_terms else None,
        members=members_of(viewer, account, on) if account.tier != Tier.CUSTOMER else (),
        may_change=may_keep(viewer, Right.KEEP_ACCOUNTS, account, on),
        fingerprint=fingerprint(shown(values, visible_days(viewer, account))),
    )


def _found(viewer: Viewer, ref: str) -> Account:
    tree.account(viewer, ref)
    rows: QuerySet[Account] = Account.objects.select_related("region", "type")
    return rows.get(ref=ref)
