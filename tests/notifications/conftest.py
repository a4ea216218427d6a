"""October in the world everybody knows, and the mail that went out."""

from pathlib import Path

import pytest
from pytest_django import Settings

from tests.notifications.post import Post
from tests.reports.month import OPERATOR, October, at
from tests.world import FILE_NAME, NETWORK
from trueup.network.actions import apply


@pytest.fixture
def october(db: None, ledger_home: Path, tmp_path: Path, settings: Settings) -> October:
    """The world in October 2026, nothing delivered yet; the portal is at portal.example."""
    settings.TRUEUP_URL = "https://portal.example"
    settings.DEFAULT_FROM_EMAIL = "TrueUp <trueup@portal.example>"
    apply(OPERATOR, NETWORK, file_name=FILE_NAME, dry_run=False, now=at("2026-09-01T00:00:00Z"))
    return October(tmp_path)


@pytest.fixture
def post(october: October) -> Post:
    """The clock's part in telling people."""
    return Post()
