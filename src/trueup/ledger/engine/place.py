"""Where the ledger lives and what a query of it may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


class OutOfOrder(OSError):
    """The machine or the storage fails: the disk is full, a folder is gone, an object store does not answer. No delivery is to blame."""


@dataclass(frozen=True)
class Place:
    """The storage of one installation's ledger: a folder, or the URL of an object store."""

    url: str
    home: Path
    """Where everything else is written: reports of refused rows, what does not fit into memory, the lock of an embedded installation."""
    memory_limit: str
    threads: int
    storage_options: Mapping[str, str] = field(default_factory=dict)
    """Passed to the storage as they are (credentials and endpoint of an object store)."""

    @property
    def is_local(self) -> bool:
        """A folder of this machine, for which flushing to the disk is our business."""
        return "://" not in self.url

    @property
    def refused(self) -> Path:
        """The folder of the lists of refused rows."""
        return self.home / "refused"

    @property
    def scratch(self) -> Path:
        """The folder for what does not fit into memory; nothing in it outlives the process that wrote it."""
        return self.home / "scratch"

    def table_uri(self, vendor_id: int) -> str:
        """The table of one vendor."""
        return f"{self.url.rstrip('/')}/vendor-{vendor_id}"
