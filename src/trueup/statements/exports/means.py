"""What an archive is made with. Known to who asks a server, too: it needs nothing of the installation."""

from dataclasses import dataclass, field
from pathlib import Path

from trueup.kit.progress import Progress, Silence


@dataclass(frozen=True, slots=True)
class Means:
    """What an archive is made with. `aside`: a folder in which its files are kept until somebody takes it away, so that an archive that
    is begun again goes on where it was; of several processes only those files are made that are `apart`."""

    aside: Path | None = None
    processes: int = 1
    progress: Progress = field(default_factory=Silence)
