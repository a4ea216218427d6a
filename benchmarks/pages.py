"""The portal's two largest pages, against an empty page of the same portal."""

from collections.abc import Iterator

from benchmarks.figures import Figure, Target, ratios, seconds
from benchmarks.world import World

LINES = 200
REPORTS = 500


def figures(world: World, database: str) -> Iterator[Figure]:
    """The report page with 200 lines and the inbox with 500 reports: server time, and the number of queries."""
    world.run("pages", "prepare", folder=str(world.home), reports=REPORTS, lines=LINES)
    found = world.run("pages", "measure", repeat=7).result
    times, queries = found["seconds"], found["queries"]
    for page, name, data in (
        ("report", f"report page ÷ empty page, {database}", f"{LINES} lines"),
        ("inbox", f"inbox ÷ empty page, {database}", f"{REPORTS} reports"),
    ):
        parts = f"{seconds(times[page])} ({queries[page]} queries) ÷ {seconds(times['empty'])} ({queries['empty']} queries)"
        yield Figure(name, data, ratios(times[page], times["empty"]), Target(8), parts)
