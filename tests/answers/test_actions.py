"""A request with a key: begun once, noted with what it does, answered alike, forgotten in time."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from trueup.accounts.models import Region
from trueup.accounts.queries import viewers_of
from trueup.accounts.rules import Viewer
from trueup.answers.actions import Begun, begin, beside, forget, keep, noting, release
from trueup.answers.models import KeptAnswer
from trueup.answers.rules import KEPT_FOR, LEASE, LONGEST_KEY, SECRET_KEPT_FOR, Again, fits
from trueup.kit.errors import Conflict, NotAllowed

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def bella() -> Viewer:
    return viewers_of("billing@bolt.example")[0]


def ask(after: timedelta = timedelta(0), fingerprint: str = "f") -> Begun:
    """Ask for the same."""
    return begin(bella(), "k", fingerprint, now=NOW + after)


def do(begun: Begun, code: str = "done") -> None:
    """Something that changes the database, as an action does it."""
    with noting(begun), transaction.atomic(durable=True):
        Region.objects.create(code=code, name=code)


class Undone(Exception):
    """Something that goes wrong after a change."""


def undo(code: str) -> None:
    with transaction.atomic():
        Region.objects.create(code=code, name=code)
        raise Undone


@pytest.fixture
def killed(world: None) -> Begun:
    """A request whose worker was killed after its commit."""
    begun = ask()
    do(begun)
    return begun


@pytest.mark.usefixtures("world")
class TestBegin:
    def test_is_for_one(self) -> None:
        assert ask().again is None
        assert ask().again == Again.WORKING
        assert ask(fingerprint="other").again == Again.OTHER

    def test_gives_the_same_answer_again(self) -> None:
        keep(ask(), 201, {"ETag": '"1"'}, b"{}")
        again = ask(KEPT_FOR - SECOND)
        assert (again.again, again.status, again.headers, again.body) == (Again.ANSWERED, 201, {"ETag": '"1"'}, b"{}")

    def test_is_new_after_a_week(self) -> None:
        keep(ask(), 201, {}, b"{}")
        assert ask(KEPT_FOR, fingerprint="other").again is None
        assert KeptAnswer.objects.get().status is None

    def test_does_again_what_a_dead_worker_did_not_do(self) -> None:
        ask()
        assert ask(LEASE - SECOND).again == Again.WORKING
        assert ask(LEASE).again is None
        assert ask(LEASE).again == Again.WORKING

    def test_never_does_again_what_a_dead_worker_has_done(self, killed: Begun) -> None:
        assert ask(LEASE - SECOND).again == Again.WORKING
        assert [ask(after).again for after in (LEASE, KEPT_FOR - SECOND)] == [Again.LOST, Again.LOST]

    def test_is_the_viewers_own(self) -> None:
        keep(ask(), 201, {}, b"{}")
        for email in ("admin@bolt.example", "billing@coil.example"):
            assert begin(viewers_of(email)[0], "k", "f", now=NOW).again is None

    def test_is_nothing_for_the_operator(self) -> None:
        with pytest.raises(NotAllowed):
            begin(Viewer.system(), "k", "f", now=NOW)


@pytest.mark.usefixtures("world")
class TestNote:
    def test_goes_with_the_change(self, killed: Begun) -> None:
        assert KeptAnswer.objects.get().done
        assert not release(killed)

    def test_is_taken_back_with_the_change(self) -> None:
        begun = ask()
        with noting(begun), pytest.raises(Undone):
            undo("x")
        assert not KeptAnswer.objects.get().done
        assert release(begun)

    def test_is_written_again_after_a_part_was_taken_back(self) -> None:
        begun = ask()
        with noting(begun), transaction.atomic():
            with pytest.raises(Undone):
                undo("x")
            Region.objects.create(code="y", name="y")
        assert KeptAnswer.objects.get().done
        assert not Region.objects.filter(code="x").exists()

    def test_is_not_written_for_what_is_only_read(self) -> None:
        begun = ask()
        with noting(begun), transaction.atomic():
            list(Region.objects.all())
        assert not KeptAnswer.objects.get().done

    def test_is_not_written_for_what_is_done_beside_it(self) -> None:
        begun = ask()
        with noting(begun):
            with beside(), transaction.atomic():
                Region.objects.create(code="x", name="x")
            assert not KeptAnswer.objects.get().done
            with transaction.atomic():
                Region.objects.create(code="y", name="y")
        assert KeptAnswer.objects.get().done

    def test_lets_a_worker_that_was_too_slow_do_nothing(self) -> None:
        slow, second = ask(), ask(LEASE)
        with pytest.raises(Conflict, match="begun anew"):
            do(slow, "slow")
        assert not Region.objects.filter(code="slow").exists()
        do(second, "second")
        keep(slow, 201, {}, b"slow")
        assert not release(slow)
        keep(second, 201, {}, b"second")
        assert ask(LEASE).body == b"second"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("world")
class TestCommittedNote:
    def test_is_asked_for_in_each_transaction(self) -> None:
        begun = ask()
        with noting(begun):
            for code in ("x", "y"):
                with transaction.atomic(durable=True):
                    Region.objects.create(code=code, name=code)
            KeptAnswer.objects.update(begun_at=NOW + LEASE)  # as somebody does who takes the key over
            with pytest.raises(Conflict), transaction.atomic(durable=True):
                Region.objects.create(code="z", name="z")
        assert set(Region.objects.filter(code__in="xyz").values_list("code", flat=True)) == {"x", "y"}

    def test_goes_with_a_change_outside_of_any_transaction(self) -> None:
        begun = ask()
        with noting(begun):
            Region.objects.filter(code="emea").update(name="Changed")
        assert KeptAnswer.objects.get().done
        with noting(Begun(begun.ticket, NOW - SECOND)), pytest.raises(Conflict):
            Region.objects.filter(code="emea").update(name="Again")
        assert Region.objects.get(code="emea").name == "Changed"


@pytest.mark.usefixtures("world")
class TestForget:
    def test_removes_what_is_a_week_old(self) -> None:
        keep(ask(), 201, {}, b"{}")
        assert (forget(now=NOW + KEPT_FOR - SECOND), KeptAnswer.objects.count()) == (0, 1)
        assert (forget(now=NOW + KEPT_FOR), KeptAnswer.objects.count()) == (1, 0)

    def test_removes_secrets_after_minutes_but_not_that_it_was_done(self) -> None:
        keep(ask(), 201, {"Location": "/x"}, b"sealed", secret=True)
        forget(now=NOW + SECRET_KEPT_FOR - SECOND)
        assert bytes(KeptAnswer.objects.get().body) == b"sealed"
        assert ask(SECRET_KEPT_FOR - SECOND).again == Again.ANSWERED
        assert ask(SECRET_KEPT_FOR).again == Again.LOST  # also before the clock came by
        forget(now=NOW + SECRET_KEPT_FOR)
        kept = KeptAnswer.objects.get()
        assert (bytes(kept.body), kept.headers, kept.status) == (b"", {}, None)
        assert ask(SECRET_KEPT_FOR).again == Again.LOST


class TestKey:
    @pytest.mark.parametrize("key", ["", "x" * (LONGEST_KEY + 1), "ä", "a\nb", "\x7f"])
    def test_that_cannot_be_kept(self, key: str) -> None:
        assert not fits(key)

    def test_that_can(self) -> None:
        assert fits("x" * LONGEST_KEY)
