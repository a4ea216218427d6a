"""An installation with a month of work in it, served over HTTP; and people who have signed in at it from elsewhere."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import override_settings
from pytest_django import DjangoDbBlocker, Settings
from pytest_django.live_server_helper import LiveServer

from tests.api.conftest import token_of_person
from tests.client.anywhere import Anywhere
from tests.jobs.command import Trueup
from tests.web.conftest import NOW
from tests.web.month import build

SignIn = Callable[[str, str], None]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own folder for settings; no server is named and nobody has signed in."""
    for name in ("TRUEUP_SERVER", "TRUEUP_ACCOUNT", "TRUEUP_CLIENT_ID", "TRUEUP_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config" / "trueup"


@pytest.fixture
def sign_in(config: Path) -> SignIn:
    """Has somebody sign in at a server; whoever was there before is out."""

    def sign_in(email: str, url: str) -> None:
        config.mkdir(parents=True, exist_ok=True)
        (config / "tokens.json").write_text(json.dumps({url: {"access": token_of_person(email), "refresh": None}}), encoding="utf-8")

    return sign_in


@pytest.fixture(scope="module")
def served_month(django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The month of tests/web/month.py, committed, for all tests of a module; where it is served."""
    folder = tmp_path_factory.mktemp("month")
    kept = {"TRUEUP_HOME": folder / "home", "TRUEUP_LEDGER_URL": str(folder / "ledger"), "TRUEUP_CLOCK": lambda: NOW}
    with django_db_blocker.unblock(), override_settings(**kept, TRUEUP_API_LIMIT=100_000):
        build(folder)
        server = LiveServer("127.0.0.1")
        try:
            yield server.url
        finally:
            server.stop()
            call_command("flush", verbosity=0, interactive=False, inhibit_post_migrate=False)


@pytest.fixture
def trueup(transactional_db: None, ledger_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Trueup:
    """The command line on an empty database and an empty ledger."""
    return Trueup(capsys, tmp_path)


@pytest.fixture
def anywhere(trueup: Trueup, live_server: LiveServer, sign_in: SignIn, settings: Settings, tmp_path: Path) -> Anywhere:
    """The same command line over the network and at the machine."""
    return Anywhere(trueup, live_server.url, sign_in, settings, tmp_path / "another-ledger")
