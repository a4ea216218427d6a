"""The server killed at any moment while programs send usage: what was acknowledged is in the ledger, and nothing is there twice."""

import http.client
import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import Popen
from typing import Final

import pytest
from pytest_django import Settings

from tests import processes
from tests.intake.test_crash import records
from tests.world import APPLIED_AT
from trueup.accounts.rules import Scope, Viewer
from trueup.intake.models import Piece
from trueup.intake.rules.pieces import State
from trueup.network.actions import create_client
from trueup.uploads.models import Upload

pytestmark = pytest.mark.usefixtures("transactional_db", "world", "ledger_home", "home")

ROUNDS: Final = 2
FEEDS: Final = 6
EVENT_FEEDS: Final = frozenset({4, 5})
"""Those that send events; the others send files."""

PATIENCE: Final = 120
"""Seconds a busy machine may take."""

BEGINNING: Final = datetime(2026, 10, 30, 9, tzinfo=UTC)
LATER: Final = timedelta(minutes=10)
"""Between two servers by their clocks: whatever a killed one was at is abandoned by then."""

SECRET: Final = "s" * 43
SERVICES: Final = ("endpoint-core", "email-core", "workspace-security", "backup-storage", "nfr-license")
KEYS: Final = [
    f"{customer} {service} 2026-10-{day:02}" for day in range(1, 29) for service in SERVICES for customer in ("bolt-dental", "bolt-garage")
]
"""A record each, so that each has to be in the ledger once."""


@pytest.fixture
def home(tmp_path: Path, settings: Settings) -> Path:
    """A home of this test's own, for the files."""
    settings.TRUEUP_HOME = tmp_path / "home"
    return tmp_path / "home"


class Feed(threading.Thread):
    """A program that sends call after call, each until it is answered; every other time it does not wait for the ledger."""

    def __init__(self, number: int, port: int) -> None:
        super().__init__(daemon=True)
        self.acknowledged: list[str] = []
        self.unexpected: list[str] = []
        self.over = threading.Event()
        self.number, self._port, self._left = number, port, KEYS[number::FEEDS]

    def run(self) -> None:
        """Send until it is over, or nothing is left."""
        call = 0
        while self._left and not self.over.is_set():
            size = 1 + call % 3
            chosen, self._left = self._left[:size], self._left[size:]
            headers = {"Idempotency-Key": f"feed-{self.number}-{call}"} | ({"Prefer": "respond-async"} if call % 2 else {})
            while (status := self._send(chosen, headers)) in {None, 503}:
                time.sleep(0.05)  # nobody there just now
            if status in {200, 201, 202, 204}:
                self.acknowledged += chosen
            else:
                self.unexpected.append(f"{status} {chosen}")
            call += 1

    def _send(self, chosen: list[str], headers: dict[str, str]) -> int | None:
        """The status; None where no answer came."""
        said = {"Authorization": f"Bearer feed.{SECRET}", "Content-Type": "application/json", **headers}
        line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        path, body = events(chosen) if self.number in EVENT_FEEDS else usage(chosen)
        try:
            line.request("POST", path, json.dumps(body), said)
            answer = line.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            line.close()
        return answer.status


def usage(keys: list[str]) -> tuple[str, object]:
    """Where records are sent, and as what."""
    names = ("customer", "service", "day")
    return "/api/v1/usage", {"records": [dict(zip(names, key.split(), strict=True)) | {"provisioned_units": "3"} for key in keys]}


def events(keys: list[str]) -> tuple[str, object]:
    """The same of events: sent again they are the same ones."""
    found = []
    for key in keys:
        customer, service, day = key.split()
        said = {"subject": customer, "type": service, "time": f"{day}T10:00:00Z", "data": {"provisioned": 3}}
        found.append({"specversion": "1.0", "source": "meter", "id": key, **said})
    return "/api/v1/events", found


@contextmanager
def serving(port: int, round_number: int) -> Iterator[Popen[str]]:
    """A server on the test's own database; its process and the one that answers end by force, at whatever they are."""
    now = (BEGINNING + round_number * LATER).isoformat()
    server = processes.start("trueup", "serve", "--port", str(port), "--now", now)
    try:
        yield server
    finally:
        for process in (server.pid, *children(server.pid)):  # first the one that would start another
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        server.communicate(timeout=PATIENCE)


def children(process: int) -> list[int]:
    """The processes a process has started."""
    listed = Path(f"/proc/{process}/task/{process}/children")
    return [int(child) for child in listed.read_text().split()] if listed.exists() else []


def wait_until(said: Callable[[], bool], server: Popen[str]) -> None:
    """Wait for it, as long as the server lives."""
    until = time.monotonic() + PATIENCE
    while not said():
        assert server.poll() is None, "the server has ended by itself"
        assert time.monotonic() < until
        time.sleep(0.02)


class TestKill:
    def test_loses_nothing_that_was_acknowledged_and_stores_nothing_twice(self) -> None:
        create_client(Viewer.system(), "bolt", "Feed", [Scope.USAGE_WRITE], client_id="feed", secret=SECRET, now=APPLIED_AT)
        chance, port = random.Random(20261003), processes.free_port()
        feeds = [Feed(number, port) for number in range(FEEDS)]
        for feed in feeds:
            feed.start()
        for number in range(ROUNDS):
            before = acknowledged(feeds)
            with serving(port, number) as server:
                enough = before + chance.randint(4, 10)
                wait_until(lambda enough=enough: acknowledged(feeds) >= enough, server)  # type: ignore[misc]
                time.sleep(chance.uniform(0, 0.5))
        for feed in feeds:
            feed.over.set()
        with serving(port, ROUNDS) as server:
            wait_until(lambda: not any(feed.is_alive() for feed in feeds), server)
            wait_until(lambda: not Upload.objects.deliveries().unfinished().exists(), server)
            wait_until(lambda: not Piece.objects.filter(state__in=[State.WAITING, State.GATHERED]).exists(), server)
        assert not [one for feed in feeds for one in feed.unexpected]
        found = records()
        assert {f"{key}T10:00:00Z" for feed in feeds for key in feed.acknowledged} == set(found)
        assert set(found.values()) == {1}
        assert set(Piece.objects.values_list("state", flat=True)) == {State.STORED}
        assert set(Upload.objects.values_list("state", flat=True)) == {"done"}


def acknowledged(feeds: list[Feed]) -> int:
    """How many records were, in files or as events: whichever are fewer."""
    return min(sum(len(feed.acknowledged) for feed in feeds if (feed.number in EVENT_FEEDS) is kind) for kind in (False, True))
