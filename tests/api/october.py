"""October for tests of what is done with reports, and how a program does it.

bolt and dune over-provision endpoints (40, of which 31 are used); what coil has is used.
"""

from functools import partial
from pathlib import Path
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.api.conftest import Program
from tests.reports.month import OPERATOR, October, at, at_times
from tests.standing import stand
from tests.web.conftest import NOW
from tests.world import FILE_NAME, NETWORK
from trueup.network.actions import apply

ENDPOINT, WORKSPACE = "endpoint-core", "workspace-security"


def build(folder: Path) -> October:
    """The month, closed."""
    apply(OPERATOR, NETWORK, file_name=FILE_NAME, dry_run=False, now=at("2026-09-01T00:00:00Z"))
    october = October(folder)
    october.deliver(
        *at_times("bolt-dental", ENDPOINT, "40", "31"),
        *at_times("bolt-dental", WORKSPACE, "12", "12"),
        *at_times("coil-bakery", ENDPOINT, "7", "7"),
        *at_times("dune-hotel", ENDPOINT, "40", "31"),
    )
    october.close()
    return october


standing = partial(stand, build, NOW)
"""The month for all tests of a module; see `stand`."""


def tag_of(program: Program, msp: str = "bolt") -> str:
    """The ETag of a report."""
    return program.call("GET", f"/reports/2026-10/{msp}")["ETag"]


def edit(program: Program, *lines: dict[str, Any], msp: str = "bolt", tag: str | None = None) -> tuple[int, Any]:
    """Save a draft, by default of the present version."""
    return program.patch(f"/reports/2026-10/{msp}/lines", {"lines": lines}, if_match=tag or tag_of(program, msp))


def do(program: Program, verb: str, body: Any = None, *, msp: str = "bolt", tag: str | None = None) -> tuple[int, Any]:
    """Do something with a report, by default with the present version."""
    return program.post(f"/reports/2026-10/{msp}/{verb}", body, if_match=tag or tag_of(program, msp))


def line_of(report: Any, service: str) -> Any:
    """One line of an answer."""
    return next(line for line in report["lines"] if line["service"] == service)


def paths(problem: Any) -> list[tuple[str, str]]:
    """Where something is wrong, and what."""
    return [(error.get("path"), error["code"]) for error in problem["errors"]]


def pages(program: Program, path: str) -> list[Any]:
    """All items of a list, page by page."""
    items: list[Any] = []
    status, answer = program.get(path)
    while True:
        assert status == 200, answer
        items += answer["items"]
        if answer["next"] is None:
            return items
        status, answer = program.get(f"{path}{'&' if '?' in path else '?'}cursor={answer['next']}")


def queries(program: Program, *paths: str) -> dict[str, int]:
    """How many queries each address takes; two of them are about the token."""
    program.get("/me")  # notes that it was here
    counts = {}
    for path in paths:
        with CaptureQueriesContext(connection) as captured:
            assert program.call("GET", path).status_code == 200
        counts[path] = len(captured)
    return counts


def figures(of: dict[str, Any], *names: str) -> list[Any]:
    """Some values."""
    return [of[name] for name in names]
