"""Who is calling: a program by its token or its key, or a person by a token of the command line."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.http import HttpRequest

from trueup.accounts.actions import USE_NOTED, note_use
from trueup.accounts.queries import Program, memberships_of, program
from trueup.accounts.rules import Viewer
from trueup.api.limits import NOBODY, Tries
from trueup.network import keys

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


def identify(request: HttpRequest, tries: Tries, *, now: datetime) -> Caller | None:
    """Whoever the Authorization header stands for; None for nobody.

    A bearer token is an access token of the token endpoint, or `client_id.secret`: programs that can send a fixed
    token only send that one. Who is nobody in the account that the request names is nobody. Raises Refused after too many wrong keys.
    """
    caller = _of(request, tries, now)
    named = request.headers.get(ACCOUNT_HEADER)
    return caller if caller is None or named in {None, caller.account_ref} else None


def _of(request: HttpRequest, tries: Tries, now: datetime) -> Caller | None:
    kind, _, credentials = request.headers.get("Authorization", "").partition(" ")
    credentials = credentials.strip()
    if kind.lower() != "bearer" or not credentials:
        return None
    client_id, dot, secret = credentials.partition(".")
    if dot:  # no access token has one
        return _by_key(client_id, secret, tries, now)
    held = keys.held(credentials)
    if held is None:
        return None
    if held.user_id is not None:
        return _person(held.user_id, held.scopes, request.headers.get(ACCOUNT_HEADER))
    return _program(program(held.client_id), held.scopes, now)


def _by_key(client_id: str, secret: str, tries: Tries, now: datetime) -> Caller | None:
    found = program(client_id)
    of = client_id if found else NOBODY
    tries.require(of)
    if found is None or not keys.opens(client_id, secret):
        tries.failed(of)
        return None
    return _program(found, found.scopes, now)


def _program(found: Program | None, scopes: frozenset[str], now: datetime) -> Caller | None:
    if found is None:
        return None
    if found.viewer.actor.id and (found.last_used_at is None or found.last_used_at < now - USE_NOTED):
        note_use(found.viewer.actor.id, now=now)
    both = scopes & found.scopes
    return Caller(replace(found.viewer, scopes=both), both, found.account_ref)


def _person(user_id: int, scopes: frozenset[str], account_ref: str | None) -> Caller | None:
    """A person, in the account the request names. One they are no member of is as good as no token."""
    memberships = memberships_of(user_id)
    chosen = next((one for one in memberships if account_ref in (None, one.ref)), None)
    if chosen is None:
        return None
    return Caller(replace(chosen.viewer, scopes=scopes), scopes, chosen.ref)
