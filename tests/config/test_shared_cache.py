"""The cache that all processes share."""

from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from trueup.config.shared_cache import SharedCache

pytestmark = pytest.mark.django_db

CODE, TOKEN = "/identity/o/api/device/code", "/identity/o/api/token"
FORM = "application/x-www-form-urlencoded"
DEVICE = {"client_id": "trueup-cli"}


@pytest.fixture(autouse=True)
def _empty(db: None) -> None:
    cache.clear()


@pytest.fixture
def other() -> SharedCache:
    """The cache as another process has it."""
    kept = settings.CACHES["default"]
    return SharedCache(str(kept["LOCATION"]), {"OPTIONS": {"MAX_ENTRIES": 10}})


def entries() -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {settings.CACHES['default']['LOCATION']}")
        count: int = cursor.fetchone()[0]
    return count


def ask(path: str, address: str, **form: str) -> HttpResponse:
    return Client(REMOTE_ADDR=address).post(path, urlencode(form), content_type=FORM)  # type: ignore[return-value]


class TestSharedCache:
    def test_says_in_one_process_what_another_has_kept(self, other: SharedCache) -> None:
        cache.set("x", {"device": [1, 2]}, timeout=60)
        assert other.get("x") == {"device": [1, 2]}
        other.delete("x")
        assert cache.get("x") is None

    def test_knows_the_code_of_a_device_in_every_process(self, other: SharedCache) -> None:
        asked = ask(CODE, "192.0.2.1", **DEVICE).json()  # type: ignore[attr-defined]
        waiting = other.get(f"allauth.idp.oidc.device_code[{asked['device_code']}]")
        assert waiting["device"]["user_code"] == asked["user_code"]

    def test_counts_wrong_secrets_in_every_process(self, other: SharedCache) -> None:
        wrong = {"grant_type": "client_credentials", "client_id": "none", "client_secret": "x"}
        assert ask(TOKEN, "192.0.2.1", **wrong).status_code == 401
        assert len(other.get("allauth:rl:trueup.api:wrong_secret:30/60/ip:ip:192.0.2.1")) == 1

    def test_forgets_nothing_before_its_time_however_many_come(self, other: SharedCache) -> None:
        other.set("device", "waits", timeout=600)
        for number in range(50):
            other.set(f"counter-{number}", [1], timeout=60)
        assert other.get("device") == "waits"
        assert entries() == 51

    def test_removes_what_is_over_once_there_are_many(self, other: SharedCache) -> None:
        for number in range(20):
            other.set(f"counter-{number}", [1], timeout=-60)
        other.set("device", "waits", timeout=600)
        assert entries() <= 11
        assert other.get("device") == "waits"
