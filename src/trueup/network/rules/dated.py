"""Values that hold from a day on: read from the file, and written one field per day."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from trueup.catalog.rules import DEFAULT_PERCENTILE, MeasureName
from trueup.kit.errors import Invalid
from trueup.kit.period import BEGINNING, FOREVER
from trueup.kit.quantity import parse_quantity, plain
from trueup.kit.text import text
from trueup.network.rules.tree import Raw, Values

_FROM = " from "


def field(name: str, from_date: date) -> str:
    """The field of a value that holds from a day on; the day is left out where it holds since ever."""
    return name if from_date == BEGINNING else f"{name}{_FROM}{from_date.isoformat()}"


def entries(values: Values, name: str) -> list[tuple[date, str]]:
    """What `values` say about one effective-dated field, in the order of the days."""
    found = [(day, str(value)) for key, value in values.items() if (day := _day_of(key, name)) is not None]
    return sorted(found)


def _day_of(key: str, name: str) -> date | None:
    if key == name:
        return BEGINNING
    start, _, day = key.partition(_FROM)
    return date.fromisoformat(day) if day and start == name else None


def is_of(key: str, name: str) -> bool:
    """Whether a field is about `name`, from whatever day on."""
    return key == name or key.startswith(name + _FROM)


def parse_day(value: Raw) -> date:
    """The day in a `from` field; since ever if it is left out. Raises Invalid."""
    if value is None:
        return BEGINNING
    try:
        day = date.fromisoformat(str(value))
    except ValueError:
        raise Invalid(text("`from` must be a day that exists, like 2026-10-16, not “{typed}”", typed=value)) from None
    if day >= FOREVER:
        raise Invalid(text("`from` is too late: {typed}", typed=value))
    return day


def exact(value: Raw, name: str) -> str:
    """A number ≥ 0 with at most 6 decimals as plain text. Raises Invalid."""
    return plain(parse_quantity(str(value), name=f"`{name}`")) or "0"


def percentile(value: Raw) -> str:
    """A percentile, above 0 and at most 100, as plain text. Raises Invalid."""
    number = parse_quantity(str(value), name="`percentile`")
    if not 0 < number <= 100:
        raise Invalid(text("`percentile` must be above 0 and at most 100, but is {typed}", typed=value))
    return plain(number) or ""


def measure_text(name: str, at: Decimal = DEFAULT_PERCENTILE) -> str:
    """A measure in one word, or two where it has a percentile."""
    return f"{name} {plain(at)}" if name == MeasureName.PERCENTILE_DAY else name


def measure_of(written: str) -> tuple[str, Decimal]:
    """Name and percentile of a measure that `measure_text` has written."""
    name, _, at = written.partition(" ")
    return name, Decimal(at) if at else DEFAULT_PERCENTILE


def read_measure(raw: dict[str, Raw]) -> str:
    """A measure in one word or two. Raises Invalid."""
    name, at = str(raw["name"]), raw.get("percentile")
    if at is None:
        return measure_text(name)
    if name != MeasureName.PERCENTILE_DAY:
        raise Invalid(text("`percentile` belongs to the measure percentile_day, not to {name}", name=name))
    return measure_text(name, Decimal(percentile(at)))


def twice(days: Iterable[date]) -> Iterator[tuple[int, date]]:
    """The days that came before, with their index."""
    seen: set[date] = set()
    for index, day in enumerate(days):
        if day in seen:
            yield index, day
        seen.add(day)
