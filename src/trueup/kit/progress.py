"""How long work says where it is. The command line shows a bar, the tests count, None is silence."""

from typing import Protocol


class Progress(Protocol):
    """Told by long work what it is doing and how far it is."""

    def start(self, label: str, total: int | None) -> None:
        """Begin a step of `total` parts (None: unknown)."""

    def advance(self, count: int) -> None:
        """`count` more parts are done."""

    def finish(self) -> None:
        """The step is done."""


class Silence:
    """A progress nobody looks at."""

    def start(self, label: str, total: int | None) -> None:
        """Say nothing."""

    def advance(self, count: int) -> None:
        """Say nothing."""

    def finish(self) -> None:
        """Say nothing."""
