"""The ways TrueUp says no. Each edge maps them once: exit code, HTTP status, message on a page."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a document or a form.

    `where` is the place in the words of the person who sees it (a line, a column, a field),
    `code` a stable lower snake case name for programs, `at` the place for them: names of entries and fields from the outside in.
    """

    where: str
    message: str
    code: str = ""
    at: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message


class TrueUpError(Exception):
    """The base of all refusals: `str(error)` is a sentence for the person who asked."""

    code = ""
    """A stable name for programs, where an edge has heard one."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(TrueUpError):
    """It does not exist, or the viewer must not learn that it does."""


class NotAllowed(TrueUpError):
    """The viewer can see it, but has no right to do this with it."""


class Conflict(TrueUpError):
    """It cannot be done in the present state; nothing was changed."""


class Stale(Conflict):
    """It has changed since it was seen, by somebody else; nothing was changed."""


class Busy(Conflict):
    """It cannot be done just now, for something large is being written; nothing was changed."""


class Invalid(TrueUpError):
    """What was given is wrong; `problems` says where and why, one by one."""

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)
