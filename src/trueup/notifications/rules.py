"""Which event is told to whom, when, and how often it is tried."""

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from trueup.accounts.rules import Role, Tier, Viewer
from trueup.kit.errors import NotAllowed
from trueup.kit.period import at_time, end_of_day, local_date
from trueup.kit.text import text
from trueup.reports.rules.workflow import EDITABLE, Status, Submission


class Kind(StrEnum):
    """What an e-mail is about."""

    REPORT_READY = "report_ready"
    REMINDER = "reminder"
    LAST_DAY = "last_day"
    AUTOMATICALLY_SUBMITTED = "automatically_submitted"
    REJECTED = "rejected"
    APPROVED = "approved"
    REGENERATED = "regenerated"
    PENALTY_WAIVED = "penalty_waived"
    TO_REVIEW = "to_review"
    DIGEST = "digest"
    INVITATION = "invitation"
    STATEMENT_ISSUED = "statement_issued"
    BILLING_SUBMITTED = "billing_submitted"
    BILLING_RETURNED = "billing_returned"
    BILLING_COMPLETED = "billing_completed"
    WEBHOOK_DISABLED = "webhook_disabled"
    EVENT_PUT_ASIDE = "event_put_aside"


class Audience(StrEnum):
    """Whose e-mail it is: of those who prepare a report (its MSP; its distributor where the MSP has no access), or who review it; of
    those who got a statement; of those who submit a billing report, or to whom it is submitted."""

    PREPARERS = "preparers"
    REVIEWERS = "reviewers"
    PAYERS = "payers"
    BILLED = "billed"
    BILLING = "billing"


class Choice(StrEnum):
    """When a person wants to be told."""

    NOW = "now"
    DIGEST = "digest"
    OFF = "off"


class State(StrEnum):
    """Where a delivery is."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    HELD = "held"
    IN_DIGEST = "in_digest"
    DROPPED = "dropped"


TOLD: dict[str, tuple[Kind, ...]] = {
    "generated": (Kind.REPORT_READY,),
    "reminded": (Kind.REMINDER,),
    "submitted": (Kind.TO_REVIEW,),
    "automatically_submitted": (Kind.AUTOMATICALLY_SUBMITTED, Kind.TO_REVIEW),
    "rejected": (Kind.REJECTED,),
    "approved": (Kind.APPROVED,),
    "automatically_approved": (Kind.APPROVED,),
    "regenerated": (Kind.REGENERATED,),
    "penalty_waived": (Kind.PENALTY_WAIVED,),
}
"""Events of a report → the e-mails they give cause to. Of every other event nobody is told."""

TOLD_OF_BILLING: dict[str, dict[str, Kind]] = {
    "statement": {"statement_issued": Kind.STATEMENT_ISSUED},
    "billing_report": {
        "billing_submitted": Kind.BILLING_SUBMITTED,
        "billing_returned": Kind.BILLING_RETURNED,
        "billing_completed": Kind.BILLING_COMPLETED,
    },
}
"""By what they are about: events of final billing → the e-mail they give cause to."""

TOLD_ADMINS: dict[str, dict[str, Kind]] = {
    "webhook": {"webhook_disabled": Kind.WEBHOOK_DISABLED},
    "event": {"event_put_aside": Kind.EVENT_PUT_ASIDE},
}
"""By what they are about: events → the e-mail the admins of the account get, whatever they chose, for nobody else would notice."""

_REVIEWED = frozenset({Status.UNDER_REVIEW, Status.APPROVED})

KINDS: dict[Kind, tuple[Audience, frozenset[Status]]] = {
    Kind.REPORT_READY: (Audience.PREPARERS, EDITABLE),
    Kind.REMINDER: (Audience.PREPARERS, EDITABLE),
    Kind.LAST_DAY: (Audience.PREPARERS, EDITABLE),
    Kind.AUTOMATICALLY_SUBMITTED: (Audience.PREPARERS, _REVIEWED),
    Kind.REJECTED: (Audience.PREPARERS, frozenset({Status.REJECTED})),
    Kind.APPROVED: (Audience.PREPARERS, frozenset({Status.APPROVED})),
    Kind.REGENERATED: (Audience.PREPARERS, EDITABLE),
    Kind.PENALTY_WAIVED: (Audience.PREPARERS, _REVIEWED),
    Kind.TO_REVIEW: (Audience.REVIEWERS, frozenset({Status.UNDER_REVIEW})),
}
"""The e-mails people choose about: whose it is, and in which states of the report it is still true. Nobody is told what is overtaken."""

OF_BILLING: dict[Kind, Audience] = {
    Kind.STATEMENT_ISSUED: Audience.PAYERS,
    Kind.BILLING_SUBMITTED: Audience.BILLED,
    Kind.BILLING_RETURNED: Audience.BILLING,
    Kind.BILLING_COMPLETED: Audience.BILLING,
}
"""The e-mails about final billing people choose about, and whose they are."""

AUDIENCES: dict[Kind, Audience] = {kind: audience for kind, (audience, _) in KINDS.items()} | OF_BILLING
"""Everything people choose about, and whose it is."""

_BY_THE_CLOCK = frozenset({Submission.AUTOMATIC, Submission.AUTOMATIC_WITH_PENALTY})


def is_last_day(at: datetime, deadline: datetime, zone: str) -> bool:
    """Whether the deadline ends the very day of `at` in a time zone."""
    return end_of_day(local_date(at, zone), zone) == deadline


def kinds_of(event: str, *, status: Status, submission: str, last_day: bool) -> list[Kind]:
    """The e-mails an event gives cause to, as the report is now."""
    if event == "automatically_approved" and submission in _BY_THE_CLOCK:
        return []  # the same moment's e-mail about the automatic submission says so
    kinds = [Kind.LAST_DAY if kind is Kind.REMINDER and last_day else kind for kind in TOLD.get(event, ())]
    return [kind for kind in kinds if is_still_true(kind, status)]


def is_still_true(kind: Kind, status: Status) -> bool:
    """Whether an e-mail about a report says something that still holds."""
    return kind not in KINDS or status in KINDS[kind][1]


def audience_account(kind: Kind, *, msp_id: int, distributor_id: int, has_access: bool) -> int:
    """The account whose people get an e-mail about a report."""
    return msp_id if KINDS[kind][0] is Audience.PREPARERS and has_access else distributor_id


def is_for_the_outbox(kind: Kind, tier: Tier | None) -> bool:
    """Whether the words of an e-mail to somebody of a tier are shown to a vendor's admins: what an MSP pays, and the link of an
    invitation, are not theirs to read."""
    return not (kind is Kind.INVITATION or (kind is Kind.STATEMENT_ISSUED and tier is Tier.MSP))


def choices_for(kind: Kind) -> tuple[Choice, ...]:
    """What a person may choose: a digest is offered to those who get one e-mail per MSP."""
    return tuple(Choice) if AUDIENCES[kind] is Audience.REVIEWERS else (Choice.NOW, Choice.OFF)


def mark_of(language: str | None, chosen: Mapping[str, str]) -> str:
    """A short name for exactly what a person chose, to notice that they have chosen something else meanwhile."""
    said = ",".join([language or "", *(f"{kind}={chosen[kind]}" for kind in sorted(chosen))])
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def choice(role: Role, chosen: str | None) -> Choice:
    """When somebody is told: as they chose, else at once, but who only looks on is not told at all."""
    if chosen:
        return Choice(chosen)
    return Choice.OFF if role == Role.VIEWER else Choice.NOW


def kinds_for(tier: Tier | None) -> list[Kind]:
    """The e-mails people of a tier can get; a distributor also prepares, for MSPs without access."""
    audiences: dict[Tier, Collection[Audience]] = {
        Tier.MSP: {Audience.PREPARERS, Audience.PAYERS},
        Tier.DISTRIBUTOR: set(Audience) - {Audience.BILLED},
        Tier.VENDOR: {Audience.BILLED},
    }
    wanted = audiences.get(tier, ()) if tier else ()
    return [kind for kind, audience in AUDIENCES.items() if audience in wanted]


DIGEST_TIME = time(8)
"""Digests are sent at this time of the day, in the time zone of the person's account."""


