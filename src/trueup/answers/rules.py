"""How long an answer is kept, and what asking again with its key means."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

KEPT_FOR: Final = timedelta(days=7)
"""A key that is older is a new one."""

LEASE: Final = timedelta(minutes=2)
"""After this long without an answer whoever worked on it is dead: asking again does it again."""

LONGEST_KEY: Final = 200
"""Characters of a key."""


class Again(StrEnum):
    """What asking with a key that was used before comes to."""

    ANSWERED = "answered"
    """The same request was answered: its answer is given again."""

    WORKING = "working"
    """The same request is being worked on at this moment."""

    OTHER = "other"
    """The key was used for another request."""


def fits(key: str) -> bool:
    """Whether a key can be kept: printable ASCII, not too long."""
    return 0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()
