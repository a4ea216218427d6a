"""Where the files are while they wait: a folder for each upload, below the installation's home.

What was sent lies in a folder of its own inside it, under the name it came with, whatever that is.
"""

import csv
import json
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from trueup.kit.cells import safe_cell
from trueup.ledger.durable import flush, make_folder

_INCOMING = "incoming-"
_SENT = "sent"
_REFUSED = "refused.csv"
_PROGRESS = "progress.json"
_ABANDONED = timedelta(days=1)
"""After this long nobody is still writing to a file that was not written to."""


def folder(upload_id: int) -> Path:
    """The folder of an upload."""
    return _all() / str(upload_id)


def _all() -> Path:
    return Path(settings.TRUEUP_HOME) / "uploads"


def receive(name: str, chunks: Iterable[bytes]) -> Path:
    """Write a file as it comes, to a folder that is nobody's yet. What cannot be written whole is removed."""
    place = _all() / f"{_INCOMING}{uuid.uuid4().hex}"
    try:
        make_folder(_all())
        (place / _SENT).mkdir(parents=True)
        with (place / _SENT / name).open("wb") as file:
            file.writelines(chunks)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    return place


@contextmanager
def received(name: str, chunks: Iterable[bytes]) -> Iterator[Path]:
    """Write a file as it comes; it is gone when the block ends, unless somebody kept its folder (`place_of`)."""
    place = receive(name, chunks)
    try:
        yield place / _SENT / name
    finally:
        drop(place)


def place_of(file: Path) -> Path:
    """The folder in which a file was received."""
    return file.parent.parent


def flush_received(file: Path) -> None:
    """Have a received file on the disk, whatever becomes of the machine: somebody is told that it will be taken in."""
    for path in (file, file.parent, place_of(file)):
        flush(path)


def keep(place: Path, upload_id: int) -> None:
    """Make a folder that was received that of a new upload. One that is there is of an upload that never came to be."""
    shutil.rmtree(folder(upload_id), ignore_errors=True)
    place.rename(folder(upload_id))
    flush(_all())


def drop(place: Path) -> None:
    """Throw away what was received."""
    shutil.rmtree(place, ignore_errors=True)


def sent(upload_id: int, name: str) -> Path:
    """The file that was sent."""
    return folder(upload_id) / _SENT / name


def remove_sent(upload_id: int) -> None:
    """Throw away the file once it was taken in, or cannot be; the list of its bad rows stays."""
    shutil.rmtree(folder(upload_id) / _SENT, ignore_errors=True)


def refused(upload_id: int) -> Path:
    """The file with all bad rows; it need not exist."""
    return folder(upload_id) / _REFUSED


def write_refused(place: Path, rows: Iterable[tuple[int, str, str, str]]) -> None:
    """Write the bad rows into an upload's folder: row, column, value, reason; no value is a formula to a spreadsheet."""
    with (place / _REFUSED).open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(("row", "column", "value", "reason"))
        for number, *words in rows:
            lines.writerow((number, *map(safe_cell, words)))


def note_progress(upload_id: int, label: str, done: int, total: int | None) -> None:
    """Say how far the work on an upload is. Beside the database, in which the work itself may be one open transaction."""
    path = folder(upload_id) / _PROGRESS
    partial = path.with_suffix(".part")
    partial.write_text(json.dumps({"label": label, "done": done, "total": total}), encoding="utf-8")
    partial.replace(path)


def progress(upload_id: int) -> dict[str, Any]:
    """How far the work is; empty where nothing was said."""
    try:
        found: dict[str, Any] = json.loads((folder(upload_id) / _PROGRESS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def remove(upload_id: int) -> None:
    """Throw the files of an upload away; what it came to stays in the table."""
    shutil.rmtree(folder(upload_id), ignore_errors=True)


def remove_abandoned(now: datetime) -> None:
    """Throw away what was being received when its process was killed."""
    for place in _all().glob(f"{_INCOMING}*"):
        with suppress(FileNotFoundError):  # whoever receives it was faster
            if all(datetime.fromtimestamp(path.stat().st_mtime, UTC) < now - _ABANDONED for path in (place, *place.rglob("*"))):
                drop(place)