def next_digest(now: datetime, zone: str) -> datetime:
    """The first digest (UTC) later than `now`."""
    today = local_date(now, zone)
    return min(at for at in (at_time(today + timedelta(days=days), DIGEST_TIME, zone) for days in range(3)) if at > now)


BACK_OFF = (
    timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6), timedelta(hours=24),
)  # fmt: skip
"""How long to wait after the first, second, … failure; after the last one the delivery has failed."""

CLAIM_LASTS = timedelta(hours=1)
"""What a worker has claimed and not finished for so long was left by a worker that is gone."""

PAUSE_WITHOUT_SERVER = timedelta(minutes=1)
"""How long everything waits after the mail server could not be reached: the clock has other things to do."""

AT_ONCE = 200
"""The most e-mails of one round of the clock, so that a month's worth of them holds up nothing that is due."""


def next_try(tries: int, now: datetime) -> datetime | None:
    """When to try again after so many tries; None: not by itself."""
    return now + BACK_OFF[tries - 1] if 1 <= tries <= len(BACK_OFF) else None


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of a try: where the delivery is now, when it is tried again, and why."""

    state: State
    next_try_at: datetime | None = None
    problem: str = ""


def after_failure(tries: int, now: datetime, problem: str, *, for_good: bool) -> Attempt:
    """What follows a failed try. An address that is refused stays refused; everything else is tried again."""
    again = None if for_good else next_try(tries, now)
    return Attempt(State.WAITING if again else State.FAILED, again, problem)


def require_operator(viewer: Viewer) -> None:
    """Raise NotAllowed unless the viewer keeps the outbox: the operator at the machine, or an admin of a vendor."""
    if not (viewer.sees_all or (viewer.tier == Tier.VENDOR and viewer.role == Role.ADMIN)):
        raise NotAllowed(text("{name} may not see the outbox: it is kept by the admins of a vendor", name=viewer.actor.name))


_NOT_SHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+")
"""Characters that would end a header, or make a text look other than it is."""


def one_line(words: str, limit: int = 300) -> str:
    """A text of unknown origin as one line of limited length, fit for a header."""
    line = " ".join(_NOT_SHOWN.sub(" ", words).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
