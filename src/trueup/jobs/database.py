"""Making sure that the database has the tables this version of TrueUp expects."""

import importlib
import pkgutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from filelock import FileLock

from trueup.jobs.messages import say
from trueup.kit.errors import Conflict

_KEY = 7_823_614_502
"""Any number no other program takes as an advisory lock in this database; the ledger's is the one before."""

Migration = tuple[str, str]
"""The label of a module and the name of one of its migrations."""


class _State(NamedTuple):
    """What the database has and this version does not, and the other way round."""

    applied: frozenset[Migration]
    pending: frozenset[Migration]
    newer: frozenset[Migration]


def require_ready() -> None:
    """Let a command go on only with a database it understands; an empty one is set up on the way.

    Raises Conflict for a database of an older or of a newer version.
    """
    if not _is_behind(_state()):
        return
    with _lock():
        state = _state()  # whoever held the lock may just have set it up
        if _is_behind(state) and state.applied:
            raise Conflict(f"the database is behind this version of TrueUp by {len(state.pending)} migration(s): run `trueup migrate`")
        if _is_behind(state):
            say("Setting up the database …")
            _apply()


def upgrade() -> None:
    """Bring the database to this version, and say so. Raises Conflict for one of a newer version."""
    with _lock():
        state = _state()
        if _is_behind(state):
            _apply()
    print(f"Applied {len(state.pending)} migration(s)." if state.pending else "The database is up to date.")


def _is_behind(state: _State) -> bool:
    """Whether migrations are missing. Raises Conflict if the database is ahead instead."""
    if state.newer:
        raise Conflict("the database was made by a newer version of TrueUp: install that version")
    return bool(state.pending)


def _state() -> _State:
    applied = frozenset(MigrationRecorder(connection).applied_migrations())
    known = frozenset(_known())
    ours = {label for label, _ in known}
    return _State(applied, known - applied, frozenset(one for one in applied - known if one[0] in ours))


def _known() -> Iterator[Migration]:
    """The migrations this version brings, by their files: reading them all would take longer than most commands."""
    for app in apps.get_app_configs():
        try:
            package = importlib.import_module(f"{app.name}.migrations")
        except ModuleNotFoundError:
            continue
        yield from ((app.label, module.name) for module in pkgutil.iter_modules(package.__path__) if not module.name.startswith("_"))


def _apply() -> None:
    call_command("migrate", verbosity=0, interactive=False)


@contextmanager
def _lock() -> Iterator[None]:
    """Of several processes that find an empty database one sets it up; the others wait."""
    if connection.vendor != "postgresql":
        home = Path(settings.TRUEUP_HOME)
        home.mkdir(parents=True, exist_ok=True)
        with FileLock(home / "migrate.lock"):
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_KEY])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_KEY])
