"""An upload on its way: received, checked by the clock, confirmed, taken in."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from pytest_django import Settings

from trueup.accounts.models import Account, Member
from trueup.accounts.queries import viewers_of
from trueup.accounts.rules import Viewer
from trueup.events.models import Event
from trueup.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from trueup.kit.period import Month
from trueup.ledger.queries import usage_rows
from trueup.uploads import actions, queries, storage, working
from trueup.uploads.models import Upload
from trueup.uploads.rules import Kind, State

NOW = datetime(2026, 10, 20, 9, tzinfo=UTC)
OCTOBER = Month(2026, 10)
HEADER = "day,customer,service,provisioned_units,used_units\n"
GOOD = HEADER + "2026-10-01,bolt-dental,endpoint-core,40,31\n2026-10-01,bolt-garage,endpoint-core,5,5\n"
BAD = HEADER + "2026-10-01,bolt-dental,endpoint-core,40,31\n2026-10-01,coil-bakery,endpoint-core,-5,5\n"

pytestmark = pytest.mark.usefixtures("transactional_db", "world", "ledger_home", "home")


@pytest.fixture
def home(tmp_path: Path, settings: Settings) -> Path:
    """A home of this test's own, for the files."""
    settings.TRUEUP_HOME = tmp_path / "home"
    return tmp_path / "home"


def person(email: str) -> Viewer:
    """Somebody of the world."""
    return viewers_of(email)[0]


def send(email: str, content: str, kind: Kind = Kind.USAGE, *, name: str = "october.csv", accept_valid: bool = False) -> int:
    """Somebody sends a file."""
    body = content.encode()
    return actions.receive(person(email), kind, name, [body], len(body), accept_valid=accept_valid, now=NOW)


def work(now: datetime = NOW) -> int:
    """The clock does all there is."""
    done = 0
    while working.work_on_next(now=now):
        done += 1
    return done


def look(email: str, upload_id: int) -> queries.UploadView:
    """How somebody sees it."""
    return queries.upload(person(email), upload_id)


BOLT = "billing@bolt.example"


def fail(upload_id: int) -> None:
    """Have the disk do what nobody expects."""
    (storage.folder(upload_id) / "progress.part").mkdir()


class TestUpload:
    def test_is_checked_and_stores_nothing_before_it_is_confirmed(self) -> None:
        upload = send(BOLT, GOOD)
        assert look(BOLT, upload).state == State.RECEIVED
        assert work() == 1
        seen = look(BOLT, upload)
        assert (seen.state, seen.counts["stored"], seen.importable) == (State.CHECKED, 2, True)
        assert list(usage_rows(Viewer.system(), OCTOBER)) == []

    def test_is_taken_in_once_confirmed(self) -> None:
        upload = send(BOLT, GOOD)
        work()
        actions.confirm(person(BOLT), upload, now=NOW)
        assert work() == 1
        assert (look(BOLT, upload).state, look(BOLT, upload).counts["stored"]) == (State.DONE, 2)
        assert not storage.sent(upload, "october.csv").exists()
        assert {row.customer for row in usage_rows(Viewer.system(), OCTOBER)} == {"bolt-dental", "bolt-garage"}

    def test_tells_its_history(self) -> None:
        upload = send(BOLT, GOOD)
        work()
        actions.confirm(person(BOLT), upload, now=NOW)
        told = Event.objects.filter(subject="upload", subject_id=upload).order_by("id")
        assert [(event.kind, event.actor_name) for event in told] == [("upload_received", BOLT), ("upload_confirmed", BOLT)]

    def test_says_what_is_wrong_in_which_row(self) -> None:
        upload = send(BOLT, BAD)
        work()
        seen = look(BOLT, upload)
        assert not seen.importable
        # The customer of another MSP is as unknown as one that does not exist.
        assert [(bad.row, bad.column, bad.value) for bad in seen.problems] == [
            (2, "customer", "coil-bakery"),
            (2, "provisioned_units", "-5"),
        ]
        assert queries.refused_file(person(BOLT), upload).read_text(encoding="utf-8").count("\n") == 3

    def test_called_like_a_file_of_ours_is_not_written_over(self) -> None:
        upload = send(BOLT, BAD, name="refused.csv", accept_valid=True)
        work()
        actions.confirm(person(BOLT), upload, now=NOW)
        work()
        assert look(BOLT, upload).counts["stored"] == 1

    def test_takes_the_place_of_one_that_never_came_to_be(self) -> None:
        first = send(BOLT, GOOD)
        (storage.folder(first + 1) / "sent").mkdir(parents=True)
        second = send(BOLT, BAD, name="second.csv")
        assert (second, storage.sent(second, "second.csv").exists()) == (first + 1, True)

    def test_lists_no_formulas(self) -> None:
        upload = send(BOLT, HEADER + "2026-10-01,=HYPERLINK(1),endpoint-core,-5,5\n")
        work()
        listed = queries.refused_file(person(BOLT), upload).read_text(encoding="utf-8")
        assert "'=HYPERLINK(1)" in listed
        assert ",-5," in listed

    def test_with_bad_rows_takes_the_good_ones_where_that_was_asked_for(self) -> None:
        upload = send(BOLT, BAD, accept_valid=True)
        work()
        actions.confirm(person(BOLT), upload, now=NOW)
        work()
        assert (look(BOLT, upload).counts["stored"], look(BOLT, upload).counts["refused"]) == (1, 1)

    def test_that_is_here_already_changes_nothing(self) -> None:
        first = send(BOLT, GOOD)
        work()
        actions.confirm(person(BOLT), first, now=NOW)
        work()
        second = send(BOLT, GOOD, name="again.csv")
        work()
        assert (look(BOLT, second).counts["repeated"], look(BOLT, second).importable) == (2, False)
        with pytest.raises(Invalid, match="nothing of this file can be imported"):
            actions.confirm(person(BOLT), second, now=NOW)

    def test_that_cannot_be_read_says_why(self) -> None:
        upload = send(BOLT, "a,b\n1,2\n")
        work()
        assert look(BOLT, upload).state == State.FAILED
        assert "the column day is missing" in look(BOLT, upload).error

    def test_of_customers_adds_them(self) -> None:
        content = "ref,name,msp\nbolt-new,New Ltd,bolt\n"
        upload = send("north@north.example", content, Kind.CUSTOMERS, name="customers.csv")
        work()
        assert look("north@north.example", upload).counts["added"] == 1
        assert not Account.objects.filter(ref="bolt-new").exists()
        actions.confirm(person("north@north.example"), upload, now=NOW)
        work()
        assert Account.objects.filter(ref="bolt-new").exists()


