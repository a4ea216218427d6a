"""Other processes on the test's own database and ledger."""

import os
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).parents[1]


def database_url() -> str:
    """The test's database, for another process."""
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{given['NAME']}"
    options = given["OPTIONS"]
    host, port = given["HOST"] or options.get("host"), given["PORT"] or options.get("port") or 5432
    login = f"{given['USER'] or options.get('user') or ''}" + (f":{given['PASSWORD']}" if given["PASSWORD"] else "")
    if host is None or str(host).startswith("/"):
        return f"postgres://{login}@/{given['NAME']}?" + (f"host={host}&port={port}" if host else f"port={port}")
    return f"postgres://{login}@{host}:{port}/{given['NAME']}"


def free_port() -> int:
    """A port nobody listens at just now."""
    with closing(socket.create_server(("127.0.0.1", 0))) as door:
        port: int = door.getsockname()[1]
    return port


def start(module: str, *arguments: str) -> subprocess.Popen[str]:
    """Run a module on the same database and ledger."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "trueup.config.settings",
        "TRUEUP_HOME": str(settings.TRUEUP_HOME),
        "TRUEUP_DATABASE_URL": database_url(),
        "TRUEUP_LEDGER_URL": settings.TRUEUP_LEDGER_URL,
        "TRUEUP_SECRET_KEY": "tests",
        "TRUEUP_THREADS": "1",
    }
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments], env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
