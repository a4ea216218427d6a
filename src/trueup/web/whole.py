"""Whole numbers and months in addresses: one bounded reader of each, so that nothing behind it has to expect anything else."""

from typing import Final

from django.http import QueryDict

from trueup.kit.errors import Invalid, NotFound
from trueup.kit.period import Month

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


def month_of(written: str) -> Month:
    """The month of an address, which may be an adjustment of an earlier one. Raises NotFound for what is none."""
    try:
        return Month.parse_report(written)
    except Invalid as error:
        raise NotFound(error.message) from None
