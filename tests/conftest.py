"""The ground every test stands on: a home and a database of its own, thrown away afterwards."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# Before Django reads its settings: nothing a test does may reach the developer's own ./var.
_RUN_HOME = os.environ.get("TRUEUP_TEST_HOME") or tempfile.mkdtemp(prefix="trueup-tests-")
_OWNS_RUN_HOME = "TRUEUP_TEST_HOME" not in os.environ
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
    from django.db import connection

    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(Path(os.environ["TRUEUP_HOME"]) / "test.sqlite3")


@pytest.fixture
def ledger_home(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """An empty folder of this test's own that the ledger is written to."""
    folder = tmp_path / "ledger"
    settings.TRUEUP_LEDGER_URL = str(folder)
    yield folder
