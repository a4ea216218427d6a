"""Pages of a long list."""

import pytest

from trueup.kit.page import Page

LETTERS = "abcdefg"


def page(number: int, per_page: int = 3, letters: str = LETTERS) -> Page[str]:
    return Page.of(len(letters), number, per_page, lambda start, stop: letters[start:stop])


class TestPage:
    @pytest.mark.parametrize(
        ("number", "expected"), [(1, Page(("a", "b", "c"), 1, 3, 7)), (2, Page(("d", "e", "f"), 2, 3, 7)), (3, Page(("g",), 3, 3, 7))]
    )
    def test_holds_its_share(self, number: int, expected: Page[str]) -> None:
        assert page(number) == expected

    def test_that_is_not_there_is_the_nearest(self) -> None:
        assert (page(0).number, page(-5).number, page(99).number) == (1, 1, 3)

    def test_of_nothing_is_one_and_fetches_nothing(self) -> None:
        assert page(4, letters="") == Page((), 1, 1, 0)

    def test_may_be_exactly_full(self) -> None:
        assert (page(2, letters="abcdef").items, page(2, letters="abcdef").pages) == (("d", "e", "f"), 2)

    def test_can_hold_what_its_items_became(self) -> None:
        assert page(1).with_items([1, 2, 3]) == Page((1, 2, 3), 1, 3, 7)
