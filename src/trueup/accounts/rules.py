"""Who may do what, and who has usage reports."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from trueup.kit.errors import Invalid, NotAllowed
from trueup.kit.text import Text, text


class Tier(StrEnum):
    """The levels of the channel tree, from the top."""

    VENDOR = "vendor"
    DISTRIBUTOR = "distributor"
    MSP = "msp"
    CUSTOMER = "customer"


PARENT_TIER: dict[Tier, Tier | None] = {
    Tier.VENDOR: None,
    Tier.DISTRIBUTOR: Tier.VENDOR,
    Tier.MSP: Tier.DISTRIBUTOR,
    Tier.CUSTOMER: Tier.MSP,
}
"""Which tier the parent of an account has; a vendor has none."""


class Role(StrEnum):
    """What a member is in an account."""

    ADMIN = "admin"
    BILLING_MANAGER = "billing_manager"
    VIEWER = "viewer"


class Right(StrEnum):
    """What somebody may do, in the words of the workflow."""

    READ = "read"
    PREPARE = "prepare"
    REVIEW = "review"
    KEEP_ACCOUNTS = "keep_accounts"
    KEEP_TERMS = "keep_terms"
    KEEP_CATALOG = "keep_catalog"
    IMPORT_USAGE = "import_usage"
    MANAGE_MEMBERS = "manage_members"
    KEEP_WEBHOOKS = "keep_webhooks"
    KEEP_PRICES = "keep_prices"
    BILL = "bill"
    COMPLETE_BILLING = "complete_billing"
    CORRECT = "correct"


_BILLING = frozenset({Role.BILLING_MANAGER, Role.ADMIN})
_ANYONE = frozenset(Role)

RIGHTS: dict[Right, dict[Tier, frozenset[Role]]] = {
    Right.READ: {Tier.VENDOR: _ANYONE, Tier.DISTRIBUTOR: _ANYONE, Tier.MSP: _ANYONE},
    # Where the MSP has no access to usage reports its distributor prepares; reports/rules decides when that is so.
    Right.PREPARE: {Tier.MSP: _BILLING, Tier.DISTRIBUTOR: _BILLING},
    Right.REVIEW: {Tier.DISTRIBUTOR: _BILLING},
    # Of accounts below one's own: which ones, network/rules/rights.py decides.
    Right.KEEP_ACCOUNTS: {Tier.VENDOR: _BILLING, Tier.DISTRIBUTOR: _BILLING, Tier.MSP: _BILLING},
    Right.KEEP_TERMS: {Tier.DISTRIBUTOR: _BILLING},
    # Solution groups, services, units, regions, account types and sources.
    Right.KEEP_CATALOG: {Tier.VENDOR: _BILLING},
    Right.IMPORT_USAGE: {Tier.VENDOR: _BILLING, Tier.DISTRIBUTOR: _BILLING, Tier.MSP: _BILLING},
    Right.MANAGE_MEMBERS: {tier: frozenset({Role.ADMIN}) for tier in (Tier.VENDOR, Tier.DISTRIBUTOR, Tier.MSP)},
    # What an account sells by: nobody else's.
    Right.KEEP_PRICES: {Tier.VENDOR: _BILLING, Tier.DISTRIBUTOR: _BILLING, Tier.MSP: _BILLING},
    # A distributor's billing report to its vendor: who submits it, and who completes or returns it.
    Right.BILL: {Tier.DISTRIBUTOR: _BILLING},
    Right.COMPLETE_BILLING: {Tier.VENDOR: _BILLING},
    # Statements that the account has issued.
    Right.CORRECT: {Tier.VENDOR: _BILLING, Tier.DISTRIBUTOR: _BILLING},
    # Where an account's events are sent to.
    Right.KEEP_WEBHOOKS: {tier: frozenset({Role.ADMIN}) for tier in (Tier.VENDOR, Tier.DISTRIBUTOR, Tier.MSP)},
}
"""The one table of rights: right → tier → the roles that have it in their own account."""


class Scope(StrEnum):
    """What a program is let do; each is some rights, or reading some data."""

    USAGE_WRITE = "usage:write"
    USAGE_READ = "usage:read"
    REPORTS_READ = "reports:read"
    REPORTS_PREPARE = "reports:prepare"
    REPORTS_REVIEW = "reports:review"
    NETWORK_READ = "network:read"
    NETWORK_WRITE = "network:write"
    MEMBERS_WRITE = "members:write"
    WEBHOOKS_WRITE = "webhooks:write"
    STATEMENTS_READ = "statements:read"
    STATEMENTS_WRITE = "statements:write"
    PRICES_WRITE = "prices:write"


SCOPE_RIGHTS: dict[Scope, frozenset[Right]] = {
    Scope.USAGE_WRITE: frozenset({Right.IMPORT_USAGE}),
    Scope.USAGE_READ: frozenset({Right.READ}),
    Scope.REPORTS_READ: frozenset({Right.READ}),
    Scope.REPORTS_PREPARE: frozenset({Right.PREPARE}),
    Scope.REPORTS_REVIEW: frozenset({Right.REVIEW}),
    Scope.NETWORK_READ: frozenset({Right.READ}),
    Scope.NETWORK_WRITE: frozenset({Right.KEEP_ACCOUNTS, Right.KEEP_TERMS, Right.KEEP_CATALOG}),
    Scope.MEMBERS_WRITE: frozenset({Right.MANAGE_MEMBERS}),
    Scope.WEBHOOKS_WRITE: frozenset({Right.KEEP_WEBHOOKS}),
    Scope.STATEMENTS_READ: frozenset({Right.READ}),
    Scope.STATEMENTS_WRITE: frozenset({Right.BILL, Right.COMPLETE_BILLING, Right.CORRECT}),
    Scope.PRICES_WRITE: frozenset({Right.KEEP_PRICES}),
}
"""The rights a scope lets a program use, as far as it has them in its account."""


def rights_of(scopes: Collection[str]) -> frozenset[Right]:
    """What a program may do at most by its scopes; one that there is not gives nothing."""
    return frozenset(right for scope, rights in SCOPE_RIGHTS.items() if scope in scopes for right in rights)


def scopes_of(tier: Tier) -> tuple[Scope, ...]:
    """What a client of an account of this tier can be given: nothing that no role there may do."""
    return tuple(scope for scope in Scope if any(RIGHTS[right].get(tier) for right in SCOPE_RIGHTS[scope]))


def beyond(scopes: Collection[str], tier: Tier) -> tuple[str, ...]:
    """The scopes that a client of an account of this tier can't have, or that there are not, in order."""
    return tuple(sorted(set(scopes) - set(scopes_of(tier))))


