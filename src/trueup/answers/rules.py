"""How long an answer is kept, and what asking again with its key means."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

KEPT_FOR: Final = timedelta(days=7)
"""A key that is older is a new one."""

SECRET_KEPT_FOR: Final = timedelta(minutes=10)
"""An answer that holds a secret is given again to who lost it on the way, and to nobody later."""

LEASE: Final = timedelta(minutes=5)
"""After this long without a sign of having done anything whoever worked on it counts as dead: asking again does it. One who was only
slow can do nothing any more."""

LONGEST_KEY: Final = 200
"""Characters of a key."""


class Again(StrEnum):
    """What asking with a key that was used before comes to."""

    ANSWERED = "answered"
    """The same request was answered: its answer is given again."""

    WORKING = "working"
    """The same request is being worked on at this moment."""

    LOST = "lost"
    """The same request was done, but there is no answer to give (any more)."""

    OTHER = "other"
    """The key was used for another request."""


def fits(key: str) -> bool:
    """Whether a key can be kept: printable ASCII, not too long."""
    return 0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()
