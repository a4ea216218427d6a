"""docs/cli.md and the commands say the same."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from trueup.config.cli import app

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### trueup (.+?)$\n(.*?)(?=^##|\Z)", PAGE, flags=re.MULTILINE | re.DOTALL))


def commands(command: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every command that can be typed, by its words."""
    below = getattr(command, "commands", {})
    if name and (not below or command.invoke_without_command):
        yield name, command
    for word, one in below.items():
        yield from commands(one, f"{name} {word}".strip())


COMMANDS = dict(commands(typer.main.get_command(app)))


def examples(text: str) -> list[str]:
    """The lines that can be typed."""
    return [line.strip() for line in text.splitlines() if re.match(r"\s*([A-Z_]+=\S+ )?trueup ", line)]


def flags(command: Any) -> set[str]:
    """The options a command knows."""
    return {flag for parameter in command.params for flag in [*parameter.opts, *parameter.secondary_opts] if flag.startswith("--")}


class TestPage:
    def test_has_every_command_and_no_other(self) -> None:
        assert sorted(SECTIONS) == sorted(COMMANDS)

    @pytest.mark.parametrize("name", sorted(SECTIONS))
    def test_has_an_example_that_can_be_typed(self, name: str) -> None:
        found = examples(SECTIONS[name].partition("```sh")[2])
        assert found
        for example in found:
            self._can_be_typed(name, example)

    @staticmethod
    def _can_be_typed(name: str, example: str) -> None:
        words = shlex.split(example)
        words = words[words.index("trueup") + 1 :]
        assert words[: len(name.split())] == name.split()
        arguments = words[len(name.split()) :]
        assert {word for word in arguments if word.startswith("--")} <= flags(COMMANDS[name])
        COMMANDS[name].make_context(name, arguments)


class TestHelp:
    @pytest.mark.parametrize("name", sorted(COMMANDS))
    def test_says_what_the_command_does_and_shows_an_example(self, name: str) -> None:
        command = COMMANDS[name]
        assert command.help
        assert all(parameter.help for parameter in command.params if parameter.name != "help")
        for example in examples(command.epilog or ""):
            TestPage._can_be_typed(*self._command_of(example), example)
        assert examples(command.epilog or "")

    @staticmethod
    def _command_of(example: str) -> tuple[str]:
        words = shlex.split(example)
        words = words[words.index("trueup") + 1 :]
        return (max((name for name in COMMANDS if words[: len(name.split())] == name.split()), key=len),)
