"""The workflow of a billing report, one table; whose right a verb is (docs/settlement.md, *Billing report*)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from trueup.accounts.rules import Right
from trueup.kit.errors import Conflict
from trueup.kit.text import Text, text


class BillingStatus(StrEnum):
    """Where a billing report is."""

    COLLECTING = "collecting"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    COMPLETED = "completed"


class BillingVerb(StrEnum):
    """What can be done with it."""

    SAVE = "save"
    SUBMIT = "submit"
    RETURN = "return"
    COMPLETE = "complete"


@dataclass(frozen=True, slots=True)
class Move:
    """Where a verb leads, and whose right it is."""

    to: BillingStatus
    right: Right


WORKFLOW: Final[Mapping[tuple[BillingStatus, BillingVerb], Move]] = {
    (BillingStatus.COLLECTING, BillingVerb.SAVE): Move(BillingStatus.COLLECTING, Right.BILL),
    (BillingStatus.COLLECTING, BillingVerb.SUBMIT): Move(BillingStatus.SUBMITTED, Right.BILL),
    (BillingStatus.RETURNED, BillingVerb.SAVE): Move(BillingStatus.RETURNED, Right.BILL),
    (BillingStatus.RETURNED, BillingVerb.SUBMIT): Move(BillingStatus.SUBMITTED, Right.BILL),
    (BillingStatus.SUBMITTED, BillingVerb.RETURN): Move(BillingStatus.RETURNED, Right.COMPLETE_BILLING),
    (BillingStatus.SUBMITTED, BillingVerb.COMPLETE): Move(BillingStatus.COMPLETED, Right.COMPLETE_BILLING),
}
"""Every other combination is a conflict and changes nothing. What was completed never changes again."""

TO_DO: Final[Mapping[BillingVerb, Text]] = {
    BillingVerb.SAVE: text("edit the billing report"),
    BillingVerb.SUBMIT: text("submit the billing report"),
    BillingVerb.RETURN: text("return the billing report"),
    BillingVerb.COMPLETE: text("complete the billing report"),
}

STATUS_WORDS: Final[Mapping[BillingStatus, Text]] = {
    BillingStatus.COLLECTING: text("collecting"),
    BillingStatus.SUBMITTED: text("submitted"),
    BillingStatus.RETURNED: text("returned"),
    BillingStatus.COMPLETED: text("completed"),
}


def right_of(verb: BillingVerb) -> Right:
    """Whose right a verb is, in any state."""
    return next(move.right for (_, known), move in WORKFLOW.items() if known == verb)


def move(status: BillingStatus, verb: BillingVerb) -> Move:
    """Where a verb leads from a state. Raises Conflict where it does not."""
    found = WORKFLOW.get((status, verb))
    if found is None:
        raise Conflict(text("the billing report is {status}: you cannot {to_do} now", status=STATUS_WORDS[status], to_do=TO_DO[verb]))
    return found
