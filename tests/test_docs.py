"""The documentation says what the program does: its commands exist, its links lead somewhere, its settings are all there are."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main

from trueup.accounts.rules import Right
from trueup.config.cli import app
from trueup.ledger.rules.refusals import Reason
from trueup.reports.rules.workflow import WORKFLOW, words

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "src").rglob("README.md")],
    key=lambda path: path.relative_to(ROOT).as_posix(),
)
NAMES = [path.relative_to(ROOT).as_posix() for path in PAGES]

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_VARIABLE = re.compile(r"\bTRUEUP_[A-Z_]+\b")
_READ = re.compile(r'"(TRUEUP_[A-Z_]+)"')
_READERS = ("config/settings", "config/environment", "config/cli", "jobs/signing_in")
_WHO = {Right.PREPARE: "MSP", Right.REVIEW: "distributor", None: "clock"}


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _variables() -> set[str]:
    """What the program reads from the environment."""
    return {name for file in _READERS for name in _READ.findall(_text(f"src/trueup/{file}.py"))}


def _commands(text: str) -> Iterator[list[str]]:
    """The arguments of every `trueup …` in the shell blocks of a page."""
    for language, block in _BLOCK.findall(text):
        if language not in {"sh", "console", "bash", "shell"}:
            continue
        lines = block.replace("\\\n", " ").splitlines()
        if language == "console":
            lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
        for line in lines:
            found = re.match(r"\s*(?:\S*/)?trueup\s+(.*)", line)
            if found:
                yield shlex.split(found[1], comments=True)


@cache
def _program() -> Any:
    return typer.main.get_command(app)


def wrong(arguments: list[str]) -> str:
    """What is wrong with a command line: a command or an option that does not exist; empty if nothing is."""
    command: Any = _program()
    known = {"--help", "-h"}
    for argument in arguments:
        known |= {option for parameter in command.params for option in [*parameter.opts, *parameter.secondary_opts]}
        if argument.startswith("-"):
            if argument.split("=")[0] not in known:
                return f"{argument} is no option of {command.name}"
        elif argument in getattr(command, "commands", {}):
            command = command.commands[argument]
        elif hasattr(command, "commands"):
            return f"{argument} is no command of {command.name}"
    return ""


def between(text: str, marker: str) -> str:
    """What stands between two markers of a page."""
    return text.split(f"<!-- {marker}: begin -->\n")[1].split(f"<!-- {marker}: end -->", maxsplit=1)[0]


def workflow_table() -> str:
    """The table of the workflow as the page shows it."""
    rows = [
        f"| {words(status)} | {verb.replace('_', ' ')} | {words(found.to)} | {_WHO[found.right]} | {found.needs} |\n"
        for (status, verb), found in WORKFLOW.items()
    ]
    return "".join(["| from | verb | to | who | needs |\n", "|---|---|---|---|---|\n", *rows])


class TestPages:
    @pytest.mark.parametrize("name", NAMES)
    def test_name_only_commands_and_options_that_exist(self, name: str) -> None:
        assert [problem for arguments in _commands(_text(name)) if (problem := wrong(arguments))] == []

    @pytest.mark.parametrize("name", NAMES)
    def test_link_only_to_files_that_exist(self, name: str) -> None:
        targets = [target.split("#")[0] for target in _LINK.findall(_text(name)) if "://" not in target and not target.startswith("#")]
        assert [target for target in targets if not ((ROOT / name).parent / target).exists()] == []

    @pytest.mark.parametrize("name", NAMES)
    def test_mention_only_pages_that_exist(self, name: str) -> None:
        pages = re.findall(r"`(docs/[\w./-]+\.(?:md|json))`", _text(name))
        assert [page for page in pages if not (ROOT / page).exists()] == []


class TestCheckOfCommands:
    def test_catches_what_does_not_exist(self) -> None:
        assert wrong(["report", "burn", "2026-10"])
        assert wrong(["report", "list", "--colour"])

    def test_lets_pass_what_exists(self) -> None:
        assert not wrong(["usage", "unmapped", "map", "EPC", "--service", "endpoint-core"])

    def test_finds_the_commands_of_the_first_look(self) -> None:
        assert len(list(_commands(_text("README.md")))) >= 12


class TestSettings:
    def test_are_the_ones_that_operations_lists(self) -> None:
        listed = set(re.findall(r"^\| `(TRUEUP_[A-Z_]+)`", _text("docs/operations.md"), re.MULTILINE))
        assert listed == _variables()

    @pytest.mark.parametrize("name", NAMES)
    def test_are_called_by_names_that_exist(self, name: str) -> None:
        assert set(_VARIABLE.findall(_text(name))) <= _variables()


class TestWorkflowPage:
    def test_shows_the_table_the_program_follows(self) -> None:
        assert between(_text("docs/workflow.md"), "workflow") == workflow_table()


class TestUsagePage:
    def test_names_every_reason_a_row_is_refused_for(self) -> None:
        assert [reason for reason in Reason if f"`{reason}`" not in _text("docs/usage.md")] == []
