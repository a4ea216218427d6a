"""The world everybody knows, a ledger of this test's own, and a program that sends events."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.intake.sending import sender
from trueup.accounts.rules import Viewer

AsSender = Callable[[str], Viewer]


@pytest.fixture
def bolt(world: None, ledger_home: Path) -> Viewer:
    """A program of the MSP bolt."""
    return sender("bolt")
