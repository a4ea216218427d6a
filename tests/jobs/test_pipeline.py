"""The clock: the month from top to bottom, by any number of workers."""

import socket
import time
from pathlib import Path

import pytest
from django.core import mail
from pytest_django import Settings

from tests.processes import start
from tests.reports.month import CLOSING, DEADLINE_OF_BOLT, OCTOBER, OPERATOR, October, at, at_times
from tests.world import FILE_NAME, NETWORK
from trueup.cycles.actions import close
from trueup.events.queries import audit
from trueup.jobs.pipeline import run_once
from trueup.network.actions import apply
from trueup.notifications.models import Delivery
from trueup.reports import queries
from trueup.reports.models import Report
from trueup.reports.verifying import verify


def done(now: str) -> list[tuple[str, int]]:
    """What the clock did, apart from telling people and tidying the ledger."""
    return [(one.what, one.count) for one in run_once(at(now)) if "ledger" not in one.what and "e-mails" not in one.what]


def told(now: str) -> list[tuple[str, str]]:
    """(address, subject) of the e-mails of one round."""
    mail.outbox.clear()
    counts = [one.count for one in run_once(at(now)) if one.what == "sent e-mails"]
    assert counts == ([len(mail.outbox)] if mail.outbox else [])
    return sorted((message.to[0].rpartition("<")[2].rstrip(">"), str(message.subject)) for message in mail.outbox)


@pytest.fixture
def world(ledger_home: Path, tmp_path: Path) -> October:
    """The world in October 2026."""
    apply(OPERATOR, NETWORK, file_name=FILE_NAME, dry_run=False, now=at("2026-09-01T00:00:00Z"))
    return October(tmp_path)


@pytest.mark.django_db
class TestTheMonth:
    def test_goes_by_itself(self, world: October) -> None:
        world.deliver(*at_times("bolt-dental", "endpoint-core", "40", "31"), *at_times("coil-bakery", "endpoint-core", "7", "7"))
        assert done("2026-10-31T23:59:59Z") == []
        assert done(CLOSING) == [
            ("closed the cycle 2026-10", 1), ("generated reports of 2026-10", 2), ("began billing reports of 2026-10", 1),
        ]  # fmt: skip
        assert done(CLOSING) == []
        assert done("2026-11-03T08:00:00Z") == [("sent reminders", 1)]
        assert done(DEADLINE_OF_BOLT) == [("submitted reports automatically", 1), ("sent reminders", 1)]
        assert done("2026-11-07T00:00:00Z") == [
            ("submitted reports automatically", 1), ("held statements because there is no price list", 1),
        ]  # fmt: skip
        assert done("2026-11-30T23:59:59Z") == []
        assert queries.counts(OPERATOR, OCTOBER) == {"msp_preparing": 0, "under_review": 1, "approved": 1, "rejected": 0}

    def test_waits_for_the_grace_days_in_the_time_zone_of_the_installation(self, ledger_home: Path, tmp_path: Path) -> None:
        network = NETWORK.replace("time_zone: UTC}", "time_zone: America/New_York, close_grace_days: 2}", 1)
        apply(OPERATOR, network, file_name=FILE_NAME, dry_run=False, now=at("2026-09-01T00:00:00Z"))
        october = October(tmp_path)
        october.deliver(*at_times("bolt-dental", "endpoint-core", "40", "31"), now="2026-11-01T12:00:00Z")
        assert done("2026-11-03T04:59:59Z") == []
        assert done("2026-11-03T05:00:00Z") == [
            ("closed the cycle 2026-10", 1), ("generated reports of 2026-10", 1), ("began billing reports of 2026-10", 1),
        ]  # fmt: skip

    def test_closes_every_month_that_is_over_the_earliest_first(self, world: October) -> None:
        world.deliver("2026-08-31,bolt-dental,endpoint-core,40,31,", "2026-10-31,bolt-dental,endpoint-core,40,31,")
        assert [what for what, _ in done(CLOSING)] == [
            "closed the cycle 2026-08", "closed the cycle 2026-09", "closed the cycle 2026-10",
            "generated reports of 2026-08", "generated reports of 2026-10",
            "began billing reports of 2026-08", "began billing reports of 2026-10",
        ]  # fmt: skip

    def test_asks_for_zero_reports_in_a_month_without_any_usage(self, world: October) -> None:
        world.terms("account: coil, from: 2026-01-01, zero_reports: true")
        world.deliver(*at_times("bolt-dental", "endpoint-core", "40", "40"))
        done(CLOSING)
        assert ("closed the cycle 2026-11", 1) in done("2026-12-01T00:00:00Z")
        assert {one.msp for one in queries.report_list(OPERATOR, cycle=OCTOBER.next())} == {"coil"}

    def test_lets_no_broken_report_hold_up_the_others(self, world: October) -> None:
        world.deliver(*at_times("bolt-dental", "endpoint-core", "40", "31"), *at_times("coil-bakery", "endpoint-core", "7", "7"))
        done(CLOSING)
        Report.objects.filter(msp_ref="bolt").update(terms={})
        with pytest.raises(ExceptionGroup, match="2 thing"):
            list(run_once(at("2026-11-07T00:00:00Z")))
        assert queries.counts(OPERATOR, OCTOBER) == {"msp_preparing": 1, "under_review": 0, "approved": 1, "rejected": 0}

    def test_generates_what_a_killed_worker_left(self, world: October) -> None:
        world.deliver(*at_times("bolt-dental", "endpoint-core", "40", "31"))
        close(OPERATOR, OCTOBER, now=at(CLOSING))
        assert done("2026-11-01T00:10:00Z") == [("generated reports of 2026-10", 1), ("began billing reports of 2026-10", 1)]


