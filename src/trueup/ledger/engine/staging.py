"""A delivery as rows of text: the view `raw` (the six columns as VARCHAR or NULL, and `malformed`, the text of an unreadable row).

A well-formed file is read by DuckDB in parallel. One that is not is first rewritten, row by row, so that every bad row has its number.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from trueup.kit.errors import Invalid
from trueup.kit.text import text
from trueup.ledger.engine.delivery import Delivery, Kind, check_columns
from trueup.ledger.engine.duck import literal
from trueup.ledger.rules.columns import COLUMNS
from trueup.ledger.rules.refusals import SHOWN

if TYPE_CHECKING:
    import duckdb

_LONGEST_LINE = 1 << 20  # characters, of which each has up to 4 bytes
_BLANKS = r"E' \t\n\r\v\f'"  # what DuckDB skips around a number and Python's strip() takes away
_BUFFER = 4 << 20  # bytes; DuckDB would take 32 MB for each of several, beside any memory limit that is small
_UNREADABLE = "__unreadable__"
_READ_LINES = (
    "auto_detect = false, header = false, quote = '', escape = '', delim = '\x01', columns = {'line': 'VARCHAR'}, max_line_size = 5000000"
)


def stage(connection: duckdb.DuckDBPyConnection, delivery: Delivery, *, scratch: Path, rewrite: bool, as_is: bool = False) -> None:
    """Make the view `raw`; with `rewrite` from a copy in which every row is readable (slower, for files that are not well-formed).

    Values are without the blanks around them, an empty one is NULL; with `as_is` they are as the file has them (trimming is most of the
    cost of reading a file).
    Raises Invalid for columns that are missing or unknown; a Parquet file that cannot be read is Invalid too.
    """
    if delivery.kind is Kind.PARQUET:
        body = _parquet(connection, delivery, as_is=as_is)
    elif rewrite:
        body = _json(_rewrite(delivery, scratch))
    elif delivery.kind is Kind.CSV:
        body = _csv(delivery, as_is=as_is)
    else:
        body = _json(delivery.path)
    connection.execute(f"CREATE OR REPLACE TEMP VIEW raw AS {body}")
    if delivery.kind is Kind.NDJSON:
        _check_keys(connection, delivery, _json_lines(delivery.path if not rewrite else _rewritten(delivery, scratch)))


def _selected(columns: dict[str, str], *, as_is: bool = False) -> str:
    """The six columns from expressions; one that the file does not have is unknown."""
    shape = "{0} AS {1}" if as_is else f"NULLIF(trim({{0}}, {_BLANKS}), '') AS {{1}}"
    return ", ".join(shape.format(columns[name], name) if name in columns else f"NULL::VARCHAR AS {name}" for name in COLUMNS)


def _csv(delivery: Delivery, *, as_is: bool) -> str:
    names = {name: f"c{position}" for position, name in enumerate(delivery.header)}
    types = ", ".join(f"'c{position}': 'VARCHAR'" for position in range(len(delivery.header)))
    dialect = "auto_detect = false, header = false, skip = 1, delim = ',', quote = '\"', escape = '\"', strict_mode = true"
    source = f"read_csv({literal(str(delivery.path))}, {dialect}, buffer_size = {_BUFFER}, columns = {{{types}}})"
    return f"SELECT {_selected(names, as_is=as_is)}, NULL::VARCHAR AS malformed FROM {source}"


def _json_lines(path: Path) -> str:
    return f"SELECT line FROM read_csv({literal(str(path))}, {_READ_LINES}) WHERE trim(line, ' \t\r') <> ''"


def _json(path: Path) -> str:
    # A number with a fraction passes through a double in DuckDB; its digits in the line do not.
    def value(name: str) -> str:
        digits = rf"regexp_extract(line, '\"{name}\"\s*:\s*([-+.0-9eE]+)', 1)"
        return (
            f"CASE WHEN json_type(record, '$.{name}') = 'DOUBLE' THEN "
            f"COALESCE(NULLIF({digits}, ''), record ->> '$.{name}') ELSE record ->> '$.{name}' END"
        )

    valid = "CASE WHEN json_valid(line) THEN line::JSON END"
    objects = f"SELECT line, CASE WHEN json_type({valid}) = 'OBJECT' THEN {valid} END AS record FROM ({_json_lines(path)})"
    malformed = f"CASE WHEN record IS NULL THEN left(line, {SHOWN}) ELSE record ->> '$.{_UNREADABLE}' END AS malformed"
    return f"SELECT {_selected({name: f'({value(name)})' for name in COLUMNS})}, {malformed} FROM ({objects})"


def _check_keys(connection: duckdb.DuckDBPyConnection, delivery: Delivery, lines: str) -> None:
    known = ", ".join(literal(name) for name in (*COLUMNS, _UNREADABLE))
    keys = f"SELECT DISTINCT unnest(json_keys(line)) AS key FROM ({lines}) WHERE json_valid(line)"
    unknown = connection.execute(f"SELECT key FROM ({keys}) WHERE key NOT IN ({known}) ORDER BY key").fetchall()
    if unknown:
        check_columns((*COLUMNS, *(str(row[0]) for row in unknown)), delivery.path.name)


def _parquet(connection: duckdb.DuckDBPyConnection, delivery: Delivery, *, as_is: bool) -> str:
    import duckdb

    source = f"read_parquet({literal(str(delivery.path))}, hive_partitioning = false)"
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    except duckdb.Error as error:
        why = str(error).splitlines()[0].replace(str(delivery.path), delivery.path.name)  # where it lies here is nobody's business
        raise Invalid(text("{file} is not a readable Parquet file: {error}", file=delivery.path.name, error=why)) from error
    types = {str(row[0]): str(row[1]) for row in described}
    check_columns(tuple(name.strip().lower() for name in types), delivery.path.name)
    columns = {name.strip().lower(): _as_text(name, kind) for name, kind in types.items()}
    return f"SELECT {_selected(columns, as_is=as_is)}, NULL::VARCHAR AS malformed FROM {source}"


def _as_text(name: str, kind: str) -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    if kind.startswith("TIMESTAMP"):  # what data frames make of a date
        return f"(CASE WHEN {quoted} = date_trunc('day', {quoted}) THEN {quoted}::DATE::VARCHAR ELSE {quoted}::VARCHAR END)"
    if kind == "BLOB":
        return f"decode({quoted})"
    return f"{quoted}::VARCHAR"


def _rewritten(delivery: Delivery, scratch: Path) -> Path:
    return scratch / f"{delivery.digest}.ndjson"


def _rewrite(delivery: Delivery, scratch: Path) -> Path:
    """The delivery as NDJSON in the scratch folder; the key `_UNREADABLE` holds what could not be read."""
    path = _rewritten(delivery, scratch)
    records = _csv_records(delivery) if delivery.kind is Kind.CSV else _lines(delivery)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{record}\n" for record in records)
    return path


def _csv_records(delivery: Delivery) -> Iterator[str]:
    width = len(delivery.header)
    with delivery.path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(_without_nul(file), strict=True)
        next(reader)
        while True:
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield json.dumps({_UNREADABLE: str(error)})
                continue
            if len(fields) == width + 1 and fields[-1] == "":
                fields.pop()  # a comma at the end of the line
            if len(fields) == width and sum(map(len, fields)) <= _LONGEST_LINE // 12:  # so many characters one may become in JSON
                yield json.dumps(dict(zip(delivery.header, fields, strict=True)))
            elif fields:
                yield json.dumps({_UNREADABLE: ",".join(fields)[:SHOWN]})


def _without_nul(file: io.TextIOBase) -> Iterator[str]:
    """Lines the csv module can take."""
    return (line.replace("\0", "\ufffd") for line in file)


def _lines(delivery: Delivery) -> Iterator[str]:
    with delivery.path.open(encoding="utf-8-sig") as file:  # any kind of line end
        for line in file:
            record = line.strip().replace("\x01", "\ufffd")
            if record:
                yield record if len(record) <= _LONGEST_LINE else json.dumps({_UNREADABLE: record[:SHOWN]})
