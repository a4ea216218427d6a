"""Pieces on their way into the ledger."""

import threading
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import close_old_connections, connection
from django.test.utils import CaptureQueriesContext

from tests.intake.sending import NOON, send, sender, stored
from trueup.accounts.models import Account, Placement
from trueup.accounts.rules import Viewer
from trueup.catalog.models import CreditRequirement, Service
from trueup.events.models import Event
from trueup.intake.actions import retry
from trueup.intake.claims import Leaving
from trueup.intake.models import Gathering, Piece
from trueup.intake.queries import gatherings_due, refused
from trueup.intake.rules.pieces import CLAIM_LASTS, KEPT_FOR, State
from trueup.intake.working import _begun, _sender, _taken_up, forget_old, gather_next
from trueup.kit.errors import Invalid
from trueup.kit.period import FOREVER
from trueup.ledger.actions import map_name
from trueup.ledger.models import Batch, NameMapping, Source

TEN = "bolt-dental endpoint-core 2026-10-20T10:00:00Z"
NINE = "bolt-dental endpoint-core 2026-10-20T09:00:00Z"


def gather_all(now: datetime = NOON) -> int:
    """Gather until nothing is left."""
    count = 0
    while settled := gather_next(now=now):
        count += settled
    return count


def states() -> dict[str, str]:
    """Where each event is, by its id."""
    return dict(Piece.objects.order_by("event_id").values_list("event_id", "state"))


def move_away(ref: str) -> None:
    """The customer is no longer below an MSP."""
    Placement.objects.filter(account__ref=ref).update(until_date=date(2026, 1, 1))


def move_back(ref: str) -> None:
    """And is again."""
    Placement.objects.filter(account__ref=ref).update(until_date=FOREVER)


