"""Requests and answers: the token, another try where that is safe, refusals as errors."""

import ipaddress
import secrets
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from email.message import Message
from pathlib import PurePosixPath
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import httpx

from trueup import __version__
from trueup.client.answers import Download
from trueup.client.errors import SignedOut, Unreachable, document_of, refusal, unreachable
from trueup.kit.errors import Invalid

TRIES: Final = 5
"""How often a request is sent at most."""

_MORE_FOR_FILES: Final = 3
"""Further tries for a file: together they take about a minute, in which a server has begun anew."""

_LONGEST_WAIT: Final = 90
"""Seconds between two tries; a server that asks for more is not waited for."""

AGAIN: Final = frozenset({408, 429, 502, 503, 504})
"""Answers that pass."""

_KEYLESS: Final = frozenset({"GET", "HEAD", "OPTIONS"})

Parameters = Mapping[str, Any]
Pause = Callable[[Any], object]


def new_key() -> str:
    """An Idempotency-Key that nobody has used."""
    return str(uuid.uuid4())


class Tokens(Protocol):
    """Where access tokens come from."""

    def token(self, http: "Http") -> str:
        """The token to send. Raises SignedOut, Unreachable."""

    def another(self, http: "Http", refused: str) -> str | None:
        """A new one in place of a token the server refused; None if there is none to be had. Raises Unreachable."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server has answered: its JSON (None: nothing), and the version of what it is about."""

    status: int
    json: Any
    headers: httpx.Headers

    @property
    def version(self) -> str:
        """The ETag without its quotes; empty without one."""
        return str(self.headers.get("ETag", "")).strip().removeprefix("W/").strip('"')


Body = Callable[[], Iterable[bytes]]
"""Makes the content of a request anew, for each try."""


