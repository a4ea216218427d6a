"""Reading the environment: each function takes the name of a variable and says what is wrong with its value.

What cannot be used raises ImproperlyConfigured with a sentence that names the variable.
"""

import os
import re
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environ import Env

_env = Env()
SQLITE = "django.db.backends.sqlite3"
POSTGRESQL = "django.db.backends.postgresql"


def flag(name: str) -> bool:
    """True or False as the environment says; absent is False."""
    text = os.environ.get(name, "").strip().lower()
    if text in {"1", "true", "yes", "on"}:
        return True
    if text in {"", "0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not {text!r}.")


def threads(name: str) -> int:
    """Number of threads a query of the ledger may use; absent is one per processor."""
    text = os.environ.get(name, "").strip()
    if not text:
        return os.cpu_count() or 1
    if text.isascii() and text.isdigit() and int(text) >= 1:
        return int(text)
    raise ImproperlyConfigured(f"{name} must be a whole number of at least 1, not {text!r}.")


def memory(name: str, default: str) -> str:
    """Memory a query of the ledger may use, as a number and a unit (`512MB`, `2GB`)."""
    text = os.environ.get(name, "").strip() or default
    if re.fullmatch(r"\d+(\.\d+)?\s*([KMGT]i?B)", text, flags=re.IGNORECASE):
        return text
    raise ImproperlyConfigured(f"{name} must be a size such as 512MB or 2GB, not {text!r}.")


def database(name: str, home: Path) -> dict[str, Any]:
    """Django's description of the one database: SQLite or PostgreSQL."""
    text = os.environ.get(name, "").strip() or f"sqlite:///{home / 'trueup.sqlite3'}"
    scheme = text.partition(":")[0]
    if scheme not in {"sqlite", "postgres", "postgresql"}:
        raise ImproperlyConfigured(
            f"{name} must begin with sqlite:/// or postgres://, for example postgres://user:password@host:5432/trueup."
        )
    try:
        database: dict[str, Any] = dict(_env.db_url_config(text))
    except ValueError as error:  # a port that is no number, a bracket that never closes
        raise ImproperlyConfigured(f"{name} is not a database URL: {error}.") from error
    if not database.get("NAME"):
        raise ImproperlyConfigured(f"{name} names no database.")
    database["CONN_HEALTH_CHECKS"] = True  # a connection that is kept and has broken is noticed and opened anew
    return _sqlite(database) if database["ENGINE"] == SQLITE else _postgresql(database)


def _sqlite(database: dict[str, Any]) -> dict[str, Any]:
    """Many processes may use the file: readers do not wait, and a writer waits for its turn at the start of its transaction."""
    database["NAME"] = str(Path(str(database["NAME"])).absolute())
    database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",  # DEFERRED fails with "database is locked" as soon as two transactions write
        "timeout": 20,  # seconds
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
    return database


def _postgresql(database: dict[str, Any]) -> dict[str, Any]:
    """No pool: a command uses one connection, and a pool would hide behind its own timeout why a host cannot be reached."""
    database["ENGINE"] = POSTGRESQL
    database["OPTIONS"] = {"connect_timeout": 10} | dict(database.get("OPTIONS", {}))
    return database


def folder(path: Path, name: str) -> Path:
    """The folder, made if it does not exist."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"{name}: the folder {path} cannot be created: {error.strerror}.") from error
    return path


def secret_key(name: str, home: Path) -> str:
    """The key given, or one made once and kept in the home for its owner's eyes only."""
    given = os.environ.get(name, "").strip()
    if given:
        return given
    kept = folder(home, "TRUEUP_HOME") / "secret-key"
    try:
        if not kept.exists():
            _keep(kept, secrets.token_urlsafe(50))
        key = kept.read_text(encoding="ascii").strip()
    except (OSError, UnicodeError) as error:
        raise ImproperlyConfigured(f"{name} is not set, and {kept} cannot be used: {error}.") from error
    if not key:
        raise ImproperlyConfigured(f"{name} is not set, and {kept} is empty: delete the file or set the variable.")
    return key


