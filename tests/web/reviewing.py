"""Reports to review, for tests of the portal: October of the world everybody knows, and as many copies of a report as one likes."""

from pathlib import Path

from tests.reports.month import OPERATOR, October, at, at_times, every_day
from tests.world import FILE_NAME, NETWORK
from trueup.accounts.models import Account
from trueup.network.actions import apply
from trueup.reports.models import Report, ReportLine

BOLT, COIL, DUNE = "billing@bolt.example", "billing@coil.example", "billing@dune.example"
NORTH, SOUTH, VENDOR = "north@north.example", "south@south.example", "vendor@acme.example"


def october_closed(folder: Path) -> October:
    """October is closed: bolt and coil are over-provisioned, dune has no access, the source rmm-feed has missed two days."""
    apply(OPERATOR, NETWORK, file_name=FILE_NAME, dry_run=False, now=at("2026-09-01T00:00:00Z"))
    october = October(folder)
    october.deliver(*every_day("bolt-dental", "workspace-security", "12", "12", without=(11, 12)), source="rmm-feed")
    october.deliver(
        *at_times("bolt-dental", "endpoint-core", "40", "31"),
        *at_times("coil-bakery", "endpoint-core", "15", "10"),
        *at_times("dune-hotel", "endpoint-core", "40", "31"),
    )
    october.close()
    return october


def october_under_review(folder: Path) -> October:
    """bolt has submitted with a comment and a changed line; coil has forgotten and is charged a penalty of 5 units."""
    october = october_closed(folder)
    october.edit("bolt", "endpoint-core", by=BOLT, chargeable="33", comment="Rolling out ahead of time.", reason="onboarding")
    october.submit("bolt", by=BOLT)
    october.deadline("2026-11-07T00:00:00Z")
    return october


def copies(count: int) -> list[str]:
    """The report of bolt once more for each of so many further MSPs; returns their refs."""
    bolt = Report.objects.get(msp_ref="bolt")
    refs = [f"msp-{number:03d}" for number in range(count)]
    template = bolt.msp
    accounts = Account.objects.bulk_create(
        Account(ref=ref, name=f"Partner {ref}", tier=template.tier, region=template.region, type=template.type) for ref in refs
    )
    values = {field.attname: getattr(bolt, field.attname) for field in Report._meta.concrete_fields if not field.primary_key}
    own = [
        values | {"msp_id": account.pk, "msp_ref": account.ref, "msp_name": account.name, "searched": account.name.casefold()}
        for account in accounts
    ]
    reports = Report.objects.bulk_create(Report(**one) for one in own)
    lines = list(bolt.lines.all())
    for report in reports:
        for line in lines:
            line.pk, line.report = None, report
        ReportLine.objects.bulk_create(lines)
    return refs
