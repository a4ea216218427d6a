"""What somebody may give to a program or a person: nothing beyond what they have themselves, and no side of an approval from above."""

from collections.abc import Collection
from typing import Final

from trueup.accounts.rules import POSITIONS, Role, Scope, Tier, Viewer, beyond, scopes_of_role
from trueup.kit.errors import NotAllowed, Problem
from trueup.kit.text import Text, text

SIDES: Final = frozenset({Scope.REPORTS_PREPARE, Scope.REPORTS_REVIEW})
"""The two sides of an approval. Whoever stands above an account does not act for it on its side: a distributor that could make itself
a program of its MSP would prepare what it approves. Where the domain lets it prepare, it does so in its own name."""

MONEY: Final = frozenset({Scope.STATEMENTS_READ, Scope.STATEMENTS_WRITE, Scope.PRICES_WRITE})
"""What an account buys and sells by, and for how much, is not for those above it: a distributor that could make itself a program of its
MSP would read what that sells by."""


def lacking(viewer: Viewer, scopes: Collection[str]) -> tuple[str, ...]:
    """Those of some scopes that whoever asks does not have; people in the portal lack none."""
    return () if viewer.scopes is None else tuple(sorted(set(scopes) - viewer.scopes))


def sides_from_above(viewer: Viewer, account_id: int, scopes: Collection[str]) -> tuple[str, ...]:
    """Those of some scopes that only the account itself gives to its programs, where whoever asks stands above it."""
    return () if viewer.sees_all or viewer.account_id == account_id else tuple(sorted((SIDES | MONEY).intersection(scopes)))


def wrong_scopes(viewer: Viewer, account_id: int, tier: Tier, scopes: Collection[str], had: Collection[str] = ()) -> list[Problem]:
    """Why a program of an account can't be given some scopes beside those it had; empty if it can."""
    given = set(scopes) - set(had)
    never = set(beyond(scopes, tier))
    return [
        *(_wrong("beyond", text("“{scope}” can't be given to a client of this account", scope=scope)) for scope in sorted(never)),
        *(_wrong("not_yours", _not_yours(scope)) for scope in lacking(viewer, given - never)),
        *(_wrong("other_side", _other_side(scope)) for scope in sides_from_above(viewer, account_id, given - never)),
    ]


def _wrong(code: str, said: Text) -> Problem:
    return Problem("scopes", said, code, ("scopes",))


def _not_yours(scope: str) -> Text:
    return text("“{scope}” can only be given by who has it: your token does not", scope=scope)


def _other_side(scope: str) -> Text:
    if scope in MONEY:
        return text("“{scope}” is given by the account itself, not from above: what it buys and sells by is its own", scope=scope)
    return text("“{scope}” is given by the account itself, not from above: nobody has both sides of an approval", scope=scope)


def require_secret(viewer: Viewer, client_id: str, account_id: int, scopes: Collection[str]) -> None:
    """Whoever gets a new secret of a program can do all it may. Raises NotAllowed for who could not have given it that."""
    for scope in lacking(viewer, scopes):
        raise NotAllowed(text("the client “{client}” may do more than your token: it has “{scope}”", client=client_id, scope=scope))
    for scope in sides_from_above(viewer, account_id, scopes):
        raise NotAllowed(text("the client “{client}” is rotated by its own account, for it has “{scope}”", client=client_id, scope=scope))


def require_member(viewer: Viewer, tier: Tier, before: Role | None, role: Role) -> None:
    """Whether somebody may be made what they are not yet. Raises NotAllowed for rights that the token of whoever asks lacks."""
    gained = scopes_of_role(role, tier) - (scopes_of_role(before, tier) if before else set())
    if lacks := lacking(viewer, gained):
        said = text("your token can't make somebody {position}: it lacks {scopes}", position=POSITIONS[role, tier], scopes=", ".join(lacks))
        raise NotAllowed(said)


def own_people_below(email: str, giver: str) -> Text:
    """Why nobody makes people of their own account (`giver`, a ref) members of one below: they would read what that buys and sells by,
    and be both sides of an approval."""
    return text("{email} is a member of “{ref}”: an account below is joined by the word of its own admins", email=email, ref=giver)