@pytest.mark.django_db
class TestPeople:
    def test_are_told_what_happened(self, world: October) -> None:
        world.deliver(*at_times("bolt-dental", "endpoint-core", "40", "31"))
        report = "usage report October 2026 of Bolt IT"
        both = ("admin@bolt.example", "billing@bolt.example")
        assert told("2026-10-31T23:59:59Z") == []
        assert told(CLOSING) == [(address, f"U{report[1:]} is ready") for address in both]
        assert told(CLOSING) == []
        assert told("2026-11-03T08:00:00Z") == [(address, f"Reminder: {report} is due in 3 days") for address in both]
        assert told("2026-11-06T08:00:00Z") == [(address, f"Last day: {report}") for address in both]
        assert told(DEADLINE_OF_BOLT) == [
            *((address, f"Submitted automatically with a penalty: {report}") for address in both),
            ("north@north.example", f"To review, with a penalty: {report}"),
        ]

    def test_are_told_although_something_cannot_be_read_of_others(self, world: October) -> None:
        world.deliver(*at_times("bolt-dental", "endpoint-core", "40", "31"), *at_times("coil-bakery", "endpoint-core", "7", "7"))
        world.close()
        Report.objects.filter(msp_ref="bolt").update(status="nonsense")
        with pytest.raises(ExceptionGroup, match="1 thing"):
            told(CLOSING)
        assert {message.to[0] for message in mail.outbox} == {"billing@coil.example"}

    def test_wait_for_their_mail_while_the_month_goes_on_without_a_mail_server(self, world: October, settings: Settings) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))  # nobody listens
            settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", taken.getsockname()[1]
            world.deliver(*at_times("bolt-dental", "endpoint-core", "40", "31"))
            assert ("generated reports of 2026-10", 1) in done(CLOSING)
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        assert len(told("2026-11-01T00:01:00Z")) == 2


@pytest.mark.django_db(transaction=True)
class TestWorkers:
    def test_do_everything_once_however_many_they_are(self, world: October) -> None:
        world.deliver(*at_times("bolt-dental", "endpoint-core", "40", "31"), *at_times("coil-bakery", "endpoint-core", "7", "7"))
        for now in (CLOSING, "2026-11-07T00:00:00Z"):
            workers = [start("trueup", "work", "--once", "--now", now) for _ in range(3)]
            for worker in workers:
                out, err = worker.communicate(timeout=120)
                assert worker.returncode == 0, out + err
        assert Report.objects.count() == 2
        assert world.events("bolt") == [("system", "generated"), ("system", "automatically_submitted")]
        assert world.events("coil") == [
            ("system", "generated"),
            ("system", "automatically_submitted"),
            ("system", "automatically_approved"),
        ]
        assert sorted(Delivery.objects.values_list("address", "kind", "state")) == [
            ("admin@bolt.example", "automatically_submitted", "sent"),
            ("admin@bolt.example", "report_ready", "sent"),
            ("billing@bolt.example", "automatically_submitted", "sent"),
            ("billing@bolt.example", "report_ready", "sent"),
            ("billing@coil.example", "automatically_submitted", "sent"),
            ("billing@coil.example", "report_ready", "sent"),
            ("north@north.example", "to_review", "sent"),
        ]
        assert set(Delivery.objects.values_list("tries", flat=True)) == {1}
        assert verify(None) == []
        assert audit().findings == ()

    def test_leave_to_the_next_what_they_had_not_finished(self, world: October) -> None:
        world.deliver(*at_times("bolt-dental", "endpoint-core", "40", "31"), *at_times("coil-bakery", "endpoint-core", "7", "7"))
        for moment in (6, 9, 12, 15):  # tenths of a second into its life
            worker = start("trueup", "work", "--once", "--now", CLOSING)
            time.sleep(moment / 10)
            worker.kill()
            worker.communicate(timeout=60)
        list(run_once(at("2026-11-01T01:00:00Z")))  # there is nothing left to do if one of them was quicker than its end
        assert Report.objects.count() == 2
        assert [event for _, event in world.events("bolt")] == ["generated"]
        assert verify(None) == []
        assert audit().findings == ()
