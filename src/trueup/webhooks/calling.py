"""One call to an endpoint: the name is resolved once, every address is looked at, and the call goes to the very address that was.

A name that leads elsewhere a moment later changes nothing by it. Redirects are not followed, proxies of the environment are not asked,
and the whole call, its name looked up, ends in time, however slowly a name server or an endpoint answers.
"""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from functools import cache
from typing import Any, Final

import httpcore
import httpx

from trueup.kit.errors import Invalid
from trueup.webhooks.rules.targets import Target, allowed, not_public
from trueup.webhooks.rules.trying import MOST_KEPT, TIMEOUT, Answer

Resolve = Callable[[str, int], list[str]]
"""The IP addresses a name leads to. Raises OSError."""

MOST_LOOK_UPS: Final = 32
"""Names that are looked up at once. One whose name server does not answer takes its place for as long as the machine goes on asking."""

_looking_up: Final = threading.BoundedSemaphore(MOST_LOOK_UPS)


class Deadline:
    """The end of something, all of whose steps get what is left of its time."""

    def __init__(self, milliseconds: int) -> None:
        self._end = time.monotonic_ns() + milliseconds * 1_000_000

    def left(self) -> int:
        """Milliseconds. Raises TimeoutError when there are none."""
        left = (self._end - time.monotonic_ns()) // 1_000_000
        if left <= 0:
            raise TimeoutError
        return left


def addresses(host: str, port: int) -> list[str]:
    """The IP addresses of a host, as the machine knows them, however long it takes. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def checked(target: Target, resolve: Resolve, deadline: Deadline, *, private: bool) -> list[str]:
    """The addresses a call may go to. Raises Invalid if there are none, or if one of them is refused; TimeoutError."""
    try:
        found = allowed(_looked_up(target, resolve, deadline), private=private)
    except TimeoutError:
        raise
    except (OSError, UnicodeError):
        found = []
    if not found:
        raise not_public(target.host)
    return found


def _looked_up(target: Target, resolve: Resolve, deadline: Deadline) -> list[str]:
    """In a thread of its own, which nobody waits for longer than the deadline: looking up a name cannot be broken off."""
    found: Future[list[str]] = Future()

    def look_up() -> None:
        try:
            found.set_result(resolve(target.host, target.port))
        except Exception as error:  # noqa: BLE001 -- raised where it is waited for
            found.set_exception(error)
        finally:
            _looking_up.release()

    if not _looking_up.acquire(timeout=deadline.left() / 1000):
        raise TimeoutError
    threading.Thread(target=look_up, daemon=True, name="webhook-name").start()
    return found.result(timeout=deadline.left() / 1000)


class _Stream(httpcore.NetworkStream):
    """A connection on which every step ends at the deadline."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner, self._deadline = inner, deadline

    def read(self, max_bytes: int, timeout: object = None) -> bytes:  # noqa: ARG002 -- one time-out for all
        return self._inner.read(max_bytes, self._deadline.left() / 1000)

    def write(self, buffer: bytes, timeout: object = None) -> None:  # noqa: ARG002
        self._inner.write(buffer, self._deadline.left() / 1000)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: object = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:  # fmt: skip
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, self._deadline.left() / 1000), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Pinned(httpcore.NetworkBackend):
    """Connects to addresses that were looked at, whatever the name leads to by now; TLS still asks for the name."""

    def __init__(self, found: list[str], deadline: Deadline) -> None:
        self._found, self._deadline = found, deadline

    def connect_tcp(
        self, host: str, port: int, timeout: object = None, local_address: str | None = None, socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        """The first of the addresses that answers. Raises httpcore.ConnectError, ConnectTimeout."""
        del host, timeout
        problem: Exception = httpcore.ConnectError("no address")
        for address in self._found:
            try:
                inner = _SOCKETS.connect_tcp(address, port, self._deadline.left() / 1000, local_address, socket_options or [])
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
            else:
                return _Stream(inner, self._deadline)
        raise problem


_SOCKETS: Final = httpcore.SyncBackend()


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def call(
    target: Target, headers: Mapping[str, str], body: bytes, *, private: bool, resolve: Resolve = addresses, seconds: int = TIMEOUT,
) -> Answer:  # fmt: skip
    """Post something, and what came of it within so long. Never raises for what an endpoint does."""
    began = time.monotonic_ns()
    try:
        deadline = Deadline(seconds * 1000)
        found = checked(target, resolve, deadline, private=private)
        status, said, retry_after = _post(target, headers, body, found, deadline)
    except Invalid as error:
        return Answer(problem=error.message, milliseconds=_since(began), refused=True)
    except (httpcore.TimeoutException, TimeoutError):
        return Answer(problem=f"no answer within {seconds} s", milliseconds=_since(began))
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is the endpoint's
        return Answer(problem=_words(error), milliseconds=_since(began))
    return Answer(status, said, milliseconds=_since(began), retry_after=retry_after)


def _post(target: Target, headers: Mapping[str, str], body: bytes, found: list[str], deadline: Deadline) -> tuple[int, str, int]:
    """Status, the beginning of the answer, and the seconds it asks to wait."""
    url = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
    fields = [("Host", target.authority), ("Content-Length", str(len(body))), ("Connection", "close"), *headers.items()]
    with (
        httpcore.ConnectionPool(ssl_context=_tls(), network_backend=_Pinned(found, deadline), max_keepalive_connections=0) as pool,
        pool.stream("POST", url, headers=fields, content=body) as response,
    ):
        wait = next((value for name, value in response.headers if name.lower() == b"retry-after"), b"")
        return response.status, _beginning(response), int(wait) if wait.isdigit() and len(wait) < 9 else 0


def _beginning(response: httpcore.Response) -> str:
    """The first bytes of an answer as text; what breaks off is what there was."""
    read = b""
    with contextlib.suppress(httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, TimeoutError):
        for part in response.iter_stream():
            read += part[:MOST_KEPT]
            if len(read) >= MOST_KEPT:
                break
    return read[:MOST_KEPT].decode("utf-8", "replace").replace("\0", "\ufffd")


def _since(began: int) -> int:
    """Milliseconds."""
    return (time.monotonic_ns() - began) // 1_000_000


def _words(error: Exception) -> str:
    """A failure in one line."""
    said = " ".join(f"{error}".split()) or type(error).__name__
    return said[:300]
