"""What the library that checks secrets and issues tokens keeps of an API client, and of the programs that people have let in.

Nobody else touches its tables. The row of a client is written in the transaction of our own.
"""

import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from allauth.idp.oidc.adapter import get_adapter
from allauth.idp.oidc.models import Client, Token
from django.contrib.auth.hashers import check_password
from django.db import IntegrityError, transaction
from django.db.models import Q

from trueup.accounts.rules import Scope
from trueup.network.rules.secrets import encoded, read, rotated

COMMAND_LINE: Final = "trueup-cli"
"""The client that is the command line. It has no secret: a person lets it in, on the page for devices."""

DEVICE_GRANT: Final = str(Client.GrantType.DEVICE_CODE)
"""What the library calls being let in by a code."""

_LONGEST_NAME: Final = 100
"""Characters of a name the library keeps; ours keeps all of it."""


# ── The clients of accounts ───────────────────────────────────────────────────────────────────────────────────────────


def new_id() -> str:
    """The id of a new client."""
    return str(get_adapter().generate_client_id())


def new_secret() -> str:
    """A secret: 256 random bits in 43 characters that are safe in an address, a header and a shell."""
    return secrets.token_urlsafe(32)


def issue(client_id: str, name: str, scopes: Collection[str], secret: str, *, now: datetime) -> None:
    """Let a client sign in with a secret."""
    client = Client(id=client_id, type=Client.Type.CONFIDENTIAL, created_at=now, secret=encoded(secret))
    _describe(client, name, scopes)
    client.set_grant_types([Client.GrantType.CLIENT_CREDENTIALS])
    client.set_response_types([])
    client.save(force_insert=True)


def change(client_id: str, name: str, scopes: Collection[str]) -> None:
    """Note another name and other scopes of a client, if it can sign in at all."""
    client = Client.objects.select_for_update().filter(pk=client_id).first()
    if client is not None:
        _describe(client, name, scopes)
        client.save(update_fields=["name", "scopes", "default_scopes"])


def _describe(client: Client, name: str, scopes: Collection[str]) -> None:
    client.name = name[:_LONGEST_NAME]
    client.set_scopes(sorted(scopes))
    client.set_default_scopes(sorted(scopes))


def renew(client_id: str, secret: str, until: datetime | None) -> bool:
    """Give a client a new secret; the one before works until then, None: no longer, nor any token. Whether there is such a client."""
    client = Client.objects.select_for_update().filter(pk=client_id).first()
    if client is None:
        return False
    client.secret = rotated(secret, client.secret, until)
    client.save(update_fields=["secret"])
    if until is None:
        Token.objects.filter(client_id=client_id).delete()
    return True


def forget(client_id: str) -> None:
    """Delete what the library has of a client, with every token it holds."""
    Client.objects.filter(pk=client_id).delete()


def older_until(client_ids: Collection[str]) -> dict[str, datetime]:
    """Until when the secret before works, of clients whose secret was rotated; also if that is over."""
    kept = Client.objects.filter(pk__in=client_ids).values_list("pk", "secret")
    read_of = ((client_id, read(secret)) for client_id, secret in kept)
    return {client_id: one.until for client_id, one in read_of if one is not None and one.until is not None}


def opens(client_id: str, secret: str) -> bool:
    """Whether a secret is one of a client's."""
    return any(check_password(secret, kept) for (kept,) in Client.objects.filter(pk=client_id).values_list("secret"))


# ── Tokens ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Held:
    """What a token says: which client holds it, within which scopes, and for which person it acts, if for one."""

    client_id: str
    scopes: frozenset[str]
    user_id: int | None


def held(token: str) -> Held | None:
    """What an access token says; None for what is none (any more)."""
    found = Token.objects.valid().by_value(token).filter(type=Token.Type.ACCESS_TOKEN).first()
    return Held(str(found.client_id), frozenset(found.get_scopes()), found.user_id) if found else None


