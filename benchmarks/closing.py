"""Closing a month, clean and dirty, and the customers behind a line."""

from collections.abc import Iterator

from benchmarks.figures import Figure, Target, Times, ratios, seconds
from benchmarks.world import World

PEAK = "service_peak_day"
_REPEAT = 5


def figures(world: World) -> Iterator[Figure]:
    """Against a scan of the columns; first as compacted, then with three days that were delivered anew."""
    world.compacted()
    data = f"{world.took['ingestion.take_in'].result['rows']:,.0f} rows"
    peak = world.run("closing", "close_and_scan", measure=PEAK, repeat=_REPEAT).result
    every = world.run("closing", "close_and_scan", measure=None, repeat=_REPEAT).result
    yield _ratio(f"close ÷ scan of its columns, {PEAK}", data, peak, Target(2.5))
    yield _ratio("close ÷ scan of its columns, all seven measures", data, every, Target(2.5))
    if world.compared:
        yield _against_postgres(world, data, peak["close"])
    for measure, name in ((PEAK, PEAK), (None, "all seven measures")):
        answer = world.run("closing", "close", measure=measure)
        yield Figure(
            f"peak memory of the close, {name}", data, [answer.peak_mb], Target(512, unit=" MB"), f"{answer.result:,} lines, whole process"
        )
    yield from _customers(world, data)
    world.once("deliveries", "write_again", folder=str(world.files), **world.shape)
    world.once("ingestion", "take_in_again", folder=str(world.files))
    for measure, name in ((PEAK, PEAK), (None, "all seven measures")):
        dirty = world.run("closing", "close_and_scan", measure=measure, repeat=_REPEAT).result
        yield _ratio(f"the same with 3 of 31 days delivered anew, {name}", data, dirty, Target(4))


def _ratio(name: str, data: str, times: dict[str, Times], target: Target) -> Figure:
    parts = f"{seconds(times['close'])} ÷ {seconds(times['scan'])}"
    return Figure(name, data, ratios(times["close"], times["scan"]), target, parts)


def _against_postgres(world: World, data: str, closing: Times) -> Figure:
    world.once("postgres", "copy_in", folder=str(world.files))
    ways: dict[str, Times] = world.run("postgres", "close", repeat=2).result
    way = min(ways, key=lambda name: min(ways[name]))
    return Figure(
        f"PostgreSQL with the best index, latest record wins ÷ close, {PEAK}", data, ratios(ways[way], closing), Target(8, at_least=True),
        f"{seconds(ways[way])} ({way}) ÷ {seconds(closing)}",
    )  # fmt: skip


def _customers(world: World, data: str) -> Iterator[Figure]:
    runs = [world.run("closing", "customers_behind_lines", rounds=2).result for _ in range(3)]
    parts = f"{runs[0]['calls']} warm calls × {len(runs)}, {runs[0]['customers']:,.0f} customers per line"
    yield Figure("customers behind a line, largest MSP, p50", data, [run["p50"] for run in runs], Target(15, unit=" ms"), parts)
    yield Figure("customers behind a line, largest MSP, p95", data, [run["p95"] for run in runs], Target(60, unit=" ms"), parts)
