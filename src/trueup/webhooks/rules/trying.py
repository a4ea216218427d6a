"""How often a delivery is tried, when, and when an endpoint is given up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from trueup.kit.text import Text, text


class State(StrEnum):
    """Where a delivery is."""

    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"
    DROPPED = "dropped"


class Disabled(StrEnum):
    """Why an endpoint gets nothing."""

    BY_HAND = "by_hand"
    GONE = "gone"
    FAILING = "failing"


BACK_OFF: Final = (
    timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=5),
    timedelta(hours=10), timedelta(hours=14), timedelta(hours=20), timedelta(hours=24),
)  # fmt: skip
"""How long to wait after the first, second, … failure: a little more than three days in all. After the last the delivery has failed."""

FAILING_FOR: Final = timedelta(days=3)
"""An endpoint is disabled when a delivery has failed for good and nothing else was delivered to it for so long."""

CLAIM_LASTS: Final = timedelta(minutes=2)
"""What a worker has claimed and not finished for so long was left by a worker that is gone: it is sent again."""

LONGEST_ASKED: Final = timedelta(days=1)
"""The longest wait an endpoint can ask for (Retry-After)."""

OVERLAP: Final = timedelta(hours=24)
"""How long after a rotation both secrets sign."""

TIMEOUT: Final = 10
"""Seconds an endpoint has to answer, everything included."""

MOST_KEPT: Final = 1024
"""Bytes of an answer that are read and kept."""

MOST_PER_ENDPOINT: Final = 4
"""Deliveries one worker has under way to one endpoint."""

GONE: Final = 410

WHILE_DISABLED: Final = "the webhook was disabled"
"""Why a delivery is not tried any more: of what was before it was enabled again, it is told nothing."""

DISABLED_WORDS: Final[Mapping[Disabled, Text]] = {
    Disabled.BY_HAND: text("it was switched off"),
    Disabled.GONE: text("it answered that it is gone for good (410)"),
    Disabled.FAILING: text("nothing could be delivered to it for three days"),
}
"""Why an endpoint gets nothing, in words."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call: the status (None: there was no answer) and the beginning of what was said, or why there was none.

    `refused`: it may not be called at all, so trying again is of no use before somebody changes it. `retry_after` is in seconds.
    """

    status: int | None = None
    said: str = ""
    problem: str = ""
    milliseconds: int = 0
    retry_after: int = 0
    refused: bool = False

    @property
    def accepted(self) -> bool:
        """Whether it was taken. A redirect is not followed, and is no acceptance."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a delivery is after a try, when it is tried again, and whether its endpoint is to be disabled."""

    state: State
    next_try_at: datetime | None = None
    problem: str = ""
    disable: Disabled | None = None


def next_try(tries: int, answer: Answer, now: datetime) -> datetime | None:
    """When to try again after so many tries; None: not by itself."""
    if not 1 <= tries <= len(BACK_OFF):
        return None
    asked = timedelta(seconds=min(answer.retry_after, int(LONGEST_ASKED.total_seconds())))
    return now + max(BACK_OFF[tries - 1], asked)


def after(answer: Answer, tries: int, *, failing_since: datetime | None, disabled: bool, now: datetime) -> Outcome:
    """What follows an answer.

    `failing_since`: since when nothing was delivered to the endpoint; `disabled`: it was while the call was under way, and may be still.
    """
    if answer.accepted:
        return Outcome(State.DELIVERED)
    if disabled:
        return Outcome(State.FAILED, problem=WHILE_DISABLED)
    if answer.status == GONE:
        return Outcome(State.FAILED, disable=Disabled.GONE)
    again = next_try(tries, answer, now)
    if again is not None:
        return Outcome(State.WAITING, again)
    given_up = failing_since is not None and now - failing_since >= FAILING_FOR
    return Outcome(State.FAILED, disable=Disabled.FAILING if given_up else None)


def is_old_secret_valid(until: datetime | None, now: datetime) -> bool:
    """Whether the secret before the present one signs too."""
    return until is not None and now < until
