"""The figures as a table: in the terminal, and in the documentation."""

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from rich.table import Table

from benchmarks.figures import Figure

_HEADER = ("figure", "measured", "target", "", "lowest – highest", "data", "in absolute terms")
_SHORT = 4
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


def write(path: Path, figures: Sequence[Figure], *, size: str, command: str, postgres: str) -> None:
    """Put the table between a document's markers: those of the size take all columns, those without a size the first four.

    Raises ValueError if the document has neither.
    """
    document = path.read_text(encoding="utf-8")
    for name, columns in ((f"figures {size}", len(_HEADER)), ("benchmarks", _SHORT)):
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        if begin in document and end in document:
            before, after = document.partition(begin)[0], document.partition(end)[2]
            told = _markdown(figures, columns, command=command, postgres=postgres)
            path.write_text(f"{before}{begin}\n{told}\n{end}{after}", encoding="utf-8")
            return
    raise ValueError(f"{path} has no markers such as <!-- figures {size}: begin --> and <!-- figures {size}: end -->")


def _markdown(figures: Sequence[Figure], columns: int, *, command: str, postgres: str) -> str:
    """The table with the machine and the command."""
    lines = [f"Measured with `{command}` on {machine(postgres)}.", ""]
    lines += [_line(_HEADER[:columns]), _line(("---", "--:", "--:", "---", "---", "---", "---")[:columns])]
    lines += [_line(row(figure)[:columns]) for figure in figures]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
