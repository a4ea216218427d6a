"""API clients as forms make them: sent twice, a form makes one client."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.core import signing

from trueup.accounts.rules import Viewer
from trueup.kit.errors import Invalid
from trueup.kit.text import text
from trueup.network import actions, keys

_SALT: Final = "trueup.web.clients"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a program signs in with. The secret is known now and never again."""

    client_id: str
    secret: str


def offer_id() -> str:
    """A client's id as a form carries it."""
    return signing.dumps(keys.new_id(), salt=_SALT)


def create(viewer: Viewer, account_ref: str, name: str, scopes: Collection[str], *, offered: str, now: datetime) -> Credentials:
    """Make a client with an id that `offer_id` has given. Raises as `create_client` does; Conflict if that id was used."""
    made = Credentials(_id_of(offered), keys.new_secret())
    actions.create_client(viewer, account_ref, name, scopes, client_id=made.client_id, secret=made.secret, now=now)
    return made


def rotate(viewer: Viewer, client_id: str, overlap: timedelta, *, now: datetime) -> Credentials:
    """Give a client a new secret; the old one works for `overlap` longer. Raises as `rotate_client` does."""
    made = Credentials(client_id, keys.new_secret())
    actions.rotate_client(viewer, client_id, secret=made.secret, overlap=overlap, now=now)
    return made


def _id_of(offered: str) -> str:
    try:
        return str(signing.loads(offered, salt=_SALT))
    except signing.BadSignature:
        raise Invalid(text("the form cannot be read; open it again")) from None
