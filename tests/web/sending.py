"""Asking for pages and sending forms, as the tests of the network do it."""

from collections.abc import Mapping
from html.parser import HTMLParser
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


class Fields(HTMLParser):
    """What a browser would send of the part of a page that it is fed."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the value of a field."""
        given = {name: value or "" for name, value in attrs}
        if tag == "input" and "name" in given and given.get("type") not in {"checkbox", "radio", "file", "submit"}:
            self.found[given["name"]] = given.get("value", "")
        elif tag == "select":
            self._select = given.get("name", "")
        elif tag == "option" and self._select and ("selected" in given or self._select not in self.found):
            self.found[self._select] = given.get("value", "")
