"""A program that is called: it remembers what came, and answers as a test says."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook


@dataclass(frozen=True)
class Call:
    """What came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


@dataclass
class Receiver:
    """Where it is, what it answers (status, headers, body), and what it got. `before` is done before each answer."""

    url: str
    calls: list[Call] = field(default_factory=list)
    status: int = 200
    answer: bytes = b"thanks"
    headers: dict[str, str] = field(default_factory=dict)
    before: Callable[[], object] = lambda: None

    @property
    def last(self) -> Call:
        return self.calls[-1]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A server on loopback, until the end."""
    receiver = Receiver("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            receiver.calls.append(Call(self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            receiver.before()
            self.send_response(receiver.status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(receiver.answer)))
            self.end_headers()
            self.wfile.write(receiver.answer)

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 64

        def handle_error(self, *_args: object) -> None:
            """Who has hung up needs no traceback."""

    server = Server(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hooks?from=trueup"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def verified(secret: str, call: Call, at: datetime, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the public library makes of a call at a moment. Raises its WebhookVerificationError."""
    it_is(at, monkeypatch)
    return Webhook(secret).verify(call.body, call.headers)


def it_is(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """The moment at which the public library verifies."""

    class Standing(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return at.astimezone(tz)

    monkeypatch.setattr("standardwebhooks.webhooks.datetime", Standing)
