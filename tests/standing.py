"""Worlds that are built once for all tests of a module."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from django.test import TestCase, override_settings

World = TypeVar("World")


@contextmanager
def stand(build: Callable[..., World], now: datetime, folder: Path, **more: object) -> Iterator[World]:
    """What is built of a folder (and `more`), at an instant, in a transaction of its own: it is taken back at the end."""

    class Ground(TestCase):
        """Holds the transaction, which is not to be committed."""

    with override_settings(TRUEUP_HOME=folder / "home", TRUEUP_LEDGER_URL=str(folder / "ledger"), TRUEUP_CLOCK=lambda: now):
        Ground.setUpClass()
        try:
            yield build(folder, **more)
        finally:
            Ground.tearDownClass()
            Ground.doClassCleanups()
