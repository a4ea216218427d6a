"""How the rows of a customer grow its history."""

from collections.abc import Sequence
from datetime import date

History = list[tuple[date, str]]
"""From which day on below whom, in the order of the days."""


def merged(history: History, rows: Sequence[tuple[date, str]]) -> History:
    """The history when each row has been said to it: from this day on below this MSP, until the next day it knows.

    A row that says what is in force on its day anyway changes nothing, and so do the same rows a second time.
    """
    known = dict(history)
    for day, msp in sorted(rows):
        if _in_force(known, day) != msp:
            known[day] = msp
    ordered = sorted(known.items())
    if ordered == history:
        return history
    # A placement below the same MSP as the one before it is no move.
    return [item for index, item in enumerate(ordered) if index == 0 or ordered[index - 1][1] != item[1]]


def _in_force(known: dict[date, str], day: date) -> str | None:
    begun = [from_date for from_date in known if from_date <= day]
    return known[max(begun)] if begun else None
