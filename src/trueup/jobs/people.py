"""Who asks: the operator at the machine, or somebody `--as` names."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from trueup.accounts.queries import viewers_of
from trueup.accounts.rules import Viewer
from trueup.kit.errors import NotAllowed, NotFound, TrueUpError
from trueup.kit.period import Month
from trueup.reports.queries import viewer_for

_Answer = TypeVar("_Answer")


def viewers(email: str | None) -> list[Viewer]:
    """Everybody the person is: once per membership; without a name the operator. Raises NotFound."""
    return [Viewer.system()] if email is None else viewers_of(email)


def viewer_of_report(email: str | None, month: Month, msp: str) -> Viewer:
    """The operator, or the person in the account that is closest to the report. Raises NotFound."""
    return Viewer.system() if email is None else viewer_for(email, month, msp)


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
