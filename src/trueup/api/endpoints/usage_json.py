"""A JSON document {"records": […]} as CSV, in the digits it was written with: a number is never a float here.

CSV is what the ledger reads quickest, and what is no record becomes a row that it refuses.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from trueup.api.bodies import no_number
from trueup.api.documents import Reader
from trueup.api.problems import Refused
from trueup.kit.errors import Invalid, Problem
from trueup.kit.text import plural, text
from trueup.ledger.rules.columns import COLUMNS

LARGEST_JSON: Final = 20 * 2**20
"""Bytes of one document, which is read as a whole."""

_MOST_PROBLEMS: Final = 1000
_AT_ONCE: Final = 1000
"""Records written at once."""

_KNOWN: Final = frozenset(COLUMNS)


_decode: Final = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=no_number).raw_decode
_encode: Final = json.JSONEncoder(check_circular=False).encode


def lines_of(body: Iterator[bytes]) -> Iterator[bytes]:
    """The records as lines of CSV, a row each. Raises Refused for what is no JSON, Invalid for another document."""
    try:
        written = b"".join(body).decode("utf-8-sig")
        yield from _lines(written)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "bad_request", text("the body is not JSON: {error}", error=_where(error))) from error


def _where(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg}, at character {error.pos + 1}"
    return text("it is nested too deep") if isinstance(error, RecursionError) else text("it holds what is no text or number of JSON")


def _lines(written: str) -> Iterator[bytes]:
    """One member after the other, so that the records are not all objects at once."""
    if not written.strip():
        return
    reader = Reader(written, _decode)
    wrong: list[Problem] = []
    found = False
    if not reader.takes("{"):
        _decode(written, reader.at)  # what is no JSON at all is told as such
        raise Invalid(text("the document has to be an object with records"))
    for name in reader.members():
        if name == "records" and not found and reader.takes("["):
            found = True
            yield from _records(reader, wrong)
        else:
            reader.value()
            wrong += [_wrong_member(name)][: _MOST_PROBLEMS - len(wrong)]
    reader.ends()
    if not found and not any(one.at == ("records",) for one in wrong):
        wrong.append(Problem("records", text("is required"), "missing", ("records",)))
    if wrong:
        raise Invalid(plural("{count} value is not valid", "{count} values are not valid", len(wrong)), wrong)


def _wrong_member(name: str) -> Problem:
    if name == "records":
        return Problem("records", text("has to be a list"), "not_readable", ("records",))
    return Problem(name, text("there is no such field"), "unknown_field", (name,))


def _records(reader: Reader, wrong: list[Problem]) -> Iterator[bytes]:
    yield _written([COLUMNS])
    block: list[Sequence[str | None]] = []
    for position, record in enumerate(reader.items()):
        if type(record) is not dict:
            block.append([_encode(record)])
        elif record.keys() <= _KNOWN:
            block.append([value if value is None or type(value) is str else _encode(value) for value in map(record.get, COLUMNS)])
        elif len(wrong) < _MOST_PROBLEMS:
            unknown = (name for name in record if name not in _KNOWN)
            some = islice(unknown, _MOST_PROBLEMS - len(wrong))
            wrong += [Problem(name, text("there is no such field"), "unknown_field", ("records", str(position), name)) for name in some]
        if len(block) == _AT_ONCE:
            yield _written(block)
            block.clear()
    yield _written(block)


def _written(rows: Iterable[Sequence[str | None]]) -> bytes:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue().encode("utf-8", "replace")
