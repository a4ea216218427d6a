"""Tokens: one that is given, one for a program's id and secret, one that a person allows by a code (device flow, RFC 8628)."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

from trueup.client.errors import SignedOut, Unreachable, document_of, refusal
from trueup.client.transport import AGAIN, Http, Pause
from trueup.kit.errors import NotAllowed

TOKEN_PATH: Final = "/identity/o/api/token"  # noqa: S105 -- an address
DEVICE_PATH: Final = "/identity/o/api/device/code"
REVOKE_PATH: Final = "/identity/o/api/revoke"
DEVICE_CLIENT: Final = "trueup-cli"
"""What the command line is called where people allow it to act for them."""


class FixedToken:
    """A token somebody else has fetched, or the key of a program (`client_id.secret`)."""

    def __init__(self, token: str) -> None:
        self._token = token.strip()

    def token(self, _http: Http) -> str:
        """The same one always."""
        return self._token

    def another(self, _http: Http, _refused: str) -> str | None:
        """There is no other."""
        return None


class ClientCredentials:
    """A program that signs in with its id and secret. Its token is fetched when the first one is needed, and again when it has ended."""

    def __init__(self, client_id: str, secret: str, scopes: tuple[str, ...] = ()) -> None:
        self._id, self._secret, self._scopes = client_id, secret, scopes
        self._token: str | None = None

    def token(self, http: Http) -> str:
        """The token. Raises SignedOut if the secret is not the one of the program, Unreachable."""
        if self._token is None:
            form = {"grant_type": "client_credentials", "client_id": self._id, "client_secret": self._secret}
            if self._scopes:
                form["scope"] = " ".join(self._scopes)
            self._token = _granted(http, form).access
        return self._token

    def another(self, http: Http, refused: str) -> str | None:
        """A new one. Raises SignedOut, Unreachable."""
        if self._token == refused:
            self._token = None
        return self.token(http)


@dataclass(frozen=True, slots=True)
class Granted:
    """What the token endpoint has given; `refresh` renews it once."""

    access: str
    refresh: str | None


Keep = Callable[[Granted], None]
"""Told of every renewed token: the old ones no longer count."""


class SignedIn:
    """A person who has signed in; the token is renewed when it has ended."""

    def __init__(self, granted: Granted, keep: Keep | None = None) -> None:
        self._granted = granted
        self._keep = keep

    def token(self, _http: Http) -> str:
        """The present one."""
        return self._granted.access

    def another(self, http: Http, refused: str) -> str | None:
        """A renewed one; None if it cannot be renewed (any more)."""
        if self._granted.access != refused:
            return self._granted.access
        renewed = renew(http, self._granted)
        if renewed is None:
            return None
        self._granted = renewed
        if self._keep is not None:
            self._keep(renewed)
        return renewed.access


def renew(http: Http, granted: Granted, client_id: str = DEVICE_CLIENT) -> Granted | None:
    """A new token for the refresh token; None if that has ended or was taken back. Raises Unreachable."""
    if granted.refresh is None:
        return None
    try:
        new = _granted(http, {"grant_type": "refresh_token", "refresh_token": granted.refresh, "client_id": client_id})
    except SignedOut:
        return None
    return Granted(new.access, new.refresh or granted.refresh)


def revoke(http: Http, granted: Granted, client_id: str = DEVICE_CLIENT) -> None:
    """Take the tokens back, so that nobody can use them any more. Raises Unreachable."""
    for token, kind in ((granted.refresh, "refresh_token"), (granted.access, "access_token")):
        if token is not None:
            form = {"token": token, "token_type_hint": kind, "client_id": client_id}
            response = http.send("POST", REVOKE_PATH, form=form)
            if response.status_code >= 500:
                raise refusal(response)


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """What the person who signs in is shown: go to `address` and enter `code` there (or open `whole_address`)."""

    code: str
    address: str
    whole_address: str | None
    device_code: str
    expires_in: int
    interval: int


def ask_for_code(http: Http, *, scopes: tuple[str, ...] = (), client_id: str = DEVICE_CLIENT) -> DeviceCode:
    """Begin signing in a person by device flow, for some scopes (none: all). Raises NotAllowed, Unreachable."""
    form = {"client_id": client_id} | ({"scope": " ".join(scopes)} if scopes else {})
    response = http.send("POST", DEVICE_PATH, form=form)
    said = _said(response)
    if response.status_code >= 400:
        raise _oauth_refusal(response, said)
    try:
        return DeviceCode(
            code=str(said["user_code"]),
            address=str(said["verification_uri"]),
            whole_address=said.get("verification_uri_complete"),
            device_code=str(said["device_code"]),
            expires_in=int(said.get("expires_in", 300)),
            interval=int(said.get("interval", 5)),
        )
    except (KeyError, ValueError):
        raise Unreachable(f"{http.url} does not answer like TrueUp: it gives no code to sign in with") from None


def wait_until_allowed(http: Http, asked: DeviceCode, *, pause: Pause = time.sleep, client_id: str = DEVICE_CLIENT) -> Granted:
    """Ask until the person has allowed it; what fails in passing is asked again as long as the code works.

    Raises NotAllowed if they say no or nothing in time, Unreachable if the server does not answer (any more).
    """
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": asked.device_code, "client_id": client_id}
    interval, left = asked.interval, asked.expires_in
    last: Exception = NotAllowed("nobody has entered the code in time: begin again")
    while left > 0:
        pause(interval)
        left -= max(interval, 1)
        try:
            response = http.send("POST", TOKEN_PATH, form=form, tries=1)
        except Unreachable as error:
            last = error
            continue
        said = _said(response)
        if response.status_code < 300:
            return _tokens(http, said)
        if said.get("error") == "slow_down":
            interval += 5
        elif response.status_code in AGAIN or response.status_code >= 500:
            last = refusal(response)
        elif said.get("error") != "authorization_pending":
            raise NotAllowed("signing in was refused") if said.get("error") == "access_denied" else _oauth_refusal(response, said)
    raise last


def _granted(http: Http, form: Mapping[str, str]) -> Granted:
    response = http.send("POST", TOKEN_PATH, form=form)
    said = _said(response)
    if response.status_code >= 400:
        raise _oauth_refusal(response, said)
    return _tokens(http, said)


def _tokens(http: Http, said: Mapping[str, Any]) -> Granted:
    if not isinstance(said.get("access_token"), str):
        raise Unreachable(f"{http.url} does not answer like TrueUp: it gives no token")
    return Granted(said["access_token"], said.get("refresh_token"))


def _said(response: httpx.Response) -> Mapping[str, Any]:
    return document_of(response)


_MEANING: Final = {
    "invalid_client": "the server does not know this client id with this secret",
    "invalid_grant": "signing in has ended: sign in again",
    "invalid_scope": "the client may not have these scopes",
    "unauthorized_client": "the server does not let this client sign in so",
    "expired_token": "nobody has entered the code in time: begin again",
}


def _oauth_refusal(response: httpx.Response, said: Mapping[str, Any]) -> Exception:
    error = said.get("error")
    if not isinstance(error, str) or response.status_code >= 500:
        return refusal(response)
    return SignedOut(_MEANING.get(error) or str(said.get("error_description") or error))
