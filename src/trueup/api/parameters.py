"""What is sent, read once: refs, codes, months and days in addresses; texts, wherever they are."""

from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime
from typing import Annotated, Final, TypeVar

from ninja import Field
from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from trueup.kit.addresses import from_segment
from trueup.kit.errors import Invalid, Problem
from trueup.kit.period import Month, parse_instant
from trueup.kit.text import text

_Value = TypeVar("_Value")


def _reading(read: Callable[[str], _Value]) -> Callable[[object], object]:
    """What the domain cannot read is not valid, in its words."""

    def read_it(given: object) -> object:
        if not isinstance(given, str):
            return given
        try:
            return read(given)
        except Invalid as error:
            raise ValueError(error.message) from error

    return read_it


def _storable(given: str) -> str:
    if "\0" in given:
        raise ValueError("there is no such text")
    return given


def _named(part: str) -> str:
    """A ref or a code. PostgreSQL keeps no character 0."""
    if "\0" in part:
        raise Invalid("there is no such name")
    return from_segment(part)


def _day(written: str) -> date:
    """A day, written in the one way that means one thing."""
    if len(written) != 10:
        raise Invalid(f"“{written}” is not a day: write it like 2026-10-03")
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise Invalid(f"“{written}” is not a day: write it like 2026-10-03") from None


Ref = Annotated[
    str,
    BeforeValidator(_reading(_named)),
    Field(description="A ref or code as one part of the path; `/` in it is written `~2F`, `~` is `~7E`.", min_length=1, max_length=300),
]
"""A ref or code in a path."""

Cycle = Annotated[
    Month,
    BeforeValidator(_reading(Month.parse)),
    WithJsonSchema({"type": "string", "pattern": r"^(?!0000|9999)\d{4}-(0[1-9]|1[0-2])$", "examples": ["2026-10"]}),
    Field(description="A month."),
]
"""A month in a path or a query."""

REPORT_CYCLE: Final = r"^(?!0000|9999)\d{4}-(0[1-9]|1[0-2])(-adjusts-(?!0000|9999)\d{4}-(0[1-9]|1[0-2]))?$"
"""How the month of a report is written."""

ReportCycle = Annotated[
    Month,
    BeforeValidator(_reading(Month.parse_report)),
    WithJsonSchema({"type": "string", "pattern": REPORT_CYCLE, "examples": ["2026-10"]}),
    Field(description="A month; of an adjustment for late usage the cycle and the month that it adjusts: `2026-11-adjusts-2026-10`."),
]
"""The month of a report, or of what follows from it, in a path or a query."""

Day = Annotated[date, BeforeValidator(_reading(_day)), WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-10-03"]})]
"""A calendar date in a query."""

Moment = Annotated[
    datetime,
    BeforeValidator(_reading(parse_instant)),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-01T00:00:00Z"]}),
]
"""An instant with its time zone in a query."""

Storable = Annotated[str, AfterValidator(_storable), Field(json_schema_extra={"pattern": r"^[^\x00]*$"})]
"""A text in a body or a query: PostgreSQL keeps no character 0, and looks for none."""


def words(said: str | None, name: str, known: Collection[str]) -> list[str]:
    """The words of a list in a query. Raises Invalid for one that there is not."""
    asked = [word.strip(" ") for word in (said or "").split(",") if word.strip(" ")]
    lost = [word for word in asked if word not in known]
    if lost:
        detail = text("there is no “{word}” here, only {known}", word=lost[0], known=", ".join(known))
        raise Invalid(detail, [Problem(name, detail, "unknown_field", ("query", name))])
    return list(dict.fromkeys(asked))


def list_of(known: Iterable[str], most: int) -> WithJsonSchema:
    """What the description of the API says of such a list: the words there are, in any order, with commas between them."""
    one = f"({'|'.join(known)})? *"
    return WithJsonSchema({"type": "string", "maxLength": most, "pattern": f"^ *{one}(, *{one})*$"})


def some_of(known: Iterable[str], most: int) -> WithJsonSchema:
    """As `list_of`, with a word at least."""
    words_ = "|".join(known)
    return WithJsonSchema({"type": "string", "maxLength": most, "pattern": f"^[, ]*({words_}) *(, *({words_})? *)*$"})
