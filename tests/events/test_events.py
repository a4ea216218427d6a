"""The history: nobody can change it, and whoever does it behind the database's back is found."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import Error, connection, transaction
from django.db.models import F

from tests import world as world_file
from tests.events.others import elsewhere
from trueup.accounts.models import Account
from trueup.accounts.rules import SYSTEM, Actor, Viewer
from trueup.events import append_only
from trueup.events.models import ChainHead, Event
from trueup.events.queries import ChainEnd, audit, happened_to, history
from trueup.events.recording import Change, Happening, lock, record, record_all
from trueup.events.rules import digest
from trueup.network import actions

NOW = datetime(2026, 9, 1, 8, tzinfo=UTC)


def tell(ref: str | None, *, times: int = 1) -> None:
    account_id = Account.objects.get(ref=ref).pk if ref else None
    for number in range(times):
        record(account_id=account_id, kind="noted", actor=SYSTEM, at=NOW, subject="note", subject_id=7, changes=[Change("n", None, number)])


def chain_of(ref: str) -> int:
    return Account.objects.get(ref=ref).pk


def tamper(change: Callable[[], object]) -> list[str]:
    """What the audit says after something was done with the triggers taken away."""
    append_only.unguard(connection)
    change()
    append_only.guard(connection)
    return [finding.message for finding in audit().findings]


@pytest.mark.django_db
class TestEvents:
    @pytest.mark.parametrize("statement", ["UPDATE events_event SET kind = 'x'", "DELETE FROM events_event", "TRUNCATE events_event"])
    def test_refuse_to_be_changed(self, world: None, statement: str) -> None:
        if statement.startswith("TRUNCATE") and connection.vendor == "sqlite":
            pytest.skip("SQLite has no TRUNCATE")
        with pytest.raises(Error, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)

    def test_refuse_it_through_the_models_too(self, world: None) -> None:
        with pytest.raises(Error, match="append-only"), transaction.atomic():
            Event.objects.update(note="x")
        with pytest.raises(Error, match="append-only"), transaction.atomic():
            Event.objects.filter(sequence=1).delete()

    def test_are_chained_per_account(self, world: None) -> None:
        tell("bolt", times=3)
        events = list(Event.objects.filter(chain=chain_of("bolt")).order_by("sequence"))
        assert [event.sequence for event in events] == [1, 2, 3, 4]
        assert [event.previous_hash for event in events[1:]] == [event.hash for event in events[:-1]]
        head = ChainHead.objects.get(chain=chain_of("bolt"))
        assert (head.length, head.hash) == (4, events[-1].hash)

    def test_name_the_way_down_to_the_account(self, world: None) -> None:
        tell("bolt")
        ids = dict(Account.objects.values_list("ref", "pk"))
        assert Event.objects.order_by("id").last().path == f"/{ids['acme-vendor']}/{ids['north']}/{ids['bolt']}/"  # type: ignore[union-attr]

    def test_tell_what_happened_to_one_thing(self, world: None) -> None:
        actor = Actor("person", "a@b.example", 5)
        record(account_id=None, kind="seen", actor=actor, at=NOW, subject="thing", subject_id=9, note="why")
        (event,) = happened_to("thing", 9)
        assert (event.actor, event.note, event.at, event.changes) == (actor, "why", NOW, [])

    def test_tell_it_in_the_order_of_the_chain_whatever_their_ids(self, world: None) -> None:
        tell("bolt", times=3)
        tamper(lambda: Event.objects.filter(chain=chain_of("bolt"), sequence=3).update(id=999_999))
        assert list(happened_to("note", 7).values_list("sequence", flat=True)) == [2, 3, 4]
        assert list(history(Viewer.system(), "note", 7)) == list(happened_to("note", 7))

    def test_are_recorded_many_at_once_in_the_order_given(self, world: None) -> None:
        ids = [chain_of("coil"), chain_of("bolt"), chain_of("coil")]
        record_all([Happening(pk, f"k{number}", SYSTEM, NOW, "x", 1) for number, pk in enumerate(ids)])
        assert list(happened_to("x", 1).order_by("id").values_list("kind", flat=True)) == ["k0", "k1", "k2"]
        assert audit().findings == ()


@pytest.mark.django_db(transaction=True)
class TestRecording:
    def test_needs_a_transaction(self) -> None:
        with pytest.raises(RuntimeError, match="inside the transaction"):
            record(account_id=None, kind="x", actor=SYSTEM, at=NOW, subject="x", subject_id=1)

    def test_may_claim_histories_before(self) -> None:
        actions.apply(Viewer.system(), world_file.NETWORK, file_name="n.yaml", dry_run=False, now=world_file.APPLIED_AT)
        with transaction.atomic():
            lock([chain_of("bolt"), 999])
            if connection.vendor == "postgresql":
                with pytest.raises(Error, match="could not obtain lock"):
                    elsewhere(claim_at_once)
            tell("bolt")
        assert (audit().findings, ChainHead.objects.filter(pk=999).exists()) == ((), False)


@pytest.mark.django_db
class TestAudit:
    def test_finds_nothing_where_nothing_was_done(self, world: None) -> None:
        tell("bolt", times=3)
        found = audit()
        assert (found.findings, found.chains, found.events) == ((), 7, Event.objects.count())

    @pytest.mark.parametrize("field", ["kind", "note", "actor_name", "path", "subject"])
    def test_finds_an_altered_text(self, world: None, field: str) -> None:
        tell("bolt", times=3)
        event = Event.objects.filter(chain=chain_of("bolt"), sequence=2)
        assert tamper(lambda: event.update(**{field: "x"})) == ["its content was altered"]

    def test_finds_an_altered_value(self, world: None) -> None:
        tell("bolt", times=3)
        event = Event.objects.filter(chain=chain_of("bolt"), sequence=3)
        assert tamper(lambda: event.update(changes=[{"field": "n", "before": None, "after": 9}])) == ["its content was altered"]

    def test_finds_an_altered_time(self, world: None) -> None:
        event = Event.objects.filter(chain=chain_of("bolt"), sequence=1)
        assert tamper(lambda: event.update(at=datetime(2020, 1, 1, tzinfo=UTC))) == ["its content was altered"]

    def test_finds_an_altered_row_whose_hash_was_made_to_fit(self, world: None) -> None:
        tell("bolt", times=2)

        def forge() -> None:
            event = Event.objects.get(chain=chain_of("bolt"), sequence=2)
            event.kind = "forged"
            event.hash = forged_hash(event)
            event.save()

        assert tamper(forge) == ["does not follow from the event before it: one of them was inserted or altered"]

    def test_finds_a_row_removed_in_the_middle(self, world: None) -> None:
        tell("bolt", times=3)
        assert tamper(lambda: Event.objects.filter(chain=chain_of("bolt"), sequence=2).delete()) == [
            "1 event(s) before this one are missing"
        ]

    def test_finds_rows_removed_at_the_end(self, world: None) -> None:
        tell("bolt", times=3)
        messages = tamper(lambda: Event.objects.filter(chain=chain_of("bolt"), sequence__gte=3).delete())
        assert messages == ["the last 2 event(s) of the chain are missing"]

    def test_finds_a_chain_removed_but_for_its_head(self, world: None) -> None:
        tell("bolt", times=2)
        messages = tamper(lambda: Event.objects.filter(chain=chain_of("bolt")).delete())
        assert messages == ["the last 3 event(s) of the chain are missing"]

    def test_finds_a_whole_chain_removed_with_its_head(self, world: None) -> None:
        def remove() -> None:
            Event.objects.filter(chain=chain_of("bolt")).delete()
            ChainHead.objects.filter(chain=chain_of("bolt")).delete()

        assert tamper(remove) == ["the whole chain was removed"]

    def test_finds_a_head_removed(self, world: None) -> None:
        assert tamper(lambda: ChainHead.objects.filter(chain=chain_of("bolt")).delete()) == ["the head of the chain is missing"]

    def test_finds_a_row_inserted_at_the_end(self, world: None) -> None:
        tell("bolt")

        def insert() -> None:
            event = Event.objects.filter(chain=chain_of("bolt")).latest("sequence")
            event.pk, event.sequence, event.previous_hash = None, event.sequence + 1, event.hash
            event.hash = forged_hash(event)
            event.save(force_insert=True)

        assert tamper(insert) == ["events were inserted behind the end of the chain"]

    def test_finds_a_row_inserted_in_the_middle(self, world: None) -> None:
        tell("bolt", times=3)

        def insert() -> None:
            later = Event.objects.filter(chain=chain_of("bolt"), sequence__gte=2)
            later.update(sequence=F("sequence") + 100)
            later.model.objects.filter(chain=chain_of("bolt"), sequence__gte=100).update(sequence=F("sequence") - 99)
            event = Event.objects.get(chain=chain_of("bolt"), sequence=1)
            event.pk, event.sequence, event.previous_hash = None, 2, event.hash
            event.hash = forged_hash(event)
            event.save(force_insert=True)

        messages = tamper(insert)
        assert "does not follow from the event before it: one of them was inserted or altered" in messages
        assert "events were inserted behind the end of the chain" in messages

    def test_finds_a_chain_inserted(self, world: None) -> None:
        def insert() -> None:
            event = Event.objects.get(chain=chain_of("bolt"), sequence=1)
            event.pk, event.chain, event.previous_hash = None, 999, ""
            event.hash = forged_hash(event)
            event.save(force_insert=True)
            ChainHead.objects.create(chain=999, length=1, hash=event.hash)

        assert tamper(insert) == ["the chain was inserted: its opening was never recorded"]

    def test_finds_an_altered_id(self, world: None) -> None:
        tell("bolt", times=3)
        messages = tamper(lambda: Event.objects.filter(chain=chain_of("bolt"), sequence=3).update(id=999_999))
        assert messages == ["its id was altered: ids grow along a chain, and the event before it has a higher one"]

    def test_finds_that_the_whole_history_was_removed(self, world: None) -> None:
        assert tamper(wipe) == ["there are accounts but not one event: the whole history was removed"]

    def test_finds_nothing_in_an_installation_without_accounts(self, db: None) -> None:
        assert (audit().findings, audit().events) == ((), 0)

    def test_gives_an_anchor_that_changes_with_every_event(self, world: None) -> None:
        before = audit().anchor
        assert audit().anchor == before
        tell("bolt")
        assert audit().anchor != before


@pytest.mark.django_db
class TestAuditAgainstKeptEnds:
    def test_finds_nothing_when_the_history_has_only_grown(self, world: None) -> None:
        kept = audit().ends
        tell("bolt", times=2)
        assert audit(kept).findings == ()

    def test_finds_a_chain_rewritten_with_hashes_that_fit(self, world: None) -> None:
        tell("bolt", times=2)
        kept = audit().ends

        def rewrite() -> None:
            previous = ""
            for event in Event.objects.filter(chain=chain_of("bolt")).order_by("sequence"):
                event.note, event.previous_hash = "rewritten", previous
                event.hash = previous = forged_hash(event)
                event.save()
            ChainHead.objects.filter(chain=chain_of("bolt")).update(hash=previous)

        assert tamper(rewrite) == []
        tell("bolt")
        assert [(one.chain, one.sequence, one.message) for one in audit(kept).findings] == [
            (chain_of("bolt"), 3, "its hash is not the one that was kept: the chain was rewritten up to here")
        ]

    def test_finds_a_chain_cut_short_with_its_head(self, world: None) -> None:
        tell("bolt", times=2)
        kept = audit().ends

        def cut() -> None:
            Event.objects.filter(chain=chain_of("bolt"), sequence=3).delete()
            last = Event.objects.get(chain=chain_of("bolt"), sequence=2)
            ChainHead.objects.filter(chain=chain_of("bolt")).update(length=2, hash=last.hash)

        assert tamper(cut) == []
        assert [one.message for one in audit(kept).findings] == ["the chain has 2 event(s): it had 3 when its end was kept"]

    def test_finds_every_chain_gone_when_all_was_wiped(self, world: None) -> None:
        kept = audit().ends
        tamper(wipe)
        messages = [one.message for one in audit(kept).findings]
        assert len([message for message in messages if message.startswith("the chain is gone")]) == len(kept)

    def test_finds_a_chain_that_never_was(self, world: None) -> None:
        assert [one.chain for one in audit({999: ChainEnd(1, "x")}).findings] == [999]


@pytest.mark.django_db(transaction=True)
class TestAuditBesideOthers:
    def test_takes_nobody_who_works_for_one_who_tampers(self) -> None:
        actions.apply(Viewer.system(), world_file.NETWORK, file_name="n.yaml", dry_run=False, now=world_file.APPLIED_AT)
        told: list[int] = []

        def tell_once(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
            """Right before the audit reads the events, another connection records some."""
            if '"events_event"' in sql and not told:
                told.append(1)
                elsewhere(tell_in_a_transaction)
            return execute(sql, parameters, many, context)

        before = Event.objects.count()
        with connection.execute_wrapper(tell_once):
            found = audit()
        assert (found.findings, found.events, Event.objects.count()) == ((), before, before + 3)


def claim_at_once() -> None:
    with transaction.atomic():
        ChainHead.objects.select_for_update(nowait=True).get(pk=chain_of("bolt"))


def tell_in_a_transaction() -> None:
    with transaction.atomic():
        tell("bolt", times=3)


def wipe() -> None:
    Event.objects.all().delete()
    ChainHead.objects.all().delete()


def forged_hash(event: Event) -> str:
    """The hash a forger would compute."""
    return digest(event.previous_hash, event.content())
