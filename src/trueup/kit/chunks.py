"""Many things in groups: so many as fit into one query, or into memory."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

_Item = TypeVar("_Item")

IN_A_QUERY = 500
"""Values that one IN (...) holds: databases have a limit on parameters."""


def chunks(items: Sequence[_Item], size: int = IN_A_QUERY) -> Iterator[Sequence[_Item]]:
    """The items in groups of at most `size`, in their order."""
    return (items[start : start + size] for start in range(0, len(items), size))
