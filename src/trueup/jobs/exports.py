"""Files, as commands: each written whole or not at all."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from trueup.client.answers import Download
from trueup.jobs.progress import showing_progress
from trueup.jobs.writing import UNFINISHED, write
from trueup.kit.errors import Conflict
from trueup.kit.period import Month
from trueup.kit.progress import Silence
from trueup.statements.exports.means import Means, own_folder

_READABLE = ("text/", "application/xml")
"""What may go to a terminal, by how its media type begins."""
_LOCK = "lock"


def export(found: Download, output: Path | None) -> None:
    """Write a file to standard output, to a file, or into a folder under its own name. Raises Conflict, and all a server refuses."""
    write(found.content, output, name=found.name, text=found.media_type.startswith(_READABLE))


def archive(make: Callable[[Means], Download], month: Month, output: Path | None) -> None:
    """Write the archive of a cycle, with every core there is. What is made is kept beside it until all of it is written: a command that
    was interrupted, or killed, goes on from there when it is given again."""
    with _parts(_target(month, output)) as aside, showing_progress() as progress:
        found = make(Means(aside, len(os.sched_getaffinity(0)), progress))
        write(found.content, output, name=found.name, text=False, progress=Silence(), aside=aside)


def _target(month: Month, output: Path | None) -> Path | None:
    """The file that an archive becomes, if it becomes one."""
    if output is None or (output.exists() and not (output.is_file() or output.is_dir())):
        return None
    return (output / f"trueup-{month.cycle}.zip" if output.is_dir() else output).resolve()


@contextmanager
def _parts(target: Path | None) -> Iterator[Path | None]:
    """The folder in which the files of an archive are kept until it is written, held by one command alone; None where there can't be
    one. Raises Conflict if another command writes the same archive."""
    aside = target.with_name(f".{target.name}-parts") if target else None
    lock = _held(aside) if aside else None
    if aside is None or lock is None:
        yield None
        return
    is_written = False
    try:
        _take_away_unfinished(aside)
        yield aside
        is_written = True
    finally:
        if is_written or _is_empty(aside):
            shutil.rmtree(aside, ignore_errors=True)
        lock.release()


def _held(aside: Path) -> FileLock | None:
    lock = FileLock(aside / _LOCK, mode=0o600)
    try:
        own_folder(aside)
        lock.acquire(timeout=0)
    except Timeout as error:
        raise Conflict(f"another command writes this archive ({aside} is in use): wait for it, or write to another file") from error
    except OSError:
        return None
    return lock


def _take_away_unfinished(aside: Path) -> None:
    """What a command that was killed was writing."""
    for left in aside.glob(f"*{UNFINISHED}"):
        with suppress(OSError):
            left.unlink()


def _is_empty(aside: Path) -> bool:
    with suppress(OSError):
        return {one.name for one in aside.iterdir()} <= {_LOCK}
    return False
