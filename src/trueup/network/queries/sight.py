"""What the viewer may be told of accounts and may do with them, for all questions alike."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from trueup.accounts.models import Account, Placement
from trueup.accounts.queries import paths
from trueup.accounts.rules import PARENT_TIER, Right, Tier, Viewer
from trueup.kit.period import FOREVER
from trueup.network.queries.shapes import OUTSIDE, Named, PlacedUnder, since, when


def named(account: Account) -> Named:
    """An account the viewer sees."""
    return Named(account.ref, account.name, Tier(account.tier))


def present_accounts(viewer: Viewer, on: date) -> QuerySet[Account]:
    """The viewer's account and those in its subtree on a day or later: what has left it is not listed any more."""
    seen = Account.objects.visible_to(viewer)
    if viewer.account_id is None:
        return seen
    placed = Placement.objects.visible_to(viewer).filter(account_id=OuterRef("pk"), until_date__gt=on)
    return seen.filter(Q(pk=viewer.account_id) | Exists(placed))


def placements(viewer: Viewer, accounts: Collection[Account], on: date) -> dict[int, list[PlacedUnder]]:
    """The placements of accounts, the earliest first; the parents of those the viewer does not see are not named."""
    tiers = {account.pk: Tier(account.tier) for account in accounts}
    rows = Placement.objects.filter(account_id__in=tiers).select_related("parent").order_by("account_id", "from_date")
    seen = set(Placement.objects.visible_to(viewer).filter(account_id__in=tiers).values_list("pk", flat=True))
    found: dict[int, list[PlacedUnder]] = defaultdict(list)
    for row in rows:
        above = PARENT_TIER[tiers[row.account_id]] or Tier.VENDOR
        parent = named(row.parent) if row.pk in seen and row.parent_id is not None else Named("", OUTSIDE[above], above)
        until = None if row.until_date == FOREVER else row.until_date
        found[row.account_id].append(PlacedUnder(parent, since(row.from_date), until, when(row.from_date, row.until_date, on)))
    return found


def visible_days(viewer: Viewer, account: Account) -> frozenset[date] | None:
    """From which days on the placements hold that the viewer sees; None: all."""
    if viewer.sees_all:
        return None
    return frozenset(Placement.objects.visible_to(viewer).filter(account=account).values_list("from_date", flat=True))


def children(account_ids: Collection[int], on: date) -> dict[int, int]:
    """How many accounts are placed directly below each on a day."""
    rows = Placement.objects.on(on).filter(parent_id__in=account_ids).values("parent_id").annotate(accounts=Count("pk")).order_by()
    return {row["parent_id"]: row["accounts"] for row in rows}


def below_on(viewer: Viewer, account_ids: Collection[int], on: date) -> set[int]:
    """Of these accounts those that are the viewer's or below it on a day; one not placed yet is where it comes first."""
    if viewer.account_id is None:
        return set(account_ids)
    return {account_id for account_id, path in paths(account_ids, on).items() if viewer.account_id in path}


def may_keep(viewer: Viewer, right: Right, account: Account, on: date) -> bool:
    """Whether a viewer may keep what belongs to an account at present."""
    if viewer.sees_all:
        return True
    own = account.pk == viewer.account_id
    if right == Right.KEEP_ACCOUNTS and own and viewer.tier != Tier.VENDOR:
        return False
    return viewer.may(right) and account.pk in below_on(viewer, [account.pk], on)
