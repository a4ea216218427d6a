"""The figures of a month from the stored ledger: dirty, compacted, dirty again, and as of every delivery."""

import random
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.ledger.channel import NOON, OCTOBER, deliver, rows
from tests.ledger.memory import Ledger
from trueup.accounts.models import Account, Placement
from trueup.catalog.models import Service, SolutionGroup
from trueup.catalog.rules import Measure, MeasureName
from trueup.kit.errors import Invalid
from trueup.kit.period import Month
from trueup.kit.quantity import plain
from trueup.ledger.actions import compact
from trueup.ledger.models import Batch
from trueup.ledger.queries import line_customers, line_days, month_lines
from trueup.ledger.rules.measures import MeasuredService, Received, Record

pytestmark = pytest.mark.usefixtures("channel")

CUSTOMERS = ["dental", "moved"]
SERVICES = ["core", "plain", "blind"]


@dataclass
class Deliveries:
    """Random deliveries of October, and what the rules are told of them."""

    folder: Path
    lot: random.Random
    received: list[Received] = field(default_factory=list)

    def deliver(self) -> None:
        count = self.lot.randint(5, 60)
        cells = sorted({(self.lot.randint(1, 19), self.lot.choice(CUSTOMERS), self.lot.choice(SERVICES)) for _ in range(count)})
        records = [self.record(date(2026, 10, day), customer, service) for day, customer, service in cells]
        lines = [
            f"{record.day},{customer},{service},{plain(record.provisioned)},{plain(record.used) or ''},{plain(record.credits) or ''}"
            for (_, customer, service), record in zip(cells, records, strict=True)
        ]
        number = deliver(self.folder, rows(*lines), key=str(len(self.received)), now=NOON).batch
        batch = Batch.objects.get(pk=number or 0)
        self.received += [Received(record, batch.recorded_at, batch.pk) for record in records]

    def record(self, day: date, customer: str, service: str) -> Record:
        """Without credits only where the service has none, and unknown used where it cannot be measured."""
        who = Account.objects.get(ref=customer)
        msp = Account.objects.get(children__account=who, children__from_date__lte=day, children__until_date__gt=day)
        no_credits = service == "blind" or (service == "plain" and self.lot.random() < 0.5)
        return Record(
            day=day,
            msp_id=msp.pk,
            customer_id=who.pk,
            service_id=Service.objects.get(code=service).pk,
            provisioned=self.amount(),
            used=None if service == "blind" or self.lot.random() < 0.3 else self.amount(),
            credits=None if no_credits else self.amount(),
        )

    def amount(self) -> Decimal:
        return Decimal(self.lot.choice(["0", "1", "2", "2.5", "40.000001"]))

    def move(self, day: date) -> None:
        """The customer turns out to have moved on another day: what is delivered from now on says so."""
        placements = Placement.objects.filter(account__ref="moved").order_by("from_date")
        first, second = placements
        Placement.objects.filter(pk=second.pk).update(from_date=day)
        Placement.objects.filter(pk=first.pk).update(until_date=day)

    def moments(self) -> list[datetime | None]:
        return [*sorted({one.recorded_at for one in self.received}), None]


def check(deliveries: Deliveries, services: list[MeasuredService]) -> None:
    """The lines are those of the rules at every moment, and the customers behind them add up to them."""
    for as_of in deliveries.moments():
        expected = Ledger(OCTOBER, services, deliveries.received, as_of).lines
        assert list(month_lines(OCTOBER, as_of=as_of, services=services)) == expected
        for line in expected if as_of is None else []:
            shares = line_customers(OCTOBER, as_of=as_of, msp_id=line.msp_id, service_id=line.service_id, services=services)
            assert sum(share.provisioned for share in shares) == line.provisioned
            assert sum(share.used or 0 for share in shares) == (line.used or 0)
            assert sum(share.credits or 0 for share in shares) == (line.credits or 0)


