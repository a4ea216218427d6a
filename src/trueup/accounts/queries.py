"""Questions about the channel tree."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from trueup.accounts.models import Account, ApiClient, Installation, Member, Placement, SavedView, User
from trueup.accounts.rules import Access, Actor, Role, Tier, Viewer, no_account, usage_report_access, view_mark
from trueup.kit.chunks import chunks
from trueup.kit.errors import NotFound
from trueup.kit.text import text


@dataclass(frozen=True, slots=True)
class Standing:
    """An MSP as it stands on a day: where it is placed, and whether it has usage reports."""

    msp: Account
    distributor: Account
    vendor: Account
    time_zone: str
    access: Access


@dataclass(frozen=True, slots=True)
class Membership:
    """A person in an account: who they are there as a viewer, what the account is called, and whether it has usage reports."""

    viewer: Viewer
    ref: str
    name: str
    tier: Tier
    role: Role
    access: Access


@dataclass(frozen=True, slots=True)
class KeptView:
    """A filter of a list that a person gave a name; `query` is what stands in the address of the list."""

    name: str
    query: str

    @property
    def mark(self) -> str:
        """Another one as soon as the view is another."""
        return view_mark(self.query)


@dataclass(frozen=True, slots=True)
class Invited:
    """A member who never came in. `mark` is another one as soon as they have a password; it says nothing about a password.

    `accounts` are the names of the accounts they are a member of, `account_ids` the ids.
    """

    user_id: int
    email: str
    name: str
    accounts: tuple[str, ...]
    account_ids: frozenset[int]
    mark: str


def installation() -> Installation:
    """The installation's row; the defaults where nothing was applied yet."""
    return Installation.objects.filter(id=1).first() or Installation(id=1)


def viewers_of(email: str) -> list[Viewer]:
    """A person as a viewer, once per membership. Raises NotFound."""
    members = Member.objects.filter(user__email=email.strip().lower(), user__is_active=True).select_related("user", "account")
    viewers = [
        Viewer(Actor("person", member.user.email, member.user.pk), member.account_id, Tier(member.account.tier), Role(member.role))
        for member in members.order_by("account__ref")
    ]
    if not viewers:
        raise NotFound(text("there is no member with the e-mail address {email}", email=email))
    return viewers


def memberships_of(user_id: int) -> list[Membership]:
    """Where a person is a member, the highest account first. Empty for somebody who is nowhere."""
    members = Member.objects.filter(user_id=user_id, user__is_active=True)
    found = [
        Membership(
            Viewer(Actor("person", member.user.email, member.user.pk), member.account_id, Tier(member.account.tier), Role(member.role)),
            member.account.ref,
            member.account.name,
            Tier(member.account.tier),
            Role(member.role),
            access_of(member.account),
        )
        for member in members.select_related("user", "account__region", "account__type")
    ]
    order = list(Tier)
    return sorted(found, key=lambda membership: (order.index(membership.tier), membership.name, membership.ref))


@dataclass(frozen=True, slots=True)
class Program:
    """An API client that has access: who it is as a viewer, its scopes, when it was last used (to the minute), its account's ref."""

    viewer: Viewer
    scopes: frozenset[str]
    last_used_at: datetime | None
    account_ref: str


def program(client_id: str) -> Program | None:
    """An API client by its id; None for one that was revoked, or that there is not."""
    return _program(ApiClient.objects.filter(client_id=client_id))


def program_of(actor: Actor) -> Program | None:
    """The API client that an actor is, with what it may by now; None for one that was revoked, or is no client."""
    return _program(ApiClient.objects.filter(pk=actor.id or 0)) if actor.kind == "client" else None


def _program(found: QuerySet[ApiClient]) -> Program | None:
    asked = ("pk", "name", "scopes", "last_used_at", "account_id", "account__tier", "account__ref")  # no more: every call asks this
    for pk, name, scopes, last_used_at, account_id, tier, ref in found.filter(revoked_at=None).order_by().values_list(*asked):
        # An admin, within what its scopes leave it.
        viewer = Viewer(Actor("client", name, pk), account_id, Tier(tier), Role.ADMIN, frozenset(scopes))
        return Program(viewer, frozenset(scopes), last_used_at, ref)
    return None


def saved_views(viewer: Viewer, page: str) -> list[KeptView]:
    """The filters of a list that a person keeps in the account they act for, by name."""
    if viewer.sees_all:
        return []
    kept = SavedView.objects.visible_to(viewer).filter(page=page).order_by("name")
    return [KeptView(name, query) for name, query in kept.values_list("name", "query")]


def person_who_may_sign_in(email: str) -> User | None:
    """The active person with an e-mail address who is a member somewhere."""
    return User.objects.filter(email=email.strip().lower(), is_active=True, memberships__isnull=False).distinct().first()


