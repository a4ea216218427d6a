"""What all processes of an installation know for a while: devices that wait to be let in, and who has tried too often."""

from datetime import datetime
from typing import Any

from django.core.cache.backends.db import DatabaseCache
from django.db import connections


class SharedCache(DatabaseCache):
    """Kept in the database, in a table that a migration of accounts makes.

    Nothing leaves before its time: who makes others' entries go could try on, or lock a device out. What is over is removed as soon as
    there are more entries than MAX_ENTRIES. What is not over is a few rows for each address and person that tried something in the last
    minutes.
    """

    def _cull(self, db: str, cursor: Any, now: datetime, _number: int) -> None:
        ops = connections[db].ops
        table: str = ops.quote_name(self._table)  # type: ignore[attr-defined]
        over = f"DELETE FROM {table} WHERE {ops.quote_name('expires')} < %s"  # noqa: S608 -- our own names
        cursor.execute(over, [ops.adapt_datetimefield_value(now)])
