"""Days as other programs write them."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

from trueup.kit.errors import Invalid
from trueup.kit.text import text

_MIDNIGHT: Final = re.compile(r"[ T]0?0:00(:00([.,]0+)?)?( ?Z)?")
"""What data frames and spreadsheets put behind a day."""

DAY_FORMATS: Final[Mapping[str, re.Pattern[str]]] = {
    "YYYY-MM-DD": re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"),
    "YYYYMMDD": re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"),
    "DD.MM.YYYY": re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})"),
    "DD/MM/YYYY": re.compile(r"(?P<day>\d{1,2})/(?P<month>\d{1,2})/(?P<year>\d{4})"),
    "MM/DD/YYYY": re.compile(r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})"),
}
"""How a profile may say that days are written."""


def read_day(written: str, day_format: str) -> date:
    """The day a cell stands for; a time behind it has to be midnight. Raises Invalid."""
    cell = written.strip()
    found = DAY_FORMATS[day_format].match(cell)
    rest = cell[found.end() :] if found else ""
    if found is not None and cell.isascii() and (not rest or _MIDNIGHT.fullmatch(rest)):
        try:
            return date(int(found["year"]), int(found["month"]), int(found["day"]))
        except ValueError:
            pass
    raise Invalid(text("“{written}” is not a day written as {format}", written=cell[:60], format=day_format))


def written_day(day: date, day_format: str) -> str:
    """A day as the other side writes it."""
    year, month, number = f"{day.year:04d}", f"{day.month:02d}", f"{day.day:02d}"
    return day_format.replace("YYYY", year).replace("MM", month).replace("DD", number)
