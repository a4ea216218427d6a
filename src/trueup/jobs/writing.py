"""Files that commands write: whole or not at all, however large they are."""

import os
import sys
import tempfile
from collections.abc import Iterable
from contextlib import nullcontext, suppress
from pathlib import Path

from trueup.jobs.messages import say
from trueup.jobs.progress import showing_progress
from trueup.kit.errors import Conflict, Invalid
from trueup.kit.progress import Progress

UNFINISHED = ".new"
"""How the name of a file ends that is being written in a folder of its own."""


def write(
    content: Iterable[bytes], output: Path | None, *, name: str = "", text: bool = True, label: str = "Writing",
    progress: Progress | None = None, aside: Path | None = None,
) -> None:  # fmt: skip
    """Write what comes in pieces: to standard output, to a file, or under its own name into a folder.

    A file appears when it is complete; before that, and if anything goes wrong, what was there stays. Raises Conflict for what is no
    text (`text` False) and would go to a terminal. `progress` is told of the bytes; None: a bar is shown. `aside`: a folder
    of the same disk for the file until it is complete; None: that of the target.
    """
    if output is None:
        _to_standard_output(content, text=text)
        return
    target = output / name if name and output.is_dir() else output
    if target.exists() and not target.is_file():
        _into(content, target)  # a device, or a pipe
    else:
        _to_file(content, target.resolve(), label, progress, aside)
    say(f"{target} is written.")


def _to_standard_output(content: Iterable[bytes], *, text: bool) -> None:
    if not text and sys.stdout.isatty():
        raise Conflict("this is nothing to read on a terminal: say where to write it with --output FILE")
    sys.stdout.flush()
    for piece in content:
        sys.stdout.buffer.write(piece)


def _into(content: Iterable[bytes], target: Path) -> None:
    with target.open("wb") as file:
        file.writelines(content)


def _to_file(content: Iterable[bytes], target: Path, label: str, told: Progress | None, aside: Path | None) -> None:
    try:
        descriptor, beside = (
            tempfile.mkstemp(suffix=UNFINISHED, dir=aside) if aside else tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
        )
    except OSError as error:
        raise Invalid(f"{target} cannot be written: {error.strerror}") from error
    try:
        with os.fdopen(descriptor, "wb") as file, nullcontext(told) if told else showing_progress() as progress:
            progress.start(label, None)
            for piece in content:
                file.write(piece)
                progress.advance(len(piece))
            progress.finish()
            file.flush()
            os.fsync(file.fileno())
        Path(beside).chmod(_usual_mode(target))
        Path(beside).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(beside).unlink()
        raise


def _usual_mode(target: Path) -> int:
    """Who may read it: as the file it replaces; a new one as every file of this person."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
