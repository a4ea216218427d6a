"""Lists in parts: nothing is lost, nothing comes twice, and the order stays."""

import pytest

from trueup.kit.chunks import chunks


@pytest.mark.parametrize(
    ("items", "parts"),
    [
        ([], []),
        ([1], [[1]]),
        ([1, 2, 3], [[1, 2, 3]]),
        ([1, 2, 3, 4], [[1, 2, 3], [4]]),
        ([1, 2, 3, 4, 5, 6], [[1, 2, 3], [4, 5, 6]]),
    ],
)
def test_chunks_hold_all_items_in_order(items: list[int], parts: list[list[int]]) -> None:
    assert [list(part) for part in chunks(items, size=3)] == parts
