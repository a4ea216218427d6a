"""API clients: whoever checks their secrets is the library; which account they act for, and how far, is ours."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from allauth.idp.oidc.adapter import get_adapter
from allauth.idp.oidc.models import Client
from django.core import signing
from django.db import IntegrityError, transaction

from trueup.accounts.rules import Viewer
from trueup.kit.errors import Conflict, Invalid
from trueup.kit.text import text
from trueup.network import actions, queries
from trueup.network.queries import ClientRow

_SALT: Final = "trueup.web.clients"
_LONGEST_NAME: Final = 100
"""Characters of a name the library keeps; ours keeps all of it."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a program signs in with. The secret is known now and never again."""

    client_id: str
    secret: str


def offer_id() -> str:
    """A client's id as a form carries it: sent twice, it makes one client."""
    return signing.dumps(get_adapter().generate_client_id(), salt=_SALT)


def create(viewer: Viewer, account_ref: str, name: str, scopes: Collection[str], *, offered: str, now: datetime) -> Credentials:
    """Make a client with an id that `offer_id` has given. Raises as `create_client` does; Conflict if that id has a secret by now.

    Two tables are written, one after the other. Sent again after it stopped between them, it does what is left.
    """
    client_id = _id_of(offered)
    try:
        # First ours: a client without a secret can do nothing, but a secret without our link would be nobody's.
        actions.create_client(viewer, account_ref, name, scopes, client_id=client_id, now=now)
    except Conflict:
        half_made = _without_secret(viewer, account_ref, client_id)
        if half_made is None:
            raise
        name, scopes = half_made.name, half_made.scopes
    return _give_secret(client_id, name, scopes, now)


def _without_secret(viewer: Viewer, account_ref: str, client_id: str) -> ClientRow | None:
    """The client, if it is there and never got a secret."""
    if Client.objects.filter(pk=client_id).exists():
        return None
    of_account = queries.clients(viewer, account_ref)
    return next((one for one in of_account if one.client_id == client_id and one.revoked_at is None), None)


def _give_secret(client_id: str, name: str, scopes: Collection[str], now: datetime) -> Credentials:
    secret = get_adapter().generate_client_secret()
    client = Client(id=client_id, name=name.strip()[:_LONGEST_NAME], type=Client.Type.CONFIDENTIAL, created_at=now)
    client.set_scopes(sorted(scopes))
    client.set_default_scopes(sorted(scopes))
    client.set_grant_types([Client.GrantType.CLIENT_CREDENTIALS])
    client.set_response_types([])
    client.set_secret(secret)
    try:
        with transaction.atomic():
            client.save(force_insert=True)
    except IntegrityError:  # the same form, sent twice at the same time
        raise Conflict(text("there is a client “{client}” already", client=client_id)) from None
    return Credentials(client_id, secret)


def revoke(viewer: Viewer, client_id: str, *, now: datetime) -> None:
    """Take a client's access away at once, with every token it holds. Raises as `revoke_client` does, unless something was left to do."""
    try:
        # First ours: without it nothing the program sends is accepted, whatever the library still knows.
        actions.revoke_client(viewer, client_id, now=now)
    except Conflict:
        if not _forget(client_id):
            raise
    else:
        _forget(client_id)


def _forget(client_id: str) -> bool:
    """Delete what the library has of a client; whether there was anything."""
    deleted, _of = Client.objects.filter(pk=client_id).delete()
    return bool(deleted)


def _id_of(offered: str) -> str:
    try:
        return str(signing.loads(offered, salt=_SALT))
    except signing.BadSignature:
        raise Invalid(text("the form cannot be read; open it again")) from None
