"""The files of an archive: made one after another, or by several processes at once, and kept in case the archive is cut short."""

import hashlib
import io
import logging
import os
import signal
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import IO, Final

import django
from django.conf import settings

from trueup.kit.errors import Invalid
from trueup.kit.text import Text, text
from trueup.statements.exports.means import Means, own_folder

_log = logging.getLogger(__name__)

_IN_MEMORY: Final = 1_048_576
"""Of one file; what is larger waits on disk for its turn."""
_BYTES_AT_ONCE: Final = 65_536
_AHEAD: Final = 8
"""Files that wait for their turn, for each process."""

Say = Callable[[Text], str]
Made = IO[bytes] | str
"""The content, or why there is none."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that an archive is to hold: its name, and how its content is made.

    `key` says what the content follows from: with the same key it is the same; empty where that is not known. `apart`: another process
    can make it, for it asks no database.
    """

    name: str
    make: Callable[[], Iterable[bytes]]
    key: str = ""
    apart: bool = False


def made(wanted: Iterable[Wanted], say: Say, means: Means) -> Iterator[tuple[Wanted, Made]]:
    """Each file in its order: whole, or the reason why there is none. Whatever is wrong with one, the others are made."""
    kept = _Kept(means.aside) if means.aside else None
    for one, found, is_new in _several(wanted, say, means.processes, kept) if means.processes > 1 else _single(wanted, say, kept):
        if isinstance(found, str):
            yield one, found
        else:
            with found:
                if kept and is_new and one.key:
                    kept.put(one.key, found)
                yield one, found
        means.progress.advance(1)


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    """The content of a file that was made."""
    file.seek(0)
    while piece := file.read(_BYTES_AT_ONCE):
        yield piece


_Found = tuple[Wanted, Made, bool]
"""What was wanted, what became of it, and whether it had to be made."""


def _single(wanted: Iterable[Wanted], say: Say, kept: "_Kept | None") -> Iterator[_Found]:
    for one in wanted:
        found = kept.get(one.key) if kept and one.key else None
        yield (one, _make(one, say), True) if found is None else (one, found, False)


def _several(wanted: Iterable[Wanted], say: Say, processes: int, kept: "_Kept | None") -> Iterator[_Found]:
    """Some are made by other processes while those before them are taken; what asks the database is made here, in its turn."""
    waiting: deque[tuple[Wanted, Future[bytes | str] | None]] = deque()
    pool = ProcessPoolExecutor(processes, get_context("spawn"), _begin, (settings.SETTINGS_MODULE,))
    try:
        for one in wanted:
            is_kept = kept is not None and bool(one.key) and kept.has(one.key)
            waiting.append((one, _handed_out(pool, one, say) if one.apart and not is_kept else None))
            if len(waiting) > _AHEAD * processes:
                yield _taken(*waiting.popleft(), say, kept)
        while waiting:
            yield _taken(*waiting.popleft(), say, kept)
    finally:
        pool.shutdown(cancel_futures=True)


def _handed_out(pool: ProcessPoolExecutor, one: Wanted, say: Say) -> "Future[bytes | str] | None":
    try:
        return pool.submit(_made_apart, one, say)
    except BrokenProcessPool:
        return None


def _taken(one: Wanted, future: "Future[bytes | str] | None", say: Say, kept: "_Kept | None") -> _Found:
    if future is None:
        return next(_single([one], say, kept))
    try:
        found = future.result()
    except Exception:  # noqa: BLE001 -- a process was killed, for its memory perhaps: this one makes the rest
        return one, _make(one, say), True
    return one, found if isinstance(found, str) else io.BytesIO(found), True


def _made_apart(one: Wanted, say: Say) -> bytes | str:
    found = _make(one, say)
    if isinstance(found, str):
        return found
    with found:
        return b"".join(pieces(found))


def _begin(chosen: str) -> None:
    """In each process: who interrupts the command means the first one, and none outlives it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    os.environ["DJANGO_SETTINGS_MODULE"] = chosen
    django.setup()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _make(wanted: Wanted, say: Say) -> Made:
    with ExitStack() as unless_whole:
        file = unless_whole.enter_context(tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY))
        try:
            file.writelines(wanted.make())
        except Invalid as refused:
            return "; ".join(say(one.message) for one in refused.problems if isinstance(one.message, Text)) or str(refused)
        except Exception:  # noqa: BLE001 -- whatever is wrong with one file, the others are still to be had
            _log.exception("%s could not be made", wanted.name)
            return say(text("this file could not be made: the log of the installation says why"))
        unless_whole.pop_all()
        return file


class _Kept:
    """Files in a folder by their key, each behind the checksum of its content: a machine that lost its power may have half of one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        own_folder(folder)

    def has(self, key: str) -> bool:
        return (self._folder / key).exists()

    def get(self, key: str) -> IO[bytes] | None:
        with suppress(OSError):
            written = (self._folder / key).read_bytes()
            size = hashlib.sha256().digest_size
            if hashlib.sha256(written[size:]).digest() == written[:size]:
                return io.BytesIO(written[size:])
        return None

    def put(self, key: str, file: IO[bytes]) -> None:
        """Keep a file. It is only a help: where it can't be (a full disk, a folder that somebody took away) the archive goes on."""
        file.seek(0)
        content = file.read()
        beside = self._folder / f"{key}-{os.getpid()}.new"
        try:
            beside.write_bytes(hashlib.sha256(content).digest() + content)
            beside.replace(self._folder / key)
        except OSError:
            with suppress(OSError):
                beside.unlink()
