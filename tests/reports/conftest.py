"""October in the world everybody knows."""

from pathlib import Path

import pytest

from tests.reports.month import OPERATOR, October, at
from tests.world import FILE_NAME, NETWORK
from trueup.network.actions import apply


@pytest.fixture
def october(db: None, ledger_home: Path, tmp_path: Path) -> October:
    """The world in October 2026, nothing delivered yet."""
    apply(OPERATOR, NETWORK, file_name=FILE_NAME, dry_run=False, now=at("2026-09-01T00:00:00Z"))
    return October(tmp_path)
