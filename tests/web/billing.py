"""October of the world, approved, priced and billed, for the pages of final billing."""

from pathlib import Path

from tests.reports.month import OPERATOR, October, at, at_times
from tests.statements.conftest import BUYING, SELLING, issue_all, save_prices
from tests.web.reviewing import BOLT, COIL, NORTH, SOUTH, VENDOR
from tests.world import FILE_NAME, NETWORK
from trueup.cycles.models import Cycle
from trueup.network.actions import apply
from trueup.statements.actions import open_billing_reports

REPORT = "/billing/2026-10/north/"
MORE = """\
members:
  - {email: viewer@north.example, account: north, role: viewer}
  - {email: viewer@acme.example, account: acme-vendor, role: viewer}
"""
READER, VENDOR_READER = "viewer@north.example", "viewer@acme.example"

__all__ = [
    "BOLT",
    "BUYING",
    "COIL",
    "NORTH",
    "READER",
    "REPORT",
    "SELLING",
    "SOUTH",
    "VENDOR",
    "VENDOR_READER",
    "approved",
    "billed",
    "issue_all",
]


def approved(folder: Path, *msps: str) -> October:
    """Some MSPs (all, where none is named) have submitted, and north has approved. The billing report has begun; nothing has a price."""
    apply(OPERATOR, NETWORK.replace("members:\n", MORE, 1), file_name=FILE_NAME, dry_run=False, now=at("2026-09-01T00:00:00Z"))
    october = October(folder)
    october.deliver(
        *at_times("bolt-dental", "workspace-security", "12", "10"),
        *at_times("bolt-garage", "workspace-security", "3", "3"),
        *at_times("bolt-dental", "endpoint-core", "400", "400"),
        *at_times("bolt-dental", "nfr-license", "40", "40"),
        *at_times("bolt-garage", "nfr-license", "50", "50"),
        *at_times("coil-bakery", "workspace-security", "5", "5"),
    )
    october.close()
    for msp in msps or ("bolt", "coil"):
        october.edit(msp, "workspace-security", by=f"billing@{msp}.example", comment="As agreed")
        october.submit(msp, by=f"billing@{msp}.example")
        october.approve(msp)
    open_billing_reports(OPERATOR, Cycle.objects.get(), now=at("2026-11-01T01:00:00Z"))
    return october


def billed(folder: Path) -> October:
    """All approved, with prices of both sides, and the statements of the MSPs issued."""
    october = approved(folder)
    save_prices("acme-vendor", BUYING)
    save_prices("north", SELLING)
    assert issue_all() == 2
    return october
