"""Who may keep which entries: how far a viewer reaches in the network, and what it may do there. The table is in docs/network.md."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from trueup.accounts.rules import Right, Role, Tier, Viewer
from trueup.events.rules import Plain
from trueup.kit.errors import Conflict, NotAllowed
from trueup.kit.period import BEGINNING, FOREVER
from trueup.kit.text import Text, text
from trueup.network.rules import dated
from trueup.network.rules.granting import own_people_below, require_member
from trueup.network.rules.plan import Plan, outcome
from trueup.network.rules.tree import A_TIER, Key, State, Values

SHARED: Final = ("regions", "account_types", "billing_units", "sources")
"""Lists of the whole installation: several vendors may use the same entry."""

_RIGHT: Final[Mapping[str, tuple[Right, Text]]] = {
    "accounts": (Right.KEEP_ACCOUNTS, text("keep accounts")),
    "terms": (Right.KEEP_TERMS, text("keep terms")),
    "members": (Right.MANAGE_MEMBERS, text("manage members")),
}
_CATALOG: Final = (Right.KEEP_CATALOG, text("keep the catalog and the lists"))
_BELOW: Final[Mapping[Tier, tuple[Tier, ...]]] = {
    Tier.VENDOR: (Tier.DISTRIBUTOR, Tier.MSP, Tier.CUSTOMER),
    Tier.DISTRIBUTOR: (Tier.MSP, Tier.CUSTOMER),
    Tier.MSP: (Tier.CUSTOMER,),
    Tier.CUSTOMER: (),
}
_DAY: Final = timedelta(days=1)

History = list[tuple[date, str]]
"""From which day on below whom, in the order of the days."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a viewer reaches: `ref` is its account (empty: the operator), `above` the history of each account that is no customer."""

    viewer: Viewer
    ref: str
    today: date
    above: Mapping[str, History]

    @classmethod
    def of(cls, viewer: Viewer, ref: str, today: date, accounts: Mapping[Key, Values]) -> "Reach":
        """The reach in a network with these accounts (customers may be among them)."""
        return cls(viewer, ref, today, {key[0]: dated.entries(values, "parent") for key, values in accounts.items()})

    def holds(self, ref: str, start: date, end: date) -> bool:
        """Whether an account is the viewer's or below it on every day of the period (half-open)."""
        if self.viewer.sees_all or ref == self.ref:
            return True
        history = self.above.get(ref, [])
        if not history:
            return False
        # Before its first placement an account counts as being where it came first.
        rows = [(BEGINNING, history[0][1]), *history[1:], (FOREVER, "")]
        touched = (
            (max(day, start), min(until, end), parent) for (day, parent), (until, _) in pairwise(rows) if day < end and until > start
        )
        return all(self.holds(parent, first, last) for first, last, parent in touched)

    def holds_today(self, ref: str) -> bool:
        """Whether an account is the viewer's or below it on the present day."""
        return self.holds(ref, self.today, self.today + _DAY)

    def holds_placed(self, history: History) -> bool:
        """Whether an account with this history is below the viewer's at present; before the history begins, where it comes first."""
        begun = [parent for day, parent in history if day <= self.today] or [parent for _, parent in history[:1]]
        return bool(begun) and self.holds_today(begun[-1])

    def holds_from(self, ref: str, start: date, end: date = FOREVER) -> bool:
        """The same on every day of a period that has begun, and on the first day of one that has not: what comes may change again."""
        return self.holds(ref, start, min(end, max(start, self.today) + _DAY))


def require(reach: Reach, section: str, key: Key, before: Values | None, tier: str) -> None:
    """Whether a viewer may add or change an entry it sees, as far as the entry as it is can tell. Raises NotAllowed.

    `tier` is that of an account that is to be added.
    """
    viewer = reach.viewer
    if viewer.sees_all:
        return
    viewer.require(*_RIGHT.get(section, _CATALOG))
    match section:
        case "accounts":
            _require_account(reach, key[0], before, tier)
        case "members":
            _require_below(reach, key[1])
        case "terms":
            _require_terms(reach, key)


