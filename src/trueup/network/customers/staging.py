"""Reading the CSV into a scratch file, where rows of one customer come together whatever their order was."""

import csv
import os
import re
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import Final, TextIO

from trueup.accounts.models import Account
from trueup.accounts.rules import Tier, Viewer
from trueup.kit.chunks import chunks
from trueup.kit.errors import Invalid
from trueup.kit.period import BEGINNING
from trueup.kit.progress import Progress
from trueup.kit.text import text
from trueup.network.customers.result import RefusedRow
from trueup.network.rules import dated
from trueup.network.rules.tree import A_TIER

COLUMNS: Final = ("ref", "name", "msp", "from")
_BLOCK: Final = 20_000
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST: Final = {"ref": 200, "name": 300}
_TABLES = """
PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-32000; PRAGMA temp_store=FILE;
CREATE TABLE rows (row INTEGER PRIMARY KEY, ref TEXT, name TEXT, msp TEXT, day TEXT);
CREATE TABLE refused (row INTEGER, position INTEGER, value TEXT, reason TEXT, detail TEXT);
"""
_Row = tuple[int, str, str, str, str]
_Refused = tuple[int, int, str, str, str]


@contextmanager
def staged(file: Path, progress: Progress) -> Iterator[sqlite3.Connection]:
    """The rows of a CSV in a scratch database that goes away afterwards. Raises Invalid for a file that cannot be read."""
    handle, path = tempfile.mkstemp(prefix="trueup-customers-")
    os.close(handle)
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as scratch:
            scratch.executescript(_TABLES)
            progress.start(text("Reading customers"), None)
            _load(scratch, file, progress)
            progress.finish()
            yield scratch
    finally:
        Path(path).unlink()


def _load(scratch: sqlite3.Connection, file: Path, progress: Progress) -> None:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            _load_rows(scratch, lines, progress)
    except OSError as error:
        raise Invalid(text("{file} cannot be read: {problem}", file=file, problem=error.strerror)) from error
    except UnicodeDecodeError as error:
        raise Invalid(text("{file} is not UTF-8", file=file.name)) from error
    except csv.Error as error:
        raise Invalid(text("{file} is not a CSV file: {problem}", file=file.name, problem=error)) from error
    scratch.executescript("CREATE INDEX by_ref ON rows (ref, day);")


def _load_rows(scratch: sqlite3.Connection, written: TextIO, progress: Progress) -> None:
    lines = csv.reader(written, strict=True)
    header = [name.strip().lower() for name in next(lines, [])]
    if sorted(header) != sorted(COLUMNS) and sorted(header) != sorted(set(COLUMNS) - {"from"}):
        wanted, found = ", ".join(COLUMNS), ",".join(header)[:200]
        raise Invalid(text("the first line must name the columns {wanted} (in any order), not “{found}”", wanted=wanted, found=found))
    places = [header.index(name) if name in header else -1 for name in COLUMNS]
    rows = (_row(number, line, places) for number, line in enumerate((line for line in lines if line), 1))
    while block := list(islice(rows, _BLOCK)):
        good = [row for row, refused in block if not refused]
        bad = [item for _, refused in block for item in refused]
        scratch.execute("BEGIN")
        scratch.executemany("INSERT INTO rows VALUES (?, ?, ?, ?, ?)", good)
        scratch.executemany("INSERT INTO refused VALUES (?, ?, ?, ?, ?)", bad)
        scratch.execute("COMMIT")
        progress.advance(len(block))


def _row(number: int, line: list[str], places: list[int]) -> tuple[_Row, list[_Refused]]:
    """One row, and what is wrong with it."""
    if len(line) != sum(place >= 0 for place in places):
        return (number, "", "", "", ""), [(number, 0, ",".join(line)[:200], "columns", "")]
    ref, name, msp, day = (line[place].strip() if place >= 0 else "" for place in places)
    refused = [item for position, value in enumerate((ref, name, msp)) for item in _wrong_text(number, position, value)]
    from_date = BEGINNING
    try:
        from_date = dated.parse_day(day or None)
    except Invalid:
        refused.append((number, 3, day, "day", day))
    return (number, ref, name, msp, from_date.isoformat()), refused


def _wrong_text(number: int, position: int, value: str) -> Iterator[_Refused]:
    longest = _LONGEST.get(COLUMNS[position])
    if not value:
        yield number, position, value, "missing", COLUMNS[position]
    elif _CONTROL.search(value):
        yield number, position, value, "control", ""
    elif longest and len(value) > longest:
        yield number, position, value[:200], "long", str(longest)


