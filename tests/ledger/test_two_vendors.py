"""A delivery for the services of two vendors is in two tables, and still one batch."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.db import transaction

from tests.ledger.channel import NOON, OCTOBER, deliver, problems, rows, seen
from trueup.accounts.models import Account
from trueup.accounts.rules import Actor, Role, Tier, Viewer
from trueup.catalog.models import BillingUnit, Service, SolutionGroup
from trueup.kit.errors import Conflict
from trueup.ledger.actions import compact, map_name
from trueup.ledger.models import Batch, BatchPart, LedgerClock, NameMapping, Source, SourceDay, UnmappedRecord
from trueup.ledger.queries import unmapped_names, usage_rows

BOTH = ("2026-10-03,dental,core,1,1,", "2026-10-03,tank,shield,2,1,", "2026-10-16,tank,shield,3,1,")


def add_vendor() -> Account:
    """A second vendor, with one service: other → east → dock → tank."""
    other = Account.objects.create(ref="other", tier="vendor", name="Other")
    parent = other
    for ref, tier in (("east", "distributor"), ("dock", "msp"), ("tank", "customer")):
        account = Account.objects.create(ref=ref, tier=tier, name=ref)
        parent = account.placements.create(parent=parent, from_date=date(2025, 1, 1)).account
    group = SolutionGroup.objects.create(vendor=other, code="other-group", name="Other")
    Service.objects.create(code="shield", name="Shield", group=group, unit=BillingUnit.objects.get(code="seat"))
    return other


def viewer(ref: str) -> Viewer:
    """Somebody of an account."""
    account = Account.objects.get(ref=ref)
    return Viewer(Actor("person", f"{ref}@example.com", None), account.pk, Tier(account.tier), Role.ADMIN)


def undo_commit(home: Path, vendor: Account) -> None:
    """As if the process had died before the batch's files were put into this vendor's table."""
    max((home / f"vendor-{vendor.pk}" / "_delta_log").glob("*.json")).unlink()
    Batch.objects.filter(pk=Batch.objects.order_by("-pk").values_list("pk", flat=True)[0]).update(status=Batch.COMMITTING)


@pytest.mark.usefixtures("channel")
class TestBatch:
    def test_of_two_vendors_is_one(self, tmp_path: Path) -> None:
        add_vendor()
        assert deliver(tmp_path, rows(*BOTH)).stored == 3
        assert sorted(row[3] for row in seen()) == ["core", "shield", "shield"]
        assert (Batch.objects.count(), BatchPart.objects.count()) == (1, 2)
        deliver(tmp_path, rows(*(row.replace(",1,", ",0,") for row in BOTH)))
        assert compact(now=NOON) == 3
        assert [row[5] for row in seen()] == ["1", "0", "0"]

    def test_of_two_vendors_is_refused_as_a_whole(self, tmp_path: Path) -> None:
        add_vendor()
        assert problems(deliver(tmp_path, rows(*BOTH, "2026-10-04,tank,shield,x,1,"))) == [(4, "provisioned_units", "x", "not_a_number")]
        assert seen() == []


def move(ref: str, parent: str, day: date) -> None:
    """An account has another parent from a day on."""
    account = Account.objects.get(ref=ref)
    account.placements.update(until_date=day)
    account.placements.create(parent=Account.objects.get(ref=parent), from_date=day)


@pytest.mark.usefixtures("channel")
class TestServiceOfAnotherVendor:
    @pytest.mark.parametrize("number", ["1", "x"])  # all is matched at once, or judged value by value
    def test_is_as_unknown_as_one_that_does_not_exist(self, number: str, tmp_path: Path) -> None:
        add_vendor()
        refused = deliver(
            tmp_path, rows("2026-10-03,dental,shield,1,1,", f"2026-10-03,tank,nothing,{number},1,", "2026-10-04,tank,core,1,1,")
        )
        found = [each[:3] for each in problems(refused) if each[3] == "unknown_service"]
        assert found == [(1, "service", "shield"), (2, "service", "nothing"), (3, "service", "core")]
        assert seen() == []

    def test_is_refused_of_a_vendor_without_services(self, tmp_path: Path) -> None:
        add_vendor()
        Service.objects.filter(code="shield").delete()
        assert problems(deliver(tmp_path, rows("2026-10-03,tank,core,1,1,"))) == [(1, "service", "core", "unknown_service")]

    @pytest.mark.parametrize(("moving", "parent"), [("north", "other"), ("bolt", "east"), ("dental", "dock")])
    def test_is_known_from_the_day_any_account_above_moves(self, moving: str, parent: str, tmp_path: Path) -> None:
        add_vendor()
        move(moving, parent, date(2026, 10, 10))
        good = ("2026-10-09,dental,core,1,1,", "2026-10-10,dental,shield,1,1,")
        wrong = ("2026-10-09,dental,shield,1,1,", "2026-10-10,dental,core,1,1,")
        assert [each[:2] for each in problems(deliver(tmp_path, rows(*wrong)))] == [(1, "service"), (2, "service")]
        assert deliver(tmp_path, rows(*good)).stored == 2
        assert deliver(tmp_path, rows(*wrong, "2026-10-09,dental,plain,1,1,"), accept_valid=True).stored == 1

    def test_is_unknown_where_no_vendor_is_above_on_the_day(self, tmp_path: Path) -> None:
        add_vendor()
        Account.objects.get(ref="north").placements.update(from_date=date(2026, 10, 4))
        assert problems(deliver(tmp_path, rows("2026-10-03,dental,core,1,1,"))) == [(1, "service", "core", "unknown_service")]
        assert deliver(tmp_path, rows("2026-10-04,dental,core,1,1,")).stored == 1

    def test_is_not_given_away_beside_an_unknown_customer(self, tmp_path: Path) -> None:
        add_vendor()
        lines = rows("2026-10-03,dental,shield,1,1,", "2026-10-03,nobody,shield,1,1,")
        found = [each[0] for each in problems(deliver(tmp_path, lines, viewer=viewer("vendor"))) if each[3] == "unknown_service"]
        assert found == [1, 2]
        assert [each[3] for each in problems(deliver(tmp_path, lines))] == ["unknown_service", "unknown_customer"]

    def test_stays_in_the_queue_when_its_customer_becomes_known(self, tmp_path: Path) -> None:
        add_vendor()
        deliver(tmp_path, rows("2026-10-03,D,shield,1,1,", "2026-10-03,D,core,2,1,", "2026-10-03,tank,core,3,1,"), source="queue")
        mapped = map_name(Viewer.system(), "D", customer="dental", now=NOON)
        assert (mapped.replayed, mapped.remaining) == (1, 1)
        assert [row[2:5] for row in seen()] == [("dental", "core", "2")]
        move("dental", "dock", date(2026, 10, 2))  # as it turns out
        assert map_name(Viewer.system(), "D", customer="dental", now=NOON).replayed == 1
        assert [row[2:5] for row in seen()] == [("dental", "core", "2"), ("dental", "shield", "1")]

    def test_leaves_what_others_sent_alone(self, tmp_path: Path) -> None:
        add_vendor()
        Account.objects.create(ref="pond", tier="customer", name="Pond")
        move("pond", "dock", date(2025, 1, 1))
        for sender in ("bolt", "dock"):
            deliver(tmp_path, rows("2026-10-03,D,nothing,1,1,"), source="queue", viewer=viewer(sender))
        counts = {ref: [name.records for name in unmapped_names(viewer(ref))] for ref in ("vendor", "other")}
        assert counts == {"vendor": [1, 1], "other": [1, 1]}
        assert map_name(viewer("other"), "D", customer="tank", now=NOON).remaining == 1  # for its service; dock's alone
        with pytest.raises(Conflict, match="cannot be mapped here: ask the operator"):
            map_name(viewer("vendor"), "D", customer="dental", now=NOON)
        with pytest.raises(Conflict, match="already stands for another customer"):
            map_name(viewer("other"), "D", customer="pond", now=NOON)

    def test_is_unknown_also_by_a_mapped_name(self, tmp_path: Path) -> None:
        add_vendor()
        map_name(Viewer.system(), "S", service="shield", now=NOON)
        assert deliver(tmp_path, rows("2026-10-03,tank,S,1,1,")).stored == 1
        assert problems(deliver(tmp_path, rows("2026-10-03,dental,S,1,1,"))) == [(1, "service", "S", "unknown_service")]


@pytest.mark.django_db(transaction=True)
class TestKillBetweenTwoTables:
    @pytest.mark.parametrize("lost", [("other",), ("vendor", "other")])
    def test_shows_nothing_until_both_have_it(self, lost: tuple[str, ...], channel: None, ledger_home: Path, tmp_path: Path) -> None:
        add_vendor()
        deliver(tmp_path, rows("2026-10-03,dental,core,9,1,", "2026-10-03,tank,shield,9,1,"))
        deliver(tmp_path, rows(*BOTH))
        for ref in lost:
            undo_commit(ledger_home, Account.objects.get(ref=ref))
        with transaction.atomic():  # where nothing can be finished
            assert [row[3:5] for row in seen()] == [("core", "9"), ("shield", "9")]
        assert sorted(row[3:5] for row in seen()) == [("core", "1"), ("shield", "2"), ("shield", "3")]
        assert not Batch.objects.filter(status=Batch.COMMITTING).exists()


@pytest.mark.django_db(transaction=True)
class TestFolderThatIsGone:
    def test_of_one_vendor_does_not_hold_up_the_other(self, channel: None, ledger_home: Path, tmp_path: Path) -> None:
        add_vendor()
        deliver(tmp_path, rows(*BOTH))
        folder = ledger_home / f"vendor-{Account.objects.get(ref='vendor').pk}"
        folder.rename(tmp_path / "aside")
        folder.write_text("no folder")
        assert deliver(tmp_path, rows("2026-10-03,tank,shield,9,1,")).stored == 1
        with pytest.raises(OSError):  # noqa: PT011 -- its words are the machine's
            deliver(tmp_path, rows("2026-10-03,dental,core,8,1,"))
        with pytest.raises(OSError):  # noqa: PT011 -- no usage would be a wrong answer
            seen(viewer=viewer("vendor"))
        folder.unlink()
        (tmp_path / "aside").rename(folder)
        deliver(tmp_path, rows("2026-10-03,dental,core,8,1,"))
        assert sorted(row[3:5] for row in seen()) == [("core", "8"), ("shield", "3"), ("shield", "9")]

    def test_in_the_middle_of_a_batch_is_waited_for(self, channel: None, ledger_home: Path, tmp_path: Path) -> None:
        other = add_vendor()
        deliver(tmp_path, rows(*BOTH))
        undo_commit(ledger_home, other)
        folder = ledger_home / f"vendor-{other.pk}"
        folder.rename(tmp_path / "aside")
        folder.write_text("no folder")
        with pytest.raises(OSError):  # noqa: PT011 -- a batch is in all its tables before the next one is
            deliver(tmp_path, rows("2026-10-03,dental,core,8,1,"))
        folder.unlink()
        (tmp_path / "aside").rename(folder)
        assert len(seen()) == 3


@pytest.mark.django_db(transaction=True)
class TestRestored:
    def test_database_older_than_the_ledger_takes_nothing_in(self, channel: None, ledger_home: Path, tmp_path: Path) -> None:
        deliver(tmp_path, rows("2026-10-03,dental,core,1,1,"))
        deliver(tmp_path, rows("2026-10-03,dental,core,2,1,"))
        forget_after(1)
        assert [row[4] for row in seen()] == ["1"]
        with pytest.raises(Conflict, match="older copy than the ledger"):
            deliver(tmp_path, rows("2026-10-03,dental,core,3,1,"))
        forget_after(0)
        with pytest.raises(Conflict, match="older copy than the ledger"):
            deliver(tmp_path, rows("2026-10-03,dental,core,4,1,"))
        assert not Batch.objects.exists()

    def test_ledger_older_than_the_database_is_told(self, channel: None, ledger_home: Path, tmp_path: Path) -> None:
        deliver(tmp_path, rows("2026-10-03,dental,core,1,1,"))
        before = set(ledger_home.rglob("*"))
        deliver(tmp_path, rows("2026-10-03,dental,core,2,1,"))
        for file in set(ledger_home.rglob("*")) - before:
            file.unlink()
        with pytest.raises(Conflict, match="older copy than the database"):
            seen()


def forget_after(last: int) -> None:
    """A database from before the batches after `last`."""
    BatchPart.objects.filter(batch_id__gt=last).delete()
    SourceDay.objects.all().delete()
    Batch.objects.filter(pk__gt=last).delete()
    known = Batch.objects.order_by("-pk").first()
    LedgerClock.objects.update(last_at=known and known.received_at, last_recorded_at=known and known.recorded_at)


@pytest.mark.usefixtures("channel")
class TestVisibility:
    def test_of_usage_is_that_of_its_time(self, tmp_path: Path) -> None:
        days = [date(2026, 10, 14) + timedelta(days=number) for number in range(4)]
        deliver(tmp_path, rows(*(f"{day},{customer},core,1,1," for day in days for customer in ("dental", "moved"))))
        found = {ref: sorted((row[0][-2:], row[2]) for row in seen(viewer=viewer(ref))) for ref in ("bolt", "coil")}
        assert found["bolt"] == [("14", "dental"), ("14", "moved"), ("15", "dental"), ("15", "moved"), ("16", "dental"), ("17", "dental")]
        assert found["coil"] == [("16", "moved"), ("17", "moved")]
        assert len(seen(viewer=viewer("north"))) == len(seen(viewer=viewer("vendor"))) == 8

    def test_of_usage_ends_for_a_distributor_when_the_msp_moves(self, tmp_path: Path) -> None:
        north, bolt = Account.objects.get(ref="north"), Account.objects.get(ref="bolt")
        south = Account.objects.create(ref="south", tier="distributor", name="South")
        south.placements.create(parent=Account.objects.get(ref="vendor"), from_date=date(2025, 1, 1))
        bolt.placements.filter(parent=north).update(until_date=date(2026, 10, 10))
        bolt.placements.create(parent=south, from_date=date(2026, 10, 10))
        deliver(tmp_path, rows("2026-10-09,dental,core,1,1,", "2026-10-10,dental,core,2,1,"))
        assert [row[0] for row in seen(viewer=viewer("north"))] == ["2026-10-09"]
        assert [row[0] for row in seen(viewer=viewer("south"))] == ["2026-10-10"]
        assert [row.day.day for row in usage_rows(viewer("north"), OCTOBER, msp="bolt", customer="dental")] == [9]

    def test_of_the_registry_is_the_operators_and_the_vendors(self, tmp_path: Path) -> None:
        other = add_vendor()
        deliver(tmp_path, rows(BOTH[0]))
        deliver(tmp_path, rows(*BOTH[1:], "2026-10-03,nobody,core,1,1,"), source="queue")
        counts = {ref: [model.objects.visible_to(viewer(ref)).count() for model in (Batch, BatchPart)] for ref in ("vendor", "other")}
        assert counts == {"vendor": [1, 1], "other": [1, 1]}
        assert BatchPart.objects.visible_to(viewer("other")).get().vendor == other
        assert Batch.objects.visible_to(Viewer.system()).count() == 2
        for ref in ("north", "bolt", "dental"):
            for model in (Batch, BatchPart, NameMapping, Source, SourceDay, UnmappedRecord):
                assert not model.objects.visible_to(viewer(ref)).exists()
            assert unmapped_names(viewer(ref)) == []
        assert len(unmapped_names(viewer("vendor"))) == 1
