"""Answers that hold a secret are kept sealed: who reads the database alone learns nothing. Kept they are, for some minutes, for whoever
lost the answer on the way and asks again."""

from typing import Final

from django.conf import settings
from django.http import HttpRequest

from trueup.api.problems import Refused
from trueup.kit.sealing import seal, unseal
from trueup.kit.text import text

_MARK: Final = b"sealed:"
"""No answer in JSON begins like this."""

_PURPOSE: Final = "trueup.api.sealing"


def mark(request: HttpRequest) -> None:
    """Note that the answer to this request will hold a secret."""
    request.holds_secret = True  # type: ignore[attr-defined]


def is_marked(request: HttpRequest) -> bool:
    """Whether the answer to this request holds a secret."""
    return getattr(request, "holds_secret", False)


def to_keep(request: HttpRequest, content: bytes) -> bytes:
    """What may be kept of an answer: sealed, if it holds a secret."""
    if not is_marked(request):
        return content
    return _MARK + seal(content, key=settings.SECRET_KEY, purpose=_PURPOSE)


def opened(kept: bytes) -> bytes:
    """The answer as it was. Raises Refused once the installation has another secret key."""
    if not kept.startswith(_MARK):
        return kept
    content = unseal(kept.removeprefix(_MARK), key=settings.SECRET_KEY, purpose=_PURPOSE)
    if content is None:
        raise Refused(409, "answer_lost", text("this was done, but its answer cannot be given again"))
    return content
