"""Pieces the ledger fails at for no reason anybody knows: they hold up no other, and are not lost."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from deltalake.exceptions import CommitFailedError
from django.db import connection
from pytest_django import Settings

from tests.intake.sending import NOON, send, stored
from tests.intake.test_working import gather_all, states
from trueup.accounts.models import Account
from trueup.accounts.rules import Viewer
from trueup.events.models import Event
from trueup.intake.actions import retry
from trueup.intake.models import Gathering, Piece
from trueup.intake.queries import gatherings_due, refused
from trueup.intake.rules.pieces import CLAIM_LASTS, MOST_TRIES, PAUSE, State
from trueup.intake.working import gather_next
from trueup.ledger.engine import committing
from trueup.ledger.engine.table import VendorTable
from trueup.ledger.models import Batch

_FAILING = {
    "sqlite": [
        """CREATE TRIGGER failing BEFORE INSERT ON ledger_batchpart WHEN NEW.files LIKE '%2026-10-05%'
            BEGIN SELECT RAISE(ABORT, 'out of order'); END""",
    ],
    "postgresql": [
        """CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'out of order'; END $$""",
        """CREATE TRIGGER failing BEFORE INSERT ON ledger_batchpart FOR EACH ROW WHEN (NEW.files::text LIKE '%2026-10-05%')
            EXECUTE FUNCTION fail()""",
    ],
}


@pytest.fixture
def failing(bolt: Viewer) -> None:
    """The ledger fails at the fifth of October."""
    run(*_FAILING[connection.vendor])


def run(*statements: str) -> None:
    """Do something to the database that nobody does."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def mend() -> None:
    """The ledger fails at nothing any more."""
    run("DROP TRIGGER failing" + (" ON ledger_batchpart" if connection.vendor == "postgresql" else ""))


def days(viewer: Viewer, *numbers: int) -> None:
    """An event for each of some days."""
    send(viewer, *(f"{day} bolt-dental endpoint-core 2026-10-{day:02}T10:00:00Z {day}" for day in numbers))


def gather_through() -> int:
    """Gather until nothing is left, as a clock does that goes on after a failure; how often it failed."""
    failures, now = 0, NOON
    while gatherings_due():
        now += CLAIM_LASTS + timedelta(seconds=1)
        try:
            gather_next(now=now)
        except Exception:  # noqa: BLE001 -- whatever it is
            failures += 1
    return failures


def tried(now: datetime = NOON) -> None:
    """Gather once, which fails."""
    with pytest.raises(Exception, match="out of order"):
        gather_next(now=now)


@pytest.mark.usefixtures("failing")
class TestAPieceTheLedgerFailsAt:
    def test_is_put_aside_and_the_others_are_stored(self, bolt: Viewer, caplog: pytest.LogCaptureFixture) -> None:
        days(bolt, *range(1, 9))
        with caplog.at_level(logging.ERROR):
            assert gather_through() == 3 + 3  # as a whole, then as four, two, one
        assert [row[8:10] for row in stored()] == ["01", "02", "03", "04", "06", "07", "08"]
        assert {number for number, state in states().items() if state != State.STORED} == {"5"}
        assert sum(Batch.objects.values_list("stored", flat=True)) == 7
        (found,) = refused(bolt, after=0, limit=10)
        assert (found.event_id, found.reason, found.column) == ("5", "mistake", "")
        assert "failed on our side" in found.detail
        assert "was put aside" in caplog.text

    def test_is_told_in_the_history_of_its_account(self, bolt: Viewer) -> None:
        days(bolt, 5)
        gather_through()
        event = Event.objects.get(kind="event_put_aside")
        assert (event.chain, event.subject, event.subject_id) == (bolt.account_id, "event", Piece.objects.get().pk)

    def test_pauses_before_it_is_tried_again(self, bolt: Viewer) -> None:
        days(bolt, 5)
        tried()
        assert gather_next(now=NOON + timedelta(seconds=1)) == 0
        tried(NOON + CLAIM_LASTS * 2)
        assert Gathering.objects.get().tries == 2
        mend()
        assert gather_next(now=NOON + CLAIM_LASTS * 4) == 1
        assert states() == {"5": State.STORED}

    def test_gives_way_to_what_it_overtook(self, bolt: Viewer) -> None:
        send(bolt, "a bolt-dental endpoint-core 2026-10-05T09:00:00Z 1", "b bolt-dental endpoint-core 2026-10-05T10:00:00Z 2")
        for number in range(3):
            tried(NOON + CLAIM_LASTS * 2 * number)
        assert states() == {"a": State.WAITING, "b": State.REFUSED}

    def test_is_tried_again_alone(self, bolt: Viewer) -> None:
        days(bolt, 4, 5)
        gather_through()
        days(bolt, 6)
        assert retry(bolt, None, now=NOON) == 1
        assert gatherings_due() == 2
        assert gather_through() == 1
        assert states() == {"4": State.STORED, "5": State.REFUSED, "6": State.STORED}
        mend()
        assert retry(bolt, None, now=NOON) == 1
        gather_all()
        assert states()["5"] == State.STORED
        assert gather_next(now=NOON) == 0


