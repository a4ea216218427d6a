"""The network of a measured world: one vendor, ten distributors, MSPs of very different size, twenty services under all seven measures."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from django.core.management import call_command

from benchmarks.world import SERVICES
from trueup.accounts.models import Account, Installation, Placement
from trueup.catalog.models import BillingUnit, CreditRequirement, Service, ServiceMeasure, SolutionGroup
from trueup.catalog.rules import MeasureName

VENDOR = 1
DISTRIBUTORS = range(2, 12)
FIRST_MSP = 100
FIRST_CUSTOMER = 1_000_000
BEFORE = date(2025, 1, 1)
WITHOUT_CREDITS = 14
"""Services from this number on have no credits; the last one cannot measure what is used."""
_PORTION = 5_000


def msp_sizes(customers: int, msps: int) -> list[int]:
    """Customers of each MSP, the largest first: the k-th in proportion to 1 / (k + 10), at least one. One each where they are as many."""
    if customers == msps:
        return [1] * msps
    weights = [1 / (number + 10) for number in range(msps)]
    sizes = [max(1, int(customers * weight / sum(weights))) for weight in weights]
    sizes[0] += customers - sum(sizes)
    return sizes


def build(customers: int, msps: int) -> int:
    """Migrate the empty database and make the network; the number of accounts."""
    call_command("migrate", verbosity=0)
    Installation.objects.get_or_create(id=1)
    build_catalog()
    _tree(msps)
    _add(_customers(customers, msps))
    return Account.objects.count()


def build_catalog() -> None:
    """The vendor and its services, numbered from 1."""
    vendor = Account.objects.create(id=VENDOR, ref="vendor", tier="vendor", name="Vendor")
    groups = [SolutionGroup.objects.create(vendor=vendor, code=f"group-{number}", name=f"Group {number}") for number in range(3)]
    unit = BillingUnit.objects.create(code="seat", name="Seat", decimals=0)
    measures = list(MeasureName)
    for number in range(SERVICES):
        service = Service.objects.create(
            id=1 + number, code=service_code(number), name=f"Service {number}", group=groups[number % 3], unit=unit,
            reports_used=number != SERVICES - 1, position=number,
        )  # fmt: skip
        ServiceMeasure.objects.create(service=service, from_date=BEFORE, name=measures[number % len(measures)])
        if number < WITHOUT_CREDITS:
            CreditRequirement.objects.create(service=service, from_date=BEFORE, per_unit=per_unit(number))


def service_code(number: int) -> str:
    """What deliveries call a service, from 0 on."""
    return f"service-{number:02}"


def per_unit(number: int) -> Decimal:
    """Credits per unit of a service."""
    return Decimal(1 + number) / 4


def _tree(msps: int) -> None:
    for pk in DISTRIBUTORS:
        distributor = Account.objects.create(id=pk, ref=f"distributor-{pk}", tier="distributor", name=f"Distributor {pk}")
        Placement.objects.create(account=distributor, parent_id=VENDOR, from_date=BEFORE)
    _add(
        (
            Account(id=FIRST_MSP + number, ref=f"msp-{number:05}", tier="msp", name=f"MSP {number}"),
            Placement(account_id=FIRST_MSP + number, parent_id=DISTRIBUTORS[number % len(DISTRIBUTORS)], from_date=BEFORE),
        )
        for number in range(msps)
    )


def _customers(customers: int, msps: int) -> Iterator[tuple[Account, Placement]]:
    number = 0
    for msp, size in enumerate(msp_sizes(customers, msps)):
        for _ in range(size):
            pk = FIRST_CUSTOMER + number
            yield (
                Account(id=pk, ref=f"customer-{number:07}", tier="customer", name=f"Customer {number}"),
                Placement(account_id=pk, parent_id=FIRST_MSP + msp, from_date=BEFORE),
            )
            number += 1


def _add(rows: Iterator[tuple[Account, Placement]]) -> None:
    portion: list[tuple[Account, Placement]] = []
    for row in rows:
        portion.append(row)
        if len(portion) == _PORTION:
            _save(portion)
            portion = []
    _save(portion)


def _save(portion: list[tuple[Account, Placement]]) -> None:
    Account.objects.bulk_create(account for account, _ in portion)
    Placement.objects.bulk_create(placement for _, placement in portion)
