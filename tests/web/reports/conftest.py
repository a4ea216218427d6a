"""October is closed in the world everybody knows, and its reports wait for the MSPs."""

from pathlib import Path

import pytest
from django.test import Client

from tests.reports.month import OPERATOR, October, at, at_times
from tests.web.conftest import AsPerson
from tests.world import FILE_NAME, NETWORK
from trueup.network.actions import apply


@pytest.fixture
def october(db: None, ledger_home: Path, tmp_path: Path) -> October:
    """Bolt over-provisions endpoints, coil does not, dune has no access to usage reports."""
    apply(OPERATOR, NETWORK, file_name=FILE_NAME, dry_run=False, now=at("2026-09-01T00:00:00Z"))
    month = October(tmp_path)
    month.deliver(
        *at_times("bolt-dental", "workspace-security", "40", "40"),
        *at_times("bolt-dental", "endpoint-core", "50", "40"),
        *at_times("bolt-garage", "endpoint-core", "20", "20"),
        *at_times("bolt-garage", "backup-storage", "12.5", ""),
        *at_times("coil-bakery", "workspace-security", "10", "10"),
        *at_times("dune-hotel", "endpoint-core", "8", "8"),
    )
    month.close()
    return month


@pytest.fixture
def bella(october: October, as_person: AsPerson) -> Client:
    """The billing manager of bolt."""
    return as_person("billing@bolt.example")