class TestGathering:
    def test_stores_what_was_sent_in_one_batch(self, bolt: Viewer) -> None:
        send(bolt, f"1 {TEN} 40 31", "2 bolt-garage email-core 2026-10-19T23:59:59Z 5")
        assert (gatherings_due(), gather_next(now=NOON), gatherings_due()) == (1, 2, 0)
        assert stored() == ["2026-10-19 bolt-garage email-core 5 None", "2026-10-20 bolt-dental endpoint-core 40 31"]
        batch = Batch.objects.get()
        assert (batch.stored, batch.actor_name, batch.account_id, batch.source.code) == (2, "meter", bolt.account_id, "default")
        assert set(states().values()) == {State.STORED}
        assert Event.objects.filter(kind="usage_imported").count() == 1
        assert gather_next(now=NOON) == 0

    def test_takes_the_latest_of_a_day_by_the_time_of_the_event(self, bolt: Viewer) -> None:
        send(bolt, f"1 {TEN} 40", f"2 {NINE} 39", f"3 {TEN} 41")
        gather_all()
        assert stored() == ["2026-10-20 bolt-dental endpoint-core 41 None"]
        assert states() == {"1": State.OVERTAKEN, "2": State.OVERTAKEN, "3": State.STORED}

    def test_takes_the_latest_also_where_an_earlier_one_arrives_later(self, bolt: Viewer) -> None:
        send(bolt, f"1 {TEN} 40")
        gather_all()
        send(bolt, f"2 {NINE} 39")
        gather_all()
        assert stored() == ["2026-10-20 bolt-dental endpoint-core 40 None"]
        assert states()["2"] == State.OVERTAKEN

    def test_lets_a_value_go_back(self, bolt: Viewer) -> None:
        for number, value in enumerate((40, 41, 40)):
            send(bolt, f"{number} {TEN} {value}")
            gather_all()
        assert stored() == ["2026-10-20 bolt-dental endpoint-core 40 None"]
        assert Batch.objects.count() == 3

    def test_keeps_senders_and_sources_apart(self, bolt: Viewer, world: None) -> None:
        vendor = sender("acme-vendor")
        send(bolt, f"1 {TEN} 40")
        send(sender("bolt", "other"), "2 bolt-garage endpoint-core 2026-10-20T10:00:00Z 1")
        send(vendor, "1 coil-bakery endpoint-core 2026-10-20T10:00:00Z 7")
        send(vendor, "1 coil-bakery email-core 2026-10-20T10:00:00Z 8", source="rmm-feed")
        assert gather_all() == 4
        batches = Batch.objects.order_by("id").values_list("account__ref", "actor_name", "source__code")
        assert sorted(batches) == [
            ("acme-vendor", "meter", "default"), ("acme-vendor", "meter", "rmm-feed"),
            ("bolt", "meter", "default"), ("bolt", "other", "default"),
        ]  # fmt: skip

    def test_stores_what_was_acknowledged_although_the_sender_may_no_longer(self, bolt: Viewer) -> None:
        send(bolt, f"1 {TEN} 40")
        gathering = _begun(NOON)
        assert gathering is not None
        viewer = _sender(gathering.gathering)
        assert (viewer.actor, viewer.account_id, viewer.tier) == (bolt.actor, bolt.account_id, bolt.tier)

    def test_keeps_unknown_names_where_the_source_does(self, world: None, ledger_home: Path) -> None:
        send(sender("acme-vendor"), "1 nobody endpoint-core 2026-10-20T10:00:00Z 7", source="manual")
        assert gather_all() == 1
        assert (Batch.objects.get().unmapped, states()) == (1, {"1": State.STORED})

    def test_takes_all_names_of_a_customer_for_one(self, bolt: Viewer) -> None:
        dental = Account.objects.get(ref="bolt-dental")
        NameMapping.objects.create(kind="customer", name="Dental", account=dental)
        send(bolt, f"1 {TEN} 40", f"2 {NINE.replace('bolt-dental', 'Dental')} 39", "3 Dental endpoint-core 2026-10-20T11:00:00Z 42")
        assert gather_all() == 3
        assert stored() == ["2026-10-20 bolt-dental endpoint-core 42 None"]
        assert states() == {"1": State.OVERTAKEN, "2": State.OVERTAKEN, "3": State.STORED}
        send(bolt, f"4 {TEN} 41", f"5 {TEN.replace('bolt-dental', 'Dental')} 43")  # earlier, although they arrive later
        gather_all()
        assert stored() == ["2026-10-20 bolt-dental endpoint-core 42 None"]
        assert Batch.objects.count() == 1

    def test_takes_all_names_of_a_service_for_one_by_its_source(self, world: None, ledger_home: Path) -> None:
        vendor, feed = sender("acme-vendor"), Source.objects.get(code="rmm-feed")
        core, email = (Service.objects.get(code=code) for code in ("endpoint-core", "email-core"))
        NameMapping.objects.create(kind="service", name="Core", service=email)
        NameMapping.objects.create(kind="service", name="Core", service=core, source=feed)
        for number, source in enumerate(("rmm-feed", "meter")):
            send(vendor, f"{number} bolt-dental Core 2026-10-20T10:00:00Z {number + 1}", source=source)
        send(vendor, f"2 {NINE} 7")
        gather_all()
        assert sorted(stored()) == ["2026-10-20 bolt-dental email-core 2 None", "2026-10-20 bolt-dental endpoint-core 1 None"]

    def test_takes_an_unknown_name_of_two_sources_for_two(self, world: None, ledger_home: Path) -> None:
        Source.objects.create(code="psa", keeps_unmapped=True)
        vendor = sender("acme-vendor")
        send(vendor, "1 1001 endpoint-core 2026-10-20T11:00:00Z 42", source="manual")
        gather_all()
        send(vendor, "1 1001 endpoint-core 2026-10-20T10:00:00Z 7", source="psa")  # somebody else, and earlier
        gather_all()
        assert set(Piece.objects.values_list("state", flat=True)) == {State.STORED}
        for source, ref in (("manual", "bolt-dental"), ("psa", "bolt-garage")):
            map_name(Viewer.system(), "1001", customer=ref, source=source, now=NOON)
        assert stored() == ["2026-10-20 bolt-dental endpoint-core 42 None", "2026-10-20 bolt-garage endpoint-core 7 None"]

    def test_puts_what_a_name_stands_for_only_since_it_arrived_into_the_next_batch(self, bolt: Viewer) -> None:
        send(sender("acme-vendor"), "1 Dental endpoint-core 2026-10-20T11:00:00Z 42", f"2 {TEN} 40", source="manual")
        NameMapping.objects.create(kind="customer", name="Dental", account=Account.objects.get(ref="bolt-dental"))
        assert gather_all() == 3  # one of them was in both
        assert stored() == ["2026-10-20 bolt-dental endpoint-core 42 None"]
        assert Batch.objects.count() == 2


class TestCrash:
    def test_between_ledger_and_mark_stores_nothing_twice(self, bolt: Viewer) -> None:
        send(bolt, f"1 {TEN} 40")
        gather_all()
        before = Gathering.objects.get()
        Gathering.objects.update(ended_at=None, batch_id=None)  # as if the process had died before it could say so
        Piece.objects.update(state=State.GATHERED)
        assert gather_next(now=NOON) == 0  # somebody may still be working on it
        later = NOON + CLAIM_LASTS + timedelta(seconds=1)
        send(bolt, "2 bolt-garage endpoint-core 2026-10-20T10:00:00Z 1")
        assert gather_next(now=later) == 1
        assert (Batch.objects.count(), Gathering.objects.get().batch_id, states()["1"]) == (1, before.batch_id, State.STORED)
        assert gather_next(now=later) == 1

    def test_whoever_lost_the_claim_writes_nothing(self, bolt: Viewer) -> None:
        send(bolt, f"1 {TEN} 40")
        first = _begun(NOON)
        second = _taken_up(NOON + CLAIM_LASTS * 2)
        assert first is not None
        assert second is not None
        first.end(7, now=NOON)
        assert not first.leave_out([(piece, Leaving(State.REFUSED, "x")) for piece in first.pieces()])
        assert first.failed(ValueError(), now=NOON) == 0
        first.give_back(now=NOON)
        assert states() == {"1": State.GATHERED}
        second.end(8, now=NOON)
        assert (Gathering.objects.get().batch_id, states()) == (8, {"1": State.STORED})


