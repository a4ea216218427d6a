"""Billing › Usage Reports and report details, without a browser."""

from pathlib import Path

import pytest
from django.test import Client

from tests.reports.month import OPERATOR, October, at, every_day
from tests.web.conftest import AsPerson
from tests.world import FILE_NAME, NETWORK
from trueup.network.actions import apply

BOLT = "/reports/2026-10/bolt/"


@pytest.fixture
def october(transactional_db: None, ledger_home: Path, tmp_path: Path) -> October:
    """October is closed: bolt over-provisions endpoints, coil is clean, dune has no access."""
    apply(OPERATOR, NETWORK, file_name=FILE_NAME, dry_run=False, now=at("2026-09-01T00:00:00Z"))
    october = October(tmp_path)
    october.deliver(
        *every_day("bolt-dental", "workspace-security", "40", "40"),
        *every_day("bolt-dental", "endpoint-core", "50", "40"),
        *every_day("bolt-garage", "endpoint-core", "20", "20"),
        *every_day("bolt-garage", "backup-storage", "12.5", ""),
        *every_day("coil-bakery", "workspace-security", "10", "10"),
        *every_day("dune-hotel", "endpoint-core", "8", "8"),
    )
    october.close()
    return october


@pytest.fixture
def bella(october: October, as_person: AsPerson) -> Client:
    """The billing manager of bolt."""
    return as_person("billing@bolt.example")


class TestList:
    def test_names_the_cycle(self, bella: Client) -> None:
        page = bella.get("/reports/")
        assert page.status_code == 200
        assert "October 2026" in page.text


class TestDetails:
    def test_shows_the_lines(self, bella: Client) -> None:
        page = bella.get(BOLT)
        assert page.status_code == 200
        assert "Workspace Security" in page.text