class TestRefusal:
    def test_of_somebody_without_the_right(self) -> None:
        with pytest.raises(NotAllowed):
            send("viewer@bolt.example", GOOD)

    def test_of_more_than_was_announced(self) -> None:
        with pytest.raises(Invalid, match="changed while it was sent"):
            actions.receive(person(BOLT), Kind.USAGE, "x.csv", [b"day,", b"customer"], 6, now=NOW)
        assert not Upload.objects.exists()

    def test_of_a_source_nobody_knows(self) -> None:
        with pytest.raises(Invalid, match="no source"):
            actions.receive(person(BOLT), Kind.USAGE, "x.csv", [b"day"], 3, source="nowhere", now=NOW)

    @pytest.mark.parametrize("email", ["billing@coil.example", "north@north.example", "vendor@acme.example"])
    def test_of_every_other_account(self, email: str) -> None:
        upload = send(BOLT, GOOD)
        work()
        for ask in (queries.upload, queries.refused_file):
            with pytest.raises(NotFound):
                ask(person(email), upload)
        for do in (actions.confirm, actions.discard):
            with pytest.raises(NotFound):
                do(person(email), upload, now=NOW)
        assert queries.uploads(person(email), page=1).items == ()

    def test_of_a_colleague_who_only_reads(self) -> None:
        upload = send(BOLT, GOOD)
        work()
        with pytest.raises(NotAllowed):
            actions.confirm(person("viewer@bolt.example"), upload, now=NOW)

    def test_of_a_right_that_was_lost_meanwhile(self) -> None:
        upload = send(BOLT, GOOD)
        work()
        actions.confirm(person(BOLT), upload, now=NOW)
        Member.objects.filter(user__email=BOLT).update(role="viewer")
        work()
        assert (Upload.objects.get().state, list(usage_rows(Viewer.system(), OCTOBER))) == (State.FAILED, [])


class TestConcurrency:
    def test_lets_one_of_two_confirm(self) -> None:
        upload = send(BOLT, GOOD)
        work()
        actions.confirm(person(BOLT), upload, now=NOW)
        for do in (actions.confirm, actions.discard):
            with pytest.raises(Conflict):
                do(person(BOLT), upload, now=NOW)
        work()
        assert look(BOLT, upload).state == State.DONE

    def test_takes_up_what_a_killed_worker_left(self) -> None:
        upload = send(BOLT, GOOD)
        Upload.objects.update(state=State.CHECKING, claimed_at=NOW)
        assert work(NOW + timedelta(minutes=1)) == 0
        assert work(NOW + timedelta(minutes=3)) == 1
        assert look(BOLT, upload).state == State.CHECKED

    def test_does_not_let_a_slow_worker_write_over_the_next(self) -> None:
        send(BOLT, GOOD)
        slow = working._claim(NOW)
        assert slow is not None
        work(NOW + timedelta(minutes=6))
        slow.finish(State.FAILED, error='"too late"', now=NOW)
        assert Upload.objects.get().state == State.CHECKED

    def test_is_given_up_after_three_failures_nobody_expects(self) -> None:
        upload = send(BOLT, GOOD)
        fail(upload)
        for hour in range(3):
            with pytest.raises(IsADirectoryError):
                working.work_on_next(now=NOW + timedelta(hours=hour))
        assert not working.work_on_next(now=NOW + timedelta(hours=4))
        assert look(BOLT, upload).state == State.FAILED

    def test_keeps_its_claim_while_it_works(self, monkeypatch: pytest.MonkeyPatch) -> None:
        send(BOLT, GOOD)
        claim = working._claim(NOW)
        assert claim is not None
        monkeypatch.setattr(working, "_RENEW", 0)
        claim.renew()
        assert Upload.objects.get().claimed_at == claim.upload.claimed_at
        assert claim.upload.claimed_at is not None
        assert claim.upload.claimed_at > NOW

    def test_discarded_leaves_no_file(self) -> None:
        upload = send(BOLT, GOOD)
        work()
        assert storage.folder(upload).exists()
        actions.discard(person(BOLT), upload, now=NOW)
        assert not storage.folder(upload).exists()
        assert look(BOLT, upload).state == State.DISCARDED


def test_files_stay_below_the_home(home: Path) -> None:
    upload = send(BOLT, GOOD, name="../../../evil.csv")
    kept = list(home.rglob("*.csv"))
    assert [path.name for path in kept] == ["evil.csv"]
    assert storage.folder(upload).is_relative_to(django_settings.TRUEUP_HOME)
