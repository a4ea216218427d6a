"""Reading a month of the ledger as it was known at a moment.

The contract with the SQL of the measures::

    with open_month(month, as_of=None, vendor_id=3) as reading:
        reading.connection.execute("SELECT ... FROM winning ...")

`reading.connection` is a DuckDB connection (UTC, memory limit, threads, temp folder under the home) with one relation, `winning`:

    day DATE, msp_id BIGINT, customer_id BIGINT, service_id INTEGER, provisioned_units DECIMAL(18,6),
    used_units DECIMAL(18,6) or NULL, allocated_credits DECIMAL(18,6) or NULL, batch_id BIGINT, recorded_at TIMESTAMPTZ

It holds at most one record per (day, customer_id, service_id): the one that counted at `reading.as_of`. It is a view over the files, so
a query pays for the columns it names only. It exists, and is empty, where the vendor has no usage in that month.
The relation is good inside the `with` block only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import duckdb

from trueup.kit.period import Month


@dataclass(frozen=True)
class Reading:
    """A month of one vendor's usage, readable by SQL."""

    connection: duckdb.DuckDBPyConnection
    month: Month
    vendor_id: int
    as_of: datetime | None
    """What was recorded later than this is not seen; None: everything stored is."""
    has_records: bool
    """False: nothing of this month was ever stored for the vendor, so the caller may skip its queries."""


@contextmanager
def open_month(month: Month, *, as_of: datetime | None, vendor_id: int) -> Iterator[Reading]:
    """The winning records of a month; finishes interrupted imports first if nobody else is doing so."""
    raise NotImplementedError
    yield
