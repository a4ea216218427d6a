"""How many are at work at once on what takes long: uploads, and what waits for them. Each holds a thread until its answer; the others
answer everybody else."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from django.conf import settings

from trueup.api.problems import Refused
from trueup.kit.text import text


class Places:
    """So many may do something at once, two thirds of them for one account; who comes then is told to come back."""

    def __init__(self, most: Callable[[], int]) -> None:
        self._most = most
        self._counting = threading.Lock()
        self._taken: Counter[str] = Counter()

    @contextmanager
    def taken(self, account: str) -> Iterator[None]:
        """Be one of them. Raises Refused where all places are taken, or those of the account (its ref)."""
        with self._counting:
            most = self._most()
            if self._taken.total() >= most or self._taken[account] >= most - most // 3:
                said = text("as much usage is being taken in as this server does at once; nothing was read, try again")
                raise Refused(503, "busy", said, headers={"Retry-After": "1"})
            self._taken[account] += 1
        try:
            yield
        finally:
            with self._counting:
                self._taken[account] -= 1
                self._taken += Counter()  # those with none are forgotten


UPLOADS: Final = Places(lambda: settings.TRUEUP_API_UPLOADS)

CONVERSIONS: Final = Places(lambda: 1)
"""What a mapping profile reads is added up in memory."""
