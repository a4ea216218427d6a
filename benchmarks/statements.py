"""Issuing the statements of a month, and setting their pages."""

from collections.abc import Iterator

from benchmarks.figures import Figure, Target, ratios, seconds
from benchmarks.world import SERVICES, World

_REPEAT = 3


def figures(world: World, msps: int) -> Iterator[Figure]:
    """Issuing against COPY of the rows it wrote; a page against one that typst sets of the same words without a design."""
    world.run("generating", "prepare", folder=str(world.home), msps=msps)
    world.run("generating", "generate_all")
    world.run("statements", "approve_all")
    issued = world.run("statements", "issue_all")
    made = issued.result
    copied = world.run("statements", "copy_the_same", folder=str(world.home), repeat=_REPEAT).result
    data = f"{made['statements']:,} MSPs × {SERVICES} lines"
    speed, baseline = made["rows"] / made["seconds"], copied["rows"] / min(copied["seconds"])
    yield Figure(
        "statements ÷ COPY of the same rows", data, [made["seconds"] / one for one in copied["seconds"]], Target(12),
        f"{seconds([made['seconds']])} ÷ {seconds(copied['seconds'])} ({speed:,.0f} ÷ {baseline:,.0f} rows/s)",
    )  # fmt: skip
    yield Figure("peak memory of issuing", data, [issued.peak_mb], Target(512, unit=" MB"), f"{made['rows']:,} rows, whole process")
    yield from _pages(world, data)


def _pages(world: World, data: str) -> Iterator[Figure]:
    compared = world.run("statements", "set_some_pages", most=100, repeat=_REPEAT).result
    each = [1000 * one / compared["pages"] for one in compared["page"]]
    yield Figure(
        "PDF of a statement ÷ a bare page of the same words", f"{compared['pages']:,} statements",
        ratios(compared["page"], compared["bare"]), Target(4), f"{min(each):,.1f} ms a statement",
    )  # fmt: skip
    all_of_them = world.run("statements", "set_all_pages")
    done = all_of_them.result
    yield Figure(
        "PDFs of all statements, a second", data, [done["pages"] / done["seconds"]], Target(None, unit=""),
        f"{done['pages']:,} in {seconds([done['seconds']])}, {done['bytes'] / 1e6:,.0f} MB",
    )  # fmt: skip
    yield Figure("peak memory of all PDFs", data, [all_of_them.peak_mb], Target(512, unit=" MB"), "whole process")
