"""The bar that long steps show, on standard error and only to a person."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Display

from trueup.kit.progress import Progress, Silence


class _Bar:
    """One line of a display: a step follows the other in it."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._task: TaskID | None = None

    def start(self, label: str, total: int | None) -> None:
        """Begin a step of `total` parts (None: unknown); the one before it is over."""
        self.finish()
        self._task = self._display.add_task(label, total=total)

    def advance(self, count: int) -> None:
        """`count` more parts are done."""
        if self._task is not None:
            self._display.advance(self._task, count)

    def finish(self) -> None:
        """The step is done, and its line goes."""
        if self._task is not None:
            self._display.remove_task(self._task)
            self._task = None


@contextmanager
def showing_progress() -> Iterator[Progress]:
    """A bar while the block runs, where somebody watches; silence elsewhere."""
    if not sys.stderr.isatty():
        yield Silence()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Display(*columns, console=Console(stderr=True), transient=True) as display:
        yield _Bar(display)
