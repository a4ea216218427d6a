"""Endpoints are kept by who has the right to, in their own account; whatever else is asked is refused."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.reports.month import OPERATOR, October, at
from tests.webhooks.conftest import MADE_AT, admin, listen, world_of
from trueup.accounts.queries import viewers_of
from trueup.events.models import Event
from trueup.events.queries import audit
from trueup.jobs.webhooks import call_once
from trueup.kit.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from trueup.webhooks.actions import Wanted, change, create, forget_old, remove, replay, rotate, send_test
from trueup.webhooks.models import Attempt, Delivery, Endpoint
from trueup.webhooks.queries import deliveries, delivery, endpoint, endpoints
from trueup.webhooks.rules.keeping import KEPT_FOR, MOST_ENDPOINTS
from trueup.webhooks.rules.trying import Disabled, State

NOW = at(MADE_AT)
URL = "https://hooks.example/in"


def public(_host: str, _port: int) -> list[str]:
    return ["93.184.216.34"]


class TestEndpoint:
    def test_is_made_changed_and_removed(self, october: October) -> None:
        bolt = admin("bolt")
        made = create(bolt, Wanted(URL, ["report.approved"], " For  billing "), now=NOW, resolve=public)
        (row,) = endpoints(bolt, now=NOW)
        assert (row.id, row.url, row.types, row.description) == (made.endpoint_id, URL, ("report.approved",), "For billing")
        assert (row.enabled, row.version, row.created_by) == (True, 1, "admin@bolt.example")
        assert change(bolt, row.id, Wanted(types=[]), now=NOW, seen=1) == 2
        assert endpoint(bolt, row.id, now=NOW).types == ()
        remove(bolt, row.id, now=NOW, seen=2)
        assert endpoints(bolt, now=NOW) == []
        kinds = Event.objects.filter(subject="webhook").order_by("pk").values_list("kind", flat=True)
        assert list(kinds) == ["webhook_created", "webhook_changed", "webhook_removed"]
        assert audit().findings == ()

    def test_is_not_made_while_its_name_server_is_silent(self, october: October) -> None:
        def silent(_host: str, _port: int) -> list[str]:
            raise TimeoutError

        with pytest.raises(Invalid) as refused:
            create(admin("bolt"), Wanted(URL), now=NOW, resolve=silent)
        assert refused.value.message == "“hooks.example” could not be looked up within 5 seconds; try again"
        assert [problem.at for problem in refused.value.problems] == [("url",)]

    def test_that_is_as_wanted_already_stays(self, october: October) -> None:
        made = create(admin("bolt"), Wanted(URL), now=NOW, resolve=public)
        assert change(admin("bolt"), made.endpoint_id, Wanted(URL, [], "", enabled=True), now=NOW, resolve=public) == 1
        assert Event.objects.filter(kind="webhook_changed").count() == 0

    def test_is_not_overwritten_by_who_has_not_seen_it(self, october: October) -> None:
        made = create(admin("bolt"), Wanted(URL), now=NOW, resolve=public)
        change(admin("bolt"), made.endpoint_id, Wanted(description="x"), now=NOW, seen=1)
        with pytest.raises(Stale):
            change(admin("bolt"), made.endpoint_id, Wanted(description="y"), now=NOW, seen=1)
        with pytest.raises(Stale):
            remove(admin("bolt"), made.endpoint_id, now=NOW, seen=1)
        rotate(admin("bolt"), made.endpoint_id, now=NOW)
        with pytest.raises(Stale):
            change(admin("bolt"), made.endpoint_id, Wanted(description="z"), now=NOW, seen=2)

    @pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.1.2.3", "169.254.169.254", "::ffff:192.168.0.1", "ff02::1", "240.0.0.1"])
    def test_that_leads_inside_is_refused_when_it_is_saved(self, october: October, address: str) -> None:
        def inside(_host: str, _port: int) -> list[str]:
            return ["93.184.216.34", address]

        with pytest.raises(Invalid, match="no address on the public internet"):
            create(admin("bolt"), Wanted(URL), now=NOW, resolve=inside)
        made = create(admin("bolt"), Wanted(URL), now=NOW, resolve=public)
        with pytest.raises(Invalid) as refused:
            change(admin("bolt"), made.endpoint_id, Wanted("https://other.example/"), now=NOW, resolve=inside)
        assert [problem.at for problem in refused.value.problems] == [("url",)]
        assert Endpoint.objects.get().url == URL

    @pytest.mark.parametrize(
        "url", ["https://127.0.0.1/", "https://[::1]/", "https://2130706433/", "https://localhost/", "https://[::ffff:10.0.0.1]/"]
    )
    def test_is_not_this_machine_however_it_is_written(self, october: October, url: str) -> None:
        with pytest.raises(Invalid):
            create(admin("bolt"), Wanted(url), now=NOW)

    def test_says_everything_that_is_wrong(self, october: October) -> None:
        with pytest.raises(Invalid) as refused:
            create(admin("bolt"), Wanted("http://user@x/", ["nothing"], "x" * 201), now=NOW)
        assert {problem.at for problem in refused.value.problems} == {("url",), ("types",), ("description",)}
        with pytest.raises(Invalid):
            create(admin("bolt"), Wanted(), now=NOW)

    def test_is_one_of_few(self, october: October) -> None:
        for _ in range(MOST_ENDPOINTS):
            create(admin("bolt"), Wanted(URL), now=NOW, resolve=public)
        with pytest.raises(Conflict, match="20 webhooks at most"):
            create(admin("bolt"), Wanted(URL), now=NOW, resolve=public)
        create(admin("coil"), Wanted(URL), now=NOW, resolve=public)

    def test_that_is_switched_off_gets_nothing(self, october: October) -> None:
        made = create(admin("bolt"), Wanted(URL), now=NOW, resolve=public)
        send_test(admin("bolt"), made.endpoint_id, now=NOW)
        change(admin("bolt"), made.endpoint_id, Wanted(enabled=False), now=NOW)
        row = endpoint(admin("bolt"), made.endpoint_id, now=NOW)
        assert (row.enabled, row.disabled_why) == (False, Disabled.BY_HAND)
        (waiting,) = deliveries(admin("bolt"), made.endpoint_id, now=NOW)
        assert (waiting.state, waiting.problem) == (State.FAILED, "the webhook was disabled")
        with pytest.raises(Conflict, match="enable it first"):
            send_test(admin("bolt"), made.endpoint_id, now=NOW)
        with pytest.raises(Conflict, match="enable it first"):
            replay(admin("bolt"), made.endpoint_id, waiting.id, now=NOW)
        change(admin("bolt"), made.endpoint_id, Wanted(enabled=True), now=NOW + timedelta(hours=1))
        replay(admin("bolt"), made.endpoint_id, waiting.id, now=NOW + timedelta(hours=1))
        assert delivery(admin("bolt"), made.endpoint_id, waiting.id, now=NOW).state is State.WAITING

    def test_may_be_made_switched_off(self, october: October) -> None:
        made = create(admin("bolt"), Wanted(URL, enabled=False), now=NOW, resolve=public)
        assert not endpoint(admin("bolt"), made.endpoint_id, now=NOW).enabled


class TestReplay:
    def test_is_refused_while_it_is_on_its_way(self, october: October, private: None) -> None:
        made = listen("bolt", URL)
        delivery_id = send_test(admin("bolt"), made.endpoint_id, now=NOW)
        Delivery.objects.update(state=State.SENDING, claimed_at=NOW)
        with pytest.raises(Conflict, match="at this moment"):
            replay(admin("bolt"), made.endpoint_id, delivery_id, now=NOW)

    def test_of_another_endpoint_does_not_exist(self, october: October, private: None) -> None:
        one, other = listen("bolt", URL), listen("bolt", URL)
        delivery_id = send_test(admin("bolt"), one.endpoint_id, now=NOW)
        with pytest.raises(NotFound):
            replay(admin("bolt"), other.endpoint_id, delivery_id, now=NOW)
        with pytest.raises(NotFound):
            delivery(admin("bolt"), other.endpoint_id, delivery_id, now=NOW)


class TestTenancy:
    @pytest.mark.parametrize("ref", ["acme-vendor", "north", "coil", "south"])
    def test_leaves_an_endpoint_unknown_to_every_other_account_above_it_too(self, october: October, private: None, ref: str) -> None:
        made = listen("bolt", URL)
        delivery_id = send_test(admin("bolt"), made.endpoint_id, now=NOW)
        stranger = admin(ref)
        assert endpoints(stranger, now=NOW) == []
        for attempt in (
            lambda: endpoint(stranger, made.endpoint_id, now=NOW),
            lambda: change(stranger, made.endpoint_id, Wanted("nonsense"), now=NOW),
            lambda: remove(stranger, made.endpoint_id, now=NOW),
            lambda: rotate(stranger, made.endpoint_id, now=NOW),
            lambda: send_test(stranger, made.endpoint_id, now=NOW),
            lambda: deliveries(stranger, made.endpoint_id, now=NOW),
            lambda: delivery(stranger, made.endpoint_id, delivery_id, now=NOW),
            lambda: replay(stranger, made.endpoint_id, delivery_id, now=NOW),
        ):
            with pytest.raises(NotFound):
                attempt()
        assert not Delivery.objects.visible_to(stranger).exists()

    @pytest.mark.parametrize("email", ["billing@bolt.example", "viewer@bolt.example"])
    def test_lets_nobody_keep_them_without_the_right(self, october: October, private: None, email: str) -> None:
        made = listen("bolt", URL)
        viewer = viewers_of(email)[0]
        for attempt in (
            lambda: endpoints(viewer, now=NOW),
            lambda: endpoint(viewer, made.endpoint_id, now=NOW),
            lambda: create(viewer, Wanted(URL), now=NOW),
            lambda: rotate(viewer, made.endpoint_id, now=NOW),
            lambda: remove(viewer, made.endpoint_id, now=NOW),
        ):
            with pytest.raises(NotAllowed):
                attempt()
        assert not Endpoint.objects.visible_to(viewer).exists()

    def test_has_no_endpoints_of_nobody(self, october: October) -> None:
        with pytest.raises(NotAllowed):
            create(OPERATOR, Wanted(URL), now=NOW, resolve=public)


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    def test_change_it_once(self, ledger_home: Path, tmp_path: Path, private: None) -> None:
        world_of(tmp_path)
        made = listen("bolt", URL)
        start = Barrier(4)

        def work(number: int) -> str:
            try:
                start.wait(timeout=30)
                change(admin("bolt"), made.endpoint_id, Wanted(description=str(number)), now=NOW, seen=1)
            except Stale:
                return "stale"
            finally:
                connection.close()
            return "done"

        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(work, range(4))) == ["done", "stale", "stale", "stale"]

    def test_do_not_add_more_than_there_may_be(self, ledger_home: Path, tmp_path: Path, private: None) -> None:
        world_of(tmp_path)
        for _ in range(MOST_ENDPOINTS - 1):
            listen("bolt", URL)
        start = Barrier(4)

        def work(_number: int) -> str:
            try:
                start.wait(timeout=30)
                listen("bolt", URL)
            except Conflict:
                return "too many"
            finally:
                connection.close()
            return "made"

        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(work, range(4))) == ["made", "too many", "too many", "too many"]


class TestForgetting:
    def test_takes_what_ended_long_ago_with_its_calls(self, october: October, private: None) -> None:
        made = listen("bolt", "http://hooks.example/")
        for _ in range(5):
            send_test(admin("bolt"), made.endpoint_id, now=NOW)
        old, replayed, late, waiting, _dropped = Delivery.objects.order_by("pk")
        Delivery.objects.exclude(pk=waiting.pk).update(state=State.DELIVERED, ended_at=NOW, next_try_at=None)
        for one in (old, late):
            Attempt.objects.create(delivery=one, at=NOW, status=200, milliseconds=1)
        Delivery.objects.filter(pk=late.pk).update(ended_at=NOW + timedelta(seconds=1))
        replay(admin("bolt"), made.endpoint_id, replayed.pk, now=NOW + timedelta(days=1))
        assert forget_old(now=NOW + KEPT_FOR) == 0
        assert forget_old(now=NOW + KEPT_FOR + timedelta(seconds=1)) == 2
        assert set(Delivery.objects.values_list("pk", flat=True)) == {replayed.pk, late.pk, waiting.pk}
        assert list(Attempt.objects.values_list("delivery", flat=True)) == [late.pk]

    def test_is_done_some_at_a_time_in_the_same_few_queries(self, october: October, private: None) -> None:
        made = listen("bolt", "http://hooks.example/")
        ended = {"endpoint_id": made.endpoint_id, "type": "webhook.test", "payload": "{}", "state": State.FAILED, "created_at": NOW}
        rows = (Delivery(message_id=f"msg_{number}", ended_at=NOW, **ended) for number in range(501))
        Delivery.objects.bulk_create(rows)
        late = NOW + KEPT_FOR + timedelta(days=1)
        with CaptureQueriesContext(connection) as queries:
            assert forget_old(now=late) == 500
        assert len(queries) <= 20
        assert (forget_old(now=late), forget_old(now=late)) == (1, 0)

    def test_is_done_by_the_clock(self, october: October, private: None) -> None:
        made = listen("bolt", "http://hooks.example/")
        send_test(admin("bolt"), made.endpoint_id, now=NOW)
        Delivery.objects.update(state=State.FAILED, ended_at=NOW, next_try_at=None)
        call_once(NOW + KEPT_FOR + timedelta(days=1))
        assert not Delivery.objects.exists()
