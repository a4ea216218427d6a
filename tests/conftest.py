"""The ground every test stands on: a home, a database and a ledger of its own, thrown away afterwards."""

from pathlib import Path

import pytest
from django.contrib.contenttypes.management import create_contenttypes
from django.db import connection
from django.db.models.signals import post_migrate
from pytest_django import DjangoDbBlocker, Settings

from tests import home
from tests import world as world_file
from tests.database import let_flush_empty_all_tables
from tests.static_files import let_clients_share_static_files
from trueup.accounts.rules import Viewer
from trueup.network import actions

let_clients_share_static_files()


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    home.remove()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """On SQLite a file, as in production (in memory there is neither WAL nor a second process)."""
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(home.HOME / "test.sqlite3")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """The migrated database, in which a transactional test can clean up after itself."""
    with django_db_blocker.unblock():
        let_flush_empty_all_tables(connection)
    # A flush after each real transaction would make Django's permissions anew, which nothing here asks.
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")
    post_migrate.disconnect(create_contenttypes)


@pytest.fixture
def ledger_home(tmp_path: Path, settings: Settings) -> Path:
    """A folder of this test's own that the ledger is written to; it does not exist yet."""
    folder = tmp_path / "ledger"
    settings.TRUEUP_LEDGER_URL = str(folder)
    return folder


# ── The world everybody knows begins here ─────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def world(db: None) -> None:
    """The network of tests/world.py, applied on 1 January 2026."""
    actions.apply(Viewer.system(), world_file.NETWORK, file_name=world_file.FILE_NAME, dry_run=False, now=world_file.APPLIED_AT)
