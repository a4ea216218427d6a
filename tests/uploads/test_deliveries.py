"""What a program was told to be taken in is taken in: later if it cannot be now, and whatever becomes of its sender."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import OperationalError, connection
from pytest_django import Settings

from trueup.accounts.models import Account, ApiClient
from trueup.accounts.rules import Actor, Role, Scope, Tier, Viewer
from trueup.kit.errors import Conflict
from trueup.kit.period import Month
from trueup.ledger.actions import import_usage
from trueup.ledger.durable import durable_commits
from trueup.ledger.models import Batch
from trueup.ledger.queries import usage_rows
from trueup.ledger.rules.refusals import KeyReused
from trueup.uploads import actions, queries, rules, storage, working
from trueup.uploads.models import Upload
from trueup.uploads.queries import UploadView
from trueup.uploads.rules import State

NOW = datetime(2026, 10, 20, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
GOOD = "day,customer,service,provisioned_units,used_units\n2026-10-01,bolt-dental,endpoint-core,40,31\n"
BAD = GOOD + "2026-10-02,nobody,endpoint-core,1,1\n"

pytestmark = pytest.mark.usefixtures("transactional_db", "world", "ledger_home", "home")


@pytest.fixture
def home(tmp_path: Path, settings: Settings) -> Path:
    """A home of this test's own, for the files."""
    settings.TRUEUP_HOME = tmp_path / "home"
    return tmp_path / "home"


def program(ref: str = "bolt") -> Viewer:
    """A program of an account."""
    account = Account.objects.get(ref=ref)
    return Viewer(Actor("client", f"Feed of {ref}", 1), account.pk, Tier(account.tier), Role.ADMIN, frozenset({Scope.USAGE_WRITE}))


def deliver(content: str = GOOD, *, key: str | None = None, now: datetime = NOW) -> int:
    """A program of bolt sends usage, and does not wait."""
    with storage.received("usage.csv", [content.encode()]) as file:
        return actions.deliver(program(), file, key=key, now=now)


def look(delivery: int) -> UploadView:
    """How its sender sees it."""
    return queries.delivery(program(), delivery)


def stored() -> list[str]:
    """What October holds."""
    return [f"{row.day} {row.customer} {row.provisioned.normalize():f}" for row in usage_rows(Viewer.system(), Month(2026, 10))]


def somebody_imports(tmp_path: Path, *, now: datetime) -> None:
    """The operator imports something else."""
    file = tmp_path / "other.csv"
    file.write_text(GOOD.replace("bolt-dental", "bolt-garage"))
    import_usage(Viewer.system(), file, now=now)


