"""ETag, If-Match and If-None-Match: nobody overwrites what they have not seen."""

import re
from typing import Final

from django.http import HttpRequest

from trueup.api.problems import Refused
from trueup.kit.text import text

ANY: Final = "*"
_TAG = re.compile(r'"([\x21\x23-\x7e]*)"')


def tag(version: int | str) -> str:
    """The ETag of a version."""
    return f'"{version}"'


def seen(request: HttpRequest) -> str | None:
    """The version the caller has seen, of its If-Match; None for `*`: whatever it is by now.

    Raises Refused: 428 without the header, 400 if it cannot be read.
    """
    said = request.headers.get("If-Match")
    if said is None:
        detail = text("say in If-Match which version you have seen (the ETag it was read with), or * for any")
        raise Refused(428, "precondition_required", detail)
    if said.strip() == ANY:
        return None
    found = _TAG.fullmatch(said.strip())
    if found is None:
        raise Refused(400, "bad_if_match", text("If-Match has to be one ETag as it was given, in quotes, or *"))
    return found[1]


def only_new(request: HttpRequest) -> bool:
    """Whether what is sent may only be added (`If-None-Match: *`). Raises Refused for what it cannot be."""
    said = request.headers.get("If-None-Match")
    if said is not None and (said.strip() != ANY or "If-Match" in request.headers):
        raise Refused(400, "bad_if_none_match", text("If-None-Match can only be *, and not beside If-Match"))
    return said is not None


def seen_number(request: HttpRequest) -> int | None:
    """The same, of what has a number as its version; no number is a version that never was."""
    version = seen(request)
    if version is None:
        return None
    return int(version) if version.isascii() and version.isdecimal() and len(version) < 10 else -1
