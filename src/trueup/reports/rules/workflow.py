"""The workflow of a report: one table. docs/workflow.md is written from it."""

from dataclasses import dataclass
from enum import StrEnum

from trueup.accounts.rules import Right, Tier, Viewer
from trueup.kit.errors import Conflict, NotAllowed


class Status(StrEnum):
    """Where a report is."""

    MSP_PREPARING = "msp_preparing"
    UNDER_REVIEW = "under_review"
    APPROVED = "approved"
    REJECTED = "rejected"


class Verb(StrEnum):
    """What can be done with a report."""

    SAVE_DRAFT = "save_draft"
    SUBMIT = "submit"
    AUTO_SUBMIT = "auto_submit"
    APPROVE = "approve"
    REJECT = "reject"
    WAIVE = "waive"
    REGENERATE = "regenerate"


class Submission(StrEnum):
    """How a report came under review."""

    MANUAL = "manual"
    AUTOMATIC = "automatic"
    AUTOMATIC_WITH_PENALTY = "automatic_with_penalty"
    RETURNED = "returned"


MAY_REQUIRE_REVIEW = "automatically_submitted_may_require_review"
"""The flag of a report that was once submitted automatically with a penalty."""


@dataclass(frozen=True, slots=True)
class Move:
    """Where a verb leads and whose right it is; `right` None: the clock's alone."""

    to: Status
    right: Right | None
    needs: str


WORKFLOW: dict[tuple[Status, Verb], Move] = {
    (Status.MSP_PREPARING, Verb.SAVE_DRAFT): Move(Status.MSP_PREPARING, Right.PREPARE, "nothing: a draft may be incomplete"),
    (Status.REJECTED, Verb.SAVE_DRAFT): Move(Status.REJECTED, Right.PREPARE, "nothing: a draft may be incomplete"),
    (Status.MSP_PREPARING, Verb.SUBMIT): Move(Status.UNDER_REVIEW, Right.PREPARE, "no blocking issue"),
    (Status.REJECTED, Verb.SUBMIT): Move(Status.UNDER_REVIEW, Right.PREPARE, "no blocking issue"),
    (Status.MSP_PREPARING, Verb.AUTO_SUBMIT): Move(Status.UNDER_REVIEW, None, "the deadline has passed"),
    (Status.REJECTED, Verb.AUTO_SUBMIT): Move(Status.UNDER_REVIEW, None, "the deadline has passed"),
    (Status.MSP_PREPARING, Verb.REGENERATE): Move(Status.MSP_PREPARING, Right.REVIEW, "newer usage, if there is any"),
    (Status.REJECTED, Verb.REGENERATE): Move(Status.REJECTED, Right.REVIEW, "newer usage, if there is any"),
    (Status.UNDER_REVIEW, Verb.APPROVE): Move(Status.APPROVED, Right.REVIEW, "a comment, if there is one"),
    (Status.UNDER_REVIEW, Verb.REJECT): Move(Status.REJECTED, Right.REVIEW, "a reason"),
    (Status.UNDER_REVIEW, Verb.WAIVE): Move(Status.UNDER_REVIEW, Right.REVIEW, "a line with a penalty, and a reason"),
}
"""(status, verb) → move. Every combination that is not here is refused as a conflict and changes nothing."""

EDITABLE = frozenset(status for status, verb in WORKFLOW if verb == Verb.SAVE_DRAFT)
"""The states in which the MSP works on the report."""

_WORDS = {
    Verb.SAVE_DRAFT: ("edit this report", "edited"),
    Verb.SUBMIT: ("submit this report", "submitted"),
    Verb.AUTO_SUBMIT: ("submit this report automatically", "submitted automatically"),
    Verb.APPROVE: ("approve this report", "approved"),
    Verb.REJECT: ("reject this report", "rejected"),
    Verb.WAIVE: ("waive a penalty of this report", "relieved of a penalty"),
    Verb.REGENERATE: ("regenerate this report", "regenerated"),
}
"""Each verb as it completes “you may not …” and “it cannot be …”."""


def words(code: str) -> str:
    """A state or kind in words: `msp_preparing` → `MSP preparing`."""
    return code.replace("_", " ").replace("msp", "MSP")


def move(status: Status, verb: Verb) -> Move:
    """Where the verb leads from this status. Raises Conflict for what the table does not have."""
    found = WORKFLOW.get((status, verb))
    if found is None:
        raise Conflict(f"the report is {words(status)}, so it cannot be {_WORDS[verb][1]}; nothing was changed")
    return found


def right_of(verb: Verb) -> Right | None:
    """Whose right a verb is: the same from every status."""
    return next(found.right for (_, known), found in WORKFLOW.items() if known == verb)


@dataclass(frozen=True, slots=True)
class Parties:
    """Whose report it is; `has_access` False: the MSP has no usage reports and its distributor prepares, for `access_reason`."""

    msp_id: int
    distributor_id: int
    has_access: bool
    access_reason: str = ""


def require_right(viewer: Viewer, verb: Verb, right: Right | None, parties: Parties) -> None:
    """Raise NotAllowed unless the viewer may do this with the report of these parties. The clock may."""
    if viewer.sees_all:
        return
    to_do = _WORDS[verb][0]
    if right is None:
        raise NotAllowed(f"only the clock may {to_do}")
    require_readable(viewer, parties)
    viewer.require(right, to_do)
    account_id = _who(right, parties)
    if viewer.account_id != account_id:
        raise NotAllowed(f"{viewer.actor.name} may not {to_do}: {_whose(right, parties)}")


def require_readable(viewer: Viewer, parties: Parties) -> None:
    """Raise NotAllowed, with the reason, for an MSP that has no access to usage reports."""
    if viewer.tier == Tier.MSP and not parties.has_access:
        raise NotAllowed(f"{parties.access_reason}; your distributor prepares the report on your behalf")


def _who(right: Right, parties: Parties) -> int:
    """The account whose people have the right over the report."""
    if right == Right.PREPARE and parties.has_access:
        return parties.msp_id
    return parties.distributor_id


def _whose(right: Right, parties: Parties) -> str:
    if right == Right.PREPARE:
        return "it is prepared by the MSP" if parties.has_access else "it is prepared by the MSP's distributor"
    return "it is reviewed by the MSP's distributor"
