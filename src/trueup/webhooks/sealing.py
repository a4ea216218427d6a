"""Secrets of endpoints: made, and kept so that only this installation can sign with them."""

import base64
import secrets
from typing import Final

from django.conf import settings

from trueup.kit.errors import Conflict
from trueup.kit.sealing import seal, unseal
from trueup.kit.text import text

PREFIX: Final = "whsec_"
_BYTES: Final = 32
_PURPOSE: Final = "trueup.webhooks"


def new_secret() -> str:
    """A secret as the Standard Webhooks specification writes it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode("ascii")


def sealed(secret: str) -> str:
    """A secret as it is stored: who has a copy of the database alone cannot sign."""
    return seal(secret.encode("ascii"), key=settings.SECRET_KEY, purpose=_PURPOSE).decode("ascii")


def opened(kept: str) -> str:
    """The secret again. Raises Conflict if it was sealed with another key."""
    secret = unseal(kept.encode("ascii"), key=settings.SECRET_KEY, purpose=_PURPOSE)
    if secret is None:
        raise Conflict(text("the secret cannot be read: the key of the installation was changed; rotate the secret"))
    return secret.decode("ascii")
