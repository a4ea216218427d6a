"""Reading the CSV into a scratch file, where rows of one customer come together whatever their order was."""

import csv
import os
import re
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import Final, TextIO

from trueup.accounts.models import Account
from trueup.accounts.rules import Tier
from trueup.kit.errors import Invalid
from trueup.kit.period import BEGINNING
from trueup.kit.progress import Progress
from trueup.network.customers.result import RefusedRow
from trueup.network.rules import dated
from trueup.network.rules.tree import A_TIER
from trueup.network.tables.reading import chunks

COLUMNS: Final = ("ref", "name", "msp", "from")
_BLOCK: Final = 20_000
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST: Final = {"ref": 200, "name": 300}
_TABLES = """
PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-32000; PRAGMA temp_store=FILE;
CREATE TABLE rows (row INTEGER PRIMARY KEY, ref TEXT, name TEXT, msp TEXT, day TEXT);
CREATE TABLE refused (row INTEGER, position INTEGER, value TEXT, reason TEXT);
"""
_Row = tuple[int, str, str, str, str]
_Refused = tuple[int, int, str, str]


@contextmanager
def staged(file: Path, progress: Progress) -> Iterator[sqlite3.Connection]:
    """The rows of a CSV in a scratch database that goes away afterwards. Raises Invalid for a file that cannot be read."""
    handle, path = tempfile.mkstemp(prefix="trueup-customers-")
    os.close(handle)
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as scratch:
            scratch.executescript(_TABLES)
            progress.start("Reading customers", None)
            _load(scratch, file, progress)
            progress.finish()
            yield scratch
    finally:
        Path(path).unlink()


def _load(scratch: sqlite3.Connection, file: Path, progress: Progress) -> None:
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            _load_rows(scratch, text, progress)
    except OSError as error:
        raise Invalid(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Invalid(f"{file} is not UTF-8") from error
    except csv.Error as error:
        raise Invalid(f"{file} is not a CSV file: {error}") from error
    scratch.executescript("CREATE INDEX by_ref ON rows (ref, day);")


def _load_rows(scratch: sqlite3.Connection, text: TextIO, progress: Progress) -> None:
    lines = csv.reader(text, strict=True)
    header = [name.strip().lower() for name in next(lines, [])]
    if sorted(header) != sorted(COLUMNS) and sorted(header) != sorted(set(COLUMNS) - {"from"}):
        raise Invalid(f"the first line must name the columns {', '.join(COLUMNS)} (in any order), not “{','.join(header)[:200]}”")
    places = [header.index(name) if name in header else -1 for name in COLUMNS]
    rows = (_row(number, line, places) for number, line in enumerate((line for line in lines if line), 1))
    while block := list(islice(rows, _BLOCK)):
        good = [row for row, refused in block if not refused]
        bad = [item for _, refused in block for item in refused]
        scratch.execute("BEGIN")
        scratch.executemany("INSERT INTO rows VALUES (?, ?, ?, ?, ?)", good)
        scratch.executemany("INSERT INTO refused VALUES (?, ?, ?, ?)", bad)
        scratch.execute("COMMIT")
        progress.advance(len(block))


def _row(number: int, line: list[str], places: list[int]) -> tuple[_Row, list[_Refused]]:
    """One row, and what is wrong with it."""
    if len(line) != sum(place >= 0 for place in places):
        return (number, "", "", "", ""), [(number, 0, ",".join(line)[:200], "the row does not have the columns of the header")]
    ref, name, msp, day = (line[place].strip() if place >= 0 else "" for place in places)
    refused = [item for position, value in enumerate((ref, name, msp)) for item in _wrong_text(number, position, value)]
    from_date = BEGINNING
    try:
        from_date = dated.parse_day(day or None)
    except Invalid as error:
        refused.append((number, 3, day, error.message))
    return (number, ref, name, msp, from_date.isoformat()), refused


def _wrong_text(number: int, position: int, value: str) -> Iterator[_Refused]:
    longest = _LONGEST.get(COLUMNS[position])
    if not value:
        yield number, position, value, f"`{COLUMNS[position]}` is missing"
    elif _CONTROL.search(value):
        yield number, position, value, "control characters are not allowed"
    elif longest and len(value) > longest:
        yield number, position, value[:200], f"at most {longest} characters are allowed"


_DOUBLED = """
SELECT later.row, 3, later.day, 'row ' || MIN(first.row) || ' has the same ref and the same day'
FROM rows AS later JOIN rows AS first ON first.ref = later.ref AND first.day = later.day AND first.row < later.row
GROUP BY later.row
"""
_RENAMED = """
SELECT row, 1, name, 'an earlier row of this ref has another name'
FROM (SELECT row, name, first_value(name) OVER (PARTITION BY ref ORDER BY row) AS said FROM rows) WHERE name <> said
"""


def check(scratch: sqlite3.Connection) -> list[RefusedRow]:
    """Every bad row: those that could not be read, and those that contradict another row or the network."""
    for contradiction in (_DOUBLED, _RENAMED):
        scratch.execute(f"INSERT INTO refused {contradiction}")
    _refuse_unknown_msps(scratch)
    _refuse_other_tiers(scratch)
    rows = scratch.execute("SELECT row, position, value, reason FROM refused ORDER BY row, position")
    return [RefusedRow(row, COLUMNS[position], value, reason) for row, position, value, reason in rows]


def _refuse_unknown_msps(scratch: sqlite3.Connection) -> None:
    named = [ref for (ref,) in scratch.execute("SELECT DISTINCT msp FROM rows ORDER BY msp")]
    tiers = {ref: tier for chunk in chunks(named) for ref, tier in Account.objects.filter(ref__in=chunk).values_list("ref", "tier")}
    for ref in named:
        if tiers.get(ref) != Tier.MSP:
            reason = f"this is {A_TIER[tiers[ref]]}, not an MSP" if ref in tiers else "there is no MSP of this ref"
            scratch.execute("INSERT INTO refused SELECT row, 2, msp, ? FROM rows WHERE msp = ?", (reason, ref))


def _refuse_other_tiers(scratch: sqlite3.Connection) -> None:
    """Refs of vendors, distributors and MSPs; there are few of them, so they are looked up in the file."""
    for ref, tier in Account.objects.exclude(tier=Tier.CUSTOMER).values_list("ref", "tier").iterator():
        reason = f"this is {A_TIER[tier]}, not a customer"
        scratch.execute("INSERT INTO refused SELECT row, 0, ref, ? FROM rows WHERE ref = ?", (reason, ref))


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
