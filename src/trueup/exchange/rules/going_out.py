"""A report as rows of somebody else's file: renamed, added up, and never more or less than the report says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from trueup.exchange.rules.days import written_day
from trueup.exchange.rules.numbers import written_number
from trueup.exchange.rules.profiles import FIGURES, Alias, Column, Profile
from trueup.kit.cells import safe_cell
from trueup.kit.errors import Invalid, Problem
from trueup.kit.period import Month
from trueup.kit.quantity import ZERO, Credits, Quantity
from trueup.kit.text import text
from trueup.reports.rules.shares import chargeable_shares

LINE_END: Final = "\r\n"

_SEPARATES: Final = frozenset(',;\t|"\r\n')
"""What a program that expects another delimiter might take for the end of a cell: such a text stands in quotes."""


@dataclass(frozen=True, slots=True)
class Share:
    """One customer's part of a line; the parts sum to it."""

    customer: str
    name: str
    provisioned: Quantity
    used: Quantity | None
    credits: Credits | None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a report: its words by field, its figures, and the customers behind it (None: not asked for)."""

    words: Mapping[str, str]
    decimals: int
    provisioned: Quantity
    used: Quantity | None
    credits: Credits | None
    default_chargeable: Quantity
    chargeable: Quantity
    over_provisioned: Quantity | None = None
    over_provisioned_percent: Quantity | None = None
    shares: tuple[Share, ...] | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """What all rows of a report have in common: the month, the MSP, further words by field."""

    cycle: Month
    msp: str
    msp_name: str
    words: Mapping[str, str]


@dataclass(slots=True)
class Row:
    """A row before it is written."""

    words: dict[str, str]
    figures: dict[str, Decimal | None]


def rows_of(header: Header, lines: Iterable[Line], profile: Profile) -> list[Row]:
    """The rows of a report in its order: of a line with customers one for each of them, else one."""
    rows = [row for line in lines for row in _of_line(header, line, profile)]
    return _summed(rows) if profile.sum_per_sku else rows


def _of_line(header: Header, line: Line, profile: Profile) -> list[Row]:
    if not line.shares:  # nobody was asked for, or nobody is behind it: it is charged all the same
        whole = (line.provisioned, line.used, line.credits, line.default_chargeable, line.chargeable)
        return [_row(header, line, profile, ("", ""), (*whole, line.over_provisioned, line.over_provisioned_percent))]
    charged = zip(
        chargeable_shares(line.default_chargeable, line, line.shares),
        chargeable_shares(line.chargeable, line, line.shares),
        strict=True,
    )
    return [
        _row(header, line, profile, (share.customer, share.name), (share.provisioned, share.used, share.credits, *own, None, None))
        for share, own in zip(line.shares, charged, strict=True)
    ]


def _row(header: Header, line: Line, profile: Profile, customer: tuple[str, str], figures: Sequence[Decimal | None]) -> Row:
    """`customer`: ref and name, which are empty for a whole line: the MSP pays it. `figures` in the order of the fields."""
    ref, name = customer
    payer, payer_name = (ref, name) if ref else (header.msp, header.msp_name)
    alias = profile.customers.get(payer, Alias())
    service, service_name = line.words["service"], line.words["service_name"]
    words = {
        **header.words,
        **line.words,
        "cycle": str(header.cycle),
        "first_day": written_day(header.cycle.first_day, profile.day_format),
        "last_day": written_day(header.cycle.last_day, profile.day_format),
        "msp": header.msp,
        "msp_name": header.msp_name,
        "sku": profile.services.get(service, service),
        "customer": ref,
        "customer_name": name,
        "company": alias.name or payer,
        "agreement": alias.agreement or payer_name,
        "agreement_id": alias.agreement_id,
        "description": service_name,
        "invoice_description": f"{service_name} {header.cycle}",
    }
    return Row(words, dict(zip(FIGURES, figures, strict=True)))


_TARGET: Final = ("company", "agreement", "agreement_id", "sku")
"""What tells two rows apart on the other side."""


def _summed(rows: Iterable[Row]) -> list[Row]:
    """Rows of one product of one agreement as one, where the first of them was. Words that differ stand beside each other."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row.words[name] for name in _TARGET), []).append(row)
    return [_sum(group) if len(group) > 1 else group[0] for group in groups.values()]


def _sum(rows: Sequence[Row]) -> Row:
    words = {name: ", ".join(dict.fromkeys(row.words[name] for row in rows if row.words[name])) for name in rows[0].words}
    return Row(words, {name: _total(name, [row.figures[name] for row in rows]) for name in FIGURES})


def _total(name: str, figures: Sequence[Decimal | None]) -> Decimal | None:
    """A sum of which a part is unknown is unknown; credits are those there are. Percents are not added up."""
    known = [figure for figure in figures if figure is not None]
    whole = name == "credits" or len(known) == len(figures)
    if not known or not whole or name == "over_provisioned_percent":
        return None
    return sum(known, ZERO)


def written(rows: Iterable[Row], profile: Profile) -> bytes:
    """The file, safe to open in a spreadsheet. Raises Invalid for what cannot be written in the encoding of the profile."""
    lines = [[_word(safe_cell(column.heading)) for column in profile.columns]] if profile.header_row else []
    lines += [[_cell(row, column, profile) for column in profile.columns] for row in rows]
    table = [profile.delimiter.join(line) for line in lines]
    try:
        return "".join(line + LINE_END for line in table).encode(profile.encoding)
    except UnicodeEncodeError as error:
        raise _unwritable(lines, profile, error) from error


def _cell(row: Row, column: Column, profile: Profile) -> str:
    if column.field in FIGURES:
        number = written_number(row.figures[column.field], decimal_comma=profile.decimal_comma)
        return f'"{number}"' if profile.delimiter in number else number
    return _word(safe_cell(column.constant if column.constant is not None else row.words[column.field]))


def _word(value: str) -> str:
    return '"' + value.replace('"', '""') + '"' if _SEPARATES.intersection(value) else value


def _unwritable(lines: Sequence[Sequence[str]], profile: Profile, error: UnicodeEncodeError) -> Invalid:
    """Which cell it is."""
    message = text("“{character}” cannot be written in {encoding}", character=error.object[error.start], encoding=profile.encoding)
    for number, line in enumerate(lines, 1):
        for column, cell in zip(profile.columns, line, strict=True):
            if not _fits(cell, profile.encoding):
                return Invalid(
                    message, [Problem(text("row {row}, column {column}", row=number, column=column.heading), message, "encoding")]
                )
    return Invalid(message)


def _fits(cell: str, encoding: str) -> bool:
    try:
        cell.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