class TestDelivery:
    def test_that_the_ledger_cannot_take_now_is_taken_in_later(self, tmp_path: Path) -> None:
        delivery = deliver()
        somebody_imports(tmp_path, now=NOW + 2 * HOUR)
        assert working.work_on_next(now=NOW)
        waiting = look(delivery)
        assert (waiting.state, waiting.error_code, waiting.due_at) == (State.CONFIRMED, "conflict", NOW + rules.PAUSES[0])
        assert "cannot go back behind that" in waiting.error
        assert storage.sent(delivery, "usage.csv").exists()
        assert working.work_on_next(now=NOW + 2 * HOUR)
        assert (look(delivery).state, look(delivery).error, look(delivery).counts["stored"]) == (State.DONE, "", 1)
        assert not storage.sent(delivery, "usage.csv").exists()

    def test_is_tried_again_after_longer_and_longer_pauses(self, tmp_path: Path) -> None:
        delivery = deliver()
        somebody_imports(tmp_path, now=NOW + 99 * HOUR)
        now = NOW
        for pause in (*rules.PAUSES, rules.PAUSES[-1], rules.PAUSES[-1]):
            assert working.work_on_next(now=now)
            assert not working.work_on_next(now=now + pause - timedelta(seconds=1))
            assert look(delivery).due_at == now + pause
            now += pause
        assert now - NOW > 3 * HOUR
        assert working.work_on_next(now=NOW + 99 * HOUR)
        assert look(delivery).state == State.DONE

    def test_waits_for_a_database_that_is_busy(self, monkeypatch: pytest.MonkeyPatch) -> None:
        delivery = deliver()

        def busy(*_given: object, **_more: object) -> None:
            raise OperationalError("database is locked")

        with monkeypatch.context() as patched:
            patched.setattr(working, "_run", busy)
            for tried in range(5):
                with pytest.raises(OperationalError):
                    working.work_on_next(now=NOW + tried * HOUR)
        assert (look(delivery).state, look(delivery).error_code) == (State.CONFIRMED, "busy")
        assert working.work_on_next(now=NOW + 6 * HOUR)
        assert look(delivery).state == State.DONE

    def test_is_never_given_up_for_a_mistake_of_ours(self) -> None:
        delivery = deliver()
        (storage.folder(delivery) / "progress.part").mkdir()  # the disk does what nobody expects
        for tried in range(rules.MOST_TRIES + 2):
            with pytest.raises(IsADirectoryError):
                working.work_on_next(now=NOW + tried * HOUR)
        assert (look(delivery).state, look(delivery).error_code) == (State.CONFIRMED, "mistake")
        (storage.folder(delivery) / "progress.part").rmdir()
        assert working.work_on_next(now=NOW + 9 * HOUR)
        assert stored() == ["2026-10-01 bolt-dental 40"]

    @pytest.mark.parametrize(
        ("content", "code", "sentence"),
        [
            ("a,b\n1,2\n", "invalid", "the column day is missing"),
            (BAD, "rows_refused", "1 row is refused, so nothing was stored"),
        ],
    )
    def test_fails_for_what_is_wrong_with_the_file(self, content: str, code: str, sentence: str) -> None:
        delivery = deliver(content)
        assert working.work_on_next(now=NOW)
        failed = look(delivery)
        assert (failed.state, failed.error_code, sentence in failed.error) == (State.FAILED, code, True)
        assert not storage.sent(delivery, "usage.csv").exists()

    def test_fails_for_a_key_of_another_content(self) -> None:
        first, other = deliver(key="october"), deliver(BAD.replace("nobody", "bolt-garage"), key="october")
        while working.work_on_next(now=NOW):
            pass
        assert (look(first).state, look(other).state, look(other).error_code) == (State.DONE, State.FAILED, "idempotency_key_reused")

    def test_is_taken_in_although_its_program_was_revoked(self) -> None:
        delivery = deliver()
        ApiClient.objects.update(revoked_at=NOW)
        assert working.work_on_next(now=NOW)
        assert look(delivery).state == State.DONE
        assert Batch.objects.get().actor_name == "Feed of bolt"

    def test_reaches_no_further_than_its_account(self) -> None:
        delivery = deliver(GOOD.replace("bolt-dental", "coil-bakery"))
        assert working.work_on_next(now=NOW)
        assert [bad.code for bad in look(delivery).problems] == ["unknown_customer"]

    def test_of_which_many_wait_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rules, "MOST_WAITING", 2)
        deliver()
        deliver(BAD)
        with pytest.raises(rules.TooManyWaiting):
            deliver(BAD)
        with pytest.raises(rules.TooManyWaiting):
            queries.require_room_to_wait(program())
        queries.require_room_to_wait(program("coil"))  # each account by itself
        assert Upload.objects.count() == 2
        working.work_on_next(now=NOW)
        deliver(BAD)

    def test_is_on_the_disk_before_anybody_is_told(self, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
        flushed: list[Path] = []
        fsync = os.fsync

        def noted(handle: int) -> None:
            flushed.append(Path(f"/proc/self/fd/{handle}").readlink())
            fsync(handle)

        monkeypatch.setattr(os, "fsync", noted)
        delivery = deliver()
        names = [path.name for path in flushed]
        assert "usage.csv" in names
        assert "sent" in names
        assert flushed[-1] == home / "uploads"  # the folder has its name, after all that is in it
        assert storage.sent(delivery, "usage.csv").exists()


class TestCommits:
    @pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL commits to the disk by itself")
    def test_are_on_the_disk_where_that_is_asked_for(self) -> None:
        def mode() -> int:
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA synchronous")
                return int(cursor.fetchone()[0])

        usual = mode()
        with durable_commits():
            assert mode() == 2
            with durable_commits():
                pass
            assert mode() == 2
        assert mode() == usual


class TestClock:
    def test_removes_lists_of_bad_rows_after_their_time(self) -> None:
        delivery = deliver(BAD)
        working.work_on_next(now=NOW)
        assert look(delivery).listed
        assert working.remove_old_files(now=NOW + rules.KEPT_FOR - HOUR) == 0
        assert queries.refused_file(program(), delivery).exists()
        assert working.remove_old_files(now=NOW + rules.KEPT_FOR) == 1
        assert not storage.folder(delivery).exists()
        assert (look(delivery).listed, look(delivery).counts["refused"]) == (False, 1)
        assert working.remove_old_files(now=NOW + 2 * rules.KEPT_FOR) == 0

    def test_leaves_what_waits(self) -> None:
        delivery = deliver()
        assert working.remove_old_files(now=NOW + 2 * rules.KEPT_FOR) == 0
        assert storage.sent(delivery, "usage.csv").exists()

    def test_removes_what_a_killed_process_was_receiving(self) -> None:
        left = storage.receive("usage.csv", [b"day"])
        for path in (left, *left.rglob("*")):
            os.utime(path, (int(NOW.timestamp()), int(NOW.timestamp())))
        working.remove_old_files(now=NOW + 23 * HOUR)
        assert left.exists()
        working.remove_old_files(now=NOW + 25 * HOUR)
        assert not left.exists()

    def test_knows_what_passes(self) -> None:
        assert rules.passes(Conflict("the ledger is busy"))
        assert not rules.passes(KeyReused("used for another content"))
