"""Secrets and tokens of programs: by the token endpoint, by the fixed key, rotated, revoked."""

from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.idp.oidc.models import Client as Library
from allauth.idp.oidc.models import Token
from django.contrib.auth.hashers import make_password
from django.core.cache import cache
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client

from tests.api.conftest import Program
from tests.web.conftest import NOW, Clock
from trueup.accounts.queries import viewers_of
from trueup.accounts.rules import Viewer
from trueup.api.tokens import LongSecrets
from trueup.events.models import Event
from trueup.events.queries import audit
from trueup.kit.errors import Conflict, Invalid, NotFound
from trueup.network.actions import create_client, revoke_client, rotate_client
from trueup.network.rules import secrets

pytestmark = pytest.mark.usefixtures("world")

TOKEN = "/identity/o/api/token"
FIRST, SECOND, THIRD = ("first-" + "a" * 37, "second-" + "b" * 36, "third-" + "c" * 37)
DAY = timedelta(hours=24)


@pytest.fixture(autouse=True)
def _no_counts(db: None) -> None:
    cache.clear()


@pytest.fixture
def feed() -> str:
    """The id of a client of bolt with its first secret."""
    create_client(Viewer.system(), "bolt", "Feed", ["usage:write", "reports:read"], client_id="feed", secret=FIRST, now=NOW)
    return "feed"


def post(path: str = TOKEN, data: dict[str, Any] | None = None, **headers: str) -> HttpResponse:
    return Client(raise_request_exception=False).post(path, data or {}, headers=headers)  # type: ignore[return-value]


def fetch(secret: str, client_id: str = "feed", **more: str) -> tuple[int, dict[str, Any]]:
    """Ask for a token with a secret, as most programs do."""
    basic = "Basic " + b64encode(f"{client_id}:{secret}".encode()).decode()
    answer = post(data={"grant_type": "client_credentials", **more}, authorization=basic)
    return answer.status_code, answer.json()  # type: ignore[attr-defined]


def rotate(secret: str, overlap: timedelta = DAY) -> None:
    rotate_client(viewers_of("admin@bolt.example")[0], "feed", secret=secret, overlap=overlap, now=NOW)


class TestSecret:
    def test_is_kept_as_a_digest_that_is_quick_to_check(self, feed: str) -> None:
        kept = Library.objects.get(pk=feed)
        assert kept.secret == f"trueup_sha256${secrets.digest(FIRST)}"
        assert FIRST not in kept.secret
        assert kept.check_secret(FIRST)
        assert not kept.check_secret(SECOND)
        assert not kept.check_secret("")

    def test_is_never_what_a_password_is_kept_as(self) -> None:
        assert make_password("something").startswith("pbkdf2_sha256$")
        assert LongSecrets().safe_summary("x") == {"algorithm": "trueup_sha256"}

    def test_of_earlier_goes_on_working_and_can_be_rotated(self, feed: str) -> None:
        Library.objects.update(secret=make_password(FIRST))
        assert fetch(FIRST)[0] == 200
        rotate(SECOND)
        assert len(Library.objects.get().secret) <= 200
        assert [fetch(one)[0] for one in (FIRST, SECOND, THIRD)] == [200, 200, 401]

    def test_that_cannot_be_read_lets_nobody_in(self, feed: str) -> None:
        for kept in ("trueup_sha256", "trueup_sha256$", "nonsense", ""):
            Library.objects.update(secret=kept)
            assert not Library.objects.get().check_secret(FIRST)


