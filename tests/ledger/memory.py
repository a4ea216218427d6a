"""A small ledger of usage without the storage: what the rules say of it, and the same records in a DuckDB in memory."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from trueup.kit.period import Month
from trueup.ledger.figures import LineFigures
from trueup.ledger.rules.measures import MeasuredService, Received, Record, lines_of, winning

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
"""When the first records are received."""


@dataclass(frozen=True)
class Ledger:
    """Raw records, the services it is measured by, and a moment to read it as of."""

    month: Month
    services: list[MeasuredService]
    received: list[Received]
    as_of: datetime | None

    @property
    def winning(self) -> list[Record]:
        return winning(self.received, self.as_of)

    @property
    def lines(self) -> list[LineFigures]:
        """By the rules."""
        lines = lines_of(self.winning, self.services, self.month)
        return [LineFigures(*key, one.provisioned, one.used, one.credits, one.days) for key, one in lines.items()]

    def service(self, service_id: int) -> MeasuredService:
        return next(service for service in self.services if service.service_id == service_id)

    def records_of(self, line: LineFigures) -> list[Record]:
        return [record for record in self.winning if (record.msp_id, record.service_id) == (line.msp_id, line.service_id)]


class InMemory:
    """The raw records in a DuckDB table; the winning ones by the plainest window there is."""

    def __init__(self) -> None:
        self.connection = duckdb.connect(config={"threads": 1})
        self.connection.execute("SET TimeZone = 'UTC'")

    @contextmanager
    def holding(self, ledger: Ledger) -> Iterator[duckdb.DuckDBPyConnection]:
        cursor = self.connection.cursor()  # its temporary relations are its own
        cursor.execute(
            "CREATE OR REPLACE TABLE raw (day DATE, msp_id BIGINT, customer_id BIGINT, service_id INTEGER,"
            " provisioned_units DECIMAL(18, 6), used_units DECIMAL(18, 6), allocated_credits DECIMAL(18, 6),"
            " recorded_at TIMESTAMPTZ, batch_id BIGINT)"
        )
        columns: list[list[object]] = [list(column) for column in zip(*(_row(one) for one in ledger.received), strict=True)]
        types = ["DATE", "BIGINT", "BIGINT", "INTEGER", "VARCHAR", "VARCHAR", "VARCHAR", "TIMESTAMPTZ", "BIGINT"]
        cursor.execute(f"INSERT INTO raw SELECT {', '.join(f'UNNEST(?::{kind}[])' for kind in types)}", columns)
        moment = "TRUE" if ledger.as_of is None else f"recorded_at <= TIMESTAMPTZ '{ledger.as_of.isoformat()}'"
        cursor.execute(
            "CREATE OR REPLACE VIEW winning AS SELECT * EXCLUDE place FROM (SELECT *, ROW_NUMBER() OVER"
            " (PARTITION BY day, customer_id, service_id ORDER BY recorded_at DESC, batch_id DESC) AS place"
            f" FROM raw WHERE {moment}) WHERE place = 1"
        )
        with closing(cursor):
            yield cursor


def _row(one: Received) -> tuple[object, ...]:
    record = one.record
    amounts = [None if amount is None else str(amount) for amount in (record.provisioned, record.used, record.credits)]
    return record.day, record.msp_id, record.customer_id, record.service_id, *amounts, one.recorded_at, one.batch_id
