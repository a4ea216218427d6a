"""Signing in at a server, as commands; and where the tokens are kept meanwhile: in a file that only its owner can read."""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import typer
from filelock import FileLock

from trueup.client import Client, SignedOut, Unreachable
from trueup.client.signing_in import Granted, ask_for_code, renew, revoke, wait_until_allowed
from trueup.client.transport import Http, Pause, Tokens, address
from trueup.jobs.messages import say
from trueup.jobs.starting import Server
from trueup.kit.errors import Invalid

ID, SECRET = "TRUEUP_CLIENT_ID", "TRUEUP_CLIENT_SECRET"
"""What a program signs in with; a person signs in with `trueup login`."""

_FILE: Final = "tokens.json"


def client(chosen: Server) -> Client:
    """The client for a server, signed in as the environment says or as somebody has signed in before. Raises SignedOut, Invalid."""
    url = address(chosen.url)
    client_id, secret = (os.environ.get(name, "").strip() for name in (ID, SECRET))
    if bool(client_id) != bool(secret):
        raise Invalid(f"{ID} and {SECRET} belong together: one of them is missing")
    if client_id:
        return Client(url, client_id=client_id, secret=secret, account=chosen.account)
    if url not in _all(_folder()):
        raise SignedOut(f"nobody has signed in at {url}: {_how(url)}")
    return Client(url, tokens=_Kept(_folder(), url), account=chosen.account)


def _how(url: str) -> str:
    if os.environ.get(ID, "").strip():
        return f"look whether {ID} and {SECRET} are those of a client that was not revoked"
    return f"run `trueup login --server {url}`, or set {ID} and {SECRET}"


@contextmanager
def saying_how(url: str) -> Iterator[None]:
    """Who is not known (any more) is told how to sign in."""
    try:
        yield
    except SignedOut as error:
        how = _how(url)
        raise error if how in error.message else SignedOut(f"{error.message}: {how}") from error


def login(chosen: Server, *, pause: Pause | None = None) -> None:
    """Sign a person in by a code they enter in the portal. Raises NotAllowed, Invalid, Unreachable, OSError."""
    url = address(chosen.url)
    how_long: dict[str, Any] = {} if pause is None else {"pause": pause}
    http = Http(url, **how_long)
    with closing(http):
        asked = ask_for_code(http)
        say(f"Open {asked.whole_address or asked.address} and allow it there. The code is {asked.code}")
        granted = wait_until_allowed(http, asked, **how_long)
    _keep(_folder(), url, granted)
    with Client(url, tokens=_Kept(_folder(), url), account=chosen.account) as signed_in:
        me = signed_in.me()
    print(f"Signed in at {url} as {me.name}, for {me.account}.")


def logout(chosen: Server) -> None:
    """Take the tokens back and forget them; they are forgotten also where the server cannot be reached. Raises Invalid, OSError."""
    url = address(chosen.url)
    known = _all(_folder()).get(url)
    if known is None:
        print(f"Nobody was signed in at {url}.")
        return
    _keep(_folder(), url, None)
    http = Http(url, tries=1)
    try:
        with closing(http):
            revoke(http, known)
    except Unreachable as error:
        say(f"{error.message}; its tokens are forgotten here, and end there by themselves.")
    print(f"Signed out at {url}.")


class _Kept(Tokens):
    """The tokens of a person in the file. Of several commands at once one renews them, and the others use what it has got."""

    def __init__(self, folder: Path, url: str) -> None:
        self._folder = folder
        self._url = url

    def token(self, _http: Http) -> str:
        """The one in the file. Raises SignedOut."""
        known = _all(self._folder).get(self._url)
        if known is None:
            raise SignedOut(f"nobody has signed in at {self._url}: {_how(self._url)}")
        return known.access

    def another(self, http: Http, refused: str) -> str | None:
        """A renewed one, unless another command has renewed it meanwhile. None if it cannot be renewed (any more)."""
        with _alone(self._folder):
            known = _all(self._folder).get(self._url)
            if known is None or known.access != refused:
                return known.access if known else None
            renewed = renew(http, known)
            if renewed is not None:
                _write(self._folder, {**_all(self._folder), self._url: renewed})
            return renewed.access if renewed else None


def _folder() -> Path:
    """The user's own folder for settings of TrueUp."""
    return Path(typer.get_app_dir("trueup"))


def _alone(folder: Path) -> FileLock:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return FileLock(folder / f"{_FILE}.lock", mode=0o600)


def _keep(folder: Path, url: str, granted: Granted | None) -> None:
    """Put the tokens of a server into the file; None takes them out."""
    with _alone(folder):
        others = {known: tokens for known, tokens in _all(folder).items() if known != url}
        _write(folder, others if granted is None else {**others, url: granted})


def _all(folder: Path) -> dict[str, Granted]:
    """The tokens of every server. Raises Invalid for a file that was changed, OSError."""
    file = folder / _FILE
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return {url: Granted(str(one["access"]), one.get("refresh")) for url, one in content.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Invalid(f"{file} cannot be read: remove it, and sign in again") from None


def _write(folder: Path, tokens: Mapping[str, Granted]) -> None:
    """At once or not at all, for its owner's eyes only (mkstemp gives mode 600)."""
    handle, name = tempfile.mkstemp(dir=folder, prefix=f".{_FILE}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as output:
            json.dump({url: {"access": one.access, "refresh": one.refresh} for url, one in tokens.items()}, output, indent=1)
        Path(name).replace(folder / _FILE)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
