"""An installation that people reach over https, as Django's own check for deployment sees it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.config.test_settings import _settings
from trueup.config import environment

ROOT = Path(__file__).resolve().parents[2]
OIDC = {"ISSUER": "https://id.example.com/realms/acme/", "CLIENT_ID": "trueup", "CLIENT_SECRET": "secret", "NAME": "Acme ID"}


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """None of our variables is set (nor the one the browser's tests need), and everything is written to a folder of its own."""
    for name in [name for name in os.environ if name.startswith("TRUEUP_") or name == "DJANGO_ALLOW_ASYNC_UNSAFE"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TRUEUP_HOME", str(tmp_path))


def _deployed(monkeypatch: pytest.MonkeyPatch, **variables: str) -> dict[str, Any]:
    for name, value in {"URL": "https://trueup.example.com", **variables}.items():
        monkeypatch.setenv(f"TRUEUP_{name}", value)
    return _settings()


class TestDeployment:
    def test_has_nothing_that_django_warns_of(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TRUEUP_URL", "https://trueup.example.com")
        command = [sys.executable, str(ROOT / "manage.py"), "check", "--deploy", "--fail-level", "WARNING"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "no issues" in done.stdout

    def test_keeps_cookies_to_https_and_answers_to_its_own_name_only(self, monkeypatch: pytest.MonkeyPatch) -> None:
        settings = _deployed(monkeypatch)
        assert all(settings[f"{name}_COOKIE_SECURE"] for name in ("SESSION", "CSRF", "LANGUAGE"))
        assert settings["ALLOWED_HOSTS"] == ["trueup.example.com"]
        assert settings["CSRF_TRUSTED_ORIGINS"] == ["https://trueup.example.com"]
        assert settings["SECURE_SSL_REDIRECT"]
        assert not settings["MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN"]

    def test_believes_a_proxy_only_if_told_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert "SECURE_PROXY_SSL_HEADER" not in _deployed(monkeypatch)
        behind = _deployed(monkeypatch, BEHIND_PROXY="true")
        assert behind["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")
        assert behind["ALLAUTH_TRUSTED_PROXY_COUNT"] == 1

    def test_lets_forms_lead_to_the_provider(self, monkeypatch: pytest.MonkeyPatch) -> None:
        settings = _deployed(monkeypatch, **{f"OIDC_{name}": value for name, value in OIDC.items()})
        assert settings["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]["form-action"] == ["'self'", "https://id.example.com"]


class TestSingleSignOn:
    def test_is_off_without_a_provider(self) -> None:
        assert environment.single_sign_on() == environment.SingleSignOnSettings([], [])

    @pytest.mark.parametrize(
        ("changed", "sentence"),
        [
            ({"CLIENT_ID": ""}, "TRUEUP_OIDC_CLIENT_ID is missing"),
            ({"CLIENT_ID": "", "CLIENT_SECRET": ""}, "TRUEUP_OIDC_CLIENT_ID and TRUEUP_OIDC_CLIENT_SECRET is missing"),
            ({"ISSUER": "id.example.com"}, "must be the address of an OpenID Connect provider"),
            ({"ISSUER": "http://id.example.com"}, "must begin with https://"),
        ],
    )
    def test_refuses_what_cannot_work(self, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], sentence: str) -> None:
        for name, value in (OIDC | changed).items():
            monkeypatch.setenv(f"TRUEUP_OIDC_{name}", value)
        with pytest.raises(ImproperlyConfigured, match=sentence):
            environment.single_sign_on()

    def test_may_be_without_https_on_this_machine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in (OIDC | {"ISSUER": "http://127.0.0.1:9000"}).items():
            monkeypatch.setenv(f"TRUEUP_OIDC_{name}", value)
        assert environment.single_sign_on().origins == ["http://127.0.0.1:9000"]
