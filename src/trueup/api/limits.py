"""How many requests a caller may make: a window of a minute, counted in this process."""

import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from allauth.core.internal.ratelimit import get_ip
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest

from trueup.api.problems import Refused
from trueup.kit.text import text

WINDOW: Final = 60
"""Seconds."""

WRONG_KEYS: Final = 30
"""Keys of a client that are none, from one address in a minute; as many as wrong secrets at the token endpoint."""

NOBODY: Final = ""
"""In place of a client that there is not (any more)."""


def address_of(request: HttpRequest) -> str:
    """Where a request comes from, as sign-in sees it: behind a proxy we trust, the address that the proxy names. Empty if nobody knows."""
    try:
        return str(get_ip(request))
    except (PermissionDenied, ImproperlyConfigured):
        return str(request.META.get("REMOTE_ADDR", ""))


class Limits:
    """Counts per caller. What a window has left is told with every answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._window = 0
        self._counts: dict[str, int] = {}

    def count(self, caller: str, most: int, *, now: datetime) -> dict[str, str]:
        """Count a request; the headers that say what is left. Raises Refused (429) beyond `most`."""
        with self._lock:
            used = self._used(caller, now) + 1
            self._counts[caller] = min(used, most + 1)
        return _told(used, most, now)

    def left(self, caller: str, most: int, *, now: datetime) -> None:
        """Count nothing. Raises Refused (429) where `most` have been counted."""
        with self._lock:
            used = self._used(caller, now) + 1
        _told(used, most, now)

    def _used(self, caller: str, now: datetime) -> int:
        window = int(now.timestamp()) // WINDOW
        if window != self._window:
            self._window, self._counts = window, {}
        return self._counts.get(caller, 0)


@dataclass(frozen=True, slots=True)
class Tries:
    """What an address may try as the key of a client: nothing for the rest of the minute, after too many that were none.

    Each client counts by itself, and all that there are not together: a feed whose key was revoked does not stop the others.
    """

    limits: Limits
    address: str
    now: datetime

    def require(self, client_id: str) -> None:
        """Raise Refused (429) if it may not."""
        self.limits.left(f"{self.address} {client_id}", WRONG_KEYS, now=self.now)

    def failed(self, client_id: str) -> None:
        """Count one that was none."""
        self.limits.count(f"{self.address} {client_id}", WRONG_KEYS, now=self.now)


def _told(used: int, most: int, now: datetime) -> dict[str, str]:
    """What is said about a limit after `used` requests. Raises Refused (429) beyond `most`."""
    left = WINDOW - int(now.timestamp()) % WINDOW
    headers = {
        "RateLimit-Policy": f'"default";q={most};w={WINDOW}',
        "RateLimit": f'"default";r={max(most - used, 0)};t={left}',
    }
    if used > most:
        detail = text("too many requests: {most} a minute are allowed; go on in {seconds} s", most=most, seconds=left)
        raise Refused(429, "rate_limited", detail, headers={**headers, "Retry-After": str(left)})
    return headers
