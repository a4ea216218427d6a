"""`trueup --server`: who asks, what is loaded for it, and what works at the machine only."""

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests.client.conftest import SignIn
from tests.jobs.command import NETWORK, Trueup
from tests.web.conftest import NOW, Clock
from trueup.accounts.rules import Scope, Viewer
from trueup.jobs import signing_in
from trueup.jobs.starting import Server
from trueup.kit.errors import NotAllowed
from trueup.network.actions import create_client

NOWHERE = "http://127.0.0.1:9"
BOLT = "billing@bolt.example"
SECRET = "a-secret-that-is-long-enough-for-anybody"


@pytest.fixture
def trueup(capsys: pytest.CaptureFixture[str], tmp_path: Path, config: Path) -> Trueup:
    """The command line of somebody who has no installation."""
    return Trueup(capsys, tmp_path)


@pytest.fixture
def served(transactional_db: None, live_server: LiveServer, settings: Settings, trueup: Trueup, ledger_home: Path) -> str:
    """An installation with the network of the commands' tests; its address."""
    settings.TRUEUP_CLOCK = Clock(NOW)
    cache.clear()
    trueup.done("apply", trueup.file("network.yaml", NETWORK), "--now", "2026-09-01T00:00:00Z")
    return str(live_server.url)


@pytest.fixture
def program(served: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A program of bolt is who asks; the address."""
    create_client(Viewer.system(), "bolt", "Feed", [Scope.REPORTS_READ, Scope.USAGE_READ], client_id="feed", secret=SECRET, now=NOW)
    monkeypatch.setenv("TRUEUP_CLIENT_ID", "feed")
    monkeypatch.setenv("TRUEUP_CLIENT_SECRET", SECRET)
    return served


class TestProgram:
    def test_is_who_the_environment_names(self, trueup: Trueup, program: str) -> None:
        assert trueup.done("--server", program, "report", "list", "--format", "json") == "[]\n"

    def test_may_name_the_server_there_too(self, trueup: Trueup, program: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TRUEUP_SERVER", program)
        assert trueup.json("cycle", "list") == []

    def test_may_do_no_more_than_its_scopes(self, trueup: Trueup, program: str) -> None:
        file = trueup.file("usage.csv", "day,customer,service,provisioned_units\n2026-10-05,bolt-dental,endpoint-core,1\n")
        assert "scope usage:write" in trueup.refused("--server", program, "usage", "import", file)

    def test_is_told_how_to_sign_in_with_another_secret(self, trueup: Trueup, program: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TRUEUP_CLIENT_SECRET", "another")
        said = trueup.refused("--server", program, "report", "list")
        assert "does not know this client id with this secret: look whether TRUEUP_CLIENT_ID and" in said
        monkeypatch.delenv("TRUEUP_CLIENT_SECRET")
        assert "one of them is missing" in trueup.refused("--server", program, "report", "list")

    def test_loads_neither_django_nor_the_ledger(self, program: str) -> None:
        code = (
            "import sys; from trueup.config.cli import run; code = run(sys.argv[1:]);"
            "loaded = {'django', 'duckdb', 'deltalake', 'pyarrow', 'ninja', 'psycopg'} & set(sys.modules); print(loaded); sys.exit(code)"
        )
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TRUEUP_HOME", "DJANGO_"))}
        command = [sys.executable, "-c", code, "--server", program, "report", "list", "--format", "json"]
        answer = subprocess.run(command, env=kept, capture_output=True, text=True, check=False, timeout=120)
        assert (answer.returncode, answer.stdout, answer.stderr) == (0, "[]\nset()\n", "")


class TestAtTheMachineOnly:
    @pytest.mark.parametrize(
        "command",
        [
            ["report", "list", "--as", BOLT], ["report", "approve", "2026-10", "bolt", "--as", BOLT], ["usage", "unmapped", "--as", BOLT],
            ["cycle", "show", "2026-10", "--now", "2026-11-01T00:00:00Z"], ["usage", "import", "x.csv", "--now", "2026-11-01T00:00:00Z"],
        ],
    )  # fmt: skip
    def test_are_the_options_for_who_and_when(self, trueup: Trueup, command: list[str]) -> None:
        assert "with --server" in re.sub(r"[\s│]+", " ", trueup.misused("--server", NOWHERE, *command))


class TestNobody:
    def test_is_told_how_to_sign_in(self, trueup: Trueup) -> None:
        said = trueup.refused("--server", NOWHERE, "report", "list")
        assert f"nobody has signed in at {NOWHERE}: run `trueup login --server {NOWHERE}`" in said

    def test_sends_nothing_to_what_is_no_address(self, trueup: Trueup) -> None:
        assert "https://" in trueup.refused("--server", "http://trueup.example.com", "report", "list")
        assert "--server" in trueup.misused("login")

    def test_is_told_that_a_file_of_tokens_is_none(self, trueup: Trueup, config: Path) -> None:
        config.mkdir(parents=True)
        (config / "tokens.json").write_text("[]", encoding="utf-8")
        assert "sign in again" in trueup.refused("--server", NOWHERE, "report", "list")


class TestLogin:
    """A person allows it in the portal while the command waits."""

    def person(self, email: str, capsys: pytest.CaptureFixture[str], action: str = "confirm") -> Any:
        """What somebody does while the command pauses; what it has said before is in `self.said`."""
        browser = Client()
        browser.force_login(get_user_model().objects.get(email=email), backend="allauth.account.auth_backends.AuthenticationBackend")

        def allow(_seconds: object) -> None:
            self.said = capsys.readouterr().err
            code = self.said.split()[-1]
            assert browser.post("/identity/o/device", {"code": code, "action": action}).status_code == 200

        return allow

    def test_lets_later_commands_act_as_the_person(
        self, trueup: Trueup, served: str, config: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        signing_in.login(Server(served, None), pause=self.person(BOLT, capsys))
        assert capsys.readouterr().out == f"Signed in at {served} as {BOLT}, for bolt.\n"
        assert f"{served}/identity/o/device" in self.said
        assert stat.S_IMODE((config / "tokens.json").stat().st_mode) == 0o600
        assert stat.S_IMODE(config.stat().st_mode) == 0o700
        assert trueup.json("--server", f"{served}/", "report", "list") == []

    def test_is_renewed_by_itself(self, trueup: Trueup, served: str, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
        signing_in.login(Server(served, None), pause=self.person(BOLT, capsys))
        file = config / "tokens.json"
        before = json.loads(file.read_text())[served]
        file.write_text(json.dumps({served: {**before, "access": "ended"}}), encoding="utf-8")
        assert trueup.json("--server", served, "report", "list") == []
        after = json.loads(file.read_text())[served]
        assert after["access"] not in {"ended", before["access"]}

    def test_is_refused_if_the_person_says_no(self, served: str, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(NotAllowed, match="signing in was refused"):
            signing_in.login(Server(served, None), pause=self.person(BOLT, capsys, "deny"))
        assert not (config / "tokens.json").exists()

    def test_ends_with_logout(self, trueup: Trueup, served: str, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
        signing_in.login(Server(served, None), pause=self.person(BOLT, capsys))
        kept = (config / "tokens.json").read_text()
        assert trueup.done("logout", "--server", served) == f"Signed out at {served}.\n"
        assert "nobody has signed in" in trueup.refused("--server", served, "report", "list")
        (config / "tokens.json").write_text(kept)
        assert "not valid (any more)" in trueup.refused("--server", served, "report", "list")
        assert trueup.done("--server", NOWHERE, "logout") == f"Nobody was signed in at {NOWHERE}.\n"


class TestAccount:
    def test_is_the_one_that_is_named(self, trueup: Trueup, served: str, sign_in: SignIn) -> None:
        sign_in(BOLT, served)
        assert trueup.json("--server", served, "--account", "bolt", "report", "list") == []
        assert "not valid" in trueup.refused("--server", served, "--account", "north", "report", "list")
