"""FOCUS 1.2 as Parquet. The only module outside the ledger that knows pyarrow: a file for others, nothing of ours is stored in it.

It is loaded when somebody asks for such a file, as the ledger loads its engines.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from trueup.statements.rules.focus import COLUMNS, DECIMALS, INSTANTS, Row

_NUMBER: Final = (38, 12)
"""Digits, and of them decimals: no cost and no price has more."""

ROWS_AT_ONCE: Final = 10_000
_BYTES_AT_ONCE: Final = 65_536


def as_parquet(rows: Iterable[Row]) -> Iterator[bytes]:
    """The rows, a portion at a time; they are in a file before the first byte leaves, for Parquet says at its end where all is."""
    with TemporaryDirectory(prefix="trueup-") as folder:
        path = Path(folder, "focus.parquet")
        _write(path, iter(rows))
        with path.open("rb") as file:
            while piece := file.read(_BYTES_AT_ONCE):
                yield piece


def _write(path: Path, rows: Iterator[Row]) -> None:
    from pyarrow import Table, parquet

    schema = _schema()
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        while portion := list(islice(rows, ROWS_AT_ONCE)):
            writer.write_table(Table.from_pylist([_typed(row) for row in portion], schema))


def _schema() -> Any:
    import pyarrow as pa

    types = {**dict.fromkeys(DECIMALS, pa.decimal128(*_NUMBER)), **dict.fromkeys(INSTANTS, pa.timestamp("us", tz="UTC"))}
    return pa.schema([(name, types.get(name, pa.string())) for name in COLUMNS])


def _typed(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in COLUMNS}
