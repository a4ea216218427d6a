"""Where the files are while they wait: a folder for each upload, below the installation's home."""

import csv
import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings

# No file that is sent can be called so: a name never begins with a dot (rules.safe_name).
_REFUSED = ".refused.csv"
_PROGRESS = ".progress.json"


def folder(upload_id: int) -> Path:
    """The folder of an upload."""
    return Path(settings.TRUEUP_HOME) / "uploads" / str(upload_id)


def keep(upload_id: int, name: str, chunks: Iterable[bytes]) -> Path:
    """Write the file that was sent."""
    place = folder(upload_id)
    place.mkdir(parents=True, exist_ok=True)
    path = place / name
    with path.open("wb") as file:
        file.writelines(chunks)
    return path


def refused(upload_id: int) -> Path:
    """The file with all bad rows; it need not exist."""
    return folder(upload_id) / _REFUSED


def write_refused(upload_id: int, rows: Iterable[tuple[int, str, str, str]]) -> int:
    """Write the bad rows: row, column, value, reason. Returns how many problems there are."""
    count = 0
    with refused(upload_id).open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(("row", "column", "value", "reason"))
        for row in rows:
            lines.writerow(row)
            count += 1
    return count


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
