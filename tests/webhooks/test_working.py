"""The clock calls webhooks beside its rounds."""

import threading
import time
from pathlib import Path

import pytest
from django.db import connection

from tests.reports.month import CLOSING, at
from tests.webhooks.conftest import admin, listen, world_of
from tests.webhooks.receiver import Receiver
from trueup.jobs.webhooks import call_once, call_until
from trueup.webhooks.actions import send_test
from trueup.webhooks.models import Delivery


@pytest.mark.django_db(transaction=True)
class TestCalling:
    def test_is_done_as_things_happen_until_it_is_to_end(self, ledger_home: Path, tmp_path: Path, receiver: Receiver) -> None:
        world_of(tmp_path)
        made = listen("bolt", receiver.url)
        end = threading.Event()

        def work() -> None:
            call_until(end, lambda: at(CLOSING))
            connection.close()

        thread = threading.Thread(target=work)
        thread.start()
        try:
            for count in (1, 2):
                send_test(admin("bolt"), made.endpoint_id, now=at(CLOSING))
                until = time.monotonic() + 30
                while Delivery.objects.filter(state="delivered").count() < count and time.monotonic() < until:
                    time.sleep(0.02)
        finally:
            end.set()
            thread.join(30)
        assert [call.id for call in receiver.calls] == list(Delivery.objects.order_by("pk").values_list("message_id", flat=True))
        assert Delivery.objects.filter(state="delivered").count() == 2

    def test_is_done_once_for_who_asks_for_it_once(self, ledger_home: Path, tmp_path: Path, receiver: Receiver) -> None:
        october = world_of(tmp_path)
        listen("bolt", receiver.url, "cycle.closed")
        october.deliver("2026-10-31,bolt-dental,endpoint-core,4,4,")
        october.close()
        assert (call_once(at(CLOSING)), call_once(at(CLOSING))) == (1, 0)
