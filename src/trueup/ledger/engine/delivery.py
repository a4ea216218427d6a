"""A delivered file: its kind, its digest, its columns. Whatever makes it unreadable as a whole is said here."""

from __future__ import annotations

import codecs
import csv
import hashlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from trueup.kit.errors import Invalid
from trueup.kit.progress import Progress
from trueup.kit.text import joined, text
from trueup.ledger.rules.columns import COLUMNS, REQUIRED

_CHUNK = 4 << 20  # bytes
LONGEST_LINE = 1 << 20
"""Bytes of a line; a row of usage has some hundred."""
_PARQUET_MAGIC = b"PAR1"


class Kind(StrEnum):
    """How a file is written."""

    CSV = "csv"
    NDJSON = "ndjson"
    PARQUET = "parquet"


_KINDS = {".csv": Kind.CSV, ".ndjson": Kind.NDJSON, ".jsonl": Kind.NDJSON, ".parquet": Kind.PARQUET}


@dataclass(frozen=True)
class Delivery:
    """A file that can be read as a whole."""

    path: Path
    kind: Kind
    digest: str
    """SHA-256 of the bytes, in hexadecimal."""
    size: int
    header: tuple[str, ...]
    """Of a CSV: its columns in the file's order. Else empty."""


def examine(path: Path, progress: Progress) -> Delivery:
    """Read a file once: digest, encoding, header. Raises Invalid with a sentence if it cannot be used."""
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise Invalid(text("{file} is not a file", file=str(path)))
        kind = _kind(path)
        progress.start(text("Reading the file"), size)
        digest = _digest(path, kind, progress)
    except OSError as error:
        raise Invalid(text("{file} cannot be read: {error}", file=str(path), error=error.strerror)) from error
    finally:
        progress.finish()
    if size == 0:
        raise Invalid(text("{file} is empty", file=path.name))
    return Delivery(path, kind, digest, size, _header(path) if kind is Kind.CSV else ())


def _kind(path: Path) -> Kind:
    known = _KINDS.get(path.suffix.lower())
    if known is not None:
        return known
    with path.open("rb") as file:
        start = file.read(4096).removeprefix(codecs.BOM_UTF8)
    if start.startswith(_PARQUET_MAGIC):
        return Kind.PARQUET
    return Kind.NDJSON if start.lstrip().startswith(b"{") else Kind.CSV


def _digest(path: Path, kind: Kind, progress: Progress) -> str:
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")() if kind is not Kind.PARQUET else None
    done = length = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            if decoder is not None:
                _decode(decoder, chunk, done, path)
                length = _line_length(length, chunk, path)
            done += len(chunk)
            progress.advance(len(chunk))
    if decoder is not None:
        _decode(decoder, b"", done, path, final=True)
    return digest.hexdigest()


def _line_length(begun: int, chunk: bytes, path: Path) -> int:
    """How long the line is that the chunk ends in, of which `begun` bytes came before. Raises Invalid for a line nobody writes."""
    lines = chunk.split(b"\n")
    lengths = [begun + len(lines[0]), *map(len, lines[1:])]
    if max(lengths) > LONGEST_LINE:
        raise Invalid(text("{file} has a line of more than 1 MB: no row of usage is so long", file=path.name))
    return lengths[-1]


def _decode(decoder: codecs.IncrementalDecoder, chunk: bytes, offset: int, path: Path, *, final: bool = False) -> None:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError as error:
        place = offset + error.start + 1
        raise Invalid(
            text("{file} is not UTF-8 text: the byte near position {place} cannot be read", file=path.name, place=str(place))
        ) from error


def _header(path: Path) -> tuple[str, ...]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            names = next(csv.reader(file), [])
        except csv.Error as error:
            raise Invalid(text("the header of {file} cannot be read: {error}", file=path.name, error=str(error))) from error
    columns = tuple(name.strip().lower() for name in names)
    check_columns(columns, path.name)
    return columns


def check_columns(columns: tuple[str, ...], name: str) -> None:
    """Raise Invalid naming the columns that are missing, unknown or there twice."""
    problems = [text("the column {column} is missing", column=column) for column in REQUIRED if column not in columns]
    unknown = (column or text("(without a name)") for column in columns if column not in COLUMNS)
    problems += [text("the column {column} is not known", column=column) for column in unknown]
    problems += [text("the column {column} is there twice", column=column) for column in COLUMNS if columns.count(column) > 1]
    if problems:
        raise Invalid(
            text(
                "{file}: {problems}. The columns are {columns}; the last two may be absent",
                file=name, problems=joined(problems, "; "), columns=", ".join(COLUMNS),
            )
        )  # fmt: skip
