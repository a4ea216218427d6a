"""Questions about accounts: lists, and one with everything about it."""

from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from trueup.accounts import queries as tree
from trueup.accounts.models import Account, Placement
from trueup.accounts.queries import access_of, installation
from trueup.accounts.rules import Right, Tier, Viewer
from trueup.kit.page import Page
from trueup.network.queries.people import members_of
from trueup.network.queries.shapes import AccountDetails, AccountRow, When
from trueup.network.queries.sight import children, may_keep, placements, present_accounts, visible_days
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
    if words := search.strip():
        found = found.filter(Q(name__icontains=words) | Q(ref__icontains=words) | Q(company_id__icontains=words) | Q(city__icontains=words))
    ordered = found.select_related("region", "type").order_by("name", "ref")
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
