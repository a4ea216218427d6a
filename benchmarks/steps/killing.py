"""Processes that import, compact and read without end until they are killed, and the search for what they left wrong.

Every batch puts one value into every record there is, so a reader may only ever see one value, and the same number of records.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from benchmarks.steps.ingestion import OCTOBER
from benchmarks.steps.network import service_code
from trueup.accounts.rules import Viewer
from trueup.events.models import Event
from trueup.ledger.actions import compact, import_usage
from trueup.ledger.engine.duck import connect, file_list
from trueup.ledger.engine.registry import configured_place, open_settled, vendor_ids
from trueup.ledger.models import Batch
from trueup.ledger.pinning import pin
from trueup.ledger.queries import usage_rows

NOW = datetime(2026, 11, 2, tzinfo=UTC)
CUSTOMERS, SERVICES, DAYS = 20, 3, 5
RECORDS = CUSTOMERS * SERVICES * DAYS
_OPERATOR = Viewer.system()


def write(folder: str, name: str, start: int) -> None:
    """Import batch after batch, and say so when one is in."""
    for number in range(start, start + 1000):
        file = Path(folder) / f"{name}-{number}.csv"
        file.write_text(
            "\n".join(["day,customer,service,provisioned_units,used_units", *_lines(number, ord(name))]) + "\n", encoding="ascii"
        )
        result = import_usage(_OPERATOR, file, key=f"{name}-{number}", now=NOW)
        print(f"stored {name}-{number}" if result.batch else "again", flush=True)
        file.unlink()


def _lines(provisioned: int, used: int) -> Iterator[str]:
    for day in range(1, DAYS + 1):
        for customer in range(CUSTOMERS):
            for service in range(SERVICES):
                yield f"2026-10-{day:02},customer-{customer:07},{service_code(service)},{provisioned},{used}"


def compact_forever() -> None:
    """Compact whatever there is, again and again."""
    while True:
        print(f"compacted {compact(now=NOW)}", flush=True)


def read() -> None:
    """Read the month again and again; say what is torn."""
    while True:
        rows = list(usage_rows(_OPERATOR, OCTOBER))
        values = {(row.provisioned, row.used) for row in rows}
        whole = len(values) <= 1 and len(rows) in {0, RECORDS}
        print("whole" if whole else f"torn: {len(rows)} records with {len(values)} values", flush=True)


def violations(stored: list[str]) -> list[str]:
    """What is wrong after all are dead; `stored` are the keys of the batches that were acknowledged."""
    pin(NOW)
    batches = {batch.pk: batch for batch in Batch.objects.all()}
    keys = {batch.key for batch in batches.values()}
    held = _held()
    wrong = [f"{key} was acknowledged and is lost" for key in stored if key not in keys]
    wrong += [f"batch {pk} is unfinished" for pk, batch in batches.items() if batch.status != Batch.STORED]
    wrong += [f"batch {pk} has {held[pk]} of {RECORDS} records" for pk in batches if held[pk] != RECORDS]
    wrong += [f"the table holds batch {pk}, which nobody knows" for pk in held if pk not in batches]
    told = Event.objects.filter(kind="usage_imported").count()
    wrong += [f"{told} events tell of {len(batches)} batches"] if told != len(batches) else []
    return wrong + _wrong_winners(batches[max(batches)].key or "")


def _held() -> Counter[int]:
    """The records of each batch in the tables, superseded ones too."""
    place = configured_place()
    held: Counter[int] = Counter()
    for vendor_id in vendor_ids():
        table = open_settled(place, vendor_id)
        uris = [table.uri(file.path) for file in table.files()] if table is not None else []
        with connect(place) as connection:
            counted = f"SELECT batch_id, count(*) FROM read_parquet({file_list(uris)}, hive_partitioning = false) GROUP BY batch_id"
            held.update({int(pk): int(rows) for pk, rows in connection.execute(counted).fetchall()})
    return held


def _wrong_winners(last: str) -> list[str]:
    name, _, number = last.partition("-")
    rows = list(usage_rows(_OPERATOR, OCTOBER))
    wrong = [f"{len(rows)} records count instead of {RECORDS}"] if len(rows) != RECORDS else []
    values = {(row.provisioned, row.used) for row in rows}
    return wrong + ([f"another batch than the last one counts: {values}"] if values != {(Decimal(number), Decimal(ord(name)))} else [])
