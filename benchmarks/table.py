"""The figures as a table: in the terminal, and in the documentation."""

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from rich.table import Table

from benchmarks.figures import Figure

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
_HEADER = ("figure", "measured", "target", "", "lowest – highest", "data", "in absolute terms")
_GB = 1 << 30


def row(figure: Figure) -> tuple[str, ...]:
    """A figure as the cells of its line."""
    return (
        figure.name, figure.target.text(figure.median), str(figure.target), figure.verdict, figure.spread, figure.data, figure.parts
    )  # fmt: skip


def for_terminal(figures: Sequence[Figure]) -> Table:
    """With what falls short in red."""
    table = Table(title="Speed and memory", expand=False)
    for name in _HEADER:
        table.add_column(name, overflow="fold", justify="right" if name in {"measured", "target"} else "left")
    for figure in figures:
        table.add_row(*row(figure), style={"short": "red", "pass": "green"}.get(figure.verdict))
    return table


def machine(postgres: str) -> str:
    """What it was measured on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GB
    packages = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "deltalake", "Django", "psycopg"))
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), {memory:.0f} GB of memory, {platform.system()}, "
        f"Python {platform.python_version()}, PostgreSQL {postgres}, {packages}"
    )


def markdown(figures: Sequence[Figure], *, command: str, postgres: str) -> str:
    """The table with the machine and the command."""
    lines = [f"Measured with `{command}` on {machine(postgres)}.", ""]
    lines += ["| " + " | ".join(_HEADER) + " |", "|---|--:|--:|---|---|---|---|"]
    lines += ["| " + " | ".join(row(figure)) + " |" for figure in figures]
    return "\n".join(lines)


def write(path: Path, text: str, section: str) -> None:
    """Put the text between the markers of a section of a document. Raises ValueError if they are not there."""
    begin, end = BEGIN.replace("figures", f"figures {section}"), END.replace("figures", f"figures {section}")
    document = path.read_text(encoding="utf-8")
    if begin not in document or end not in document:
        raise ValueError(f"{path} has no lines {begin} and {end}")
    before, after = document.partition(begin)[0], document.partition(end)[2]
    path.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")
