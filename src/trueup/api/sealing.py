"""Answers that hold a secret are kept sealed: who reads the database alone learns nothing. Kept they are, for the same request again."""

import base64
import hashlib
from typing import Final

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.http import HttpRequest

from trueup.api.problems import Refused
from trueup.kit.text import text

_MARK: Final = b"sealed:"
"""No answer in JSON begins like this."""


def mark(request: HttpRequest) -> None:
    """Note that the answer to this request will hold a secret."""
    request.holds_secret = True  # type: ignore[attr-defined]


def to_keep(request: HttpRequest, content: bytes) -> bytes:
    """What may be kept of an answer: sealed, if it holds a secret."""
    return _MARK + _fernet().encrypt(content) if getattr(request, "holds_secret", False) else content


def opened(kept: bytes) -> bytes:
    """The answer as it was. Raises Refused once the installation has another secret key."""
    if not kept.startswith(_MARK):
        return kept
    try:
        return _fernet().decrypt(kept.removeprefix(_MARK))
    except InvalidToken:
        raise Refused(409, "answer_lost", text("this was done, but its answer cannot be given again")) from None


def _fernet() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"trueup.api.sealing:" + settings.SECRET_KEY.encode()).digest()))
