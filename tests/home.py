"""Gives the run a home of its own and starts Django in it, when imported: before anything that needs models.

Nothing a test does may reach the developer's own ./var, and no two processes of a run may share a database or a ledger.
"""

import os
import shutil
import tempfile
from pathlib import Path

import django
import pytest
from django.conf import settings

_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
_RUN = Path(os.environ["TRUEUP_TEST_HOME"] if _WORKER else tempfile.mkdtemp(prefix="trueup-tests-"))
HOME = _RUN / (_WORKER or "main")


def _start() -> None:
    if settings.configured or "DJANGO_SETTINGS_MODULE" in os.environ:
        pytest.exit("The tests choose their own settings: unset DJANGO_SETTINGS_MODULE, and give no --ds.", returncode=4)
    for name in ("TRUEUP_LEDGER_URL", "TRUEUP_DEBUG", "TRUEUP_MEMORY_LIMIT", "TRUEUP_THREADS"):
        os.environ.pop(name, None)
    os.environ["TRUEUP_TEST_HOME"] = str(_RUN)
    os.environ["TRUEUP_HOME"] = str(HOME)
    os.environ["TRUEUP_SECRET_KEY"] = "tests-only"
    os.environ["DJANGO_SETTINGS_MODULE"] = "trueup.config.settings"
    django.setup()
    # Workers inherit this environment, and would load the settings before they know their own home.
    del os.environ["DJANGO_SETTINGS_MODULE"]


def remove() -> None:
    """Throw the home of the whole run away; the process that made it does so, after its workers have ended."""
    if not _WORKER:
        shutil.rmtree(_RUN, ignore_errors=True)


_start()
