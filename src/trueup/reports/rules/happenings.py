"""What happens to a report, in words."""

from collections.abc import Callable
from datetime import datetime

from trueup.kit.text import Text, text

REJECTED_LINE = "rejected_line"
"""What the history calls a line that a reviewer points at."""

_DONE: dict[str, Callable[[str], Text]] = {
    "generated": lambda _: text("the report was generated"),
    "regenerated": lambda who: text("{who} had it measured anew", who=who),
    "draft_saved": lambda who: text("{who} saved a draft", who=who),
    "submitted": lambda who: text("{who} submitted it", who=who),
    "automatically_submitted": lambda _: text("it was submitted automatically"),
    "approved": lambda who: text("{who} approved it", who=who),
    "automatically_approved": lambda _: text("it was approved automatically"),
    "rejected": lambda who: text("{who} rejected it", who=who),
    "reminded": lambda _: text("the MSP was reminded"),
    "penalty_waived": lambda who: text("{who} waived a penalty", who=who),
}


def done(event: str, who: str) -> Text:
    """What somebody did, as a sentence without its point."""
    return _DONE[event](who) if event in _DONE else text("{who} changed it", who=who)


def changed_meanwhile(event: str, who: str, at: datetime) -> Text:
    """Why somebody who saw an earlier state of a report may not go on; `at` is an instant, in the time zone of the report."""
    return text("the report has changed in the meantime: {done} ({at}); nothing was changed", done=done(event, who), at=at)
