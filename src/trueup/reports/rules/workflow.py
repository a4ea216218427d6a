"""The workflow of a report: one table. docs/workflow.md is written from it."""

from dataclasses import dataclass
from enum import StrEnum

from trueup.accounts.rules import Right, Tier, Viewer
from trueup.kit.errors import Conflict, NotAllowed
from trueup.kit.text import Text, text


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

_WORDS: dict[Verb, tuple[Text, Text]] = {
    Verb.SAVE_DRAFT: (text("edit this report"), text("edited")),
    Verb.SUBMIT: (text("submit this report"), text("submitted")),
    Verb.AUTO_SUBMIT: (text("submit this report automatically"), text("submitted automatically")),
    Verb.APPROVE: (text("approve this report"), text("approved")),
    Verb.REJECT: (text("reject this report"), text("rejected")),
    Verb.WAIVE: (text("waive a penalty of this report"), text("relieved of a penalty")),
    Verb.REGENERATE: (text("regenerate this report"), text("regenerated")),
}
"""Each verb as it completes “you may not …” and “it cannot be …”."""


STATUS_WORDS: dict[Status, Text] = {
    Status.MSP_PREPARING: text("MSP preparing"),
    Status.UNDER_REVIEW: text("under review"),
    Status.APPROVED: text("approved"),
    Status.REJECTED: text("rejected"),
}
"""Each state as it completes “the report is …”."""


def words(code: str) -> str:
    """A state or kind in words: `msp_preparing` → `MSP preparing`."""
    return code.replace("_", " ").replace("msp", "MSP")


def move(status: Status, verb: Verb) -> Move:
    """Where the verb leads from this status. Raises Conflict for what the table does not have."""
    found = WORKFLOW.get((status, verb))
    if found is None:
        is_now, done = STATUS_WORDS[status], _WORDS[verb][1]
        raise Conflict(text("the report is {status}, so it cannot be {done}; nothing was changed", status=is_now, done=done))
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
        raise NotAllowed(text("only the clock may {to_do}", to_do=to_do))
    require_readable(viewer, parties)
    viewer.require(right, to_do)
    account_id = _who(right, parties)
    if viewer.account_id != account_id:
        raise NotAllowed(_somebody_elses(right, parties, viewer.actor.name, to_do))


def require_readable(viewer: Viewer, parties: Parties) -> None:
    """Raise NotAllowed, with the reason, for an MSP that has no access to usage reports."""
    if viewer.tier == Tier.MSP and not parties.has_access:
        raise NotAllowed(prepared_on_behalf(parties.access_reason))


def prepared_on_behalf(reason: str) -> Text:
    """Why an MSP has no usage reports, and who prepares them."""
    return text("{reason}; your distributor prepares the report on your behalf", reason=reason)


def _who(right: Right, parties: Parties) -> int:
    """The account whose people have the right over the report."""
    if right == Right.PREPARE and parties.has_access:
        return parties.msp_id
    return parties.distributor_id


def _somebody_elses(right: Right, parties: Parties, who: str, to_do: Text) -> Text:
    """That the report is not theirs to change, and whose it is."""
    if right != Right.PREPARE:
        return text("{who} may not {to_do}: it is reviewed by the MSP's distributor", who=who, to_do=to_do)
    if parties.has_access:
        return text("{who} may not {to_do}: it is prepared by the MSP", who=who, to_do=to_do)
    return text("{who} may not {to_do}: it is prepared by the MSP's distributor", who=who, to_do=to_do)


def verbs_for(viewer: Viewer, status: Status, parties: Parties) -> frozenset[Verb]:
    """What a viewer may do with a report as it stands: what the workflow has from here and is theirs to do."""
    return frozenset(verb for (known, verb), found in WORKFLOW.items() if known == status and _may(viewer, verb, found.right, parties))


def _may(viewer: Viewer, verb: Verb, right: Right | None, parties: Parties) -> bool:
    try:
        require_right(viewer, verb, right, parties)
    except NotAllowed:
        return False
    return True
