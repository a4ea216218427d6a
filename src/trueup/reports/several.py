"""Several reports at once: one after the other, each in transactions of its own, with a result for each."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Q
from django.db.utils import OperationalError

from trueup.accounts.rules import Right, Viewer
from trueup.cycles.models import month_in
from trueup.kit.errors import Busy, Invalid, Problem, TrueUpError
from trueup.kit.period import Month
from trueup.kit.text import text
from trueup.reports.actions import approve
from trueup.reports.generating import regenerate
from trueup.reports.models import Report
from trueup.reports.rules.checks import read_comment
from trueup.reports.rules.workflow import Status

_log = logging.getLogger(__name__)

MOST_APPROVED: Final = 500
"""Reports of one confirmation."""

MOST_REGENERATED: Final = 50
"""Reports that are measured anew in one go: each reads the ledger."""

_BUSY: Final = text("something large is being written; nothing was changed, try again")


@dataclass(frozen=True, slots=True)
class Chosen:
    """A report, and the version of it somebody has seen; None: whatever it is by now."""

    cycle: Month
    msp: str
    seen: int | None


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one report. `refusal` None: it was done; `lines`: how many a regeneration has changed."""

    of: Chosen
    refusal: TrueUpError | None = None
    lines: int = 0


@dataclass(frozen=True, slots=True)
class Present:
    """Where a report is, and its version."""

    status: Status
    version: int


def approve_each(viewer: Viewer, chosen: Sequence[Chosen], *, now: datetime, comment: str = "") -> list[Done]:
    """Approve each in the version that was seen; why one could not be is its result, and the others go on.

    Raises NotAllowed for who reviews nothing, Invalid for a comment or a choice that cannot be read: then nothing was done.
    """
    viewer.require(Right.REVIEW, text("approve reports"))
    said = read_comment(comment)

    def do(one: Chosen) -> int:
        approve(viewer, one.cycle, one.msp, now=now, comment=said, expected_version=one.seen)
        return 0

    return one_by_one(chosen, do)


def regenerate_each(viewer: Viewer, chosen: Sequence[Chosen], *, now: datetime, comment: str = "") -> list[Done]:
    """Measure each anew from all usage known by now, as `approve_each` approves."""
    viewer.require(Right.REVIEW, text("regenerate this report"))
    said = read_comment(comment)

    def do(one: Chosen) -> int:
        return regenerate(viewer, one.cycle, one.msp, now=now, comment=said, expected_version=one.seen)

    return one_by_one(chosen, do)


def one_by_one(chosen: Sequence[Chosen], do: Callable[[Chosen], int]) -> list[Done]:
    """Do it with each. Raises Invalid for one that is chosen twice."""
    _require_once(chosen)
    results: list[Done] = []
    busy = False
    for one in chosen:
        # After one that waited in vain the others are not tried: each would wait as long.
        results.append(Done(one, Busy(_BUSY)) if busy else _attempt(do, one))
        busy = busy or isinstance(results[-1].refusal, Busy)
    return results


def _attempt(do: Callable[[Chosen], int], one: Chosen) -> Done:
    try:
        return Done(one, lines=do(one))
    except TrueUpError as error:
        return Done(one, error)
    except OperationalError:
        _log.exception("the database could not be used")
        return Done(one, Busy(_BUSY))


def _require_once(chosen: Sequence[Chosen]) -> None:
    """Raise Invalid for every report that is chosen again; the place of a problem is its number in the choice."""
    seen: set[tuple[Month, str]] = set()
    twice: list[Problem] = []
    for number, one in enumerate(chosen):
        if (one.cycle, one.msp) in seen:
            said = text("the report of “{msp}” for {month} is chosen twice", msp=one.msp, month=one.cycle)
            twice.append(Problem("", said, "twice", ("reports", str(number))))
        seen.add((one.cycle, one.msp))
    if twice:
        raise Invalid(twice[0].message, twice)


def present(viewer: Viewer, chosen: Sequence[Chosen]) -> dict[tuple[Month, str], Present]:
    """Where reports are by now, of those that the viewer sees."""
    if not chosen:
        return {}
    near = Q(cycle__first_day__in={one.cycle.cycle.first_day for one in chosen}, msp_ref__in={one.msp for one in chosen})
    found = Report.objects.visible_to(viewer).filter(near).values_list("cycle__first_day", "cycle__adjusts", "msp_ref", "status", "version")
    return {(month_in(first_day, adjusts), msp): Present(Status(status), version) for first_day, adjusts, msp, status, version in found}
