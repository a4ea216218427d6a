"""What may be uploaded by whom, and the way of an upload: received, checked, confirmed, taken in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import PurePath

from trueup.accounts.rules import Right
from trueup.kit.errors import Conflict, Invalid, TrueUpError
from trueup.kit.text import Text, plural, text
from trueup.ledger.rules.refusals import KeyReused


class Kind(StrEnum):
    """What a file holds."""

    USAGE = "usage"
    CUSTOMERS = "customers"


class State(StrEnum):
    """Where an upload is."""

    RECEIVED = "received"
    CHECKING = "checking"
    CHECKED = "checked"
    CONFIRMED = "confirmed"
    IMPORTING = "importing"
    DONE = "done"
    FAILED = "failed"
    DISCARDED = "discarded"


RIGHT: dict[Kind, Right] = {Kind.USAGE: Right.IMPORT_USAGE, Kind.CUSTOMERS: Right.KEEP_ACCOUNTS}
"""Whose right it is to send which kind."""

WAITING: dict[State, State] = {State.RECEIVED: State.CHECKING, State.CONFIRMED: State.IMPORTING}
"""What the clock takes up, and what it is while that is being done."""

BUSY = frozenset(WAITING) | frozenset(WAITING.values())
"""States that change by themselves: whoever looks should look again."""

ENDINGS: dict[Kind, tuple[str, ...]] = {Kind.USAGE: (".csv", ".ndjson", ".jsonl"), Kind.CUSTOMERS: (".csv",)}
"""How files end that are taken: text only. Nothing is unpacked here, so nothing can unpack to more than was sent."""

PATIENCE = timedelta(hours=1)
"""How much quicker than a delivery others may be that came after it: a large one takes a while to be received and checked."""

CLAIM_LASTS = timedelta(minutes=2)
"""After this long another worker takes up what one has begun and not finished. Doing it twice is harmless: what is taken in already is
known by its content."""

MOST_TRIES = 3
"""After so many workers that failed on it for reasons nobody expects, an upload is given up. A delivery never is: its sender was told
that it will be taken in, and has forgotten it."""

PAUSES = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
"""How long after each try the next may begin; the last holds for all that follow."""

MOST_WAITING = 20
"""Deliveries of one account that wait or are worked on; each may have a gigabyte."""

KEPT_FOR = timedelta(days=30)
"""How long the list of bad rows is kept after an upload is over."""

MOST_PROBLEMS = 200
"""How many bad rows are kept beside the upload to be shown; all of them are in the file of refused rows."""

_BINARY = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"(\xb5/\xfd", b"PAR1", b"%PDF", b"\xd0\xcf\x11\xe0", b"\x7fELF", b"MZ")


@dataclass(frozen=True, slots=True)
class BadRow:
    """What is wrong with one row; row 1 is the first row of data."""

    row: int
    column: str
    value: str
    reason: str
    code: str = ""
    """The reason for programs; empty where there is none."""


ROWS_REFUSED = "rows_refused"
"""The code of a delivery of which nothing was stored because of its rows."""


def refused_whole(counts: Mapping[str, int | bool]) -> bool:
    """Whether nothing of usage that was to be taken in is in the ledger, because of its rows."""
    return bool(counts["refused"]) and not (counts["stored"] or counts["repeated"] or counts["unmapped"])


def nothing_stored(refused: int) -> Text:
    """Why nothing of a delivery was stored."""
    return plural("{count} row is refused, so nothing was stored", "{count} rows are refused, so nothing was stored", refused)


class TooManyWaiting(Conflict):
    """As many deliveries of the account wait as it may have."""


def require_room(waiting: int) -> None:
    """Raise TooManyWaiting if no further delivery may wait beside so many."""
    if waiting >= MOST_WAITING:
        raise TooManyWaiting(
            text("{most} deliveries of your account wait already: send this one again when some are taken in", most=MOST_WAITING)
        )


def passes(error: TrueUpError) -> bool:
    """Whether a refusal is of the moment, and not of the file: the same file may be taken in later."""
    return isinstance(error, Conflict) and not isinstance(error, KeyReused)


def pause_after(tries: int) -> timedelta:
    """How long to wait after so many tries."""
    return PAUSES[min(tries, len(PAUSES)) - 1]


def safe_name(name: str) -> str:
    """The last part of a file's name as a browser sent it, without anything that means something to a disk or a terminal."""
    last = PurePath(name.replace("\\", "/")).name
    kept = "".join(character for character in last if character.isprintable() and character not in '/\\:*?"<>|\0').strip(". ")
    return kept[-120:] or "upload.csv"


def require_takeable(kind: Kind, name: str, start: bytes, size: int, limit: int) -> None:
    """Raise Invalid unless a file is one that can be read as this kind; `start` are its first bytes, sizes are bytes."""
    endings = ENDINGS[kind]
    if size == 0:
        raise Invalid(text("the file {file} is empty", file=name))
    if size > limit:
        most = f"{limit // 1_000_000}"
        raise Invalid(text("the file {file} is larger than {most} MB; larger ones are imported on the command line", file=name, most=most))
    if not name.lower().endswith(endings):
        raise Invalid(text("the file {file} cannot be read here: its name has to end in {endings}", file=name, endings=", ".join(endings)))
    if start.startswith(_BINARY) or b"\0" in start:
        raise Invalid(text("the file {file} is not text; if it is packed or a workbook, save it as CSV first", file=name))


def require_state(state: str, wanted: State, to_do: str) -> None:
    """Raise Conflict unless an upload is where it has to be for what somebody wants; `to_do` completes “cannot be”."""
    if state != wanted:
        raise Conflict(text("the upload cannot be {to_do} any more: look at what became of it", to_do=to_do))
