"""Usage as it comes off the wire: unpacked on its way to the disk, never whole in memory, and no further than the limit."""

import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import zstandard
from django.conf import settings
from django.http import HttpRequest

from trueup.api.endpoints.usage_json import LARGEST_JSON, lines_of
from trueup.api.problems import Refused
from trueup.kit.text import text
from trueup.uploads import storage

PIECE: Final = 256 * 2**10
"""Bytes read, or unpacked, at once."""

_FED_ZSTD: Final = 512
"""Bytes of zstd that are unpacked at once: 4 of them may become 128 KiB."""

_FED_GZIP: Final = 4096
"""The same of gzip: after each member, and there may be one in 20 bytes, what is left of them is copied."""

_PATIENCE: Final = 60
"""Seconds a sender may be silent, or behind the slowest pace."""

_SLOWEST: Final = 8 * 2**10
"""Bytes a second."""

_LARGEST_WINDOW: Final = 8 * 2**20
"""Bytes a sender may have us remember for zstd; RFC 9659 asks for no more."""


class Form(StrEnum):
    """How usage is written, by the ending of the file it is kept in."""

    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"
    PARQUET = "parquet"


MEDIA_TYPES: Final[dict[str, Form]] = {
    "application/json": Form.JSON,
    "application/x-ndjson": Form.NDJSON,
    "application/ndjson": Form.NDJSON,
    "application/jsonl": Form.NDJSON,
    "text/csv": Form.CSV,
    "application/vnd.apache.parquet": Form.PARQUET,
}

ENCODINGS: Final = ("gzip", "zstd", "identity")


@dataclass(frozen=True, slots=True)
class Received:
    """Usage on the disk, as a file that the ledger reads."""

    file: Path
    form: Form


@contextmanager
def received(request: HttpRequest, *, whole: bool = False) -> Iterator[Received]:
    """Take usage off the wire; its file is gone when the block ends, unless somebody kept it.

    `whole`: somebody will have all of it in memory.

    Raises Refused for what cannot be taken, Invalid for JSON that holds no records.
    """
    form, unpack, most = _form(request), _encoding(request), settings.TRUEUP_API_UPLOAD_LIMIT
    length = _length(request, most)
    arriving = _within(_sent(request, length), most, form)  # what is packed in nothing but empty pieces ends as well
    body = _within(unpack(arriving), min(most, LARGEST_JSON) if whole or form == Form.JSON else most, form)
    kept_as = Form.CSV if form == Form.JSON else form
    with _impatient(request), storage.received(f"usage.{kept_as}", _some(lines_of(body) if form == Form.JSON else body)) as file:
        yield Received(file, form)


def _form(request: HttpRequest) -> Form:
    """What the body is. Raises Refused."""
    form = MEDIA_TYPES.get((request.content_type or "").lower())
    charset = (request.content_params or {}).get("charset", "utf-8").strip("\"'").lower()
    if form is None or charset not in {"utf-8", "utf8", "us-ascii"}:
        accepted = ", ".join(MEDIA_TYPES)
        detail = text("usage is sent as one of {types}, in UTF-8", types=accepted)
        raise Refused(415, "unsupported_media_type", detail, headers={"Accept-Post": accepted})
    return form


_Unpack = Callable[[Iterator[bytes]], Iterator[bytes]]


def _encoding(request: HttpRequest) -> _Unpack:
    """How the body is unpacked. Raises Refused."""
    known: dict[str, _Unpack] = {
        "": iter,
        "identity": iter,
        "gzip": _gunzip,
        "x-gzip": _gunzip,
        "zstd": _unzstd,
    }
    unpack = known.get(request.headers.get("Content-Encoding", "").strip().lower())
    if unpack is None:
        accepted = ", ".join(ENCODINGS)
        detail = text("a body may be packed with one of {encodings}", encodings=accepted)
        raise Refused(415, "unsupported_encoding", detail, headers={"Accept-Encoding": accepted})
    return unpack


def _length(request: HttpRequest, most: int) -> int | None:
    """How many bytes were announced; None where they come in chunks until they end. Raises Refused."""
    announced = str(request.META.get("CONTENT_LENGTH") or "")
    if announced:
        length = int(announced) if announced.isascii() and announced.isdigit() else 0
        if length > most:
            raise _too_large(most)
        return length
    if not request.META.get("HTTP_TRANSFER_ENCODING"):
        return 0
    if not request.META.get("wsgi.input_terminated"):
        raise Refused(411, "length_required", text("say how long the body is: Content-Length"))
    return None


