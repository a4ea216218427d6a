"""The month of the README is run as it stands there: its files, its commands, and what it says they answer."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs.command import Trueup

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
SECTIONS = ("A month of your own", "From the approved report to the invoice")
BLOCK = re.compile(r"(?:`([\w.]+)`:\n\n)?^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks() -> Iterator[tuple[str, str, str]]:
    """Each block of the month: the name of the file it is (or nothing), its language, its text."""
    for title in SECTIONS:
        section = README.split(f"\n## {title}\n")[1].split("\n## ", maxsplit=1)[0]
        yield from BLOCK.findall(section)


class TestReadme:
    def test_goes_from_a_network_file_to_the_statement_of_the_vendor(
        self, trueup: Trueup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        said = ""
        for name, language, text in blocks():
            if language == "sh":
                said = "".join([trueup.done(*arguments) for arguments in self._commands(text)])
            elif name:
                Path(name).write_text(text, encoding="utf-8")
            else:
                self._says(said, text)
        files = {"north-2026-000001.pdf", "north-2026-000001.factur-x.pdf", "north-2026-000001.ubl.xml", "focus.csv", "october.zip"}
        assert files <= {path.name for path in tmp_path.iterdir()}
        statements = {one["number"]: (one["net"], one["gross"]) for one in trueup.json("statement", "list")}
        assert statements == {"north-2026-000001": ("189.00", "224.91"), "acme-vendor-2026-000001": ("116.20", "138.28")}
        assert trueup.json("verify") == []

    def _commands(self, text: str) -> Iterator[list[str]]:
        for line in text.splitlines():
            program, *arguments = shlex.split(line, comments=True)
            if program != "export":
                assert program == "trueup"
                yield arguments

    def _says(self, said: str, shown: str) -> None:
        """Every line that the README shows is in the answer; how wide its columns are is another matter."""
        answered = {" ".join(line.split()) for line in said.splitlines()}
        assert {" ".join(line.split()) for line in shown.splitlines()} <= answered