def forget_expired(client_id: str) -> None:
    """Delete the tokens of a client that are over."""
    Token.objects.expired().filter(client_id=client_id).delete()


_LOST: Final = timedelta(minutes=1)
"""So long a refresh token works once more after it was used: an answer may be lost, and with it the token that took its place."""

_USED: Final = "used"
"""What such a token is known by; beside it, the number of the one that took its place."""


@contextmanager
def renewing(refresh: str) -> Iterator[None]:
    """Let a refresh token that is used up within the block work a little longer. Used again, it ends the one that took its place."""
    if not refresh:  # programs with a secret have none, and are asked for theirs without a transaction
        yield
        return
    with transaction.atomic():
        before = Token.objects.valid().by_value(refresh).filter(type=Token.Type.REFRESH_TOKEN).first()
        yield
        if before is None or Token.objects.filter(pk=before.pk).exists():
            return
        of = {"type": before.type, "client_id": before.client_id, "user_id": before.user_id}
        lost = (before.data or {}).get(_USED)
        Token.objects.filter(**of, pk=lost).delete()
        present = Token.objects.filter(**of, pk__gt=before.pk).latest("pk")
        until = before.expires_at if lost is not None else present.created_at + _LOST
        kept = {"scopes": before.scopes, "created_at": before.created_at, "expires_at": until, "data": {_USED: present.pk}}
        Token.objects.get_or_create(hash=before.hash, **of, defaults=kept)


def forget_used(token: str) -> None:
    """Delete the used refresh tokens of whom a token belongs to: it is about to be taken back."""
    found = Token.objects.by_value(token).exclude(user=None).first()
    if found is not None:
        Token.objects.filter(user_id=found.user_id, client_id=found.client_id, data__has_key=_USED).delete()


# ── Programs that people have let in ──────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class LetIn:
    """A program that acts as a person. `renewed_at`: when it was let in, or last came to renew its token."""

    number: int
    program: str
    renewed_at: datetime


def let_in(user_id: int) -> list[LetIn]:
    """The programs that act as a person, the last that came first."""
    tokens = Token.objects.valid().filter(user_id=user_id, type=Token.Type.REFRESH_TOKEN, client__type=Client.Type.PUBLIC)
    present = tokens.filter(Q(data__isnull=True) | ~Q(data__has_key=_USED)).select_related("client").order_by("-created_at", "-pk")
    return [LetIn(one.pk, one.client.name, one.created_at) for one in present]


def end(user_id: int, number: int) -> bool:
    """End one of the programs that act as a person; whether there was such a one."""
    with transaction.atomic():
        there = Token.objects.filter(pk=number, user_id=user_id, type=Token.Type.REFRESH_TOKEN).first()
        if there is None:
            return False
        # Which access token came of which is not kept: the others get new ones by themselves.
        gone = Q(pk=number) | Q(type=Token.Type.ACCESS_TOKEN) | Q(data__has_key=_USED)
        Token.objects.filter(gone, user_id=user_id, client_id=there.client_id).delete()
        return True


def end_all(user_id: int) -> None:
    """Take the access of every program away that acts as a person."""
    Token.objects.filter(user_id=user_id).delete()


def ensure_command_line() -> None:
    """Have the client of the command line as this version needs it: it is made when it first asks."""
    wanted = {
        "name": "TrueUp command line",
        "type": Client.Type.PUBLIC,
        "scopes": "\n".join(Scope),
        "default_scopes": "\n".join(Scope),
        "grant_types": f"{DEVICE_GRANT}\n{Client.GrantType.REFRESH_TOKEN}",
        "response_types": "",
    }
    there = Client.objects.filter(pk=COMMAND_LINE).values(*wanted).first()
    if there == wanted:
        return
    if there is not None:
        Client.objects.filter(pk=COMMAND_LINE).update(**wanted)
        return
    try:
        with transaction.atomic():
            Client.objects.create(pk=COMMAND_LINE, secret=encoded(new_secret()), **wanted)
    except IntegrityError:  # two of them came first
        return
