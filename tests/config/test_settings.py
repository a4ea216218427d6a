"""What an operator may choose in the environment."""

import os
import runpy
import stat
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from trueup.config import settings as module


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """None of our variables is set, and the current folder is empty."""
    for name in [name for name in os.environ if name.startswith("TRUEUP_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def _settings() -> dict[str, Any]:
    return runpy.run_path(str(module.__file__))


class TestSettings:
    def test_keep_everything_in_var_when_nothing_is_set(self, tmp_path: Path) -> None:
        settings = _settings()
        assert settings["TRUEUP_HOME"] == tmp_path / "var"
        assert settings["TRUEUP_LEDGER_URL"] == str(tmp_path / "var" / "ledger")
        assert settings["DATABASES"]["default"]["NAME"] == str(tmp_path / "var" / "trueup.sqlite3")
        assert settings["TRUEUP_MEMORY_LIMIT"] == "512MB"

    def test_ask_browsers_for_https_of_this_host_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TRUEUP_URL", "https://trueup.example.com")
        settings = _settings()
        assert settings["SECURE_HSTS_SECONDS"] == 365 * 24 * 3600
        assert not settings["SECURE_HSTS_INCLUDE_SUBDOMAINS"]
        assert not settings["SECURE_HSTS_PRELOAD"]

    def test_make_the_secret_key_once_for_its_owner_alone(self, tmp_path: Path) -> None:
        first, second = _settings()["SECRET_KEY"], _settings()["SECRET_KEY"]
        assert first == second
        assert len(first) >= 50
        assert stat.S_IMODE((tmp_path / "var" / "secret-key").stat().st_mode) == 0o600

    def test_write_only_what_has_no_other_place_when_all_is_elsewhere(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("TRUEUP_SECRET_KEY", "given")
        monkeypatch.setenv("TRUEUP_DATABASE_URL", "postgres://user@host/db")
        assert _settings()["SECRET_KEY"] == "given"
        assert {path.name for path in (tmp_path / "var").iterdir()} == {"uploads", "signing-key.pem"}
        assert list((tmp_path / "var" / "uploads").iterdir()) == []

    def test_make_the_key_of_tokens_once_for_its_owner_alone(self, tmp_path: Path) -> None:
        first, second = _settings()["IDP_OIDC_PRIVATE_KEY"], _settings()["IDP_OIDC_PRIVATE_KEY"]
        assert first == second
        assert first.startswith("-----BEGIN PRIVATE KEY-----")
        assert stat.S_IMODE((tmp_path / "var" / "signing-key.pem").stat().st_mode) == 0o600

    def test_reach_postgresql_over_a_socket(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TRUEUP_DATABASE_URL", "postgres://user@/db?host=/run/postgresql")
        database = _settings()["DATABASES"]["default"]
        assert (database["ENGINE"], database["NAME"], database["USER"]) == ("django.db.backends.postgresql", "db", "user")
        assert (database["HOST"], database["OPTIONS"]["host"]) == ("", "/run/postgresql")

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("TRUEUP_THREADS", "0"),
            ("TRUEUP_THREADS", "many"),
            ("TRUEUP_MEMORY_LIMIT", "lots"),
            ("TRUEUP_DEBUG", "maybe"),
            ("TRUEUP_DATABASE_URL", "mysql://user@host/db"),
            ("TRUEUP_DATABASE_URL", "postgres://user@host"),
            ("TRUEUP_DATABASE_URL", "postgres://user@host:port/db"),
            ("TRUEUP_HOME", "/dev/null/var"),
            ("TRUEUP_URL", "trueup.example.com"),
            ("TRUEUP_URL", "https://trueup.example.com/portal"),
            ("TRUEUP_BEHIND_PROXY", "perhaps"),
            ("TRUEUP_TEMPLATES", "/no/such/folder"),
            ("TRUEUP_UPLOAD_LIMIT", "0"),
            ("TRUEUP_EMAIL_URL", "https://mail.example.com"),
            ("TRUEUP_OIDC_ISSUER", "id.example.com"),
        ],
    )
    def test_refuse_what_cannot_be_used_and_name_the_variable(self, name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(name, value)
        with pytest.raises(ImproperlyConfigured, match=rf"^{name}\b"):
            _settings()
