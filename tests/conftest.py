"""The ground every test stands on: a home, a database and a ledger of its own, thrown away afterwards."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import SettingsWrapper

from tests.database import let_flush_empty_all_tables

# Before Django reads its settings: nothing a test does may reach the developer's own ./var.
_OWNS_RUN_HOME = "PYTEST_XDIST_WORKER" not in os.environ
_RUN_HOME = tempfile.mkdtemp(prefix="trueup-tests-") if _OWNS_RUN_HOME else os.environ["TRUEUP_TEST_HOME"]
_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
os.environ["TRUEUP_TEST_HOME"] = _RUN_HOME
os.environ["TRUEUP_HOME"] = str(Path(_RUN_HOME) / _WORKER)
os.environ["TRUEUP_SECRET_KEY"] = "tests-only"
os.environ["DJANGO_SETTINGS_MODULE"] = "trueup.config.settings"
for _name in ("TRUEUP_LEDGER_URL", "TRUEUP_DEBUG", "TRUEUP_MEMORY_LIMIT", "TRUEUP_THREADS"):
    os.environ.pop(_name, None)


def pytest_unconfigure() -> None:
    """Throw the home of the whole run away; the process that made it does so, after its workers have ended."""
    if _OWNS_RUN_HOME:
        shutil.rmtree(_RUN_HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """On SQLite a file, as in production (in memory there is neither WAL nor a second process)."""
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(Path(os.environ["TRUEUP_HOME"]) / "test.sqlite3")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """The migrated database, in which a transactional test can clean up after itself."""
    with django_db_blocker.unblock():
        let_flush_empty_all_tables(connection)


@pytest.fixture
def ledger_home(tmp_path: Path, settings: SettingsWrapper) -> Path:
    """A folder of this test's own that the ledger is written to; it does not exist yet."""
    folder = tmp_path / "ledger"
    settings.TRUEUP_LEDGER_URL = str(folder)
    return folder


# ── The world everybody knows begins here ─────────────────────────────────────────────────────────────────────────────
