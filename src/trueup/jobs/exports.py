"""Files, as commands: each written whole or not at all."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from trueup.client.answers import Download
from trueup.jobs.progress import showing_progress
from trueup.jobs.writing import write
from trueup.kit.period import Month
from trueup.kit.progress import Silence
from trueup.statements.exports.means import Means

_READABLE = ("text/", "application/xml")
"""What may go to a terminal, by how its media type begins."""


def export(found: Download, output: Path | None) -> None:
    """Write a file to standard output, to a file, or into a folder under its own name. Raises Conflict, and all a server refuses."""
    write(found.content, output, name=found.name, text=found.media_type.startswith(_READABLE))


def archive(make: Callable[[Means], Download], month: Month, output: Path | None) -> None:
    """Write the archive of a cycle, with every core there is. What is made is kept beside it until all of it is written: a command that
    was interrupted, or killed, goes on from there when it is given again."""
    aside = _aside(month, output)
    with showing_progress() as progress:
        found = make(Means(aside, len(os.sched_getaffinity(0)), progress))
        write(found.content, output, name=found.name, text=False, progress=Silence())
    if aside:
        shutil.rmtree(aside, ignore_errors=True)


def _aside(month: Month, output: Path | None) -> Path | None:
    """Where the files of an archive are kept: nowhere if it does not become a file."""
    if output is None or (output.exists() and not (output.is_file() or output.is_dir())):
        return None
    folder = output if output.is_dir() else output.resolve().parent
    return folder / f".trueup-{month.cycle}-parts" if folder.is_dir() else None