def address(url: str, *, insecure: bool = False) -> str:
    """The address of an installation without a slash at its end.

    Raises Invalid for what is none, and (unless `insecure`) for http:// to another machine: whoever listens would have the token.
    """
    parts = urlsplit(url.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise Invalid(f"“{url}” is not the address of a server: write it like https://trueup.example.com")
    if parts.scheme == "http" and not insecure and not _this_machine(parts.hostname):
        raise Invalid(f"“{url}” has to begin with https://: whoever listens on the way would have the token")
    return url.strip().rstrip("/")


def _this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Http:
    """Requests to one installation, sent again where the network or a busy server wants it."""

    def __init__(self, url: str, *, tries: int = TRIES, pause: Pause = time.sleep, transport: httpx.BaseTransport | None = None) -> None:
        self.url = url
        self.tries = tries
        self._pause = pause
        self._http = httpx.Client(
            transport=transport,
            headers={"User-Agent": f"trueup/{__version__}", "Accept": "application/json"},
            timeout=httpx.Timeout(60, connect=10, read=300),
        )

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def send(
        self, method: str, path: str, *,
        headers: Mapping[str, str] | None = None, params: Parameters | None = None, json: Any = None, form: Mapping[str, str] | None = None,
        body: Body | None = None, stream: bool = False, tries: int | None = None,
    ) -> httpx.Response:  # fmt: skip
        """The answer, whatever it is; `stream`: it is read later. Every try sends the same. Raises Unreachable if there is none."""
        most = tries or self.tries
        for left in reversed(range(most)):
            content = body() if body else None
            try:
                request = self._http.build_request(
                    method, self.url + path, params=_plain(params), json=json, data=form, content=content, headers=headers
                )
                response = self._http.send(request, stream=stream)
            except (httpx.TransportError, httpx.DecodingError) as error:
                if not left or isinstance(error, httpx.UnsupportedProtocol):
                    raise unreachable(self.url, error) from error
                self._wait(most - left)
                continue
            except httpx.InvalidURL as error:
                raise unreachable(self.url, error) from error
            asked = _seconds(response)
            if not left or not _worth_another_try(response) or (asked or 0) > _LONGEST_WAIT:
                return response
            response.close()
            self._wait(most - left, asked)
        raise Unreachable(f"{self.url} cannot be reached")

    def _wait(self, tried: int, asked: int | None = None) -> None:
        """As long as the server asks for; else twice as long each time, and not all clients at once."""
        self._pause(asked if asked is not None else 2 ** (tried - 1) * (500 + secrets.randbelow(500)) / 1000)


def _worth_another_try(response: httpx.Response) -> bool:
    if response.status_code == 409 and response.is_closed:
        return document_of(response).get("code") == "idempotency_in_progress"
    return response.status_code in AGAIN


def _seconds(response: httpx.Response) -> int | None:
    said = response.headers.get("Retry-After", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 8 else None


def _plain(params: Parameters | None) -> dict[str, str | list[str]]:
    """Parameters as an address has them; what is None is left out."""
    found = {name: value for name, value in (params or {}).items() if value is not None}
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in found.items()}


class Transport:
    """The API of one installation, as one caller."""

    def __init__(self, http: Http, tokens: Tokens, *, account: str | None = None) -> None:
        self.http = http
        self._tokens = tokens
        self._account = account

    def get(self, path: str, params: Parameters | None = None) -> Answer:
        """Read something. Raises the four errors, Unreachable."""
        return self.call("GET", path, params=params)

    def call(
        self, method: str, path: str, *,
        params: Parameters | None = None, json: Any = None, version: str | None = None, key: str | None = None,
        headers: Mapping[str, str] | None = None, body: Body | None = None, answers: frozenset[str] = frozenset(),
    ) -> Answer:  # fmt: skip
        """Ask for something to be done, once: a write carries a key, so that it may be sent again. Raises the four errors, Unreachable.

        `version` is the one that was seen (If-Match), `*` any; `answers` are codes of refusals that are answers to this question.
        """
        said = dict(headers or {})
        if version is not None:
            said["If-Match"] = version if version == "*" else f'"{version}"'
        if method not in _KEYLESS and body is None:
            said["Idempotency-Key"] = key or new_key()
        elif key is not None:
            said["Idempotency-Key"] = key
        response = self._authorized(method, path, said, params=params, json=json, body=body)
        if response.status_code >= 300 and document_of(response).get("code") not in answers:
            raise refusal(response)
        return Answer(response.status_code, _json(response), response.headers)

    def _authorized(self, method: str, path: str, said: dict[str, str], **what: Any) -> httpx.Response:
        token = self._tokens.token(self.http)
        response = self._with(token, method, path, said, **what)
        if response.status_code != 401:
            return response
        new = self._tokens.another(self.http, token)
        if new is not None:
            response.close()
        return self._with(new, method, path, said, **what) if new is not None else response

    def _with(self, token: str, method: str, path: str, said: dict[str, str], **what: Any) -> httpx.Response:
        if not token.isascii() or not token.isprintable():
            raise SignedOut("the token is none: it has characters that no token has")
        who = {"Authorization": f"Bearer {token}"} | ({"TrueUp-Account": self._account} if self._account is not None else {})
        tries = self.http.tries + _MORE_FOR_FILES if what.get("body") else None
        return self.http.send(method, f"/api/v1{path}", headers={**said, **who}, tries=tries, **what)

    def content(self, path: str, params: Parameters | None = None) -> bytes:
        """A file as it is. Raises the four errors, Unreachable."""
        response = self._authorized("GET", path, {"Accept": "*/*"}, params=params)
        if response.status_code >= 300:
            raise refusal(response)
        if "text/html" in response.headers.get("Content-Type", ""):
            raise Unreachable(f"{response.request.url} does not answer like TrueUp: its answer is a web page")
        return response.content

    def download(self, path: str, params: Parameters | None = None) -> Download:
        """A file as it comes, which nobody has to hold. Raises the four errors, Unreachable, also while it is read."""
        response = self._authorized("GET", path, {"Accept": "*/*"}, params=params, stream=True)
        if response.status_code >= 300:
            with closing(response):
                response.read()
                raise refusal(response)
        kind = response.headers.get("Content-Type", "")
        if "text/html" in kind:
            response.close()
            raise Unreachable(f"{response.request.url} does not answer like TrueUp: its answer is a web page")
        return Download(_file_name(response), kind.partition(";")[0].strip(), self._pieces(response))

    def _pieces(self, response: httpx.Response) -> Iterator[bytes]:
        with closing(response):
            try:
                yield from response.iter_bytes()
            except httpx.TransportError as error:
                raise unreachable(self.http.url, error) from error

    def lines(self, path: str) -> Iterator[str]:
        """A text line by line as it comes, without the ends of lines. Raises the four errors, Unreachable."""
        response = self._authorized("GET", path, {}, stream=True)
        with closing(response):
            try:
                if response.status_code >= 300:
                    response.read()
                    raise refusal(response)
                yield from response.iter_lines()
            except httpx.TransportError as error:
                raise unreachable(self.http.url, error) from error

    def pages(self, path: str, params: Parameters | None = None, *, limit: int = 200) -> Iterator[Any]:
        """Every item of a list: the first page is asked for at once, the others as they are needed. Raises the four errors, Unreachable."""
        wanted = {**(params or {}), "limit": limit}
        return self._items(path, wanted, self._page(path, wanted))

    def _items(self, path: str, wanted: Parameters, first: dict[str, Any]) -> Iterator[Any]:
        page = first
        yield from page["items"]
        while page.get("next") is not None:
            page = self._page(path, {**wanted, "cursor": page["next"]})
            yield from page["items"]

    def _page(self, path: str, wanted: Parameters) -> dict[str, Any]:
        found = self.get(path, wanted).json
        if not isinstance(found, dict) or not isinstance(found.get("items"), list):
            raise Unreachable(f"{self.http.url} does not answer like TrueUp: there is no list at {path}")
        return found


def _file_name(response: httpx.Response) -> str:
    """What the server calls a file: a name and no more, wherever it would be written."""
    header = Message()
    header["Content-Disposition"] = response.headers.get("Content-Disposition", "")
    name = PurePosixPath((header.get_filename() or "").replace("\\", "/")).name
    return name if name.isprintable() and not name.startswith(".") else ""


def listed(answer: Answer, name: str) -> list[Any]:
    """A list within an answer. Raises Unreachable for an answer without it."""
    found = answer.json.get(name) if isinstance(answer.json, dict) else None
    if not isinstance(found, list):
        raise Unreachable(f"the server does not answer as this version of TrueUp expects: there is no list of {name}")
    return found


def _json(response: httpx.Response) -> Any:
    if not response.content:
        return None
    try:
        return response.json()
    except ValueError:
        raise Unreachable(f"{response.request.url} does not answer like TrueUp: its answer is no JSON") from None
