"""What an archive is made with. Known to who asks a server, too: it needs nothing of the installation."""

import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from trueup.kit.errors import Conflict
from trueup.kit.progress import Progress, Silence
from trueup.kit.text import text


@dataclass(frozen=True, slots=True)
class Means:
    """What an archive is made with. `aside`: a folder in which its files are kept until somebody takes it away, so that an archive that
    is begun again goes on where it was; of several processes only those files are made that are `apart`."""

    aside: Path | None = None
    processes: int = 1
    progress: Progress = field(default_factory=Silence)


def own_folder(folder: Path) -> None:
    """Make a folder that nobody else reads, unless it is there. Raises Conflict for one that others may read, OSError."""
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    if folder.is_symlink() or not folder.is_dir() or folder.stat().st_uid != os.getuid() or folder.stat().st_mode & 0o077:
        raise Conflict(text("{folder} is not a folder of yours alone: take it away, or write to another place", folder=folder))
