"""`trueup serve`, as a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.db import connections

from tests.processes import ROOT, free_port
from trueup.config import serving as server

PATIENCE = 60
"""Seconds a busy machine may take."""


@contextmanager
def serving(home: Path, port: int, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A portal in a home of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRUEUP_")}
    environment |= {"TRUEUP_HOME": str(home), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "trueup", "serve", "--port", str(port), "--threads", "2", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def answer(port: int) -> bytes:
    """The sign-in page, once there is one."""
    for _ in range(PATIENCE * 5):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/account/login/", timeout=PATIENCE) as page:
                body: bytes = page.read()
                return body
        except OSError:
            time.sleep(0.2)
    raise AssertionError("nothing answered")


class TestServe:
    def test_answers_and_ends_cleanly(self, tmp_path: Path) -> None:
        port = free_port()
        with serving(tmp_path, port, "--now", "2026-11-03T12:00:00Z") as process:
            assert b"TrueUp" in answer(port)
            process.send_signal(signal.SIGTERM)
            told, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
        assert f"TrueUp is at http://127.0.0.1:{port}" in told
        assert "Traceback" not in told

    def test_says_when_the_port_is_taken(self, tmp_path: Path) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as door, serving(tmp_path, door.getsockname()[1]) as process:
            told, _ = process.communicate(timeout=PATIENCE)
        assert (process.returncode, "choose another one with --port" in told) == (1, True)

    @pytest.mark.parametrize("port", ["0", "70000", "http"])
    def test_refuses_what_is_no_port(self, tmp_path: Path, port: str) -> None:
        done = subprocess.run([sys.executable, "-m", "trueup", "serve", "--port", port], cwd=ROOT, capture_output=True, check=False)
        assert done.returncode == 2


class TestConnections:
    def test_are_kept_by_the_threads_of_a_server_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        database = connections.settings["default"]
        monkeypatch.setitem(database, "CONN_MAX_AGE", database["CONN_MAX_AGE"])
        assert database["CONN_MAX_AGE"] == 0
        assert database["CONN_HEALTH_CHECKS"]
        with closing(socket.create_server(("127.0.0.1", 0))) as door:
            server._Server(door, threads=2, clock=False, ready=lambda: None).load()
        assert connections.settings["default"]["CONN_MAX_AGE"] is None
