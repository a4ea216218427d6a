"""What stands in addresses: whole numbers, months, searches. One bounded reader of each: nothing behind it has to expect anything else."""

from collections.abc import Callable, Mapping
from typing import Final

from django.http import QueryDict

from trueup.kit.errors import Invalid, NotFound
from trueup.kit.period import Month

MOST_PAGES: Final = 999_999
_MOST_SEARCHED: Final = 200


def whole(written: str, *, most: int) -> int | None:
    """A whole number from 0 to `most`, in plain digits; None for anything else."""
    if not (written.isascii() and written.isdigit() and len(written) <= len(str(most))):
        return None
    number = int(written)
    return number if number <= most else None


def page_of(asked: QueryDict) -> int:
    """`?page=`; the first for what is none."""
    return whole(asked.get("page", ""), most=MOST_PAGES) or 1


def month_of(written: str) -> Month:
    """The month of an address, which may be an adjustment of an earlier one. Raises NotFound for what is none."""
    try:
        return Month.parse_report(written)
    except Invalid as error:
        raise NotFound(error.message) from None


def month_asked(written: str, read: Callable[[str], Month] = Month.parse) -> Month | None:
    """The month of a filter; None for what is none."""
    try:
        return read(written) if written else None
    except Invalid:
        return None


def search_asked(asked: Mapping[str, str]) -> str:
    """`?search=`, with single blanks between its words."""
    return " ".join(asked.get("search", "").split())[:_MOST_SEARCHED]
