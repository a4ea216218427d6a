"""One page of a long list, and the place where a page begins."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from trueup.kit.errors import Invalid, Problem
from trueup.kit.text import text

Item = TypeVar("Item")
Other = TypeVar("Other")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some of `total` items: page `number` of `pages`, both counted from 1 (a list of nothing has one empty page)."""

    items: tuple[Item, ...]
    number: int
    pages: int
    total: int

    @classmethod
    def of(cls, total: int, number: int, per_page: int, fetch: Callable[[int, int], Sequence[Item]]) -> "Page[Item]":
        """The page of that number, or the nearest there is. `fetch(start, stop)` gives the items, from 0, half-open."""
        pages = max(1, -(-total // per_page))
        at = min(max(number, 1), pages)
        start = (at - 1) * per_page
        return cls(tuple(fetch(start, min(start + per_page, total))) if total else (), at, pages, total)

    def with_items(self, items: Sequence[Other]) -> "Page[Other]":
        """The same page of what the items were made into."""
        return Page(tuple(items), self.number, self.pages, self.total)


def no_place() -> Invalid:
    """The refusal to go on with a list from a place that it does not have."""
    wrong = Problem("cursor", text("this is no cursor of this list"), "bad_cursor", ("query", "cursor"))
    return Invalid(wrong.message, [wrong])
