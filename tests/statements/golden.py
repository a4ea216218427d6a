"""Golden files: what TrueUp writes, byte for byte, under tests/golden. `GOLDEN=write pytest tests/statements/test_exports_golden.py` writes
them anew; then read the difference before it is committed.

An XLSX file and a zip are kept unpacked, as one text: how tightly they are packed is up to the machine's zlib, what is in them is ours.
"""

import io
import os
from pathlib import Path
from zipfile import ZipFile

FOLDER = Path(__file__).resolve().parent.parent / "golden"


def unpacked(content: bytes) -> bytes:
    """Every file inside, in its order, with its name and its day."""
    parts = []
    with ZipFile(io.BytesIO(content)) as archive:
        for info in archive.infolist():
            parts += [f"── {info.filename} {info.date_time}\n".encode(), archive.read(info), b"\n"]
    return b"".join(parts)


def check(name: str, content: bytes) -> None:
    """Compare a file with its golden one, or write that."""
    kept = FOLDER / (f"{name}.txt" if name.endswith((".xlsx", ".zip")) else name)
    said = unpacked(content) if name.endswith((".xlsx", ".zip")) else content
    if os.environ.get("GOLDEN") == "write":
        FOLDER.mkdir(exist_ok=True)
        kept.write_bytes(said)
    assert kept.read_bytes() == said, f"{kept.name} is written otherwise than before: see tests/statements/golden.py"
