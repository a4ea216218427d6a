"""Taking usage in: import against COPY, the disk it takes, compaction against import."""

from collections.abc import Iterator

from benchmarks.figures import Figure, Target, seconds
from benchmarks.world import World

_PLAIN = Target(None)


def figures(world: World) -> Iterator[Figure]:
    """Compaction and disk; against PostgreSQL where the world is `compared`."""
    took = world.imported().took["ingestion.take_in"]
    rows, spent = took.result["rows"], took.result["seconds"]
    data = f"{rows:,.0f} rows in {took.result['files']} files"
    if world.compared:
        yield from _against_copy(world, rows, spent, data)
    compaction = world.compacted().took["ingestion.compact_month"]
    yield Figure(
        "compaction of a month ÷ its import", data, [compaction.result["seconds"] / spent], Target(2),
        f"{seconds([compaction.result['seconds']])} ÷ {seconds([spent])}",
    )  # fmt: skip
    yield from _disk(world, compaction.result["bytes"], rows)
    yield Figure("peak memory of an import", data, [took.peak_mb], Target(None, unit=" MB"), "a process that does nothing else")
    yield Figure("peak memory of compaction", data, [compaction.peak_mb], Target(None, unit=" MB"), "a process that does nothing else")
    if world.compared:
        yield from _one_file(world)


def _against_copy(world: World, rows: float, spent: float, data: str) -> Iterator[Figure]:
    copied = world.once("postgres", "copy_in", folder=str(world.files)).result["seconds"]
    yield Figure(
        "PostgreSQL COPY with indexes ÷ import, a file per day", data, [copied / spent], Target(3, at_least=True),
        f"{seconds([copied])} ÷ {seconds([spent])} ({rows / spent:,.0f} rows/s)",
    )  # fmt: skip


def _disk(world: World, size: float, rows: float) -> Iterator[Figure]:
    data = f"{rows:,.0f} rows, compacted"
    yield Figure("bytes per row on disk", data, [size / rows], Target(9, unit=" B"), f"{size / 1e6:,.1f} MB")
    if not world.compared:
        return
    table = world.once("postgres", "copy_in", folder=str(world.files)).result
    yield Figure(
        "PostgreSQL table with indexes ÷ the ledger, on disk", data, [table["bytes"] / size], Target(15, at_least=True),
        f"{table['bytes'] / table['rows']:,.0f} B ÷ {size / rows:,.1f} B per row",
    )  # fmt: skip


def _one_file(world: World) -> Iterator[Figure]:
    """The month as one file, into the ledger that has another month already."""
    world.run("deliveries", "write_whole", folder=str(world.files), **world.shape)
    whole = world.run("ingestion", "take_in_whole", folder=str(world.files))
    copied = world.once("postgres", "copy_in", folder=str(world.files)).result
    rows, spent = whole.result["rows"], whole.result["seconds"]
    yield Figure(
        "the same, the month as one file (rows per second)", f"{rows:,.0f} rows", [(rows / spent) / (copied["rows"] / copied["seconds"])],
        Target(3, at_least=True), f"{rows / spent:,.0f} ÷ {copied['rows'] / copied['seconds']:,.0f} rows/s; {whole.peak_mb:,.0f} MB",
    )  # fmt: skip
