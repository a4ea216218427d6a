"""A pinned ledger holds all that was acknowledged before."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from tests.intake.sending import NOON, OCTOBER, send
from tests.intake.test_working import TEN, states
from tests.reports.month import CLOSING, OPERATOR, October, at
from trueup.accounts.rules import Viewer
from trueup.cycles.actions import close
from trueup.cycles.models import Cycle
from trueup.intake.pinning import pin
from trueup.intake.rules.pieces import CLAIM_LASTS, State
from trueup.intake.working import _begun, _into_the_ledger, gather_next
from trueup.kit.errors import Conflict
from trueup.kit.quantity import plain
from trueup.ledger.queries import usage_rows

AT_ONCE = timedelta()


def known(as_of: object) -> list[str]:
    """What is provisioned, as it was known at an instant."""
    return [plain(row.provisioned) or "" for row in usage_rows(Viewer.system(), OCTOBER, as_of=as_of)]  # type: ignore[arg-type]


class TestPin:
    def test_gathers_what_waits(self, bolt: Viewer) -> None:
        send(bolt, f"1 {TEN} 40")
        send(bolt, "2 bolt-garage endpoint-core 2026-10-19T10:00:00Z 7", source="other")
        assert len(known(pin(NOON))) == 2
        assert set(states().values()) == {State.STORED}

    def test_goes_on_with_what_a_dead_process_left(self, bolt: Viewer) -> None:
        send(bolt, f"1 {TEN} 40")
        assert _begun(NOON - CLAIM_LASTS * 2) is not None
        assert known(pin(NOON, patience=AT_ONCE)) == ["40"]

    def test_is_refused_while_another_gathers(self, bolt: Viewer) -> None:
        send(bolt, f"1 {TEN} 40")
        assert _begun(NOON) is not None
        with pytest.raises(Conflict, match="still on its way into the ledger"):
            pin(NOON, patience=AT_ONCE)

    def test_holds_what_a_clock_that_is_ahead_has_gathered(self, bolt: Viewer) -> None:
        send(bolt, f"1 {TEN} 40")
        gather_next(now=NOON + timedelta(seconds=3))
        assert known(pin(NOON)) == ["40"]

    def test_does_not_wait_for_what_arrives_later(self, bolt: Viewer) -> None:
        send(bolt, f"1 {TEN} 40", now=NOON + timedelta(seconds=1))
        assert _begun(NOON + timedelta(seconds=1)) is not None
        assert known(pin(NOON, patience=AT_ONCE)) == []

    def test_is_refused_while_the_ledger_takes_nothing(self, bolt: Viewer, settings: Settings, tmp_path: Path) -> None:
        send(bolt, f"1 {TEN} 40")
        settings.TRUEUP_HOME = tmp_path
        (tmp_path / "scratch").write_text("no folder")
        with pytest.raises(OSError, match="scratch"):
            pin(NOON, patience=AT_ONCE)


@pytest.mark.django_db(transaction=True)
class TestPinWhileAnotherGathers:
    def test_waits_for_it(self, bolt: Viewer) -> None:
        send(bolt, f"1 {TEN} 40")
        claim = _begun(NOON)
        assert claim is not None

        def other() -> None:
            try:
                _into_the_ledger(claim, now=NOON)
            finally:
                connection.close()

        thread = threading.Thread(target=other)
        thread.start()
        as_of = pin(NOON)
        thread.join()
        assert known(as_of) == ["40"]


@pytest.fixture
def october(bolt: Viewer, tmp_path: Path) -> October:
    """The month, with usage that a file brought."""
    month = October(tmp_path)
    month.deliver("2026-10-31,bolt-dental,endpoint-core,40,31,")
    return month


class TestEventsThatWait:
    def test_are_in_the_reports_of_a_month_that_is_closed(self, october: October, bolt: Viewer) -> None:
        send(bolt, "1 bolt-dental endpoint-core 2026-10-31T22:00:00Z 50 45", now=at("2026-10-31T23:59:59Z"))
        october.close()
        assert october.line("bolt", "endpoint-core").provisioned == 50

    def test_are_in_a_report_that_is_regenerated(self, october: October, bolt: Viewer) -> None:
        october.close()
        send(bolt, "1 bolt-dental endpoint-core 2026-10-31T22:00:00Z 50 45", now=at("2026-11-03T11:59:59Z"))
        assert october.regenerate("bolt") == 1
        assert october.line("bolt", "endpoint-core").provisioned == 50

    def test_keep_a_month_open_while_another_gathers_them(self, october: October, bolt: Viewer) -> None:
        send(bolt, "1 bolt-dental endpoint-core 2026-10-31T22:00:00Z 50 45", now=at("2026-10-31T23:59:59Z"))
        assert _begun(at(CLOSING)) is not None
        with pytest.raises(Conflict, match="still on its way into the ledger"):
            close(OPERATOR, OCTOBER, now=at(CLOSING), patience=AT_ONCE)
        assert not Cycle.objects.filter(status="closed").exists()
        assert close(OPERATOR, OCTOBER, now=at(CLOSING) + CLAIM_LASTS * 2).status == "closed"
