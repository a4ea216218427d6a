"""Django settings. Everything an operator may choose comes from the environment; docs/operations.md lists it.

A value that cannot be used raises ImproperlyConfigured with a sentence that names the variable.
"""

import os
import re
import secrets
import tempfile
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from environ import Env

_env = Env()
_SQLITE = "django.db.backends.sqlite3"
_POSTGRESQL = "django.db.backends.postgresql"


def _flag(name: str) -> bool:
    """True or False as the environment says; absent is False."""
    text = os.environ.get(name, "").strip().lower()
    if text in {"1", "true", "yes", "on"}:
        return True
    if text in {"", "0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not {text!r}.")


def _threads(name: str) -> int:
    """Number of threads a query of the ledger may use; absent is one per processor."""
    text = os.environ.get(name, "").strip()
    if not text:
        return os.cpu_count() or 1
    if text.isascii() and text.isdigit() and int(text) >= 1:
        return int(text)
    raise ImproperlyConfigured(f"{name} must be a whole number of at least 1, not {text!r}.")


def _memory(name: str, default: str) -> str:
    """Memory a query of the ledger may use, as a number and a unit (`512MB`, `2GB`)."""
    text = os.environ.get(name, "").strip() or default
    if re.fullmatch(r"\d+(\.\d+)?\s*([KMGT]i?B)", text, flags=re.IGNORECASE):
        return text
    raise ImproperlyConfigured(f"{name} must be a size such as 512MB or 2GB, not {text!r}.")


def _database(name: str, home: Path) -> dict[str, Any]:
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
    return _sqlite(database) if database["ENGINE"] == _SQLITE else _postgresql(database)


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
    database["ENGINE"] = _POSTGRESQL
    database["OPTIONS"] = {"connect_timeout": 10} | dict(database.get("OPTIONS", {}))
    return database


def _folder(path: Path, name: str) -> Path:
    """The folder, made if it does not exist."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"{name}: the folder {path} cannot be created: {error.strerror}.") from error
    return path


def _secret_key(name: str, home: Path) -> str:
    """The key given, or one made once and kept in the home for its owner's eyes only."""
    given = os.environ.get(name, "").strip()
    if given:
        return given
    kept = _folder(home, "TRUEUP_HOME") / "secret-key"
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


TRUEUP_HOME = Path(os.environ.get("TRUEUP_HOME", "").strip() or "var").expanduser().absolute()
TRUEUP_LEDGER_URL = os.environ.get("TRUEUP_LEDGER_URL", "").strip() or str(TRUEUP_HOME / "ledger")
TRUEUP_MEMORY_LIMIT = _memory("TRUEUP_MEMORY_LIMIT", "512MB")
TRUEUP_THREADS = _threads("TRUEUP_THREADS")

DEBUG = _flag("TRUEUP_DEBUG")
SECRET_KEY = _secret_key("TRUEUP_SECRET_KEY", TRUEUP_HOME)

DATABASES = {"default": _database("TRUEUP_DATABASE_URL", TRUEUP_HOME)}
if DATABASES["default"]["ENGINE"] == _SQLITE:
    _folder(Path(DATABASES["default"]["NAME"]).parent, "TRUEUP_DATABASE_URL")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "trueup.accounts",
    "trueup.events",
    "trueup.catalog",
    "trueup.ledger",
    "trueup.cycles",
    "trueup.reports",
]
AUTH_USER_MODEL = "accounts.User"
MIDDLEWARE: list[str] = []
ROOT_URLCONF = "trueup.config.urls"
WSGI_APPLICATION = "trueup.config.wsgi.application"

LANGUAGE_CODE = "en-us"
USE_TZ = True
TIME_ZONE = "UTC"