def _require_account(reach: Reach, ref: str, before: Values | None, tier: str) -> None:
    viewer = reach.viewer
    if before is not None:
        if ref == reach.ref and viewer.tier != Tier.VENDOR:
            raise NotAllowed(text("your own account is kept by the account above it"))
        _require_below(reach, ref)
    elif tier in set(Tier) and Tier(tier) not in _BELOW[viewer.tier or Tier.CUSTOMER]:
        raise NotAllowed(text("{position} can't add {tier}", position=viewer.position, tier=A_TIER[tier]))


def _require_below(reach: Reach, ref: str) -> None:
    if not reach.holds_today(ref):
        raise NotAllowed(text("“{ref}” is not below your account at present", ref=ref))


def _require_terms(reach: Reach, key: Key) -> None:
    ref, day = key[0], dated.parse_day(key[1])
    if not ref:
        raise NotAllowed(text("the terms of the installation are kept by its operator"))
    _require_below(reach, ref)
    if not reach.holds_from(ref, max(day, reach.today)):
        raise NotAllowed(text("“{ref}” is not below your account on {day}", ref=ref, day=day))


def require_plan(reach: Reach, plan: Plan, before: State, wanted: State) -> None:
    """Whether a viewer may do all steps. Raises NotAllowed and Conflict."""
    for step in plan.doing:
        old, new = before[step.section].get(step.key), wanted.get(step.section, {}).get(step.key)
        if step.section == "accounts":
            refused = wrong_move(reach, _history(old), _history(outcome("accounts", old or {}, new or {})))
            if refused:
                raise NotAllowed(refused)
        if step.section == "members":
            _require_role(reach.viewer, before["accounts"][step.key[1],]["tier"], old, new)
            if old is None and _is_of_giver(reach, step.key, before["members"]):
                raise NotAllowed(own_people_below(step.key[0], reach.ref))
            _keep_an_admin(reach, step.key, before["members"], new)


def _require_role(viewer: Viewer, tier: Plain, old: Values | None, new: Values | None) -> None:
    """A program makes nobody stronger than itself. To take away is not to give."""
    if new is not None and not viewer.sees_all:
        require_member(viewer, Tier(str(tier)), Role(str(old["role"])) if old else None, Role(str(new["role"])))


def _is_of_giver(reach: Reach, key: Key, members: Mapping[Key, Values]) -> bool:
    """Whether somebody is to be in an account below the one they are in already, by the word of that one."""
    email, ref = key
    return not reach.viewer.sees_all and ref != reach.ref and (email, reach.ref) in members


def _history(values: Values | None) -> History:
    return dated.entries(values or {}, "parent")


def wrong_move(reach: Reach, old: History, new: History) -> Text | None:
    """Why an account may not get this history, if so: on each day that changes, both who had it and who gets it have to be the viewer's."""
    if reach.viewer.sees_all:
        return None
    for start, end, left, entered in _differing(old, new):
        if left and not reach.holds_from(left, start, end):
            return text("from {day} on it is below an account that is not yours", day=start) if start != BEGINNING else _NOT_YOURS
        if entered and not reach.holds_from(entered, start, end):
            return text("“{ref}” is not below your account for all of that time", ref=entered)
    return None


_NOT_YOURS: Final = text("it was below an account that is not yours")


def _differing(old: History, new: History) -> Iterator[tuple[date, date, str, str]]:
    """Each period in which two histories differ: from, until (half-open), below whom before and after; empty where nowhere."""
    days = sorted({BEGINNING, FOREVER, *(day for day, _ in old), *(day for day, _ in new)})
    for start, end in pairwise(days):
        before, after = _on(old, start), _on(new, start)
        if before != after:
            yield start, end, before, after


def _on(history: History, day: date) -> str:
    begun = [parent for start, parent in history if start <= day]
    return begun[-1] if begun else ""


def _keep_an_admin(reach: Reach, key: Key, members: Mapping[Key, Values], new: Values | None) -> None:
    """The last admin of an account stays one, unless somebody above the account sees to it."""
    email, ref = key
    was = key in members and members[key]["role"] == Role.ADMIN
    stays = new is not None and new["role"] == Role.ADMIN
    others = any(values["role"] == Role.ADMIN for (other, of), values in members.items() if of == ref and other != email)
    if was and not stays and not others and ref == reach.ref:
        raise Conflict(text("{email} is the last admin of “{ref}”: make somebody else an admin first", email=email, ref=ref))
