"""The file a command is given: standard input where it is `-`, and what is in a packed one."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from trueup.client.packing import name_inside, packed_as, unpacking
from trueup.kit.errors import Invalid

_STANDARD_INPUT = Path("-")


@contextmanager
def given(file: Path) -> Iterator[Path]:
    """The file, or standard input as one: it is read to its end before, as it may have to be sent again."""
    if file != _STANDARD_INPUT:
        yield file
        return
    with TemporaryDirectory(prefix="trueup-") as folder:
        spooled = Path(folder) / "stdin"
        with spooled.open("wb") as output:
            shutil.copyfileobj(sys.stdin.buffer, output)
        yield spooled


@contextmanager
def unpacked(file: Path) -> Iterator[Path]:
    """The file, or what is in it if it is packed by gzip or zstd. Raises Invalid for one that cannot be read or unpacked."""
    try:
        with file.open("rb") as content:
            packing = packed_as(content)
            if packing is None:
                yield file
                return
            with TemporaryDirectory(prefix="trueup-") as folder:
                plain = Path(folder) / name_inside(file)
                with unpacking(content, packing, file.name) as inside, plain.open("wb") as output:
                    shutil.copyfileobj(inside, output)
                yield plain
    except (FileNotFoundError, PermissionError, IsADirectoryError) as error:
        if error.filename != str(file):
            raise
        raise Invalid(f"{file} cannot be read: {error.strerror}") from error