def scopes_of_role(role: Role, tier: Tier) -> frozenset[Scope]:
    """The scopes that say what a member of an account of this tier may do."""
    return frozenset(scope for scope in Scope if any(role in RIGHTS[right].get(tier, ()) for right in SCOPE_RIGHTS[scope]))


POSITIONS: dict[tuple[Role, Tier], Text] = {
    (Role.ADMIN, Tier.VENDOR): text("an admin of a vendor"),
    (Role.ADMIN, Tier.DISTRIBUTOR): text("an admin of a distributor"),
    (Role.ADMIN, Tier.MSP): text("an admin of an MSP"),
    (Role.ADMIN, Tier.CUSTOMER): text("an admin of a customer"),
    (Role.BILLING_MANAGER, Tier.VENDOR): text("a billing manager of a vendor"),
    (Role.BILLING_MANAGER, Tier.DISTRIBUTOR): text("a billing manager of a distributor"),
    (Role.BILLING_MANAGER, Tier.MSP): text("a billing manager of an MSP"),
    (Role.BILLING_MANAGER, Tier.CUSTOMER): text("a billing manager of a customer"),
    (Role.VIEWER, Tier.VENDOR): text("a viewer of a vendor"),
    (Role.VIEWER, Tier.DISTRIBUTOR): text("a viewer of a distributor"),
    (Role.VIEWER, Tier.MSP): text("a viewer of an MSP"),
    (Role.VIEWER, Tier.CUSTOMER): text("a viewer of a customer"),
}
"""What a member is, in a sentence: other languages do not put it together as English does."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is named in the history: a person, an API client or *system*."""

    kind: Literal["person", "client", "system"]
    name: str
    id: int | None = None


