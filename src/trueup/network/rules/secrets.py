"""How the secret of an API client is kept, and how long an older one goes on working.

A secret of ours has 256 random bits: nobody guesses it, so a fast digest keeps it as well as a slow one would, and does not cost every
call what a password costs. It is kept as

    trueup_sha256$DIGEST                     one secret
    trueup_sha256$DIGEST$SECONDS$OLDER       after a rotation: OLDER works too, until SECONDS (since 1970); it is whatever was kept before
"""

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from trueup.kit.errors import Invalid, Problem
from trueup.kit.text import text

ALGORITHM: Final = "trueup_sha256"

USUAL_OVERLAP: Final = timedelta(hours=24)
LONGEST_OVERLAP: Final = timedelta(days=7)
"""How long the secret before may go on working beside a new one."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a secret: the digest of the newest one; the one before as it was kept, and until when it works."""

    digest: str
    older: str = ""
    until: datetime | None = None

    @property
    def written(self) -> str:
        """As it is stored."""
        if self.until is None:
            return f"{ALGORITHM}${self.digest}"
        return f"{ALGORITHM}${self.digest}${int(self.until.timestamp())}${self.older}"

    def older_at(self, at: datetime) -> str:
        """The one before, while it works; empty then."""
        return self.older if self.until is not None and at < self.until else ""


def digest(secret: str) -> str:
    """What is kept of a secret (43 characters)."""
    return base64.urlsafe_b64encode(hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()).decode("ascii").rstrip("=")


def encoded(secret: str) -> str:
    """A secret as it is kept."""
    return Kept(digest(secret)).written


def read(written: str) -> Kept | None:
    """What is kept; None for what was kept in another way (a slow one of earlier)."""
    algorithm, _, rest = written.partition("$")
    if algorithm != ALGORITHM:
        return None
    newest, _, rest = rest.partition("$")
    until, _, older = rest.partition("$")
    return Kept(newest, older, datetime.fromtimestamp(int(until), UTC)) if until else Kept(newest)


def rotated(secret: str, before: str, until: datetime | None) -> str:
    """A new secret beside the one that was kept `before`, which works until then; None: from now on it does not.

    There are never more than two: the one before the one before ends with this.
    """
    if until is None:
        return encoded(secret)
    was = read(before)
    return Kept(digest(secret), Kept(was.digest).written if was else before, until).written


def check_overlap(overlap: timedelta) -> None:
    """Raise Invalid for an overlap that cannot be had."""
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        most = int(LONGEST_OVERLAP.total_seconds()) // 3600
        wrong = text("the old secret can go on working for 0 to {most} hours", most=most)
        raise Invalid(wrong, [Problem("overlap_hours", wrong, "beyond", ("overlap_hours",))])
