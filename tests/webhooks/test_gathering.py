"""Events become deliveries: to who may read of it, once, whoever gathers and however often."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from tests.reports.month import CLOSING, DEADLINE_OF_BOLT, OPERATOR, October, at, at_times
from tests.webhooks.conftest import Hooks, admin, closed, listen, world_of
from trueup.accounts.queries import viewers_of
from trueup.events.models import ChainHead
from trueup.events.reading import unread
from trueup.events.recording import Happening, record_all
from trueup.ledger.actions import import_usage
from trueup.reports.models import Report
from trueup.webhooks.actions import Wanted, change
from trueup.webhooks.gathering import gather
from trueup.webhooks.models import Delivery, Endpoint, Reached

pytestmark = pytest.mark.usefixtures("private")
URL = "https://hooks.example/"


def told(ref: str) -> list[tuple[str, str]]:
    """(type, MSP) of everything an account is told."""
    rows = Delivery.objects.filter(endpoint__account__ref=ref).order_by("pk").values_list("type", "payload")
    return [(name, json.loads(payload)["data"].get("msp", "")) for name, payload in rows]


class TestGathering:
    def test_tells_each_account_of_the_reports_it_may_read(self, october: October, hooks: Hooks) -> None:
        for ref in ("acme-vendor", "north", "south", "bolt", "coil", "dune"):
            listen(ref, URL, "report.generated")
        closed(october)
        hooks.gather()
        of = {ref: sorted(msp for _, msp in told(ref)) for ref in ("acme-vendor", "north", "south", "bolt", "coil", "dune")}
        assert of == {
            "acme-vendor": ["bolt", "coil", "dune"],
            "north": ["bolt", "coil"],
            "south": ["dune"],
            "bolt": ["bolt"],
            "coil": ["coil"],
            "dune": [],  # it has no access to usage reports: its distributor prepares
        }

    def test_says_little(self, october: October, hooks: Hooks) -> None:
        listen("bolt", URL, "report.generated")
        closed(october)
        hooks.gather()
        assert json.loads(Delivery.objects.get().payload) == {
            "type": "report.generated",
            "timestamp": CLOSING,
            "data": {"cycle": "2026-10", "msp": "bolt", "url": "https://portal.example/api/v1/reports/2026-10/bolt"},
        }

    def test_tells_that_a_month_was_closed_who_may_read_months(self, october: October, hooks: Hooks) -> None:
        for ref in ("acme-vendor", "north", "bolt", "dune"):
            listen(ref, URL, "cycle.closed")
        closed(october)
        hooks.gather()
        assert told("acme-vendor") == told("north") == told("bolt") == [("cycle.closed", "")]
        assert told("dune") == []  # it has no access to usage reports
        data = json.loads(Delivery.objects.order_by("pk")[0].payload)["data"]
        assert data == {"cycle": "2026-10", "url": "https://portal.example/api/v1/cycles/2026-10"}

    def test_tells_of_a_batch_only_who_sent_it(self, october: October, hooks: Hooks, tmp_path: Path) -> None:
        for ref in ("acme-vendor", "north", "bolt"):
            listen(ref, URL, "usage.stored")
        file = tmp_path / "own.csv"
        file.write_text("day,customer,service,provisioned_units\n2026-10-01,bolt-dental,endpoint-core,4\n", encoding="utf-8")
        import_usage(viewers_of("billing@bolt.example")[0], file, source=None, now=at("2026-10-02T00:00:00Z"))
        october.deliver(*at_times("coil-bakery", "endpoint-core", "7", "7"))  # by the operator: nobody's
        hooks.gather()
        assert (told("acme-vendor"), told("north"), told("bolt")) == ([], [], [("usage.stored", "")])

    def test_tells_the_whole_way_of_a_report(self, october: October, hooks: Hooks) -> None:
        listen("north", URL)
        closed(october)
        october.edit("bolt", "endpoint-core", by="billing@bolt.example", comment="a new office opens in May")
        october.submit("bolt", by="billing@bolt.example")
        october.reject("bolt", "why?")
        october.edit("bolt", "endpoint-core", by="billing@bolt.example", comment="because", now="2026-11-09T10:00:00Z")
        october.submit("bolt", by="billing@bolt.example", now="2026-11-09T11:00:00Z")
        october.approve("bolt", now="2026-11-09T12:00:00Z")
        hooks.gather("2026-11-10T00:00:00Z")
        assert [name for name, msp in told("north") if msp == "bolt"] == [
            "report.generated", "report.draft_saved", "report.submitted", "report.rejected", "report.draft_saved", "report.submitted",
            "report.approved",
        ]  # fmt: skip

    def test_tells_what_the_clock_does(self, october: October, hooks: Hooks) -> None:
        listen("coil", URL, "report.automatically_submitted", "report.approved")
        closed(october)
        october.deadline("2026-11-08T00:00:00Z")
        hooks.gather("2026-11-08T00:00:00Z")
        assert [name for name, _ in told("coil")] == ["report.automatically_submitted", "report.approved"]

    def test_tells_nothing_that_was_before_the_endpoint(self, october: October, hooks: Hooks) -> None:
        closed(october)
        listen("bolt", URL, now="2026-11-01T00:00:01Z")
        assert hooks.gather() == 0
        october.deadline()
        assert hooks.gather(DEADLINE_OF_BOLT) > 0
        assert "report.generated" not in dict(told("bolt"))

    def test_tells_nothing_to_what_is_disabled_and_nothing_of_that_time_afterwards(self, october: October, hooks: Hooks) -> None:
        made = listen("bolt", URL)
        change(admin("bolt"), made.endpoint_id, Wanted(enabled=False), now=at("2026-10-02T00:00:00Z"))
        closed(october)
        change(admin("bolt"), made.endpoint_id, Wanted(enabled=True), now=at("2026-11-02T00:00:00Z"))
        assert hooks.gather("2026-11-02T00:00:00Z") == 0

    def test_reads_every_event_once(self, october: October, hooks: Hooks) -> None:
        listen("bolt", URL, "report.generated")
        closed(october)
        assert hooks.gather() == 1
        assert hooks.gather() == 0
        assert list(unread(Reached)) == []
        Reached.objects.update(sequence=0)
        hooks.gather()
        assert Delivery.objects.count() == 1

    def test_reads_on_where_nobody_listens(self, october: October, hooks: Hooks) -> None:
        closed(october)
        assert hooks.gather() == 0
        assert list(unread(Reached)) == []

    def test_costs_the_same_few_queries_however_many_events_there_are(self, october: October, hooks: Hooks) -> None:
        listen("bolt", URL, "report.reminded")
        closed(october)
        hooks.gather()
        report = Report.objects.get(msp_ref="bolt")
        event = Happening(report.msp_id, "reminded", OPERATOR.actor, at(CLOSING), "report", report.pk)
        record_all([event])
        with CaptureQueriesContext(connection) as few:
            hooks.gather()
        record_all([event] * 300)
        with CaptureQueriesContext(connection) as more:
            assert hooks.gather() == 300
        assert len(more) <= len(few) + 300 / 40  # rows are written in portions

    def test_names_the_api_of_the_portal(self, october: October, hooks: Hooks, settings: Settings) -> None:
        settings.TRUEUP_URL = "https://other.example"
        listen("bolt", URL, "report.generated")
        closed(october)
        hooks.gather()
        assert '"url":"https://other.example/api/v1/reports/2026-10/bolt"' in Delivery.objects.get().payload


@pytest.mark.django_db(transaction=True)
class TestWorkers:
    def test_make_each_delivery_once_however_many_they_are(self, ledger_home: Path, tmp_path: Path) -> None:
        october = world_of(tmp_path)
        listen("north", URL, "report.generated")
        closed(october)
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

    def test_leave_nothing_half_done(self, ledger_home: Path, tmp_path: Path) -> None:
        october = world_of(tmp_path)
        made = listen("bolt", URL, "report.generated")
        closed(october)
        (portion,) = unread(Reached)
        Endpoint.objects.filter(pk=made.endpoint_id).update(types=7)
        with pytest.raises(TypeError):
            gather(portion, now=at(CLOSING))
        assert not Reached.objects.filter(sequence__gt=0).exists()
        Endpoint.objects.filter(pk=made.endpoint_id).update(types=[])
        assert Hooks().gather() > 0


@pytest.mark.django_db(transaction=True)
class TestUpgrade:
    def test_tells_nobody_of_the_past(self, ledger_home: Path, tmp_path: Path) -> None:
        october = world_of(tmp_path)
        closed(october)
        call_command("migrate", "webhooks", "zero", verbosity=0)
        call_command("migrate", "webhooks", verbosity=0)
        assert dict(Reached.objects.values_list("chain", "sequence")) == dict(ChainHead.objects.values_list("chain", "length"))
        assert list(unread(Reached)) == []
