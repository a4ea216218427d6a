"""Clients that people already have, unchanged: OpenMeter's and Lago's for Python send usage to a real server."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from allauth.idp.oidc.models import Client as Library
from lago_python_client import Client as Lago
from lago_python_client.exceptions import LagoApiError
from lago_python_client.models import BatchEvent
from lago_python_client.models import Event as LagoEvent
from openmeter import Client as OpenMeter
from openmeter._generated.models import Event as MeterEvent
from pytest_django.live_server_helper import LiveServer

from tests import world as world_file
from trueup.accounts.models import Account
from trueup.accounts.rules import Scope, Viewer
from trueup.intake.models import Piece
from trueup.intake.working import gather_next
from trueup.kit.period import Month
from trueup.ledger.queries import usage_rows
from trueup.network import actions
from trueup.network.rules import secrets
from trueup.web.clock import now

NOON = datetime(2026, 10, 20, 12, tzinfo=UTC)


@pytest.fixture
def token(transactional_db: None, ledger_home: Path) -> str:
    """The fixed token of a program of bolt: such clients know no other."""
    operator = Viewer.system()
    actions.apply(operator, world_file.NETWORK, file_name=world_file.FILE_NAME, dry_run=False, now=world_file.APPLIED_AT)
    actions.create_client(operator, "bolt", "Meter", [Scope.USAGE_WRITE], client_id="meter", now=world_file.APPLIED_AT)
    Library.objects.create(id="meter", name="meter", secret=secrets.encoded("secret-of-the-meter"), scopes="usage:write")
    assert Account.objects.filter(ref="bolt").exists()
    return "meter.secret-of-the-meter"


@pytest.fixture
def openmeter(token: str, live_server: LiveServer) -> Iterator[OpenMeter]:
    """OpenMeter's client."""
    with OpenMeter(endpoint=live_server.url, token=token) as client:
        yield client


@pytest.fixture
def lago(token: str, live_server: LiveServer) -> Lago:
    """Lago's client."""
    return Lago(api_key=token, api_url=live_server.url)


def meter_event(number: int, **changes: Any) -> MeterEvent:
    """An event as OpenMeter's documentation makes it."""
    event: dict[str, Any] = {
        "id": f"event-{number}", "source": "my-app", "specversion": "1.0", "type": "endpoint-core", "subject": "bolt-dental",
        "time": NOON.replace(day=number), "data": {"provisioned": 40, "used": "31"},
    }  # fmt: skip
    return MeterEvent(**{**event, **changes})


def lago_event(number: int, **changes: Any) -> LagoEvent:
    """An event as Lago's documentation makes it."""
    event: dict[str, Any] = {
        "transaction_id": f"event-{number}", "external_subscription_id": "bolt-dental", "code": "endpoint-core",
        "timestamp": int(NOON.replace(day=number).timestamp()), "properties": {"provisioned": 40, "used": "31.5"},
    }  # fmt: skip
    return LagoEvent(**{**event, **changes})


def stored() -> list[tuple[int, str, str]]:
    """Day, provisioned and used of all that the ledger holds."""
    gather_next(now=now())
    return [(row.day.day, f"{row.provisioned:f}", f"{row.used:f}") for row in usage_rows(Viewer.system(), Month(2026, 10))]


class TestOpenMeter:
    def test_sends_one_event_and_many(self, openmeter: OpenMeter) -> None:
        openmeter.events.ingest_event(meter_event(1))
        openmeter.events.ingest_events([meter_event(2), meter_event(3)])
        openmeter.events.ingest_events_json(meter_event(4))
        openmeter.events.ingest_events_json([meter_event(5), meter_event(1)])
        assert stored() == [(day, "40.000000", "31.000000") for day in (1, 2, 3, 4, 5)]

    def test_sends_a_plain_mapping_again_without_doing_anything_twice(self, openmeter: OpenMeter) -> None:
        event: Any = {
            "id": "x",
            "source": "s",
            "specversion": "1.0",
            "type": "email-core",
            "subject": "bolt-garage",
            "data": {"value": "5"},
        }
        for _ in range(2):
            openmeter.events.ingest_event(event)
        assert Piece.objects.count() == 1

    def test_is_told_what_is_wrong(self, openmeter: OpenMeter) -> None:
        with pytest.raises(Exception, match="Unprocessable") as refused:
            openmeter.events.ingest_events([meter_event(1), meter_event(2, subject="coil-bakery")])
        assert refused.value.status_code == 422  # type: ignore[attr-defined]
        assert '"/1/subject"' in refused.value.response.text()  # type: ignore[attr-defined]
        assert Piece.objects.count() == 0

    def test_is_told_that_its_token_is_none(self, token: str, live_server: LiveServer) -> None:
        with OpenMeter(endpoint=live_server.url, token="meter.wrong") as client, pytest.raises(Exception, match="Unauthorized"):
            client.events.ingest_event(meter_event(1))


class TestLago:
    def test_sends_an_event_and_reads_the_echo(self, lago: Lago) -> None:
        echo = lago.events.create(lago_event(1))
        assert echo is not None
        assert (echo.transaction_id, echo.external_subscription_id, echo.code) == ("event-1", "bolt-dental", "endpoint-core")
        assert (echo.timestamp, echo.properties) == ("2026-10-01T12:00:00Z", {"provisioned": 40, "used": "31.5"})
        assert lago.events.create(lago_event(1, properties={"value": 3})) == echo
        assert stored() == [(1, "40.000000", "31.500000")]

    def test_sends_many(self, lago: Lago) -> None:
        lago.events.batch_create(BatchEvent(events=[lago_event(1), lago_event(2, timestamp="1790942400.5"), lago_event(1)]))
        assert stored() == [(1, "40.000000", "31.500000"), (2, "40.000000", "31.500000")]

    def test_is_told_what_is_wrong(self, lago: Lago) -> None:
        with pytest.raises(LagoApiError) as refused:
            lago.events.batch_create(BatchEvent(events=[lago_event(1), lago_event(2, code="nothing")]))
        assert refused.value.status_code == 422
        assert refused.value.response["errors"][0]["path"] == "/events/1/code"
        assert Piece.objects.count() == 0