class TestRotation:
    def test_lets_the_old_secret_work_for_a_while(self, feed: str, clock: Clock) -> None:
        rotate(SECOND)
        assert [fetch(one)[0] for one in (FIRST, SECOND)] == [200, 200]
        clock.at = NOW + DAY - timedelta(seconds=1)
        assert fetch(FIRST)[0] == 200
        clock.at = NOW + DAY
        assert [fetch(one)[0] for one in (FIRST, SECOND)] == [401, 200]

    def test_ends_the_secret_before_the_old_one(self, feed: str) -> None:
        rotate(SECOND)
        rotate(THIRD)
        assert [fetch(one)[0] for one in (FIRST, SECOND, THIRD)] == [401, 200, 200]

    def test_can_end_the_old_secret_and_its_tokens_at_once(self, feed: str) -> None:
        token = fetch(FIRST)[1]["access_token"]
        assert Program(token).get("/me")[0] == 200
        rotate(SECOND, timedelta(0))
        assert Program(token).get("/me")[0] == 401
        assert [fetch(one)[0] for one in (FIRST, SECOND)] == [401, 200]

    @pytest.mark.parametrize("overlap", [timedelta(days=7, seconds=1), timedelta(seconds=-1)])
    def test_of_another_length_is_refused(self, feed: str, overlap: timedelta) -> None:
        with pytest.raises(Invalid):
            rotate(SECOND, overlap)
        assert fetch(FIRST)[0] == 200

    def test_is_recorded_without_any_secret(self, feed: str) -> None:
        rotate(SECOND)
        event = Event.objects.latest("id")
        assert (event.kind, event.actor_name) == ("client_rotated", "admin@bolt.example")
        assert SECOND not in str(event.changes)
        assert audit().findings == ()

    def test_of_what_is_not_there_is_refused(self, feed: str) -> None:
        stranger = viewers_of("billing@coil.example")[0]
        with pytest.raises(NotFound):
            rotate_client(stranger, feed, secret=SECOND, overlap=DAY, now=NOW)
        revoke_client(Viewer.system(), feed, now=NOW)
        with pytest.raises(Conflict, match="revoked"):
            rotate(SECOND)