def no_folder(home: Path) -> Path:
    """Something in the place of the folder of the fifth of October, so that DuckDB cannot write there."""
    found = home / f"vendor-{Account.objects.get(ref='acme-vendor').pk}" / "p_day=2026-10-05"
    found.parent.mkdir(parents=True)
    found.write_text("no folder")
    return found


def taken(home: Path) -> Path:
    """Something in the place of the first entry of the log, so that Delta Lake cannot write it."""
    found = home / f"vendor-{Account.objects.get(ref='acme-vendor').pk}" / "_delta_log" / "00000000000000000000.json"
    found.mkdir(parents=True)
    return found


def remove(path: Path) -> None:
    """Whatever it is."""
    path.rmdir() if path.is_dir() else path.unlink()


class TestAMachineThatIsOutOfOrder:
    def fails(self, times: int = MOST_TRIES + 1) -> datetime:
        """It is tried some times, and no piece is blamed for it; returns when it may be tried again."""
        now = NOON
        for _ in range(times):
            with pytest.raises(OSError):  # noqa: PT011 -- its words are the machine's
                gather_next(now=now)
            now += PAUSE
        assert (Gathering.objects.get().tries, states()) == (0, {"5": State.GATHERED})
        return now

    def test_is_no_fault_of_the_pieces(self, bolt: Viewer, settings: Settings, tmp_path: Path) -> None:
        days(bolt, 5)
        home, settings.TRUEUP_HOME = settings.TRUEUP_HOME, tmp_path
        (tmp_path / "scratch").write_text("no folder")
        now = self.fails()
        settings.TRUEUP_HOME = home
        assert gather_next(now=now) == 1

    @pytest.mark.parametrize("breaking", [no_folder, taken])
    def test_may_be_the_disk_of_the_ledger(self, bolt: Viewer, ledger_home: Path, breaking: Callable[[Path], Path]) -> None:
        days(bolt, 5)
        broken = breaking(ledger_home)
        now = self.fails()
        remove(broken)
        assert gather_next(now=now) == 1
        assert [row[:10] for row in stored()] == ["2026-10-05"]

    def test_may_be_the_log_of_the_ledger_after_the_batch_was_begun(self, bolt: Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
        days(bolt, 5)

        def fail(*_given: object) -> None:
            raise CommitFailedError("the object store does not answer")

        with monkeypatch.context() as patched:
            patched.setattr(VendorTable, "_commit", fail)
            now = self.fails(1)
        assert Batch.objects.get().status == Batch.COMMITTING  # whoever comes next finishes it
        assert gather_next(now=now) == 1
        assert (Batch.objects.count(), states()) == (1, {"5": State.STORED})

    @pytest.mark.parametrize("kind", [duckdb.IOException, duckdb.HTTPException, duckdb.FatalException, duckdb.InternalException])
    def test_is_whatever_duckdb_says_of_it(self, bolt: Viewer, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]) -> None:
        days(bolt, 5)

        def fail(*_given: object, **_more: object) -> None:
            raise kind("the volume is gone")

        with monkeypatch.context() as patched:
            patched.setattr(committing, "write_batch", fail)
            now = self.fails()
        assert gather_next(now=now) == 1
