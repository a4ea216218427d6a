"""How many requests a caller may make: a window of a minute, counted in this process."""

import threading
from datetime import datetime
from typing import Final

from trueup.api.problems import Refused
from trueup.kit.text import text

WINDOW: Final = 60
"""Seconds."""


class Limits:
    """Counts per caller. What a window has left is told with every answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._window = 0
        self._counts: dict[str, int] = {}

    def count(self, caller: str, most: int, *, now: datetime) -> dict[str, str]:
        """Count a request; the headers that say what is left. Raises Refused (429) beyond `most`."""
        second = int(now.timestamp())
        window, left_of_window = second // WINDOW, WINDOW - second % WINDOW
        with self._lock:
            if window != self._window:
                self._window, self._counts = window, {}
            used = self._counts.get(caller, 0) + 1
            self._counts[caller] = min(used, most + 1)
        headers = {
            "RateLimit-Policy": f'"default";q={most};w={WINDOW}',
            "RateLimit": f'"default";r={max(most - used, 0)};t={left_of_window}',
        }
        if used > most:
            detail = text("too many requests: {most} a minute are allowed; go on in {seconds} s", most=most, seconds=left_of_window)
            raise Refused(429, "rate_limited", detail, headers={**headers, "Retry-After": str(left_of_window)})
        return headers