SYSTEM = Actor("system", "system")


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is asking, acting for one account. Without an account it is the clock or the operator at the machine, who see all."""

    actor: Actor
    account_id: int | None = None
    tier: Tier | None = None
    role: Role | None = None
    scopes: frozenset[str] | None = None
    """What a program, or the token of a person, is limited to; None for people in the portal, who have all of their role."""

    @classmethod
    def system(cls) -> "Viewer":
        """The clock, or the operator at the machine."""
        return cls(SYSTEM)

    @property
    def sees_all(self) -> bool:
        """True for the clock and the operator."""
        return self.account_id is None

    def may(self, right: Right) -> bool:
        """Whether the viewer has a right in its own account."""
        if self.tier is None or self.role is None:
            return self.sees_all
        if self.scopes is not None and right not in rights_of(self.scopes):
            return False
        return self.role in RIGHTS[right].get(self.tier, frozenset())

    def require(self, right: Right, to_do: str) -> None:
        """Raise NotAllowed unless the viewer has the right; `to_do` completes “You may not …”."""
        if not self.may(right):
            refusal = text(
                "{who} may not {to_do}: that is not a right of {position}", who=self.actor.name, to_do=to_do, position=self.position
            )
            raise NotAllowed(refusal)

    @property
    def position(self) -> Text:
        """What the viewer is, in words."""
        if self.role is None or self.tier is None:
            return text("the operator")
        return POSITIONS[self.role, self.tier]


def shows_invitation(*, signed_up: bool, member_of: Collection[int], below: Collection[int]) -> bool:
    """Whether whoever invites a person may see the link by which the person comes in: it opens every account they are a member of.

    `member_of`: the ids of those accounts; `below`: which of them are the inviter's own or below it at present. Nobody is shown a
    link of a person who has come in before. All others get it by e-mail alone, which proves whose the address is.
    """
    return not signed_up and bool(member_of) and set(member_of) <= set(below)


@dataclass(frozen=True, slots=True)
class Access:
    """Whether an account has usage reports, and if not, why, in its own words."""

    granted: bool
    reason: str = ""


def usage_report_access(*, region: str, region_allows: bool, account_type: str, type_allows: bool, excluded: bool) -> Access:
    """An account has usage reports only if its region and its account type both allow it and it is not excluded itself.

    `region` and `account_type` are their names for the reason; an account without one is not limited by it.
    """
    if not region_allows:
        return Access(granted=False, reason=_not_in_region(region))
    if not type_allows:
        return Access(granted=False, reason=_not_for_type(account_type))
    if excluded:
        return Access(granted=False, reason=_EXCLUDED)
    return Access(granted=True)


_EXCLUDED = text("this account is excluded from usage reports")


def _not_in_region(region: str) -> Text:
    return text("usage reports are not available in the region {region}", region=region)


def _not_for_type(account_type: str) -> Text:
    return text("usage reports are not available to accounts of the type {account_type}", account_type=account_type)


def kept_reason(reason: str) -> str:
    """A reason of `usage_report_access` that was kept as plain text, as the sentence it was; any other text stays what it is."""
    for said in (_not_in_region, _not_for_type):
        beginning = said("")
        if reason.startswith(beginning):
            return said(reason.removeprefix(beginning))
    return _EXCLUDED if reason == _EXCLUDED else reason


def no_account(ref: str, tier: Tier | None = None) -> Text:
    """That there is no account (of a tier) with this ref, or none the viewer sees."""
    match tier:
        case Tier.VENDOR:
            return text("there is no vendor “{ref}”", ref=ref)
        case Tier.DISTRIBUTOR:
            return text("there is no distributor “{ref}”", ref=ref)
        case Tier.MSP:
            return text("there is no MSP “{ref}”", ref=ref)
        case Tier.CUSTOMER:
            return text("there is no customer “{ref}”", ref=ref)
    return text("there is no account “{ref}”", ref=ref)


MOST_VIEW_NAME = 60
"""Characters of the name of a saved view."""

MOST_VIEWS = 30
"""Saved views of one list a person keeps in an account."""


def read_view_name(typed: str) -> str:
    """The name of a saved view without surrounding white space. Raises Invalid if there is none, or it is too long."""
    name = " ".join(typed.split())
    if not name:
        raise Invalid(text("a view needs a name"))
    if len(name) > MOST_VIEW_NAME:
        raise Invalid(text("the name has {length} characters, {most} at most are kept", length=len(name), most=MOST_VIEW_NAME))
    return name


def view_mark(query: str) -> str:
    """A short name for exactly this filter, to notice that a view of the same name is another one by now."""
    return hashlib.sha256(query.encode()).hexdigest()[:16]
