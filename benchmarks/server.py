"""PostgreSQL for the baselines, and for the registry of the ledger: on a socket in a temporary folder, durable, with memory to work."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tools.postgres import find_programs, server

_MEMORY = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
_MB = 1 << 20


def _settings() -> tuple[str, ...]:
    """As a careful operator would set it on this machine; what is written is on the disk before a commit returns, as in the ledger."""
    shared = max(min(_MEMORY // 4 // _MB, 4096), 64)
    return (
        "fsync=on",
        "synchronous_commit=on",
        "full_page_writes=on",
        f"shared_buffers={shared}MB",
        f"effective_cache_size={_MEMORY // 2 // _MB}MB",
        "work_mem=256MB",
        "maintenance_work_mem=512MB",
        "max_wal_size=16GB",
        "checkpoint_timeout=30min",
        "wal_compression=on",
        "random_page_cost=1.1",
        "max_connections=50",
    )


class Databases:
    """A running server; every world gets a database of its own."""

    def __init__(self, url: str) -> None:
        self._url = url

    @property
    def version(self) -> str:
        """Of the server."""
        with psycopg.connect(self._url) as connection:
            row = connection.execute("SHOW server_version").fetchone()
        return str(row[0]).split()[0] if row else ""

    def create(self, name: str) -> str:
        """The URL of a new, empty database."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return self._url.replace("/postgres?", f"/{name}?")


def require_programs() -> Path:
    """The folder of PostgreSQL's programs. Raises ValueError where there is none."""
    programs = find_programs()
    if programs is None:
        raise ValueError("the baselines need PostgreSQL; `python tools/postgres.py --find` says how to install it")
    return programs


@contextmanager
def databases(programs: Path) -> Iterator[Databases]:
    """A server for the time of the block."""
    with server(programs, _settings()) as url:
        yield Databases(url)
