"""Whole numbers in addresses: one bounded reader, so that no address is too long a number for anybody behind it."""

from typing import Final

from django.http import QueryDict

MOST_PAGES: Final = 999_999


def whole(written: str, *, most: int) -> int | None:
    """A whole number from 0 to `most`, in plain digits; None for anything else."""
    if not (written.isascii() and written.isdigit() and len(written) <= len(str(most))):
        return None
    number = int(written)
    return number if number <= most else None


def page_of(asked: QueryDict) -> int:
    """`?page=`; the first for what is none."""
    return whole(asked.get("page", ""), most=MOST_PAGES) or 1