def any_measure(lot: random.Random) -> Measure:
    return Measure(lot.choice(list(MeasureName)), Decimal(lot.choice(["40", "60.5", "85"])))


def measured(measure: MeasureName = MeasureName.VOLUME) -> list[MeasuredService]:
    return [MeasuredService(one.pk, one.group_id, one.group.vendor_id, Measure(measure), 0) for one in Service.objects.all()]


class TestTheFiguresOfAStoredMonth:
    @pytest.mark.parametrize("seed", range(2))
    def test_agree_with_the_rules_dirty_compacted_and_dirty_again(self, tmp_path: Path, seed: int) -> None:
        lot = random.Random(seed)
        services = [
            MeasuredService(one.pk, lot.choice([1, 2]), one.group.vendor_id, any_measure(lot), lot.choice([0, 3]))
            for one in Service.objects.order_by("pk")
        ]
        deliveries = Deliveries(tmp_path, lot)
        deliveries.deliver()
        deliveries.move(date(2026, 10, 5))
        deliveries.deliver()
        check(deliveries, services)
        compact(now=NOON)
        check(deliveries, services)
        deliveries.move(date(2026, 10, 12))
        deliveries.deliver()
        check(deliveries, services)

    def test_name_every_day_of_the_month(self, tmp_path: Path) -> None:
        deliver(tmp_path, rows("2026-10-03,dental,core,4,1,8", "2026-10-19,dental,core,5,,1.5"))
        bolt, core = Account.objects.get(ref="bolt").pk, Service.objects.get(code="core").pk
        days = line_days(OCTOBER, as_of=None, msp_id=bolt, service_id=core)
        assert [one.day for one in days] == list(OCTOBER.days)
        found = {one.day.day: [plain(one.provisioned), plain(one.used), plain(one.credits)] for one in days}
        assert found == {day: ["0", "0", "0"] for day in range(1, 32)} | {3: ["4", "1", "8"], 19: ["5", "5", "1.5"]}

    def test_are_none_of_a_month_without_usage(self, tmp_path: Path) -> None:
        deliver(tmp_path, rows("2026-10-03,dental,core,4,1,8"))
        assert list(month_lines(Month(2026, 9), as_of=None, services=measured())) == []
        assert list(month_lines(OCTOBER, as_of=NOON - timedelta(days=1), services=measured())) == []
        assert list(month_lines(OCTOBER, as_of=None, services=measured(), msp_ids=[])) == []

    def test_are_sorted_over_all_vendors(self, tmp_path: Path) -> None:
        other = Account.objects.create(ref="other-vendor", tier="vendor", name="Other")
        Service.objects.filter(code="plain").update(group=SolutionGroup.objects.create(vendor=other, code="others", name="Others"))
        north = Account.objects.get(ref="north").placements
        north.update(until_date=date(2026, 10, 18))
        north.create(account=north.get().account, parent=other, from_date=date(2026, 10, 18))
        cells = [f"2026-10-{day},{customer},{service},1,," for day in (12, 17) for customer in CUSTOMERS for service in ("core", "blind")]
        cells += [f"2026-10-18,{customer},plain,1,," for customer in CUSTOMERS]
        deliver(tmp_path, rows(*cells))
        lines = [(line.msp_id, line.service_id) for line in month_lines(OCTOBER, as_of=None, services=measured())]
        assert lines == sorted(lines)
        assert len(lines) == 6

    def test_are_refused_where_a_service_is_left_out(self, tmp_path: Path) -> None:
        deliver(tmp_path, rows("2026-10-03,dental,core,4,1,8", "2026-10-03,dental,plain,4,1,8"))
        core = Service.objects.get(code="core").pk
        others = [service for service in measured() if service.service_id != core]
        with pytest.raises(Invalid, match="not among"):
            list(month_lines(OCTOBER, as_of=None, services=others))
        with pytest.raises(Invalid, match="not among"):
            line_customers(OCTOBER, as_of=None, msp_id=1, service_id=core, services=others)
