"""The document of the API as the code writes it: it takes seconds, so once for all tests of a process."""

import json
from functools import cache
from typing import Any

from trueup.api import openapi
from trueup.api.app import api


@cache
def written() -> str:
    """The document as it is committed."""
    return openapi.written(api)


def document() -> dict[str, Any]:
    """The document, the reader's own."""
    found: dict[str, Any] = json.loads(written())
    return found
