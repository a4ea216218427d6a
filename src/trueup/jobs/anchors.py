"""The file with the ends of all chains, which somebody keeps where the database's masters do not reach."""

import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from trueup.events.queries import Audit, ChainEnd, anchor
from trueup.kit.errors import Conflict, Invalid

_HASH = re.compile(r"[0-9a-f]{64}")


def keep(file: Path, found: Audit) -> None:
    """Write the ends of an audit to a file, at once or not at all; a file that is there is replaced.

    Raises Conflict where the history was tampered with: that is not to be kept; Invalid for a folder that is not there, OSError.
    """
    if found.findings:
        raise Conflict(f"The history was tampered with: {file} was not written.")
    if not file.parent.is_dir():
        raise Invalid(f"There is no folder {file.parent} to write {file.name} to.")
    content = {"anchor": found.anchor, "chains": {str(chain): list(end) for chain, end in sorted(found.ends.items())}}
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as output:
            json.dump(content, output, indent=1)
            output.write("\n")
            output.flush()
            os.fsync(output.fileno())
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def kept(file: Path) -> dict[int, ChainEnd]:
    """The ends that `keep` has written to a file. Raises Invalid for what is none or was changed, OSError."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        ends = dict(_ends(content["chains"]))
        stated = content["anchor"]
    except FileNotFoundError:
        raise Invalid(f"There is no file {file}.") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Invalid(f"{file} was not written by `trueup audit verify --keep`.") from None
    if anchor(ends) != stated:
        raise Invalid(f"{file} was changed since it was written: its anchor does not belong to its chains.")
    return ends


def _ends(chains: Mapping[str, list[object]]) -> Iterator[tuple[int, ChainEnd]]:
    for chain, (length, digest) in chains.items():
        if not isinstance(length, int) or not isinstance(digest, str) or not (_HASH.fullmatch(digest) or length == 0):
            raise ValueError(chain)
        yield int(chain), ChainEnd(length, digest)
