"""What the library that checks secrets and issues tokens keeps of an API client: its row, written in the transaction of our own."""

import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Final

from allauth.idp.oidc.adapter import get_adapter
from allauth.idp.oidc.models import Client, Token

from trueup.network.rules.secrets import encoded, read, rotated

_LONGEST_NAME: Final = 100
"""Characters of a name the library keeps; ours keeps all of it."""


def new_id() -> str:
    """The id of a new client."""
    return str(get_adapter().generate_client_id())


def new_secret() -> str:
    """A secret: 256 random bits in 43 characters that are safe in an address, a header and a shell."""
    return secrets.token_urlsafe(32)


def issue(client_id: str, name: str, scopes: Collection[str], secret: str, *, now: datetime) -> None:
    """Let a client sign in with a secret."""
    client = Client(id=client_id, name=name[:_LONGEST_NAME], type=Client.Type.CONFIDENTIAL, created_at=now, secret=encoded(secret))
    client.set_scopes(sorted(scopes))
    client.set_default_scopes(sorted(scopes))
    client.set_grant_types([Client.GrantType.CLIENT_CREDENTIALS])
    client.set_response_types([])
    client.save(force_insert=True)


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