def _keep(path: Path, text: str) -> None:
    """Write a file that nobody ever sees half written; of two processes at once, the first one's text stays."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mkstemp gives mode 600
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        Path(temporary).unlink()


def folders(name: str) -> list[str]:
    """The folder a variable names, if it names one. It has to exist."""
    text = os.environ.get(name, "").strip()
    if not text:
        return []
    path = Path(text).expanduser().absolute()
    if not path.is_dir():
        raise ImproperlyConfigured(f"{name}: there is no folder {path}.")
    return [str(path)]


def url(name: str, default: str) -> str:
    """Where people reach the portal: scheme and host, without a path."""
    text = (os.environ.get(name, "").strip() or default).rstrip("/")
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query or parts.fragment:
        raise ImproperlyConfigured(f"{name} must be an address such as https://trueup.example.com, not {text!r}.")
    return text


def number(name: str, default: int, of: str = "") -> int:
    """A whole number of at least 1."""
    text = os.environ.get(name, "").strip() or str(default)
    if text.isascii() and text.isdigit() and int(text) >= 1:
        return int(text)
    raise ImproperlyConfigured(f"{name} must be a whole number{of}, not {text!r}.")


def megabytes(name: str, default: int) -> int:
    """A size in bytes, given in megabytes."""
    return number(name, default, of=" of megabytes") * 1_000_000


def email(name: str, folder_of_files: Path) -> dict[str, Any]:
    """How e-mail is sent, in Django's words; without a server it is written to a folder."""
    text = os.environ.get(name, "").strip()
    if not text:
        return {"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend", "EMAIL_FILE_PATH": str(folder_of_files)}
    if text.partition(":")[0] not in {"smtp", "smtp+tls", "smtp+ssl", "smtps"}:
        raise ImproperlyConfigured(
            f"{name} must begin with smtp://, smtp+tls:// or smtp+ssl://, for example smtp+tls://user:password@host:587."
        )
    try:
        return dict(_env.email_url_config(text))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is not the address of a mail server: {error}.") from error


@dataclass(frozen=True, slots=True)
class SingleSignOnSettings:
    """The OpenID Connect provider of an installation, as the library wants it; `origins` are those a form may lead to."""

    apps: list[dict[str, Any]]
    origins: list[str]


_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


def single_sign_on() -> SingleSignOnSettings:
    """Single sign-on, if TRUEUP_OIDC_ISSUER names a provider; then a client's id and secret are needed too."""
    issuer = os.environ.get("TRUEUP_OIDC_ISSUER", "").strip().rstrip("/")
    if not issuer:
        return SingleSignOnSettings([], [])
    parts = urlsplit(issuer)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ImproperlyConfigured(f"TRUEUP_OIDC_ISSUER must be the address of an OpenID Connect provider, not {issuer!r}.")
    if parts.scheme == "http" and parts.hostname not in _THIS_MACHINE:
        raise ImproperlyConfigured(
            f"TRUEUP_OIDC_ISSUER must begin with https://, not {issuer!r}: who signs in is said over that connection."
        )
    client_id, secret, name = (
        os.environ.get(variable, "").strip() for variable in ("TRUEUP_OIDC_CLIENT_ID", "TRUEUP_OIDC_CLIENT_SECRET", "TRUEUP_OIDC_NAME")
    )
    needed = {"TRUEUP_OIDC_CLIENT_ID": client_id, "TRUEUP_OIDC_CLIENT_SECRET": secret}
    if missing := [variable for variable, value in needed.items() if not value]:
        raise ImproperlyConfigured(f"TRUEUP_OIDC_ISSUER is set, but {' and '.join(missing)} is missing.")
    app = {
        "provider_id": "sso",
        "name": name or "Single sign-on",
        "client_id": client_id,
        "secret": secret,
        "settings": {"server_url": f"{issuer}/.well-known/openid-configuration", "oauth_pkce_enabled": True},
    }
    return SingleSignOnSettings([app], [f"{parts.scheme}://{parts.netloc}"])


def signing_key(home: Path) -> str:
    """The key (PEM) that signs tokens of programs: made once and kept in the home for its owner's eyes only."""
    kept = folder(home, "TRUEUP_HOME") / "signing-key.pem"
    try:
        if not kept.exists():
            # Loaded only here: every command reads the settings, and the key is made once.
            from cryptography.hazmat.primitives.asymmetric import rsa
            from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            _keep(kept, pem.decode("ascii"))
        return kept.read_text(encoding="ascii")
    except (OSError, UnicodeError) as error:
        raise ImproperlyConfigured(f"TRUEUP_HOME: {kept} cannot be used: {error}.") from error
