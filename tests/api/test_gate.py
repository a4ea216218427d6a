"""What is asked before every operation: who calls, how often, and whether what was sent can be read."""

import io
import json
from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.test import Client
from pytest_django import Settings

from tests.api.conftest import AsProgram, Program
from tests.web.conftest import NOW, Clock
from trueup.accounts.rules import Scope, Viewer
from trueup.api.app import api
from trueup.api.limits import WRONG_KEYS
from trueup.network.actions import create_client

pytestmark = pytest.mark.usefixtures("world")

SECRET = "s" * 43
DENTAL = "/accounts/bolt-dental"


@pytest.fixture
def bolt(as_program: AsProgram) -> Program:
    return as_program("bolt")


def said(answer: HttpResponse) -> tuple[int, str]:
    return answer.status_code, json.loads(answer.content)["code"]


class TestAWrongKey:
    @pytest.fixture(autouse=True)
    def _feed(self, world: None) -> None:
        create_client(Viewer.system(), "bolt", "Feed", [Scope.USAGE_READ], client_id="feed", secret=SECRET, now=NOW)

    @staticmethod
    def ask(client: Client, key: str, **headers: str) -> HttpResponse:
        return client.get("/api/v1/me", headers={"authorization": f"Bearer {key}", **headers})  # type: ignore[return-value]

    def test_counts_against_its_address(self, bolt: Program, clock: Clock) -> None:
        client = Client()
        for number in range(WRONG_KEYS):
            assert said(self.ask(client, f"feed.wrong{number}")) == (401, "unauthenticated")
        refused = self.ask(client, f"feed.{SECRET}")
        assert (said(refused), refused["Retry-After"]) == ((429, "rate_limited"), "60")
        assert self.ask(client, bolt.token or "").status_code == 200  # tokens were not guessed
        assert self.ask(Client(REMOTE_ADDR="192.0.2.7"), f"feed.{SECRET}").status_code == 200
        clock.at = NOW.replace(minute=1)
        assert self.ask(client, f"feed.{SECRET}").status_code == 200

    def test_of_one_client_does_not_stop_the_others(self) -> None:
        client = Client()
        create_client(Viewer.system(), "bolt", "Old feed", [Scope.USAGE_READ], client_id="old", secret=SECRET[::-1], now=NOW)
        for client_id in ("old", "none", "nobody"):
            for number in range(WRONG_KEYS):
                self.ask(client, f"{client_id}.wrong{number}")
        assert said(self.ask(client, f"old.{SECRET}")) == said(self.ask(client, f"none.{SECRET}")) == (429, "rate_limited")
        assert self.ask(client, f"feed.{SECRET}").status_code == 200

    def test_counts_against_the_address_that_a_trusted_proxy_names(self, settings: Settings) -> None:
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
        client = Client()
        guessing, other = ({"x-forwarded-for": f"198.51.100.9, {address}"} for address in ("192.0.2.1", "192.0.2.2"))
        for _ in range(WRONG_KEYS):
            self.ask(client, "feed.wrong", **guessing)
        assert self.ask(client, f"feed.{SECRET}", **guessing).status_code == 429
        assert self.ask(client, f"feed.{SECRET}", **other).status_code == 200

    def test_believes_no_proxy_that_is_not_there(self) -> None:
        client = Client()
        for number in range(WRONG_KEYS):
            self.ask(client, "feed.wrong", **{"x-forwarded-for": f"192.0.2.{number}"})
        assert self.ask(client, f"feed.{SECRET}", **{"x-forwarded-for": "192.0.2.99"}).status_code == 429


class TestALimit:
    def test_is_of_the_address_for_nobody(self, settings: Settings) -> None:
        settings.TRUEUP_API_LIMIT = 2
        settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
        client = Client()
        answers = [client.get("/api/v1/me", headers={"x-forwarded-for": address}) for address in ("192.0.2.1",) * 3 + ("192.0.2.2",)]
        assert [one.status_code for one in answers] == [401, 401, 429, 401]


class TestABody:
    @pytest.mark.parametrize(
        "body",
        [
            b'{"name": "\xed\xa0\x80"}',  # half a character, as three bytes
            '{"name": "New"}'.encode("utf-16"),
            '{"name": "New"}'.encode("utf-32"),
            b'\xef\xbb\xbf{"name": "New"}',
            b'{"name": "\xff"}',
            rb'{"name": "\ud800"}',
            b'{"name": NaN}',
        ],
    )
    def test_that_is_no_json_in_utf_8_is_refused(self, bolt: Program, body: bytes) -> None:
        assert said(bolt.call("PATCH", DENTAL, body, if_match="*")) == (400, "bad_request")

    def test_has_characters_of_two_halves(self, bolt: Program) -> None:
        assert bolt.patch(DENTAL, rb'{"name": "\ud83e\uddb7"}', if_match="*")[1]["name"] == "\N{TOOTH}"

    @pytest.mark.parametrize("headers", [{}, {"HTTP_IDEMPOTENCY_KEY": "k"}])
    def test_whose_sender_went_away_is_refused(self, bolt: Program, headers: dict[str, str]) -> None:
        answer = _sent(bolt, Broken(), CONTENT_LENGTH="100", **headers)
        assert said(answer) == (400, "bad_request")

    @pytest.mark.parametrize("headers", [{}, {"HTTP_IDEMPOTENCY_KEY": "k"}])
    def test_that_says_it_is_too_large_is_not_read(self, bolt: Program, headers: dict[str, str]) -> None:
        answer = _sent(bolt, Broken(), CONTENT_LENGTH=str(20 * 2**20 + 1), **headers)
        assert said(answer) == (413, "too_large")

    @pytest.mark.parametrize(
        ("error", "expected"), [(RequestDataTooBig(), (413, "too_large")), (UnreadablePostError("gone"), (400, "bad_request"))]
    )
    def test_that_an_operation_cannot_read_is_no_mistake_of_ours(self, error: Exception, expected: tuple[int, str]) -> None:
        assert said(api.on_exception(HttpRequest(), error)) == expected


class TestAScope:
    def test_that_is_missing_is_named(self, as_program: AsProgram) -> None:
        answer = as_program("bolt", Scope.USAGE_READ).call("GET", "/clients")
        assert json.loads(answer.content)["detail"] == "this needs a token with the scope members:write"


class Broken(io.RawIOBase):
    """A body that stops in the middle."""

    def read(self, size: int | None = -1) -> bytes:
        raise OSError("the connection was closed")


def _sent(program: Program, stream: Any, **environ: str) -> HttpResponse:
    client = Client(raise_request_exception=False)
    environ |= {"HTTP_AUTHORIZATION": f"Bearer {program.token}", "HTTP_IF_MATCH": "*", "CONTENT_TYPE": "application/json"}
    return client.generic("PATCH", f"/api/v1{DENTAL}", **{"wsgi.input": stream, **environ})  # type: ignore[return-value]
