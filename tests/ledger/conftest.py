"""What the ledger's tests stand on."""

from pathlib import Path

import pytest

from tests.ledger.channel import build_channel


@pytest.fixture
def channel(db: None, ledger_home: Path) -> None:
    """The small channel and an empty ledger."""
    build_channel()