class TestToken:
    def test_is_given_for_a_secret_in_the_header_or_in_the_form(self, feed: str) -> None:
        status, said = fetch(FIRST)
        assert (status, said["token_type"], said["expires_in"]) == (200, "Bearer", 3600)
        assert Program(said["access_token"]).get("/me")[1]["scopes"] == ["reports:read", "usage:write"]
        answer = post(data={"grant_type": "client_credentials", "client_id": feed, "client_secret": FIRST})
        assert answer.status_code == 200

    def test_has_no_more_scopes_than_were_asked_for(self, feed: str) -> None:
        said = fetch(FIRST, scope="reports:read")[1]
        assert Program(said["access_token"]).get("/me")[1]["scopes"] == ["reports:read"]

    def test_is_refused_with_scopes_the_client_does_not_have(self, feed: str) -> None:
        status, said = fetch(FIRST, scope="reports:read reports:review")
        assert (status, said["error"]) == (400, "invalid_scope")

    def test_is_refused_for_a_wrong_secret_or_an_unknown_or_revoked_client(self, feed: str) -> None:
        assert fetch(SECOND) == (401, {"error": "invalid_client"})
        assert fetch(FIRST, "nobody") == (401, {"error": "invalid_client"})
        revoke_client(Viewer.system(), feed, now=NOW)
        assert fetch(FIRST) == (401, {"error": "invalid_client"})

    def test_is_for_its_account_alone(self, feed: str) -> None:
        token = fetch(FIRST)[1]["access_token"]
        named = [Program(token, **{"TrueUp-Account": ref}).get("/me")[0] for ref in ("bolt", "coil", "")]
        assert named == [200, 401, 401]

    def test_ends_with_its_client(self, feed: str) -> None:
        program = Program(fetch(FIRST)[1]["access_token"])
        assert program.get("/me")[0] == 200
        revoke_client(Viewer.system(), feed, now=NOW)
        assert program.get("/me")[0] == 401
        assert not Token.objects.exists()

    def test_takes_the_tokens_that_are_over_with_it(self, feed: str) -> None:
        fetch(FIRST)
        Token.objects.update(expires_at=NOW - timedelta(days=900))
        fetch(FIRST)
        assert Token.objects.count() == 1

    def test_is_refused_after_too_many_wrong_secrets(self, feed: str) -> None:
        for _ in range(30):
            assert fetch(SECOND)[0] == 401
        status, said = fetch(FIRST)
        assert (status, said["error"]) == (429, "slow_down")

    def test_is_not_given_while_the_database_is_busy(self, feed: str) -> None:
        def busy(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
            if sql.startswith("INSERT") and Token._meta.db_table in sql:
                raise OperationalError("database is locked")
            return execute(sql, params, many, context)

        with connection.execute_wrapper(busy):
            answer = post(data={"grant_type": "client_credentials", "client_id": feed, "client_secret": FIRST})
        assert (answer.status_code, answer["Retry-After"], answer.json()["error"]) == (503, "10", "temporarily_unavailable")  # type: ignore[attr-defined]

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
    @pytest.mark.parametrize("path", [TOKEN, "/identity/o/api/device/code", "/identity/o/api/revoke"])
    def test_is_asked_for_by_post_alone(self, path: str, method: str) -> None:
        answer = Client(raise_request_exception=False).generic(method, path)
        assert (answer.status_code, answer["Allow"]) == (405, "POST")

    @pytest.mark.parametrize("path", [TOKEN, "/identity/o/api/device/code", "/identity/o/api/revoke"])
    @pytest.mark.parametrize(
        ("content_type", "body"),
        [
            ("application/json", b'{"grant_type": "client_credentials"}'), ("application/json", b"\xff{"), ("text/plain", b"x"),
            ("application/x-www-form-urlencoded", b"grant_type=client_credentials&grant_type=password"),
            ("application/x-www-form-urlencoded", b"grant_type=client_credentials&client_id=a%00b&client_secret=x"),
            ("application/x-www-form-urlencoded", b"client_id=%ff%fe&scope=%00&device_code=x&grant_type=refresh_token"),
            ("application/x-www-form-urlencoded", b"grant_type=urn:ietf:params:oauth:grant-type:device_code"),
            ("application/x-www-form-urlencoded", b"grant_type=client_credentials&resource=%5B"),
            ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % n for n in range(10_001))),
            ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=grant_type\r\n\r\ntru"),
            ("multipart/form-data", b"nothing"), ("application/x-www-form-urlencoded; charset=nonsense", b"a=b"), ("", b""),
        ],
    )  # fmt: skip
    def test_is_refused_for_what_cannot_be_read(self, path: str, content_type: str, body: bytes) -> None:
        client = Client(raise_request_exception=False)
        answer = client.generic("POST", path, body, content_type=content_type)
        assert answer.status_code in ({200, 400, 401, 413} if path.endswith("revoke") else {400, 401, 413})

    @pytest.mark.parametrize(
        "credentials", ["Basic", "Basic !", "Basic " + b64encode(b"a\0b:c").decode(), "Basic " + b64encode(b"\xff:x").decode()]
    )
    def test_is_refused_for_credentials_that_cannot_be_read(self, credentials: str) -> None:
        assert post(data={"grant_type": "client_credentials"}, authorization=credentials).status_code in {400, 401}


class TestFixedKey:
    def test_works_as_a_token(self, feed: str) -> None:
        status, me = Program(f"feed.{FIRST}").get("/me")
        assert (status, me["account"], me["scopes"]) == (200, "bolt", ["reports:read", "usage:write"])

    def test_rotates_and_ends_as_its_secret_does(self, feed: str, clock: Clock) -> None:
        rotate(SECOND)
        assert [Program(f"feed.{one}").get("/me")[0] for one in (FIRST, SECOND)] == [200, 200]
        clock.at += DAY
        assert [Program(f"feed.{one}").get("/me")[0] for one in (FIRST, SECOND)] == [401, 200]
        revoke_client(Viewer.system(), feed, now=NOW)
        assert Program(f"feed.{SECOND}").get("/me")[0] == 401

    @pytest.mark.parametrize("key", ["feed.", ".x", "feed", "nobody.x", "feed.x.y"])
    def test_that_is_none_is_refused(self, feed: str, key: str) -> None:
        assert Program(key).get("/me")[0] == 401


class TestWhatIsSaidAboutUs:
    def test_names_what_there_is(self) -> None:
        said = Client().get("/.well-known/openid-configuration").json()
        assert said["token_endpoint"].endswith(TOKEN)
        assert said["device_authorization_endpoint"].endswith("/identity/o/api/device/code")
        assert "authorization_endpoint" not in said
        assert "usage:write" in said["scopes_supported"]
