"""Who is calling: a program by its token or its key, or a person by a token of the command line."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, cast

from allauth.idp.oidc.models import Client, Token
from django.http import HttpRequest

from trueup.accounts.actions import USE_NOTED, note_use
from trueup.accounts.queries import Program, memberships_of, program
from trueup.accounts.rules import Viewer, rights_of

ACCOUNT_HEADER: Final = "TrueUp-Account"
"""In which account a person with several memberships acts: its ref. Left out, it is the highest. A program has one only."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with a valid token: as whom they read and act, within which scopes, and the ref of their account."""

    viewer: Viewer
    scopes: frozenset[str]
    account_ref: str

    @property
    def key(self) -> str:
        """What limits count by."""
        return f"{self.viewer.actor.kind}:{self.viewer.actor.id}"


class Asked(HttpRequest):
    """What every operation gets: who calls, and when."""

    caller: Caller
    now: datetime

    @property
    def viewer(self) -> Viewer:
        """As whom the caller reads and acts."""
        return self.caller.viewer


def identify(request: HttpRequest, *, now: datetime) -> Caller | None:
    """Whoever the Authorization header stands for; None for nobody.

    A bearer token is an access token of the token endpoint, or `client_id.secret`: programs that can send a fixed
    token only send that one. Who is nobody in the account that the request names is nobody.
    """
    caller = _of(request, now)
    named = request.headers.get(ACCOUNT_HEADER)
    return caller if caller is None or named in {None, caller.account_ref} else None


def _of(request: HttpRequest, now: datetime) -> Caller | None:
    kind, _, credentials = request.headers.get("Authorization", "").partition(" ")
    credentials = credentials.strip()
    if kind.lower() != "bearer" or not credentials:
        return None
    token = Token.objects.valid().by_value(credentials).filter(type=Token.Type.ACCESS_TOKEN).first()
    if token is None:
        return _by_key(credentials, now)
    scopes = frozenset(token.get_scopes())
    if token.user_id is not None:
        return _person(token.user_id, scopes, request.headers.get(ACCOUNT_HEADER))
    return _program(program(str(token.client_id)), scopes, now)


def _by_key(credentials: str, now: datetime) -> Caller | None:
    client_id, dot, secret = credentials.partition(".")
    if not dot:
        return None
    found = program(client_id)
    client = cast("Any", Client.objects.filter(pk=client_id).first()) if found else None
    if found is None or client is None or not client.check_secret(secret):
        return None
    return _program(found, found.scopes, now)


def _program(found: Program | None, scopes: frozenset[str], now: datetime) -> Caller | None:
    if found is None:
        return None
    if found.viewer.actor.id and (found.last_used_at is None or found.last_used_at < now - USE_NOTED):
        note_use(found.viewer.actor.id, now=now)
    both = scopes & found.scopes
    return Caller(replace(found.viewer, within=rights_of(both)), both, found.account_ref)


def _person(user_id: int, scopes: frozenset[str], account_ref: str | None) -> Caller | None:
    """A person, in the account the request names. One they are no member of is as good as no token."""
    memberships = memberships_of(user_id)
    chosen = next((one for one in memberships if account_ref in (None, one.ref)), None)
    if chosen is None:
        return None
    return Caller(replace(chosen.viewer, within=rights_of(scopes)), scopes, chosen.ref)
