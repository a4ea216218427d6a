"""One vendor's table: an append-only Delta Lake table, partitioned by day and by tier.

New files land in the tier `tail`; compaction replaces all files of a day by one of the tier `clean`. The path of a file tells its
partition. Every commit names the batch it stores as an application transaction, so a batch can neither be stored twice nor be lost
unnoticed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from trueup.ledger.durable import flush_files, make_folder
from trueup.ledger.engine.place import OutOfOrder, Place

if TYPE_CHECKING:
    from deltalake import DeltaTable, Schema
    from deltalake.transaction import AddAction, RemoveAction, Transaction

BATCHES = "trueup"
PARTITIONS = ["p_day", "p_tier"]
Tier = Literal["tail", "clean"]
_AMOUNT = "decimal(18,6)"
_COLUMNS = (
    ("day", "date", False),
    ("msp_id", "long", False),
    ("customer_id", "long", False),
    ("service_id", "integer", False),
    ("provisioned_units", _AMOUNT, False),
    ("used_units", _AMOUNT, True),
    ("allocated_credits", _AMOUNT, True),
    ("recorded_at", "timestamp", False),
    ("batch_id", "long", False),
    ("superseded_at", "timestamp", True),
    ("p_day", "date", False),
    ("p_tier", "string", False),
)
"""Name, type, and whether it may be unknown."""


class Damaged(OutOfOrder):
    """A log cannot be read."""


class Overtaken(Exception):
    """Another process committed first; nothing was done."""


@dataclass(frozen=True)
class StoredFile:
    """A file of the table as its log names it."""

    path: str
    """Relative to the table."""
    day: date
    tier: Tier


@dataclass(frozen=True)
class NewFile:
    """A file that is written and flushed, but in no table yet. Plain values: the registry keeps it as JSON."""

    path: str
    day: str
    size: int
    rows: int

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Replacement:
    """The clean file of a day, and the files whose records it holds."""

    day: date
    removed: list[StoredFile]
    added: NewFile


class VendorTable:
    """A snapshot of one vendor's table; a commit moves it to the version it made."""

    def __init__(self, place: Place, vendor_id: int, table: DeltaTable) -> None:
        self.place = place
        self.vendor_id = vendor_id
        self._table = table
        self._uri = place.table_uri(vendor_id)

    @classmethod
    def open(cls, place: Place, vendor_id: int) -> VendorTable | None:
        """The table as it is now; None if the vendor has none. Raises Damaged where its log cannot be read."""
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError, TableNotFoundError

        try:
            table = DeltaTable(place.table_uri(vendor_id), storage_options=dict(place.storage_options) or None)
        except TableNotFoundError:
            return None
        except DeltaError as error:
            raise Damaged(str(error)) from error
        return cls(place, vendor_id, table)

    @classmethod
    def open_or_create(cls, place: Place, vendor_id: int) -> VendorTable:
        """The table as it is now, made if there is none. Only under the write lock. Raises OSError, of which OutOfOrder is one."""
        if place.is_local:
            make_folder(Path(place.table_uri(vendor_id)) / "_delta_log")
        found = cls.open(place, vendor_id)
        if found is not None:
            return found
        from deltalake import DeltaTable

        options = dict(place.storage_options) or None
        with _storing():
            created = DeltaTable.create(
                place.table_uri(vendor_id), _schema(), mode="ignore", partition_by=PARTITIONS, storage_options=options
            )
        table = cls(place, vendor_id, created)
        table._flush_log()
        return table

    @property
    def last_batch(self) -> int:
        """The batch stored last; 0 if there is none."""
        return self._table.transaction_version(BATCHES) or 0

    def files(self, first_day: date | None = None, end: date | None = None) -> list[StoredFile]:
        """The files of the days from `first_day` up to, and without, `end`."""
        found = [_stored("/".join(uri.rsplit("/", 3)[1:])) for uri in self._table.file_uris()]
        return [file for file in found if (first_day is None or file.day >= first_day) and (end is None or file.day < end)]

    def uri(self, path: str) -> str:
        """Where a file of the table is, for DuckDB."""
        return f"{self._uri}/{path}"

    def append(self, files: Sequence[NewFile], *, batch_id: int) -> None:
        """Commit a batch's files; on the disk when this returns. Only under the write lock, in the order of the batches.

        Raises OSError where the storage fails.
        """
        from deltalake.transaction import Transaction

        with _storing():
            self._commit([_add(file, "tail", data_change=True) for file in files], [Transaction(BATCHES, batch_id)])

    def replace(self, replacements: Sequence[Replacement]) -> None:
        """Put one clean file in the place of each day's files, all in one commit.

        Removing a file that is already removed is no conflict for Delta Lake, so a transaction per day is the compare-and-swap:
        Overtaken, and nothing is done, if another compaction of one of the days was committed after this snapshot.
        """
        from deltalake.exceptions import DeltaError
        from deltalake.transaction import RemoveAction, Transaction

        at = _milliseconds()
        actions: list[AddAction | RemoveAction] = [
            RemoveAction(file.path, data_change=False, deletion_timestamp=at, partition_values=_partition(file.day.isoformat(), file.tier))
            for one in replacements
            for file in one.removed
        ]
        actions += [_add(one.added, "clean", data_change=False) for one in replacements]
        apps = [f"compact-{one.day.isoformat()}" for one in replacements]
        try:
            self._commit(actions, [Transaction(app, (self._table.transaction_version(app) or 0) + 1) for app in apps])
        except DeltaError as error:
            raise Overtaken(str(error)) from error

    def vacuum(self, retention_hours: int) -> int:
        """Delete files no reader can want any more: replaced, or never committed, that many hours ago. Only under the write lock."""
        return len(self._table.vacuum(retention_hours=retention_hours, dry_run=False, enforce_retention_duration=False, full=True))

    def _commit(self, actions: Sequence[AddAction | RemoveAction], transactions: list[Transaction]) -> None:
        from deltalake.transaction import CommitProperties, PostCommitHookProperties

        self._table.create_write_transaction(
            list(actions),
            mode="append",
            schema=_schema(),
            partition_by=PARTITIONS,
            commit_properties=CommitProperties(app_transactions=transactions),
            post_commithook_properties=PostCommitHookProperties(create_checkpoint=True, cleanup_expired_logs=False),
        )
        self._flush_log()

    def _flush_log(self) -> None:
        """The log entry, and a checkpoint if one was written for it."""
        if not self.place.is_local:
            return
        log = Path(self._uri) / "_delta_log"
        version = f"{self._table.version():020}"
        files = [*log.glob(f"{version}*"), *log.glob("_last_checkpoint")]
        flush_files(files, root=Path(self.place.url))


