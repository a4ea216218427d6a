"""What the viewer may be told of accounts and may do with them, for all questions alike."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from itertools import combinations

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from trueup.accounts.models import Account, Placement
from trueup.accounts.queries import paths
from trueup.accounts.rules import PARENT_TIER, Right, Tier, Viewer
from trueup.kit.period import FOREVER
from trueup.network.queries.shapes import OUTSIDE, Named, PlacedUnder, since, when


def named(account: Account) -> Named:
    """An account the viewer sees."""
    return Named(account.ref, account.name, Tier(account.tier))


def present_accounts(viewer: Viewer, tier: Tier, on: date) -> QuerySet[Account]:
    """The accounts of a tier in the viewer's subtree on a day or later: what has left it is not listed any more.

    The same as `visible_to` with an eye on the day, but asked from the top down: a hundred thousand customers are listed at once.
    """
    found = Account.objects.filter(tier=tier)
    if viewer.account_id is None or viewer.tier is None:
        return found
    depth = _TIERS.index(tier) - _TIERS.index(viewer.tier)
    if depth <= 0:
        return found.filter(pk=viewer.account_id)
    placed = Placement.objects.filter(_through(viewer.account_id, depth, on))
    return found.filter(pk__in=placed.values("account_id"))


_TIERS = list(Tier)


def _through(account_id: int, depth: int, on: date) -> Q:
    """Placements so many levels below an account: all links of the way down in force at the same time, on a day or later."""
    links = ["", "parent__placements__", "parent__placements__parent__placements__"][:depth]
    way = Q(**{f"{links[-1]}parent_id": account_id}, **{f"{link}until_date__gt": on for link in links})
    for lower, upper in combinations(links, 2):  # periods of which every two overlap have a day in common
        way &= Q(**{f"{lower}from_date__lt": F(f"{upper}until_date"), f"{lower}until_date__gt": F(f"{upper}from_date")})
    return way


def placed_on(on: date) -> QuerySet[Placement]:
    """The placement of every account on a day; before the first one it is the first (as `accounts.queries.parents` has it)."""
    earlier = Placement.objects.filter(account_id=OuterRef("account_id"), from_date__lt=OuterRef("from_date"))
    return Placement.objects.filter(Q(from_date__lte=on, until_date__gt=on) | Q(from_date__gt=on) & ~Exists(earlier))


def beneath(account_id: int, on: date, path: str = "pk") -> Q:
    """Accounts at any depth below one on a day, asked in the database; `path` leads to the account's id."""
    first = placed_on(on).filter(parent_id=account_id).values("account_id")
    second = placed_on(on).filter(parent_id__in=first).values("account_id")
    third = placed_on(on).filter(parent_id__in=second).values("account_id")
    return Q(**{f"{path}__in": first}) | Q(**{f"{path}__in": second}) | Q(**{f"{path}__in": third})


def held(viewer: Viewer, on: date, path: str = "pk") -> Q:
    """Accounts that are the viewer's or below it on a day; `path` leads to the account's id."""
    if viewer.account_id is None:
        return Q()
    return Q(**{path: viewer.account_id}) | beneath(viewer.account_id, on, path)


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
