"""Secrets of endpoints: made, and kept so that only this installation can sign with them."""

import base64
import hashlib
import secrets
from typing import Final

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

from trueup.kit.errors import Conflict
from trueup.kit.text import text

PREFIX: Final = "whsec_"
_BYTES: Final = 32


def new_secret() -> str:
    """A secret as the Standard Webhooks specification writes it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode("ascii")


def sealed(secret: str) -> str:
    """A secret as it is stored: who has a copy of the database alone cannot sign."""
    return _fernet().encrypt(secret.encode("ascii")).decode("ascii")


def opened(kept: str) -> str:
    """The secret again. Raises Conflict if it was sealed with another key."""
    try:
        return _fernet().decrypt(kept.encode("ascii")).decode("ascii")
    except InvalidToken:
        raise Conflict(text("the secret cannot be read: the key of the installation was changed; rotate the secret")) from None


def _fernet() -> Fernet:
    key = hashlib.sha256(b"trueup.webhooks:" + settings.SECRET_KEY.encode("utf-8")).digest()
    return Fernet(base64.urlsafe_b64encode(key))
