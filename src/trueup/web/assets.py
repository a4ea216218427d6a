"""Addresses of style sheets and scripts: each carries what the file holds, so that a browser may keep it for good."""

import hashlib
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import find
from django.contrib.staticfiles.storage import StaticFilesStorage


class Assets(StaticFilesStorage):
    """Files as they are in the packages; nothing is collected."""

    def url(self, name: str | None) -> str:
        """The address of a file, with the beginning of its content's SHA-256."""
        address = super().url(name)
        digest = _digest_now(name or "") if settings.DEBUG else _digest(name or "")
        return f"{address}?v={digest}" if digest else address


def _digest_now(name: str) -> str:
    path = find(name)
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12] if isinstance(path, str) else ""


_digest = cache(_digest_now)