@pytest.mark.django_db(transaction=True)
class TestTwoClocks:
    def test_store_everything_once(self, bolt: Viewer) -> None:
        vendor = sender("acme-vendor")
        for number in range(6):
            send(bolt, f"b{number} bolt-dental endpoint-core 2026-10-{number + 1:02}T10:00:00Z {number}")
            send(vendor, f"v{number} coil-bakery endpoint-core 2026-10-{number + 1:02}T10:00:00Z {number}")
        failures: list[BaseException] = []

        def clock() -> None:
            try:
                gather_all()
            except BaseException as error:  # noqa: BLE001 -- told by the test
                failures.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=clock) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        close_old_connections()
        assert failures == []
        assert (len(stored()), set(states().values())) == (12, {State.STORED})
        assert sum(Batch.objects.values_list("stored", flat=True)) == 12


class TestRefused:
    def test_are_kept_with_the_reason_and_the_others_stored(self, bolt: Viewer) -> None:
        send(bolt, f"1 {TEN} 40", "2 bolt-garage endpoint-core 2026-10-20T10:00:00Z 1")
        move_away("bolt-garage")
        assert gather_all() == 2
        assert stored() == ["2026-10-20 bolt-dental endpoint-core 40 None"]
        (found,) = refused(bolt, after=0, limit=10)
        assert (found.event_id, found.reason, found.column, found.provisioned) == ("2", "no_msp", "customer", "1")
        assert found.detail.startswith("The customer was not placed")
        assert refused(sender("coil"), after=0, limit=10) == []

    def test_are_stored_once_they_are_tried_again_and_can_be(self, bolt: Viewer) -> None:
        send(bolt, f"1 {TEN} 40", "2 bolt-garage endpoint-core 2026-10-20T10:00:00Z 1")
        for ref in ("bolt-dental", "bolt-garage"):
            move_away(ref)
        assert gather_all() == 2
        assert (Batch.objects.count(), Gathering.objects.get().batch_id) == (0, None)
        move_back("bolt-dental")
        assert retry(sender("coil"), None, now=NOON) == 0
        assert retry(bolt, None, now=NOON) == 2
        gather_all()
        assert states() == {"1": State.STORED, "2": State.REFUSED}

    def test_are_replaced_by_what_is_sent_under_their_id_again(self, bolt: Viewer) -> None:
        send(bolt, f"1 {TEN} 40")
        move_away("bolt-dental")
        gather_all()
        with pytest.raises(Invalid):
            send(bolt, f"1 {TEN} 40")
        send(bolt, "1 bolt-garage endpoint-core 2026-10-20T10:00:00Z 3")
        gather_all()
        assert stored() == ["2026-10-20 bolt-garage endpoint-core 3 None"]

    def test_are_all_of_a_source_that_is_gone(self, world: None, ledger_home: Path) -> None:
        vendor = sender("acme-vendor")
        send(vendor, f"1 {TEN} 40", source="rmm-feed")
        Source.objects.filter(code="rmm-feed").delete()
        gather_all()
        (found,) = refused(vendor, after=0, limit=10)
        assert (found.reason, found.detail) == ("invalid", "there is no source “rmm-feed”")

    def test_give_way_to_what_they_overtook(self, bolt: Viewer) -> None:
        core = Service.objects.get(code="endpoint-core")
        CreditRequirement.objects.create(service=core, from_date=date(2026, 10, 1), per_unit=2)
        send(bolt, f"1 {NINE} 39", f"2 {TEN} 999999999999", "3 bolt-garage endpoint-core 2026-10-20T10:00:00Z 1")  # twice that is too large
        gather_all()
        assert stored() == ["2026-10-20 bolt-dental endpoint-core 39 None", "2026-10-20 bolt-garage endpoint-core 1 None"]
        assert states() == {"1": State.STORED, "2": State.REFUSED, "3": State.STORED}

    def test_leave_in_the_same_number_of_statements_however_many_they_are(self, bolt: Viewer) -> None:
        counts = []
        for number in (2, 20):
            send(bolt, *(f"{number}-{day} bolt-dental endpoint-core 2026-10-{day:02}T10:00:00Z 1" for day in range(1, number)))
            claim = _begun(NOON)
            assert claim is not None
            with CaptureQueriesContext(connection) as asked:
                claim.leave_out([(piece, Leaving(State.REFUSED, "no_msp", "customer")) for piece in claim.pieces()])
            claim.end(None, now=NOON)
            counts.append(len(asked))
        assert counts[0] == counts[1]


class TestForgetting:
    def test_leaves_what_is_new_or_refused(self, bolt: Viewer) -> None:
        send(bolt, f"1 {TEN} 40", "2 bolt-garage endpoint-core 2026-10-20T10:00:00Z 1")
        move_away("bolt-garage")
        gather_all()
        assert forget_old(now=NOON + KEPT_FOR) == 0
        assert forget_old(now=NOON + KEPT_FOR * 2) == 1
        assert states() == {"2": State.REFUSED}
        assert forget_old(now=NOON + KEPT_FOR * 2) == 0
