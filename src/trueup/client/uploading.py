"""A file on its way to the server: read piece by piece, packed beforehand if wanted, told of as it goes."""

import codecs
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from trueup.client.packing import Compression, name_inside, packed_as, packer, unpacking
from trueup.kit.errors import Invalid
from trueup.kit.progress import Progress

_PIECE: Final = 256 * 1024
"""Bytes read at once."""

CSV, NDJSON, PARQUET = "text/csv", "application/x-ndjson", "application/vnd.apache.parquet"

ROWS_REFUSED: Final = frozenset({"rows_refused"})
"""The refusal of a whole file because of its rows: it says which."""

_ENDINGS: Final = {".csv": CSV, ".ndjson": NDJSON, ".jsonl": NDJSON, ".parquet": PARQUET}
"""What a file is, by its name; any other name says nothing."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What is sent. `body` begins anew each time it is called."""

    media_type: str
    encoding: str | None
    size: int
    body: Callable[[], Iterator[bytes]]

    @property
    def headers(self) -> dict[str, str]:
        """What the server is told about it."""
        said = {"Content-Type": self.media_type, "Content-Length": str(self.size)}
        return said | ({"Content-Encoding": self.encoding} if self.encoding else {})


def _media_type(file: Path, content: IO[bytes], packing: Compression | None) -> str:
    """What a file is: by its name, or by how it begins."""
    known = _ENDINGS.get(Path(name_inside(file)).suffix.lower())
    if known is not None:
        return known
    with unpacking(content, packing, file.name) as plain:
        start = plain.read(4096).removeprefix(codecs.BOM_UTF8)
    if start.startswith(b"PAR1"):
        return PARQUET
    return NDJSON if start.lstrip().startswith(b"{") else CSV


@contextmanager
def uploading(file: Path, *, compression: Compression | None, progress: Progress, kind: str | None = None) -> Iterator[Upload]:
    """A file, ready to be sent as often as it takes; `kind` says what it is, whatever its name. Raises Invalid for one that cannot be.

    One that is packed is sent as it is. What is packed here is kept in a temporary file meanwhile: its size has to be known, and servers
    before TrueUp may ask for it.
    """
    try:
        with file.open("rb") as content:
            if not _size(content):
                raise Invalid(f"{file.name} is empty")
            packing = packed_as(content)
            kind = kind or _media_type(file, content, packing)
            if packing is not None or compression is None:
                yield Upload(kind, packing, _size(content), lambda: _pieces(content, progress))
                return
            with tempfile.TemporaryFile() as packed:
                _pack(content, packed, compression, progress)
                yield Upload(kind, compression, packed.tell(), lambda: _pieces(packed, progress))
    except OSError as error:
        raise Invalid(f"{file} cannot be read: {error.strerror or error}") from error


def _size(file: IO[bytes]) -> int:
    size = file.seek(0, 2)
    file.seek(0)
    return size


def _pieces(file: IO[bytes], progress: Progress) -> Iterator[bytes]:
    """The content from the beginning; what was sent before is not counted twice. Behind it begins the waiting for the answer."""
    progress.start("Sending", _size(file))
    while piece := file.read(_PIECE):
        yield piece
        progress.advance(len(piece))
    progress.start("Taking in", None)


def _pack(plain: IO[bytes], packed: IO[bytes], kind: Compression, progress: Progress) -> None:
    progress.start("Packing", _size(plain))
    packing = packer(kind)
    while piece := plain.read(_PIECE):
        packed.write(packing.compress(piece))
        progress.advance(len(piece))
    packed.write(packing.flush())
    progress.finish()
