"""The arguments and options that many commands share."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, TypeVar

import typer

from trueup.kit.errors import Invalid
from trueup.kit.period import Month, parse_instant

_Value = TypeVar("_Value")


class Format(StrEnum):
    """How data is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def _reading(parse: Callable[[str], _Value]) -> Callable[[str], _Value]:
    """What cannot be read in an argument is wrong usage."""

    def read(text: str) -> _Value:
        try:
            return parse(text)
        except Invalid as error:
            raise typer.BadParameter(error.message) from error

    return read


def moment(now: datetime | None) -> datetime:
    """The instant a command acts at: as given, else the machine's clock."""
    return now or datetime.now(UTC)


_month = _reading(Month.parse)
_cycle = _reading(Month.parse_report)
_instant = _reading(parse_instant)


def _date(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 -- a day has no time zone
    except ValueError:
        raise Invalid(f"“{text}” is not a day: write it like 2026-10-31") from None


as_day = _reading(_date)

MonthArgument = Annotated[Month, typer.Argument(parser=_month, metavar="CYCLE", help="The month, such as 2026-10.")]
CycleArgument = Annotated[
    Month,
    typer.Argument(parser=_cycle, metavar="CYCLE", help="The month, such as 2026-10, or 2026-11-adjusts-2026-10 for late usage."),
]
OptionalCycle = Annotated[
    Month | None, typer.Argument(parser=_cycle, metavar="[CYCLE]", help="The month, such as 2026-10 (default: all closed ones).")
]
MspArgument = Annotated[str, typer.Argument(metavar="MSP", help="The ref of the MSP.")]
ServiceArgument = Annotated[str, typer.Argument(metavar="SERVICE", help="The code of the service.")]
MonthOption = Annotated[Month, typer.Option("--month", parser=_month, metavar="MONTH", help="The month, such as 2026-10.")]
CycleOption = Annotated[Month | None, typer.Option("--cycle", parser=_cycle, metavar="CYCLE", help="Only this month, such as 2026-10.")]
FromMonth = Annotated[Month, typer.Option("--from", parser=_month, metavar="MONTH", help="The first month, such as 2026-01.")]
ToMonth = Annotated[Month | None, typer.Option("--to", parser=_month, metavar="MONTH", help="The last month (default: the first one).")]
FormatOption = Annotated[Format, typer.Option("--format", help="How to write the data.")]
DayOption = Annotated[
    date | None, typer.Option("--day", parser=as_day, metavar="DAY", help="The day of all rows, where the profile gives it as a constant.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check and show everything, change nothing.")]
NowOption = Annotated[
    datetime | None,
    typer.Option("--now", parser=_instant, metavar="T", help="Act as at this instant, such as 2026-11-06T23:00:00Z (default: the clock)."),
]
AsOfOption = Annotated[
    datetime | None,
    typer.Option("--as-of", parser=_instant, metavar="T", help="What was known at this instant (default: everything)."),
]
SeenAs = Annotated[str | None, typer.Option("--as", metavar="EMAIL", help="Show what this person may see (default: everything).")]
ActingAs = Annotated[
    str | None, typer.Option("--as", metavar="EMAIL", help="The member who does it; with --server it is whoever has signed in.")
]

MayActAs = Annotated[
    str | None,
    typer.Option("--as", metavar="EMAIL", help="The member who does it (default: the operator); with --server who has signed in."),
]
AccountOption = Annotated[
    str | None, typer.Option("--account", metavar="REF", help="In which account, of somebody who is in several.")
]  # fmt: skip


class StatementKind(StrEnum):
    """What a statement is for."""

    STATEMENT = "statement"
    CREDIT_NOTE = "credit_note"


def pairs(written: Sequence[str] | None, option: str) -> dict[str, str]:
    """What was given as NAME=VALUE. Wrong usage without a sign between them."""
    found: dict[str, str] = {}
    for one in written or ():
        name, sign, value = one.partition("=")
        if not sign or not name.strip():
            raise typer.BadParameter(f"“{one}” is not of the form NAME=VALUE", param_hint=option)
        found[name.strip()] = value
    return found


def examples(*lines: str) -> str:
    """The end of a help text."""
    return "\b\n" + "\n".join(("Examples:", *(f"  {line}" for line in lines)))
