"""Events become deliveries: once, whoever gathers and however often."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.notifications.post import BOLT, BOLTS_ADMIN, BOLTS_VIEWER, NORTH, SOUTH, Post, join, over_provisioned, person
from tests.reports.month import CLOSING, DEADLINE_OF_BOLT, OPERATOR, October, at, at_times
from tests.world import FILE_NAME, NETWORK
from trueup.accounts.models import User
from trueup.accounts.rules import Role
from trueup.events.models import ChainHead
from trueup.events.reading import unread
from trueup.events.recording import Happening, record_all
from trueup.network.actions import apply, invite
from trueup.notifications.actions import set_preferences
from trueup.notifications.gathering import gather
from trueup.notifications.models import Delivery, Reached
from trueup.notifications.rules import State
from trueup.reports.models import Report


def told() -> list[tuple[str, str]]:
    """(address, kind) of all deliveries."""
    return sorted(Delivery.objects.values_list("address", "kind"))


class TestGathering:
    def test_tells_those_who_prepare_that_a_report_is_ready(self, october: October, post: Post) -> None:
        over_provisioned(october)
        assert post.gather() == 2
        assert told() == [(BOLTS_ADMIN, "report_ready"), (BOLT, "report_ready")]

    def test_tells_nothing_to_an_address_nobody_has_come_in_by(self, october: October, post: Post) -> None:
        invite(
            october.viewer("admin@bolt.example", "bolt"), "mistyped@elsewhere.example", "bolt", Role.BILLING_MANAGER, "", now=at(CLOSING)
        )
        over_provisioned(october)
        assert post.gather() == 2
        User.objects.filter(email="mistyped@elsewhere.example").update(last_login=at(CLOSING))
        october.deadline()
        post.gather(DEADLINE_OF_BOLT)
        assert ("mistyped@elsewhere.example", "automatically_submitted") in told()

    def test_tells_the_distributor_where_the_msp_has_no_access(self, october: October, post: Post) -> None:
        october.deliver(*at_times("dune-hotel", "endpoint-core", "7", "7"))
        october.close()
        post.gather()
        assert told() == [(SOUTH, "report_ready")]

    def test_reads_every_event_once(self, october: October, post: Post) -> None:
        over_provisioned(october)
        post.gather()
        assert post.gather() == 0
        assert list(unread(Reached)) == []
        assert Delivery.objects.count() == 2

    def test_goes_on_behind_what_was_read(self, october: October, post: Post) -> None:
        over_provisioned(october)
        post.gather()
        october.edit("bolt", "endpoint-core", by=BOLT, comment="a new office opens in May")
        october.submit("bolt", by=BOLT)
        post.gather("2026-11-03T10:00:00Z")
        assert told() == [(BOLTS_ADMIN, "report_ready"), (BOLT, "report_ready"), (NORTH, "to_review")]

    def test_makes_no_second_delivery_of_an_event_that_was_read_before(self, october: October, post: Post) -> None:
        over_provisioned(october)
        post.gather()
        Reached.objects.update(sequence=0)
        post.gather()
        assert Delivery.objects.count() == 2

    def test_tells_nobody_what_they_did_themselves(self, october: October, post: Post) -> None:
        october.deliver(*at_times("dune-hotel", "endpoint-core", "7", "7"))
        october.terms("account: south, from: 2026-01-01, auto_approve: never")
        join("second@south.example", "south", Role.ADMIN)
        october.close()
        post.gather()
        october.submit("dune", by=SOUTH)
        post.gather("2026-11-03T10:00:00Z")
        assert [address for address, kind in told() if kind == "to_review"] == ["second@south.example"]

    def test_tells_nobody_who_cannot_sign_in(self, october: October, post: Post) -> None:
        over_provisioned(october)
        member = join("gone@bolt.example", "bolt", Role.ADMIN)
        member.user.is_active = False
        member.user.save()
        post.gather()
        assert "gone@bolt.example" not in dict(told())

    def test_tells_nobody_who_does_not_want_to_know(self, october: October, post: Post) -> None:
        set_preferences(person(BOLT), {"report_ready": "off"}, now=at(CLOSING))
        over_provisioned(october)
        post.gather()
        assert told() == [(BOLTS_ADMIN, "report_ready")]

    def test_tells_who_looks_on_only_if_they_want(self, october: October, post: Post) -> None:
        set_preferences(person(BOLTS_VIEWER), {"report_ready": "now"}, now=at(CLOSING))
        over_provisioned(october)
        post.gather()
        assert (BOLTS_VIEWER, "report_ready") in told()

    def test_tells_of_an_automatic_approval_once(self, october: October, post: Post) -> None:
        october.deliver(*at_times("bolt-dental", "endpoint-core", "40", "40"))
        october.close()
        october.deadline()
        post.gather(DEADLINE_OF_BOLT)
        assert told() == [(BOLTS_ADMIN, "automatically_submitted"), (BOLT, "automatically_submitted")]

    def test_tells_nothing_that_is_overtaken(self, october: October, post: Post) -> None:
        over_provisioned(october)
        october.deadline()
        post.gather(DEADLINE_OF_BOLT)
        assert {kind for _, kind in told()} == {"automatically_submitted", "to_review"}


class TestManyHistories:
    def test_cost_the_same_few_queries_however_many_events_they_have(self, october: October, post: Post) -> None:
        october.deliver(*at_times("bolt-dental", "endpoint-core", "40", "40"), *at_times("coil-bakery", "endpoint-core", "7", "7"))
        october.close()
        report = Report.objects.get(msp_ref="bolt")
        with CaptureQueriesContext(connection) as few:
            post.gather()
        record_all([Happening(report.msp_id, "reminded", OPERATOR.actor, at(CLOSING), "report", report.pk)] * 300)
        with CaptureQueriesContext(connection) as more:
            assert post.gather() == 600
        assert len(more) <= len(few) + 600 / 40  # rows are written in portions


@pytest.mark.django_db(transaction=True)
class TestWorkers:
    @pytest.fixture
    def world(self, ledger_home: Path, tmp_path: Path) -> October:
        """The world in October 2026."""
        apply(OPERATOR, NETWORK, file_name=FILE_NAME, dry_run=False, now=at("2026-09-01T00:00:00Z"))
        return October(tmp_path)

    def test_make_each_delivery_once_however_many_they_are(self, world: October) -> None:
        over_provisioned(world)
        start = Barrier(4)

        def work(_number: int) -> int:
            try:
                portions = list(unread(Reached))
                start.wait(timeout=30)
                return sum(gather(portion, now=at(CLOSING)) for portion in portions)
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(work, range(4))) == [0, 0, 0, 2]
        assert Delivery.objects.count() == 2

    def test_leave_nothing_half_done(self, world: October) -> None:
        over_provisioned(world)
        (portion,) = unread(Reached)
        Report.objects.update(status="nonsense")
        with pytest.raises(ValueError, match="nonsense"):
            gather(portion, now=at(CLOSING))
        assert not Reached.objects.filter(sequence__gt=0).exists()
        Report.objects.update(status="msp_preparing")
        assert Post().gather() == 2


@pytest.mark.django_db(transaction=True)
class TestUpgrade:
    def test_tells_nobody_of_the_past(self, ledger_home: Path, tmp_path: Path) -> None:
        apply(OPERATOR, NETWORK, file_name=FILE_NAME, dry_run=False, now=at("2026-09-01T00:00:00Z"))
        october = October(tmp_path)
        over_provisioned(october)
        call_command("migrate", "notifications", "zero", verbosity=0)
        call_command("migrate", "notifications", verbosity=0)
        assert dict(Reached.objects.values_list("chain", "sequence")) == dict(ChainHead.objects.values_list("chain", "length"))
        assert Post().gather() == 0
        october.deadline()
        assert Post().gather(DEADLINE_OF_BOLT) == 3
        assert set(Delivery.objects.values_list("state", flat=True)) == {State.WAITING}
