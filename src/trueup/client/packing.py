"""Packed files: which way one is packed, and what is in it."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, Literal, Protocol, cast

import zstandard

from trueup.kit.errors import Invalid

Compression = Literal["gzip", "zstd"]

_MARKS: Final[dict[bytes, Compression]] = {b"\x1f\x8b": "gzip", b"(\xb5/\xfd": "zstd"}
"""How a packed file begins; no usage file begins so."""

_ENDINGS: Final = {".gz", ".zst", ".zstd"}


class Packer(Protocol):
    """Packs piece by piece."""

    def compress(self, data: bytes, /) -> bytes:
        """What comes out for this piece; it may be nothing yet."""

    def flush(self) -> bytes:
        """The rest."""


def packer(kind: Compression) -> Packer:
    """Something that packs."""
    if kind == "gzip":
        return zlib.compressobj(level=6, wbits=31)
    return zstandard.ZstdCompressor(level=3).compressobj()


def packed_as(content: IO[bytes]) -> Compression | None:
    """Which way a file is packed, by how it begins; None: it is not. It stands at its beginning again afterwards."""
    start = content.read(4)
    content.seek(0)
    return next((kind for mark, kind in _MARKS.items() if start.startswith(mark)), None)


def name_inside(file: Path) -> str:
    """The name of what a packed file holds."""
    return file.stem if file.suffix.lower() in _ENDINGS else file.name


@contextmanager
def unpacking(content: IO[bytes], kind: Compression | None, name: str) -> Iterator[IO[bytes]]:
    """What is in a file, to be read piece by piece. Raises Invalid for what cannot be unpacked."""
    try:
        if kind == "gzip":
            yield cast("IO[bytes]", gzip.GzipFile(fileobj=content))
        elif kind == "zstd":
            yield cast("IO[bytes]", zstandard.ZstdDecompressor().stream_reader(content, read_across_frames=True, closefd=False))
        else:
            yield content
    except (gzip.BadGzipFile, EOFError, zlib.error, zstandard.ZstdError) as error:
        raise Invalid(f"{name} cannot be unpacked: it is damaged, or ends too early") from error
