"""Webhooks are made of what happened and sent, beside the rounds of the clock: programs wait for neither it nor each other."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime

from django.db import close_old_connections

from trueup.webhooks.actions import forget_old
from trueup.webhooks.gathering import gather_all
from trueup.webhooks.sending import Sender, send_due

GATHER_EVERY = 1.0
"""Seconds between two looks at the histories."""

_PORTIONS = 20
"""Portions of the histories read at one look, so that calls under way are not forgotten over a long one."""

_LOOK = 200
"""Milliseconds a round waits for answers, or for something to be due."""

_log = logging.getLogger(__name__)


def call_once(now: datetime) -> int:
    """Send everything that is due, and forget what is old; returns how many calls were taken."""
    gather_all(now=now)
    called = send_due(now=now)
    while forget_old(now=now):
        pass
    return called


def call_until(end: threading.Event, now: Callable[[], datetime]) -> None:
    """Send as things happen, until `end` is set; what is under way then is waited for."""
    gathered = -GATHER_EVERY
    with Sender() as sender:
        while not end.is_set() or sender.busy:
            close_old_connections()
            try:
                if time.monotonic() - gathered >= GATHER_EVERY:
                    gathered = time.monotonic()
                    gather_all(now=now(), most=_PORTIONS)
                    forget_old(now=now())
                begun = 0 if end.is_set() else sender.begin(now=now())
                sender.collect(now=now(), milliseconds=_LOOK)
            except Exception:  # noqa: BLE001 -- one round that fails must not end the others
                _log.exception("webhooks could not be sent")
                begun = 0
            if not begun and not sender.busy:
                close_old_connections()
                end.wait(_LOOK / 1000)
