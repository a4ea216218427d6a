"""Reading the fields of an event one by one, and noting what is wrong with each."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final

from trueup.intake.rules.pieces import LONGEST_NAME, problem_at
from trueup.kit.errors import Problem
from trueup.kit.quantity import MAX_DECIMALS, MAX_QUANTITY, decimals_of, plain
from trueup.kit.text import Text, text
from trueup.ledger.rules.refusals import SENTENCES, Reason

PROVISIONED: Final = ("provisioned", "provisioned_units")
USED: Final = ("used", "used_units")
CREDITS: Final = ("credits", "allocated_credits")
VALUE: Final = "value"
"""An event with nothing but a value: the units provisioned. Used is unknown then, and what is unknown is charged as provisioned."""

DAY: Final = "day"

NOT_TEXT: Final = text("This has to be a text.")
NOT_AN_OBJECT: Final = text("This has to be a JSON object.")
TOO_LONG: Final = text("This is too long.")
BAD_CHARACTER: Final = text("This has a character that cannot be kept.")
AMBIGUOUS: Final = text("The same is said twice, by several names.")
NOT_AN_INSTANT: Final = text("Not an instant that can be read.")

_NUMBER = re.compile(r"[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,4})?")
_LONGEST_NUMBER = 100
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?", re.ASCII)
_UNIX = re.compile(r"\d{1,12}(\.\d{1,12})?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS = range(1970, 9999)


class Reader:
    """The fields of one event; `place` is where it stands in the body."""

    def __init__(self, given: Mapping[str, object], place: Sequence[str]) -> None:
        self._given = given
        self.place = tuple(place)
        self.problems: list[Problem] = []

    def wrong(self, code: str, sentence: Text, *field: str) -> None:
        """Note what is wrong with a field."""
        self.problems.append(problem_at((*self.place, *field), code, sentence))

    def name(self, field: str) -> str:
        """A name that has to be there, without blanks around it."""
        value = self._given.get(field)
        if value is None or value == "":
            self.wrong(Reason.MISSING, SENTENCES[Reason.MISSING], field)
            return ""
        if not isinstance(value, str):
            self.wrong("not_text", NOT_TEXT, field)
            return ""
        name = value.strip()
        problem = _name_problem(name)
        if problem:
            self.wrong(*problem, field)
        return name

    def below(self, field: str) -> "Reader":
        """The object in a field; an empty one where there is none."""
        value = self._given.get(field)
        if value is not None and not isinstance(value, Mapping):
            self.wrong("not_an_object", NOT_AN_OBJECT, field)
            value = None
        inner = Reader(value or {}, (*self.place, field))
        inner.problems = self.problems
        return inner

    def amounts(self) -> tuple[str, str, str]:
        """Provisioned, used and credits in plain notation; unknown is empty. A value alone is provisioned."""
        provisioned, used, credit = (self._amount(names) for names in (PROVISIONED, USED, CREDITS))
        if provisioned is None:
            provisioned = self._amount((VALUE,))
        if provisioned is None:
            self.wrong(Reason.MISSING, SENTENCES[Reason.MISSING], PROVISIONED[0])
        return provisioned or "", used or "", credit or ""

    def _amount(self, names: Sequence[str]) -> str | None:
        """The number that stands under one of some names; None where there is none."""
        given = [name for name in names if self._given.get(name) not in (None, "")]
        if not given:
            return None
        if len(given) > 1:
            self.wrong("ambiguous", AMBIGUOUS, given[1])
        read = amount(self._given[given[0]])
        if isinstance(read, Reason):
            self.wrong(read, SENTENCES[read], given[0])
            return ""
        return read

    def instant(self, field: str, *, unix: bool) -> datetime | None:
        """When it happened; None if it does not say. `unix`: also seconds since 1970, and without a time zone it is UTC."""
        value = self._given.get(field)
        if value is None or value == "":
            return None
        found = instant(value, unix=unix)
        if found is None:
            self.wrong("not_an_instant", NOT_AN_INSTANT, field)
        return found

    def day(self) -> date | None:
        """The day the values are of, where the event says it itself."""
        value = self._given.get(DAY)
        if value is None or value == "":
            return None
        found = _day(value) if isinstance(value, str) else None
        if found is None:
            self.wrong(Reason.NOT_A_DATE, SENTENCES[Reason.NOT_A_DATE], DAY)
        return found


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written) if len(written) == len("2026-10-03") else None
    except ValueError:
        return None


def _name_problem(name: str) -> tuple[str, Text] | None:
    if not name:
        return Reason.MISSING, SENTENCES[Reason.MISSING]
    if len(name) > LONGEST_NAME:
        return "too_long", TOO_LONG
    if "\0" in name or any("\ud800" <= character <= "\udfff" for character in name):  # no database keeps these
        return "bad_character", BAD_CHARACTER
    return None


def amount(given: object) -> str | Reason:
    """A number ≥ 0 in plain notation, by the digits it was written with; or why it is none that the ledger keeps."""
    written = str(given).strip() if isinstance(given, str | int | Decimal) and not isinstance(given, bool) else ""
    if len(written) > _LONGEST_NUMBER or not _NUMBER.fullmatch(written):
        return Reason.NOT_A_NUMBER
    value = Decimal(written)
    if not value:
        return "0"
    if value < 0:
        return Reason.NEGATIVE
    if value.adjusted() < -MAX_DECIMALS:
        return Reason.TOO_MANY_DECIMALS
    if value >= MAX_QUANTITY:
        return Reason.TOO_LARGE
    return Reason.TOO_MANY_DECIMALS if decimals_of(value) > MAX_DECIMALS else str(plain(value))


def instant(given: object, *, unix: bool) -> datetime | None:
    """An instant in UTC: RFC 3339, or with `unix` also seconds since 1970 as number or text; None for what is none."""
    try:
        found = _unix(given) if unix else None
        found = found or _rfc_3339(given, zone_needed=not unix)
    except (ValueError, OverflowError):
        return None
    return found if found is not None and found.year in _YEARS else None


def _unix(given: object) -> datetime | None:
    if isinstance(given, bool) or not isinstance(given, str | int | Decimal):
        return None
    if isinstance(given, Decimal) and (not given.is_finite() or abs(given.adjusted()) > _LONGEST_NUMBER):
        return None  # not to be written out
    written = format(given, "f") if isinstance(given, Decimal) else str(given).strip()
    if not _UNIX.fullmatch(written):
        return None
    return _EPOCH + timedelta(microseconds=int(Decimal(written) * 1_000_000))


def _rfc_3339(given: object, *, zone_needed: bool) -> datetime | None:
    if not isinstance(given, str) or not _RFC_3339.fullmatch(given.strip()):
        return None
    found = datetime.fromisoformat(given.strip().upper())
    if found.tzinfo is None:
        return None if zone_needed else found.replace(tzinfo=UTC)
    return found.astimezone(UTC)
