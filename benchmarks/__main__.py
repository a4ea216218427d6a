"""python -m benchmarks [--size 1M] [--only NAME …] [--markdown FILE …]

Everything is made in a temporary folder and thrown away. PostgreSQL is compared on at most 10M rows, whatever the size.
"""

import argparse
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from rich.console import Console

from benchmarks import api, closing, crashes, generation, ingestion, pages, statements, table
from benchmarks.figures import Figure
from benchmarks.server import Databases, databases, require_programs
from benchmarks.world import Size, World

LARGEST_COMPARED = "10M"
_BYTES_PER_ROW = 110
_BYTES_PER_COMPARED_ROW = 800


class Run:
    """The worlds of one run; they are made when a family of figures asks for them."""

    def __init__(self, size: Size, home: Path, server: Databases) -> None:
        self.size = size
        self._home = home
        self._server = server
        self._made: dict[str, World] = {}

    @property
    def msps(self) -> int:
        """Of the families that count reports: the size says only whether they are many, or so few that it takes a minute."""
        return 10_000 if self.size.rows > Size("2M").rows else 500

    def world(self, name: str, *, size: Size | None = None, compared: bool = True) -> World:
        """A world of that name, new or as it was left."""
        if name not in self._made:
            self._made[name] = World(size or self.size, self._home / name, self._server.create(name), compared)
        return self._made[name]

    def months(self) -> Iterator[World]:
        """The large month, and a smaller one where it is too large to be compared."""
        if self.size.rows <= Size(LARGEST_COMPARED).rows:
            yield self.world("month")
            return
        yield self.world("month", compared=False)
        yield self.world("compared", size=Size(LARGEST_COMPARED))


def _ingestion(run: Run) -> Iterator[Figure]:
    for world in run.months():
        yield from ingestion.figures(world)


def _closing(run: Run) -> Iterator[Figure]:
    for world in run.months():
        yield from closing.figures(world)


def _generation(run: Run) -> Iterator[Figure]:
    yield from generation.figures(run.world("generation"), run.msps)


def _statements(run: Run) -> Iterator[Figure]:
    yield from statements.figures(run.world("statements"), run.msps)


def _crashes(run: Run) -> Iterator[Figure]:
    embedded = run.world("crashes")
    if run.size.rows > Size("2M").rows:
        yield from crashes.figures(embedded, "PostgreSQL")
        embedded = run.world("embedded")
    embedded.environment["TRUEUP_DATABASE_URL"] = ""
    yield from crashes.figures(embedded, "SQLite")


def _api(run: Run) -> Iterator[Figure]:
    yield from api.figures(run.world("api"), "PostgreSQL")
    embedded = run.world("embedded api", compared=False)
    embedded.environment["TRUEUP_DATABASE_URL"] = ""
    yield from api.figures(embedded, "SQLite")


def _pages(run: Run) -> Iterator[Figure]:
    yield from pages.figures(run.world("pages"), "PostgreSQL")
    embedded = run.world("embedded pages")
    embedded.environment["TRUEUP_DATABASE_URL"] = ""
    yield from pages.figures(embedded, "SQLite")


FAMILIES: Mapping[str, Callable[[Run], Iterator[Figure]]] = {
    "ingestion": _ingestion,
    "closing": _closing,
    "generation": _generation,
    "statements": _statements,
    "crashes": _crashes,
    "pages": _pages,
    "api": _api,
}


def main() -> int:
    """Exit status: 0 when measured (short of a target or not), 2 for a size that is none, a disk that is too small, no PostgreSQL."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers and folders are put away
    console = Console(width=None if sys.stdout.isatty() else 200)
    try:
        size = Size(arguments.size)
        _require_disk(size)
        programs = require_programs()
    except ValueError as error:
        console.print(str(error))
        return 2
    families = arguments.only or list(FAMILIES)
    with tempfile.TemporaryDirectory(prefix="trueup-bench-") as home, databases(programs) as server:
        run = Run(size, Path(home), server)
        found = [figure for name in families for figure in _told(console, name, run)]
        console.print(table.for_terminal(found))
        console.print(table.machine(server.version))
        for document in arguments.markdown:
            table.write(document, found, size=size.text, command=_command(arguments), postgres=server.version)
    return 0


def _told(console: Console, name: str, run: Run) -> Iterator[Figure]:
    """The figures of a family, each told when it is there: a long run shows that it goes on."""
    with console.status(f"measuring {name}") as status:
        for figure in FAMILIES[name](run):
            console.print(f"{figure.name}: {figure.target.text(figure.median)} {figure.verdict}", style="dim", highlight=False)
            status.update(f"measuring {name}")
            yield figure


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure speed and memory against baselines.")
    parser.add_argument("--size", default="1M", help="rows of the month: 1M (default), 10M, 93M …")
    parser.add_argument("--only", choices=list(FAMILIES), nargs="+", help="some families of figures")
    parser.add_argument(
        "--markdown", type=Path, nargs="+", default=[], metavar="FILE", help="put the table into these documents, between their markers"
    )
    return parser.parse_args()


def _command(arguments: argparse.Namespace) -> str:
    command = "make bench" if arguments.size == "1M" else f"make bench SIZE={arguments.size}"
    return f"python -m benchmarks --size {arguments.size} --only {' '.join(arguments.only)}" if arguments.only else command


def _require_disk(size: Size) -> None:
    compared = min(size.rows, Size(LARGEST_COMPARED).rows)
    needed = size.rows * _BYTES_PER_ROW + compared * _BYTES_PER_COMPARED_ROW + (4 << 30)
    free = shutil.disk_usage(tempfile.gettempdir()).free
    if free < needed:
        raise ValueError(f"{size.text} rows need {needed / 1e9:.0f} GB in {tempfile.gettempdir()}, and {free / 1e9:.0f} GB are free")


if __name__ == "__main__":
    sys.exit(main())