_DOUBLED = """
SELECT later.row, 3, later.day, 'doubled', MIN(first.row)
FROM rows AS later JOIN rows AS first ON first.ref = later.ref AND first.day = later.day AND first.row < later.row
GROUP BY later.row
"""
_RENAMED = """
SELECT row, 1, name, 'renamed', ''
FROM (SELECT row, name, first_value(name) OVER (PARTITION BY ref ORDER BY row) AS said FROM rows) WHERE name <> said
"""


def check(scratch: sqlite3.Connection, viewer: Viewer) -> None:
    """Refuse the rows that contradict another row or the network, as far as the viewer sees it."""
    for contradiction in (_DOUBLED, _RENAMED):
        scratch.execute(f"INSERT INTO refused {contradiction}")
    _refuse_unknown_msps(scratch, viewer)
    _refuse_other_tiers(scratch, viewer)


def _refuse_unknown_msps(scratch: sqlite3.Connection, viewer: Viewer) -> None:
    named = [ref for (ref,) in scratch.execute("SELECT DISTINCT msp FROM rows ORDER BY msp")]
    known = Account.objects.visible_to(viewer)
    tiers = {ref: tier for chunk in chunks(named) for ref, tier in known.filter(ref__in=chunk).values_list("ref", "tier")}
    for ref in named:
        if tiers.get(ref) != Tier.MSP:
            reason = ("not_an_msp", tiers[ref]) if ref in tiers else ("no_msp", "")
            scratch.execute("INSERT INTO refused SELECT row, 2, msp, ?, ? FROM rows WHERE msp = ?", (*reason, ref))


def _refuse_other_tiers(scratch: sqlite3.Connection, viewer: Viewer) -> None:
    """Refs of vendors, distributors and MSPs; there are few of them, so they are looked up in the file."""
    above = Account.objects.exclude(tier=Tier.CUSTOMER)
    seen = set(above.filter(pk__in=Account.objects.visible_to(viewer)).values_list("ref", flat=True))
    for ref, tier in above.values_list("ref", "tier").iterator():
        refuse_ref(scratch, ref, *(("not_a_customer", tier) if ref in seen else ("taken", "")))


def refuse_ref(scratch: sqlite3.Connection, ref: str, reason: str, detail: str) -> None:
    """Refuse every row of a customer."""
    scratch.execute("INSERT INTO refused SELECT row, 0, ref, ?, ? FROM rows WHERE ref = ?", (reason, detail, ref))


def refused(scratch: sqlite3.Connection) -> list[RefusedRow]:
    """Every bad row, with the reason in words."""
    rows = scratch.execute("SELECT row, position, value, reason, detail FROM refused ORDER BY row, position")
    return [RefusedRow(row, COLUMNS[position], value, _REASONS[reason](detail), reason) for row, position, value, reason, detail in rows]


def _day_reason(day: str) -> str:
    try:
        dated.parse_day(day)
    except Invalid as error:
        return error.message
    raise AssertionError(day)


_REASONS: Final[Mapping[str, Callable[[str], str]]] = {
    "columns": lambda _: text("the row does not have the columns of the header"),
    "day": _day_reason,
    "missing": lambda column: text("`{column}` is missing", column=column),
    "control": lambda _: text("control characters are not allowed"),
    "long": lambda most: text("at most {most} characters are allowed", most=most),
    "doubled": lambda row: text("row {row} has the same ref and the same day", row=row),
    "renamed": lambda _: text("an earlier row of this ref has another name"),
    "no_msp": lambda _: text("there is no MSP of this ref"),
    "not_an_msp": lambda tier: text("this is {tier}, not an MSP", tier=A_TIER[tier]),
    "not_a_customer": lambda tier: text("this is {tier}, not a customer", tier=A_TIER[tier]),
    "taken": lambda _: text("this ref is taken"),
    "not_below": lambda _: text("this customer is not below your account at present"),
    "not_yours": lambda _: text("this would change days on which the customer or the MSP is not yours"),
}
"""The words of each reason; the scratch file keeps the reason and one detail."""


def customers(scratch: sqlite3.Connection) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """Each customer with its name and its rows in the order of the days: (from, MSP)."""
    ref, name, rows = "", "", list[tuple[str, str]]()
    for next_ref, next_name, day, msp in scratch.execute("SELECT ref, name, day, msp FROM rows ORDER BY ref, day"):
        if next_ref != ref and rows:
            yield ref, name, rows
            rows = []
        ref, name = next_ref, next_name
        rows.append((day, msp))
    if rows:
        yield ref, name, rows
