"""Asking for pages and sending forms, as the tests of the network do it."""

from collections.abc import Mapping
from typing import Any

from django.test import Client


def page(client: Client, address: str, status: int = 200) -> str:
    """What a page says."""
    answer = client.get(address)
    assert answer.status_code == status, answer.content.decode()[-3000:]
    return answer.content.decode()


def sent(client: Client, address: str, data: Mapping[str, Any], status: int) -> str:
    """What the answer to a form says; of a redirect, where to."""
    answer = client.post(address, dict(data))
    assert answer.status_code == status, answer.content.decode()[-3000:]
    return str(answer["Location"]) if status == 302 else answer.content.decode()


def seen_in(shown: str) -> str:
    """The fingerprint a form carries."""
    return shown.split('name="seen"')[1].split('value="')[1].split('"', maxsplit=1)[0]
