"""The history: nobody can change it, and whoever does it behind the database's back is found."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import Error, connection, transaction
from django.db.models import F

from trueup.accounts.models import Account
from trueup.accounts.rules import SYSTEM, Actor
from trueup.events import append_only
from trueup.events.models import ChainHead, Event
from trueup.events.queries import audit, happened_to
from trueup.events.recording import Change, Happening, record, record_all
from trueup.events.rules import digest

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

    def test_are_recorded_many_at_once_in_the_order_given(self, world: None) -> None:
        ids = [chain_of("bolt"), chain_of("coil"), chain_of("bolt")]
        record_all([Happening(pk, f"k{number}", SYSTEM, NOW, "x", 1) for number, pk in enumerate(ids)])
        assert list(happened_to("x", 1).values_list("kind", flat=True)) == ["k0", "k1", "k2"]
        assert audit().findings == ()


@pytest.mark.django_db(transaction=True)
class TestRecording:
    def test_needs_a_transaction(self) -> None:
        with pytest.raises(RuntimeError, match="inside the transaction"):
            record(account_id=None, kind="x", actor=SYSTEM, at=NOW, subject="x", subject_id=1)


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

    def test_gives_an_anchor_that_changes_with_every_event(self, world: None) -> None:
        before = audit().anchor
        assert audit().anchor == before
        tell("bolt")
        assert audit().anchor != before


def forged_hash(event: Event) -> str:
    """The hash a forger would compute."""
    return digest(event.previous_hash, event.content())
