"""What the tests of the edges stand on."""

from pathlib import Path

import pytest

from tests.jobs.command import Trueup


@pytest.fixture
def trueup(transactional_db: None, ledger_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Trueup:
    """The command line on an empty database and an empty ledger, with real transactions as in a process of its own."""
    return Trueup(capsys, tmp_path)
