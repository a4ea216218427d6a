"""Who asks: the operator at the machine, or somebody `--as` names."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from trueup.accounts.queries import refs, viewers_of
from trueup.accounts.rules import Viewer
from trueup.kit.errors import Invalid, NotAllowed, NotFound, TrueUpError
from trueup.kit.period import Month
from trueup.reports.queries import viewer_for

_Answer = TypeVar("_Answer")


def viewers(email: str | None) -> list[Viewer]:
    """Everybody the person is: once per membership; without a name the operator. Raises NotFound."""
    return [Viewer.system()] if email is None else viewers_of(email)


def viewer_of_report(email: str | None, month: Month, msp: str) -> Viewer:
    """The operator, or the person in the account that is closest to the report. Raises NotFound."""
    return Viewer.system() if email is None else viewer_for(email, month, msp)


def in_account(email: str | None, ref: str) -> Viewer:
    """The operator, or the person in this account; in any of theirs, where they will be refused, if they are not in it. Raises NotFound."""
    if email is None:
        return Viewer.system()
    asking = viewers_of(email)
    named = refs_of(asking)
    return next((viewer for viewer in asking if named.get(viewer.account_id or 0) == ref), asking[0])


def refs_of(asking: Iterable[Viewer]) -> dict[int, str]:
    """The refs of the accounts that viewers act for, by id."""
    return refs(Viewer.system(), [viewer.account_id for viewer in asking if viewer.account_id is not None])


def keeper(email: str | None, account: str | None, may: Callable[[Viewer], bool], keeps: str) -> Viewer:
    """The person in the account whose things they keep. Raises NotFound, and Invalid, where they keep (`keeps`) several, for which."""
    if email is None:
        return Viewer.system()
    asking = viewers_of(email)
    named = refs_of(asking)
    if account is not None:
        asking = [viewer for viewer in asking if named.get(viewer.account_id or 0) == account]
        if not asking:
            raise NotFound(f"{email} is no member of “{account}”")
    keepers = [viewer for viewer in asking if may(viewer)] or asking
    if len(keepers) > 1:
        several = ", ".join(sorted(named[viewer.account_id or 0] for viewer in keepers))
        raise Invalid(f"{email} {keeps} several accounts: choose one with --account ({several})")
    return keepers[0]


def member(email: str | None, account: str | None) -> Viewer:
    """The person in the one account whose things they ask for. Raises NotFound, and Invalid, where they are in several, for which."""
    return keeper(email, account, lambda _: True, "is a member of")


def every_answer(asking: Iterable[Viewer], ask: Callable[[Viewer], _Answer]) -> list[_Answer]:
    """What each membership may see. Raises the refusal of the first if none of them may see anything."""
    answers: list[_Answer] = []
    refusals: list[TrueUpError] = []
    for viewer in asking:
        try:
            answers.append(ask(viewer))
        except (NotAllowed, NotFound) as refusal:
            refusals.append(refusal)
    if refusals and not answers:
        raise refusals[0]
    return answers
