"""A process that imports, compacts or reads until it is killed."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import django

django.setup()

from tests.ledger.channel import OCTOBER, OPERATOR  # noqa: E402
from trueup.ledger.actions import compact, import_usage  # noqa: E402
from trueup.ledger.queries import usage_rows  # noqa: E402

NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
DAYS = 3


def write(folder: Path, name: str, start: int) -> None:
    """Import batch after batch; each puts one value into every day of both customers."""
    for number in range(start, start + 1000):
        file = folder / f"{name}-{number}.csv"
        lines = [f"2026-10-{day:02},{customer},core,{number},{ord(name)}" for day in range(1, DAYS + 1) for customer in ("dental", "moved")]
        file.write_text("day,customer,service,provisioned_units,used_units\n" + "\n".join(lines) + "\n")
        result = import_usage(OPERATOR, file, key=f"{name}-{number}", now=NOW)
        print(f"{name}-{number}" if result.batch else "again", flush=True)


def read() -> None:
    """Every batch is seen whole."""
    while True:
        values = {row.provisioned for row in usage_rows(OPERATOR, OCTOBER)}
        print(f"read {len(values)}", flush=True)


if __name__ == "__main__":
    verb, *rest = sys.argv[1:]
    if verb == "write":
        write(Path(rest[0]), rest[1], int(rest[2]))
    while verb == "compact":
        print(f"compacted {compact(now=NOW)}", flush=True)
    if verb == "read":
        read()
