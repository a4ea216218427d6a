"""A mail server on this machine, as small as can be."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any


class MailServer(socketserver.ThreadingTCPServer):
    """Takes mail for everybody but `nobody@…`."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.received: list[tuple[list[str], EmailMessage]] = []

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])


class _Talk(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self._say("220 here")
        recipients: list[str] = []
        while line := self.rfile.readline():
            verb = line[:4].upper().strip()
            if verb == b"RCPT":
                address = line.decode().partition("<")[2].partition(">")[0]
                if address.startswith("nobody@"):
                    self._say("550 5.1.1 there is no such person")
                    continue
                recipients.append(address)
            if verb == b"DATA":
                self._say("354 go on")
                self.server.received.append((recipients, self._message()))
                recipients = []
            self._say("221 bye" if verb == b"QUIT" else "250 ok")

    def _message(self) -> EmailMessage:
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line.removeprefix(b"."))
        message: Any = message_from_bytes(b"".join(lines), policy=policy.default)
        return message  # type: ignore[no-any-return]

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A server that runs while the block does."""
    with MailServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