def invited(*, user_id: int | None = None, email: str = "") -> Invited | None:
    """A member who could accept an invitation, by id or else by e-mail; None for who has signed up, or is nowhere a member."""
    people = User.objects.filter(is_active=True)
    found = people.filter(pk=user_id) if user_id is not None else people.filter(email=email.strip().lower())
    user = found.first()
    if user is None or user.has_signed_up:
        return None
    memberships = memberships_of(user.pk)
    ids = frozenset(one.viewer.account_id for one in memberships if one.viewer.account_id is not None)
    return Invited(user.pk, user.email, user.name, tuple(one.name for one in memberships), ids, mark_of(user)) if ids else None


def mark_of(user: User) -> str:
    """What an invitation of somebody without a password holds, so that it dies with the first password."""
    return hashlib.sha256(user.password.encode("utf-8")).hexdigest()[:24]


def account(viewer: Viewer, ref: str, tier: Tier | None = None) -> Account:
    """One account by its ref. Raises NotFound for what does not exist or the viewer does not see."""
    found = Account.objects.visible_to(viewer).filter(ref=ref)
    if tier is not None:
        found = found.filter(tier=tier)
    one = found.first()
    if one is None:
        raise NotFound(no_account(ref, tier))
    return one


def refs(viewer: Viewer, account_ids: Iterable[int]) -> dict[int, str]:
    """The refs of accounts by id, as far as the viewer sees them."""
    found: dict[int, str] = {}
    for chunk in chunks(sorted(set(account_ids))):
        found.update(Account.objects.visible_to(viewer).filter(pk__in=chunk).values_list("pk", "ref"))
    return found


def customers_by_ref(viewer: Viewer) -> dict[str, str]:
    """The names of all customers a viewer sees, by ref."""
    return dict(Account.objects.visible_to(viewer).filter(tier=Tier.CUSTOMER).order_by("ref").values_list("ref", "name"))


def parents(account_ids: Collection[int], on: date) -> dict[int, int]:
    """The parent of each account on a day; where none is in force then, the nearest one before, else the first after."""
    placements: dict[int, list[tuple[date, date, int]]] = defaultdict(list)
    for chunk in chunks(sorted(set(account_ids))):
        rows = Placement.objects.filter(account_id__in=chunk).order_by("account_id", "from_date")
        for account_id, from_date, until_date, parent_id in rows.values_list("account_id", "from_date", "until_date", "parent_id"):
            placements[account_id].append((from_date, until_date, parent_id))
    return {account_id: _nearest(rows, on) for account_id, rows in placements.items()}


def _nearest(rows: list[tuple[date, date, int]], on: date) -> int:
    """The parent of the last placement that began by `on`, else of the first there is."""
    begun = [row for row in rows if row[0] <= on]
    return (begun[-1] if begun else rows[0])[2]


def paths(account_ids: Collection[int], on: date) -> dict[int, tuple[int, ...]]:
    """Each account with all above it on a day, from the top: (vendor, distributor, MSP, customer)."""
    found: dict[int, tuple[int, ...]] = {account_id: (account_id,) for account_id in account_ids}
    tops = set(account_ids)
    while tops:
        above = parents(tops, on)
        found = {key: (above[path[0]], *path) if path[0] in above else path for key, path in found.items()}
        tops = set(above.values())
    return found


def standings(msp_ids: Collection[int], on: date) -> dict[int, Standing]:
    """How MSPs stand on a day; one that was never placed under a distributor and a vendor is left out."""
    ways = {msp_id: path for msp_id, path in paths(msp_ids, on).items() if len(path) == 3}
    accounts: dict[int, Account] = {}
    for chunk in chunks(sorted({account_id for path in ways.values() for account_id in path})):
        accounts.update(Account.objects.select_related("region", "type").in_bulk(chunk))
    zone = installation().time_zone
    return {msp_id: _standing([accounts[account_id] for account_id in path], zone) for msp_id, path in ways.items()}


def _standing(path: list[Account], zone: str) -> Standing:
    vendor, distributor, msp = path
    return Standing(msp, distributor, vendor, msp.time_zone or zone, access_of(msp))


def access_of(msp: Account) -> Access:
    """Whether an account has usage reports, and if not, why."""
    return usage_report_access(
        region=msp.region.name if msp.region else "",
        region_allows=msp.region.usage_reports if msp.region else True,
        account_type=msp.type.name if msp.type else "",
        type_allows=msp.type.usage_reports if msp.type else True,
        excluded=msp.usage_reports_excluded,
    )


def msps_placed_on(day: date) -> list[int]:
    """The ids of all MSPs that have a distributor on a day, in order."""
    placed = Placement.objects.on(day).filter(account__tier=Tier.MSP)
    return sorted(placed.values_list("account_id", flat=True))
