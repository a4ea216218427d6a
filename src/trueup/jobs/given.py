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


def read_text(file: Path) -> str:
    """The text of a small file, or of standard input. Raises Invalid for one that cannot be read, or is no UTF-8."""
    try:
        with given(file) as found:
            return found.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Invalid(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Invalid(f"{file} is not UTF-8 text: the byte at position {error.start + 1} cannot be read") from error