def _sent(request: HttpRequest, length: int | None) -> Iterator[bytes]:
    """The body as it comes. Raises Refused if it breaks off."""
    # Django reads no body whose length was not announced; a server that ends it by itself may be read to the end.
    stream = request if length is not None else request.META["wsgi.input"]
    began, arrived = time.monotonic_ns(), 0
    while piece := _read(stream.read):
        arrived += len(piece)
        seconds = (time.monotonic_ns() - began) // 1_000_000_000
        if arrived < (seconds - _PATIENCE) * _SLOWEST:
            raise _too_slow()
        yield piece
    if length is not None and arrived < length:
        raise _cut_off()


def _read(read: Callable[[int], bytes]) -> bytes:
    try:
        return read(PIECE)
    except OSError as error:  # the connection, or a chunk that is none
        silent = isinstance(error, TimeoutError) or isinstance(error.__cause__, TimeoutError)  # Django has its own name for both
        raise (_too_slow() if silent else _cut_off()) from error


@contextmanager
def _impatient(request: HttpRequest) -> Iterator[None]:
    """A sender that falls silent does not hold its thread for ever; as far as the server shows us the connection."""
    connection = request.META.get("gunicorn.socket")
    if connection is None:
        yield
        return
    before = connection.gettimeout()
    connection.settimeout(_PATIENCE)
    try:
        yield
    finally:
        connection.settimeout(before)


def _within(pieces: Iterator[bytes], most: int, form: Form) -> Iterator[bytes]:
    """The pieces, as long as they are not too much."""
    left = most
    for piece in pieces:
        left -= len(piece)
        if left < 0:
            raise _too_large(most, form)
        yield piece


def _some(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces, if there is anything in them. Raises Refused."""
    empty = True
    for piece in pieces:
        empty = empty and not piece
        yield piece
    if empty:
        raise Refused(422, "empty", text("the request holds no usage records"))


def _slices(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    return (piece[start : start + size] for piece in pieces for start in range(0, len(piece), size))


def _gunzip(packed: Iterator[bytes]) -> Iterator[bytes]:
    """One gzip member after the other."""
    member, begun = zlib.decompressobj(wbits=31), False
    for piece in _slices(packed, _FED_GZIP):
        rest, more = piece, True
        while more:
            if member.eof:
                member = zlib.decompressobj(wbits=31)
            try:
                plain = member.decompress(rest, PIECE)
            except zlib.error as error:
                raise _not_packed("gzip") from error
            begun = True
            yield plain
            rest = member.unused_data if member.eof else member.unconsumed_tail
            more = bool(rest) or (len(plain) == PIECE and not member.eof)  # what is left may be inside it
    if begun and not member.eof:
        raise _cut_off()


def _unzstd(packed: Iterator[bytes]) -> Iterator[bytes]:
    """One zstd frame after the other."""
    frames = zstandard.ZstdDecompressor(max_window_size=_LARGEST_WINDOW)
    frame, begun = frames.decompressobj(), False
    for piece in _slices(packed, _FED_ZSTD):
        rest = piece
        while rest:
            if frame.eof:
                frame = frames.decompressobj()
            try:
                plain = frame.decompress(rest)
            except zstandard.ZstdError as error:
                raise _not_packed("zstd") from error
            begun = True
            yield plain
            rest = frame.unused_data if frame.eof else b""
    if begun and not frame.eof:
        raise _cut_off()


def _too_large(most: int, form: Form | None = None) -> Refused:
    size = str(most // 2**20)
    if form == Form.JSON:
        return Refused(413, "too_large", text("one JSON document may have {most} MB; send more as application/x-ndjson", most=size))
    return Refused(413, "too_large", text("one call may hold {most} MB of usage, also after unpacking", most=size))


def _too_slow() -> Refused:
    return Refused(408, "too_slow", text("the body came too slowly; nothing was stored"))


def _cut_off() -> Refused:
    return Refused(400, "truncated", text("the body ends before it is complete; nothing was stored"))


def _not_packed(encoding: str) -> Refused:
    return Refused(
        400, "bad_encoding", text("the body is not what {encoding} makes, or needs more memory than is given", encoding=encoding)
    )
