"""Generating the reports of a cycle."""

from collections.abc import Iterator

from benchmarks.figures import Figure, Target, seconds
from benchmarks.world import SERVICES, World


def figures(world: World, msps: int) -> Iterator[Figure]:
    """Against COPY of the rows it wrote, into tables with the same indexes and foreign keys."""
    world.run("generating", "prepare", folder=str(world.home), msps=msps)
    made = world.run("generating", "generate_all")
    copied = world.run("generating", "copy_the_same", folder=str(world.home), repeat=3).result["seconds"]
    yield Figure(
        "generation of reports ÷ COPY of the same rows", f"{made.result['reports']:,} MSPs × {SERVICES} lines",
        [made.result["seconds"] / one for one in copied], Target(6),
        f"{seconds([made.result['seconds']])} ÷ {seconds(copied)}, {made.peak_mb:,.0f} MB",
    )  # fmt: skip