@contextmanager
def _storing() -> Iterator[None]:
    """What Delta Lake cannot write is its storage's fault, for it was made here. Most of that is an OSError already."""
    from deltalake.exceptions import DeltaError

    try:
        yield
    except DeltaError as error:
        raise OutOfOrder(str(error)) from error


def mend_log(place: Place, vendor_id: int) -> bool:
    """Put aside a last log entry that a power failure left empty or cut short; True if there was one.

    The registry of batches knows what the entry stored, and has it stored again. Only under the write lock.
    """
    if not place.is_local:
        return False
    log = Path(place.table_uri(vendor_id)) / "_delta_log"
    entries = sorted(log.glob("[0-9]*.json"))
    if not entries or _readable(entries[-1]):
        return False
    aside = entries[-1].with_suffix(f".damaged-{_milliseconds()}")
    entries[-1].rename(aside)
    (log / "_last_checkpoint").unlink(missing_ok=True)  # it may name a checkpoint of the damaged version
    for checkpoint in log.glob(f"{entries[-1].stem}.checkpoint*"):
        checkpoint.unlink()
    flush_files([aside], root=Path(place.url))
    return True


def _readable(entry: Path) -> bool:
    lines = entry.read_bytes().splitlines()
    try:
        return bool(lines) and all(isinstance(json.loads(line), dict) for line in lines)
    except ValueError:
        return False


def _stored(path: str) -> StoredFile:
    day, tier, _ = path.rsplit("/", 2)
    return StoredFile(path, date.fromisoformat(day.removeprefix("p_day=")), "clean" if tier == "p_tier=clean" else "tail")


def _partition(day: str, tier: Tier) -> dict[str, str | None]:
    return {"p_day": day, "p_tier": tier}


def _schema() -> Schema:
    from deltalake import Field, Schema
    from deltalake.schema import PrimitiveType

    return Schema([Field(name, PrimitiveType(kind), nullable=nullable) for name, kind, nullable in _COLUMNS])


def _add(file: NewFile, tier: Tier, *, data_change: bool) -> AddAction:
    from deltalake.transaction import AddAction

    stats = json.dumps({"numRecords": file.rows})
    return AddAction(file.path, file.size, _partition(file.day, tier), _milliseconds(), data_change, stats)


def _milliseconds() -> int:
    """The machine's clock, for the storage's own housekeeping: the ledger's time is `recorded_at`."""
    return time.time_ns() // 1_000_000


__all__ = ["Damaged", "NewFile", "Overtaken", "Replacement", "StoredFile", "Tier", "VendorTable", "mend_log"]
