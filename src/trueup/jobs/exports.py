"""Files, as commands: each written whole or not at all."""

from pathlib import Path

from trueup.client.answers import Download
from trueup.jobs.writing import write

_READABLE = ("text/", "application/xml")
"""What may go to a terminal, by how its media type begins."""


def export(found: Download, output: Path | None) -> None:
    """Write a file to standard output, to a file, or into a folder under its own name. Raises Conflict, and all a server refuses."""
    write(found.content, output, name=found.name, text=found.media_type.startswith(_READABLE))
