"""What is worth a reviewer's look in a line: how it differs from what was measured and from last month."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from trueup.catalog.rules import TermsInForce
from trueup.kit.issue import Issue
from trueup.kit.quantity import Quantity, round_half_up
from trueup.reports.rules.lines import LineState, Outcome

JUMP_PERCENT = Decimal(20)
"""A change against last month of at least so many percent, and of the units of the terms, is remarkable."""

_USUAL = frozenset({"discrepancy"})
"""Issues that most lines have: a line charged by use is never as provisioned. Where somebody changed it, that is the remark."""


class Remark(StrEnum):
    """Why a line is worth a look."""

    CHANGED = "changed"
    COMMENTED = "commented"
    PENALTY = "penalty"
    ISSUE = "issue"
    JUMP = "jump"


@dataclass(frozen=True, slots=True)
class Differences:
    """Chargeable against its default and against last month's, in units; None: there was no report last month.

    `from_previous_percent` has one decimal; None also where last month's chargeable was 0.
    """

    from_default: Quantity
    from_previous: Quantity | None
    from_previous_percent: Decimal | None
    remarks: tuple[Remark, ...]

    @property
    def remarkable(self) -> bool:
        """Whether a review should show the line; the others may be folded."""
        return bool(self.remarks)


def differences(line: LineState, issues: Sequence[Issue], terms: TermsInForce, previous: Quantity | None) -> Differences:
    """What differs in a line. `previous` is last month's chargeable: 0 for a new service, None where there was no report."""
    charged = line.chargeable
    step = None if previous is None else charged - previous
    percent = round_half_up(step * 100 / previous, 1) if step is not None and previous else None
    found = (
        (Remark.CHANGED, charged != line.default),
        (Remark.COMMENTED, bool(line.comment)),
        (Remark.PENALTY, line.outcome == Outcome.PENALTY),
        (Remark.ISSUE, any(issue.code not in _USUAL for issue in issues)),
        (Remark.JUMP, step is not None and _jumps(step, previous, terms)),
    )
    return Differences(charged - line.default, step, percent, tuple(remark for remark, holds in found if holds))


def _jumps(step: Quantity, previous: Quantity | None, terms: TermsInForce) -> bool:
    """Both thresholds are reached; from 0 every step is large enough in percent."""
    if not step or abs(step) < terms.over_provision_units:
        return False
    return not previous or abs(step) * 100 >= JUMP_PERCENT * previous
