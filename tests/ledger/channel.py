"""A small channel for the ledger's tests: one vendor, two MSPs, a customer that moves, three services."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from trueup.accounts.models import Account, Installation, Placement
from trueup.accounts.rules import Viewer
from trueup.catalog.models import BillingUnit, CreditRequirement, Service, SolutionGroup
from trueup.kit.period import FOREVER, Month
from trueup.ledger.actions import ImportResult, import_usage
from trueup.ledger.models import Source
from trueup.ledger.queries import usage_rows

OPERATOR = Viewer.system()
OCTOBER = Month(2026, 10)
NOON = datetime(2026, 10, 20, 12, tzinfo=UTC)
HEADER = "day,customer,service,provisioned_units,used_units,allocated_credits"


def build_channel() -> None:
    """vendor → north → bolt → dental, moved (until 15 October), and coil → moved (from 16 October on)."""
    Installation.objects.get_or_create(id=1)
    vendor = Account.objects.create(ref="vendor", tier="vendor", name="Vendor")
    north = Account.objects.create(ref="north", tier="distributor", name="North")
    bolt, coil = (Account.objects.create(ref=ref, tier="msp", name=ref) for ref in ("bolt", "coil"))
    dental, moved = (Account.objects.create(ref=ref, tier="customer", name=ref) for ref in ("dental", "moved"))
    Account.objects.create(ref="homeless", tier="customer", name="homeless")
    _place(north, vendor)
    _place(bolt, north)
    _place(coil, north)
    _place(dental, bolt)
    _place(moved, bolt, until=date(2026, 10, 16))
    _place(moved, coil, since=date(2026, 10, 16))
    group = SolutionGroup.objects.create(vendor=vendor, code="smb", name="SMB")
    seat = BillingUnit.objects.create(code="seat", name="seat", decimals=0)
    core = Service.objects.create(code="core", name="Core", group=group, unit=seat)
    Service.objects.create(code="plain", name="Plain", group=group, unit=seat)
    Service.objects.create(code="blind", name="Blind", group=group, unit=seat, reports_used=False)
    CreditRequirement.objects.create(service=core, from_date=date(2025, 1, 1), per_unit=Decimal("3.75"))
    CreditRequirement.objects.create(service=core, from_date=date(2026, 10, 10), per_unit=Decimal("0.3333335"))
    Source.objects.create(code="feed", expected_daily=True)
    Source.objects.create(code="queue", keeps_unmapped=True)


def _place(account: Account, parent: Account, since: date = date(2025, 1, 1), until: date = FOREVER) -> None:
    Placement.objects.create(account=account, parent=parent, from_date=since, until_date=until)


def deliver(
    folder: Path, text: str, *, name: str = "usage.csv", now: datetime = NOON, source: str | None = None, key: str | None = None,
    accept_valid: bool = False, dry_run: bool = False, viewer: Viewer = OPERATOR,
) -> ImportResult:  # fmt: skip
    """Import a text as a file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_bytes(text.encode())
    return import_usage(viewer, file, source=source, key=key, accept_valid=accept_valid, dry_run=dry_run, now=now)


def rows(*lines: str, header: str = HEADER) -> str:
    """A CSV."""
    return "\n".join((header, *lines)) + "\n"


def seen(as_of: datetime | None = None, viewer: Viewer = OPERATOR) -> list[tuple[str, ...]]:
    """What October holds, as text."""
    return [
        (str(row.day), row.msp, row.customer, row.service, *(_text(each) for each in (row.provisioned, row.used, row.credits)))
        for row in usage_rows(viewer, OCTOBER, as_of=as_of)
    ]


def _text(value: Decimal | None) -> str:
    return "-" if value is None else f"{value.normalize():f}"


def problems(result: ImportResult) -> list[tuple[int, str, str, str]]:
    """The refusals as plain values."""
    return [(refusal.row, refusal.column, refusal.value, str(refusal.reason)) for refusal in result.refused()]
