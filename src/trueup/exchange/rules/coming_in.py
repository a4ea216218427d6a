"""A usage file of any layout as rows of the canonical one: the same file comes to the same bytes, whatever the order of its rows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from trueup.exchange.rules.days import read_day
from trueup.exchange.rules.numbers import read_number
from trueup.exchange.rules.profiles import REQUIRED, USAGE, Column, Profile
from trueup.kit.errors import Invalid, Problem
from trueup.kit.quantity import plain
from trueup.kit.text import plural, text

HEADER: Final = tuple(USAGE)
MOST_PROBLEMS: Final = 1000
"""So many are told one by one."""

MOST_RECORDS: Final = 250_000
"""Records a file with a profile may come to: they are added up in memory, which takes 150 MB for so many."""

_NUMBERS: Final = ("provisioned_units", "used_units", "allocated_credits")

Cells = Sequence[str]
Key = tuple[date, str, str]


@dataclass(slots=True)
class _Sum:
    """Rows of one day, customer and service added up. `used`: a row that does not know it counts with its provisioned units."""

    row: int
    provisioned: Decimal
    used: Decimal
    knows_used: bool
    credits: Decimal | None

    def add(self, other: "_Sum") -> bool:
        """Add a row; False if one of the two has credits and the other has not."""
        if (self.credits is None) != (other.credits is None):
            return False
        self.provisioned += other.provisioned
        self.used += other.used
        self.knows_used = self.knows_used or other.knows_used
        if self.credits is not None and other.credits is not None:
            self.credits += other.credits
        return True


@dataclass(slots=True)
class Gathered:
    """What a file came to, by day, customer and service."""

    sums: dict[Key, _Sum] = field(default_factory=dict)

    def rows(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """The rows of the canonical file in order, each after the first row of the given file that it comes from."""
        for (day, customer, service), one in sorted(self.sums.items()):
            used = plain(one.used) if one.knows_used else None
            figures = (plain(one.provisioned), used, plain(one.credits))
            yield one.row, (day.isoformat(), customer, service, *(figure or "" for figure in figures))


def gathered(profile: Profile, heading: Cells, rows: Iterable[tuple[int, Cells | None]], day: date | None = None) -> Gathered:
    """Read the rows below the headings; None stands for a row that cannot be read. `day` is used in place of a day the profile says.

    Raises Invalid with the row and the column of everything that is wrong; nothing comes of the file then.
    """
    reading = _Reading(profile, _places(profile, heading), len(heading), day)
    for number, cells in rows:
        reading.take(number, cells)
    if reading.count:
        message = plural(
            "{count} value of the file cannot be read; nothing was taken in",
            "{count} values of the file cannot be read; nothing was taken in",
            reading.count,
        )
        raise Invalid(message, reading.problems)
    return reading.found


def _folded(heading: str) -> str:
    return " ".join(heading.split()).casefold()


def _places(profile: Profile, heading: Cells) -> dict[str, int]:
    """Where the columns of the profile are in the file. Raises Invalid."""
    known = [_folded(cell) for cell in heading]
    problems = []
    places: dict[str, int] = {}
    where = text("row {row}", row=profile.header_row)
    for column in (column for column in profile.columns if column.constant is None):
        wanted = _folded(column.heading)
        if wanted in known:
            places[column.field] = known.index(wanted)
        if known.count(wanted) > 1:
            problems.append(Problem(where, text("the heading “{heading}” is there twice", heading=column.heading), "heading_twice"))
        elif wanted not in known:
            there = ", ".join(cell.strip() for cell in heading if cell.strip())[:300]
            message = text("there is no column “{heading}”: there are {there}", heading=column.heading, there=there or "–")
            problems.append(Problem(where, message, "no_heading"))
    if problems:
        raise Invalid(text("the file does not have the columns of the profile “{name}”", name=profile.name), problems)
    return places


class _Reading:
    """Reads row after row, and notes what is wrong."""

    def __init__(self, profile: Profile, places: dict[str, int], width: int, day: date | None) -> None:
        self._profile = profile
        self._places = places
        self._width = width
        self._columns = {column.field: column for column in profile.columns}
        self._day = day if "day" not in places else None
        self.found = Gathered()
        self.problems: list[Problem] = []
        self.count = 0
        self._last = (0, "")

    def take(self, number: int, cells: Cells | None) -> None:
        """One row; an empty one is none."""
        if cells is None or any(cell.strip() for cell in cells[self._width :]):
            self._refuse(number, "", text("the row cannot be read: it does not have the columns of the header"), "malformed")
            return
        if not any(cell.strip() for cell in cells):
            return
        before = self.count
        key = self._key(number, cells)
        figures = self._figures(number, cells)
        if self.count == before and key is not None and figures is not None:
            self._keep(number, key, figures)

    def _refuse(self, number: int, column: str, message: str, code: str) -> None:
        if (number, column) == self._last:
            return  # one cell that two fields are read from
        self._last = (number, column)
        self.count += 1
        if len(self.problems) < MOST_PROBLEMS:
            place = text("row {row}, column {column}", row=number, column=column) if column else text("row {row}", row=number)
            self.problems.append(Problem(place, message, code))

    def _cell(self, cells: Cells, name: str) -> str:
        """What stands in a column, or in all rows; empty for a column the profile does not have."""
        place = self._places.get(name)
        if place is not None:
            return cells[place].strip() if place < len(cells) else ""
        column: Column = self._columns.get(name, Column())
        return (column.constant or "").strip()

    def _shown(self, name: str) -> str:
        return self._columns[name].heading or name

    def _key(self, number: int, cells: Cells) -> Key | None:
        day = self._day or self._read_day(number, self._cell(cells, "day"))
        customer, service = self._cell(cells, "customer"), self._cell(cells, "service")
        for name, cell in (("customer", customer), ("service", service)):
            if not cell:
                self._refuse(number, self._shown(name), text("a value is required here"), "missing")
        if day is None:
            return None
        alias = self._profile.customers.get(customer)
        return day, alias.name if alias else customer, self._profile.services.get(service, service)

    def _read_day(self, number: int, cell: str) -> date | None:
        if not cell:
            self._refuse(number, self._shown("day"), text("a value is required here"), "missing")
            return None
        given = "day" in self._places
        try:
            return read_day(cell, self._profile.day_format if given else "YYYY-MM-DD")
        except Invalid as error:
            self._refuse(number, self._shown("day"), error.message, "not_a_date")
            return None

    def _figures(self, number: int, cells: Cells) -> _Sum | None:
        read: dict[str, Decimal | None] = {}
        for name in _NUMBERS:
            cell = self._cell(cells, name)
            if not cell and name in REQUIRED:
                self._refuse(number, self._shown(name), text("a value is required here"), "missing")
            elif cell:
                read[name] = self._number(number, name, cell)
        provisioned, used, credits_ = (read.get(name) for name in _NUMBERS)
        if provisioned is None:
            return None
        return _Sum(number, provisioned, provisioned if used is None else used, used is not None, credits_)

    def _number(self, number: int, name: str, cell: str) -> Decimal | None:
        comma = self._profile.decimal_comma and name in self._places  # a constant is written as in any profile
        try:
            return read_number(cell, decimal_comma=comma)
        except Invalid as error:
            self._refuse(number, self._shown(name), error.message, "not_a_number")
            return None

    def _keep(self, number: int, key: Key, own: _Sum) -> None:
        sums = self.found.sums
        before = sums.get(key)
        if before is None:
            if len(sums) >= MOST_RECORDS:
                raise Invalid(text("a file with a profile may hold {most} records at most: split it", most=MOST_RECORDS))
            sums[key] = own
        elif not self._profile.sum_per_sku:
            self._refuse(number, "", text("row {row} has the same day, customer and service", row=before.row), "duplicate")
        elif not before.add(own):
            message = text("row {row} has the same day, customer and service, and only one of the two has credits", row=before.row)
            self._refuse(number, self._shown("allocated_credits"), message, "credits_unclear")
