"""A server that answers what a test says, and remembers what it was asked."""

import json
from collections.abc import Callable, Iterable
from typing import Any

import httpx

from trueup.client import Client

URL = "https://trueup.example.com"

Reply = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class Server:
    """Answers in the order it was told to; the last answer is given again and again."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.requests: list[httpx.Request] = []
        self.pauses: list[Any] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply(request) if callable(reply) else reply

    @property
    def transport(self) -> httpx.BaseTransport:
        return httpx.MockTransport(self.answer)

    def client(self, **how: Any) -> Client:
        """A client of this server that does not wait between two tries."""
        given = how if {"token", "client_id", "tokens"} & set(how) else {"token": "t", **how}
        return Client(URL, transport=self.transport, pause=self.pauses.append, **given)

    def said(self, header: str) -> list[str | None]:
        """A header of every request."""
        return [request.headers.get(header) for request in self.requests]


def answered(body: Any = None, status: int = 200, **headers: str) -> httpx.Response:
    """An answer with JSON."""
    return httpx.Response(status, json=body, headers={name.replace("_", "-"): value for name, value in headers.items()})


def problem(
    status: int, code: str, detail: str, *, errors: Iterable[dict[str, Any]] = (), members: dict[str, Any] | None = None, **headers: str
) -> httpx.Response:
    """A problem document."""
    document = {"status": status, "code": code, "detail": detail, "errors": list(errors), **(members or {})}
    said = {"Content-Type": "application/problem+json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return httpx.Response(status, content=json.dumps(document), headers=said)


ME = {"kind": "client", "name": "Feed", "account": "bolt", "tier": "msp", "scopes": ["usage:write"], "rights": ["read"]}
