"""The API as programs use it: a client for each account and its scopes, and a clock that stands."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from allauth.idp.oidc.models import Client as Library
from allauth.idp.oidc.models import Token
from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from tests.web.conftest import NOW, Clock
from tests.world import APPLIED_AT
from trueup.accounts.models import Account
from trueup.accounts.rules import Scope, Tier, Viewer, scopes_of
from trueup.network.actions import create_client

NO_SECRET = "!"
"""Opens nothing. Without it a client gets one that nobody knows, hashed slowly on purpose."""


class Program:
    """A program with a token. Every call is answered as (status, what its JSON says)."""

    def __init__(self, token: str | None, **headers: str) -> None:
        self.token = token
        self.headers = headers
        self._client = Client(raise_request_exception=False)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        """The whole answer. `path` is what comes after /api/v1; a header is named like `if_match`."""
        said = {name.replace("_", "-"): value for name, value in {**self.headers, **headers}.items()}
        if self.token is not None:
            said["authorization"] = f"Bearer {self.token}"
        content_type = said.pop("content-type", "application/json")
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        return self._client.generic(method, f"/api/v1{path}", data, content_type=content_type, headers=said)  # type: ignore[return-value]

    def get(self, path: str, **headers: str) -> tuple[int, Any]:
        return said(self.call("GET", path, **headers))

    def post(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        return said(self.call("POST", path, body, **headers))

    def put(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        return said(self.call("PUT", path, body, **headers))

    def patch(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        return said(self.call("PATCH", path, body, **headers))

    def delete(self, path: str, **headers: str) -> tuple[int, Any]:
        return said(self.call("DELETE", path, **headers))


def said(answer: HttpResponse) -> tuple[int, Any]:
    """The status and the JSON of an answer; None where it has no content."""
    return answer.status_code, json.loads(answer.content) if answer.content else None


AsProgram = Callable[..., Program]


@pytest.fixture(autouse=True)
def clock(settings: Settings) -> Clock:
    """The time of every request."""
    standing = Clock(NOW)
    settings.TRUEUP_CLOCK = standing
    return standing


@pytest.fixture
def as_program(db: None) -> AsProgram:
    """A program of an account, by its ref, with some scopes (all that such an account can have, if none is named)."""

    def make(account: str, *scopes: Scope) -> Program:
        return Program(token_for(account, scopes))

    return make


def token_for(account: str, scopes: tuple[Scope, ...] = ()) -> str:
    """An access token of a new client."""
    chosen = scopes or scopes_of(Tier(Account.objects.get(ref=account).tier))
    client_id = f"{account}-{Library.objects.count()}"
    create_client(Viewer.system(), account, f"Program of {account}", chosen, client_id=client_id, now=APPLIED_AT)
    kept = Library.objects.create(id=client_id, name=client_id, secret=NO_SECRET, scopes="\n".join(chosen))
    return _token(client=kept, scopes=chosen)


def token_of_person(email: str, *scopes: Scope) -> str:
    """An access token that a person has given the command line."""
    kept = Library.objects.get_or_create(id="trueup-cli", defaults={"name": "trueup", "type": Library.Type.PUBLIC, "secret": NO_SECRET})[0]
    return _token(client=kept, user=get_user_model().objects.get(email=email), scopes=scopes or tuple(Scope))


def _token(*, scopes: tuple[Scope, ...], **of: Any) -> str:
    value = f"token-{Token.objects.count()}"
    token = Token(type=Token.Type.ACCESS_TOKEN, **of)
    token.set_value(value)
    token.set_scopes(list(scopes))
    token.save()
    return value
