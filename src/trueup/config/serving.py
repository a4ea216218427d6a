"""`trueup serve`: the portal and the clock in one process.

One worker process with threads: pages are answered by threads, the clock is one more. The worker is forked before anything of the
ledger is opened (its engines do not survive a fork), and a worker that dies is replaced.
"""

import os
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connections
from gunicorn.app.base import BaseApplication

from trueup.jobs import webhooks, working
from trueup.jobs.messages import say
from trueup.kit.errors import Conflict
from trueup.kit.text import text

_Work = Callable[[threading.Event, Callable[[], datetime]], None]

_GRACE = 30
"""Seconds that requests and the clock have to finish once the end is asked for."""


def serve(*, host: str, port: int, threads: int, clock: bool, now: datetime | None) -> None:
    """Serve until SIGTERM or Ctrl-C. Raises Conflict if the address cannot be listened at."""
    listening = _listening(host, port)
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    if not os.environ.get("TRUEUP_URL", "").strip():
        settings.TRUEUP_URL = address
    if now is not None:
        settings.TRUEUP_CLOCK = _from(now)
    settings.TRUEUP_API_UPLOADS = max(1, min(settings.TRUEUP_API_UPLOADS, threads - 2))
    _Server(listening, threads=threads, clock=clock, ready=lambda: say(f"TrueUp is at {settings.TRUEUP_URL} (Ctrl-C ends it)")).run()


def _listening(host: str, port: int) -> socket.socket:
    """The open door. Opened here, so that what is wrong with it is one sentence and not a server that tries again."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=512)
    except OSError as error:
        message = text(
            "nothing can listen at {host}:{port}: {reason}; choose another one with --port",
            host=host,
            port=port,
            reason=os.strerror(error.errno or 0),
        )
        raise Conflict(message) from error


def _from(start: datetime) -> Callable[[], datetime]:
    """A clock that shows `start` now and goes on from there."""
    began = time.monotonic()
    return lambda: start.astimezone(UTC) + timedelta(seconds=time.monotonic() - began)


class _Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with our settings instead of a command line's."""

    def __init__(self, listening: socket.socket, *, threads: int, clock: bool, ready: Callable[[], None]) -> None:
        self._listening = listening
        self._threads = threads
        self._clock = _Clock((working.work_until, working.take_in_until, working.gather_until, webhooks.call_until) if clock else ())
        self._ready = ready
        super().__init__()

    def load_config(self) -> None:
        """What gunicorn is told."""
        options: dict[str, Any] = {
            "bind": [f"fd://{self._listening.fileno()}"],
            "worker_class": "gthread",
            "workers": 1,
            "threads": self._threads,
            "graceful_timeout": _GRACE,
            "timeout": 120,
            "keepalive": 5,
            "secure_scheme_headers": {},  # what a proxy says counts only where the settings say that there is one
            "accesslog": None,
            "loglevel": "warning",
            "control_socket_disable": True,
            "when_ready": lambda _arbiter: self._ready(),
            "post_worker_init": lambda _worker: self._clock.start(),
            "worker_exit": lambda _arbiter, _worker: self._clock.end(),
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        """The application, loaded in the worker. Its threads keep their connections: opening one takes longer than most requests."""
        connections.settings["default"]["CONN_MAX_AGE"] = None
        return get_wsgi_application()


class _Clock:
    """The clock, who checks uploads, who gathers events, and who calls webhooks, in threads beside those that answer."""

    def __init__(self, works: tuple[_Work, ...]) -> None:
        self._works = works
        self._end = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin, in the worker process."""
        for work in self._works:
            thread = threading.Thread(target=work, args=(self._end, settings.TRUEUP_CLOCK), name=work.__name__, daemon=True)
            thread.start()
            self._threads.append(thread)

    def end(self) -> None:
        """Finish what is being done, and stop. Whatever a killed clock leaves behind, the next one takes up."""
        self._end.set()
        for thread in self._threads:
            thread.join(_GRACE)
