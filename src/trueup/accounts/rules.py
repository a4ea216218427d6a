"""Who may do what, and who has usage reports."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from trueup.kit.errors import NotAllowed


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
    KEEP_TERMS = "keep_terms"
    KEEP_CATALOG = "keep_catalog"
    IMPORT_USAGE = "import_usage"
    MANAGE_MEMBERS = "manage_members"


_BILLING = frozenset({Role.BILLING_MANAGER, Role.ADMIN})
_ANYONE = frozenset(Role)

RIGHTS: dict[Right, dict[Tier, frozenset[Role]]] = {
    Right.READ: {Tier.VENDOR: _ANYONE, Tier.DISTRIBUTOR: _ANYONE, Tier.MSP: _ANYONE},
    # Where the MSP has no access to usage reports its distributor prepares; reports/rules decides when that is so.
    Right.PREPARE: {Tier.MSP: _BILLING, Tier.DISTRIBUTOR: _BILLING},
    Right.REVIEW: {Tier.DISTRIBUTOR: _BILLING},
    Right.KEEP_TERMS: {Tier.DISTRIBUTOR: _BILLING},
    Right.KEEP_CATALOG: {Tier.VENDOR: _BILLING},
    Right.IMPORT_USAGE: {Tier.VENDOR: _BILLING, Tier.DISTRIBUTOR: _BILLING, Tier.MSP: _BILLING},
    Right.MANAGE_MEMBERS: {tier: frozenset({Role.ADMIN}) for tier in (Tier.VENDOR, Tier.DISTRIBUTOR, Tier.MSP)},
}
"""The one table of rights: right → tier → the roles that have it in their own account."""


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
        return self.role in RIGHTS[right].get(self.tier, frozenset())

    def require(self, right: Right, to_do: str) -> None:
        """Raise NotAllowed unless the viewer has the right; `to_do` completes “You may not …”."""
        if not self.may(right):
            raise NotAllowed(f"{self.actor.name} may not {to_do}: that is not a right of {self._position()}")

    def _position(self) -> str:
        """What the viewer is, in words."""
        if self.role is None or self.tier is None:
            return "the operator"
        role = "an admin" if self.role == Role.ADMIN else f"a {self.role.replace('_', ' ')}"
        return f"{role} of {'an MSP' if self.tier == Tier.MSP else f'a {self.tier}'}"


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
        return Access(granted=False, reason=f"usage reports are not available in the region {region}")
    if not type_allows:
        return Access(granted=False, reason=f"usage reports are not available to accounts of the type {account_type}")
    if excluded:
        return Access(granted=False, reason="this account is excluded from usage reports")
    return Access(granted=True)
