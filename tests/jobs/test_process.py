"""What only a process of its own can show: exit codes, streams, signals, the database on its way up."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from trueup import __version__


def environment(home: Path, **more: str) -> Mapping[str, str]:
    """A process with an embedded installation in a folder of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TRUEUP_", "DJANGO_"))}
    return kept | {"TRUEUP_HOME": str(home), "NO_COLOR": "1"} | more


def trueup(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m trueup` and wait for it."""
    command = [sys.executable, "-m", "trueup", *arguments]
    return subprocess.run(command, env=environment(home, **more), capture_output=True, text=True, check=False, timeout=120)


def started(home: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start `python -m trueup`."""
    command = [sys.executable, "-m", "trueup", *arguments]
    return subprocess.Popen(command, env=environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder that does not exist yet."""
    return tmp_path / "home"


class TestProcess:
    @pytest.mark.parametrize("arguments", [["--help"], ["report", "--help"], ["usage", "import", "--help"]])
    def test_helps_without_touching_the_disk(self, home: Path, arguments: list[str]) -> None:
        answer = trueup(home, *arguments)
        assert (answer.returncode, answer.stderr, home.exists()) == (0, "", False)

    def test_knows_its_version(self, home: Path) -> None:
        assert trueup(home, "--version").stdout == f"trueup {__version__}\n"
        assert not home.exists()

    def test_loads_neither_django_nor_the_ledger_to_help(self) -> None:
        code = "import sys, trueup.config.cli; sys.exit(any(name in sys.modules for name in ('django', 'duckdb', 'deltalake', 'pyarrow')))"
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

    def test_refuses_an_argument_that_is_not_utf_8(self, home: Path) -> None:
        answer = trueup(home, "report", "show", "2026-10", "a\udcffb")
        assert (answer.returncode, answer.stdout) == (2, "")
        assert answer.stderr == "“a\\udcffb” is not UTF-8, which every argument has to be.\n"

    @pytest.mark.parametrize(
        "arguments",
        [
            ["nonsense"],
            ["report", "show"],
            ["report", "list", "--nonsense"],
            ["report", "list", "--format", "xml"],
            ["report", "list", "--status", "lost"],
            ["cycle", "close", "2026-13"],
            ["cycle", "close", "October"],
            ["work", "--once", "--now", "yesterday"],
            ["work", "--once", "--now", "2026-11-06T23:00:00"],
        ],
    )
    def test_says_that_it_is_used_wrongly(self, home: Path, arguments: list[str]) -> None:
        answer = trueup(home, *arguments)
        assert (answer.returncode, answer.stdout, home.exists()) == (2, "", False)
        assert "Traceback" not in answer.stderr

    def test_sets_up_an_empty_database_by_itself_also_twice_at_once(self, home: Path) -> None:
        both = [started(home, "report", "list", "--format", "json") for _ in range(2)]
        answers = [process.communicate(timeout=120) for process in both]
        assert [(process.returncode, out) for process, (out, _) in zip(both, answers, strict=True)] == [(0, "[]\n")] * 2
        assert sum("Setting up" in err for _, err in answers) == 1

    def test_explains_settings_that_cannot_be_used(self, home: Path) -> None:
        answer = trueup(home, "report", "list", TRUEUP_THREADS="many")
        assert (answer.returncode, answer.stdout) == (1, "")
        assert "TRUEUP_THREADS must be a whole number" in answer.stderr
        assert "Traceback" not in answer.stderr

    def test_explains_a_database_that_cannot_be_reached(self, home: Path) -> None:
        answer = trueup(home, "report", "list", TRUEUP_DATABASE_URL="postgres://nobody@/none?host=/nowhere")
        assert (answer.returncode, answer.stdout) == (1, "")
        assert "The database cannot be used" in answer.stderr
        assert "Traceback" not in answer.stderr

    def test_says_nothing_when_its_reader_leaves(self, home: Path) -> None:
        trueup(home, "report", "list")
        process = started(home, "report", "list", "--format", "json")
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        with process.stderr as errors:
            assert errors.read() == ""
        assert process.wait(timeout=60) == 141


class TestWorker:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_ends_cleanly_when_asked_to(self, home: Path, number: signal.Signals) -> None:
        process = started(home, "work")
        assert process.stderr is not None
        while "Working" not in process.stderr.readline():
            assert process.poll() is None
        time.sleep(1)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
        assert (process.returncode, err.splitlines()[-1]) == (0, "Ended.")
