"""Many files as one zip, written while it is read: of what is in it only one piece is in memory. The same files give the same bytes."""

from collections.abc import Iterable, Iterator
from datetime import date
from io import RawIOBase
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

Entry = tuple[str, Iterable[bytes]]
"""A name with folders, and the content in pieces."""

_UNIX: Final = 3
_READABLE: Final = 0o644 << 16


class _Sink(RawIOBase):
    """Where the zip is written to: what has gathered is taken away."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: object) -> int:
        written = bytes(piece)  # type: ignore[call-overload]
        self._pieces.append(written)
        return len(written)

    def taken(self) -> Iterator[bytes]:
        pieces, self._pieces = self._pieces, []
        if pieces:
            yield b"".join(pieces)


def zipped(entries: Iterable[Entry], *, made: date) -> Iterator[bytes]:
    """The zip; every file in it is of the day `made`."""
    sink = _Sink()
    with ZipFile(sink, "w") as archive:
        for name, content in entries:
            info = ZipInfo(name, (made.year, made.month, made.day, 0, 0, 0))
            info.compress_type, info.create_system, info.external_attr = ZIP_DEFLATED, _UNIX, _READABLE
            with archive.open(info, "w", force_zip64=True) as file:
                for piece in content:
                    file.write(piece)
                    yield from sink.taken()
            yield from sink.taken()
    yield from sink.taken()
