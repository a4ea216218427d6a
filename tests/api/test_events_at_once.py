"""Many programs that send the same events at once."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from tests.api.conftest import Program, token_for
from trueup.accounts.rules import Scope, Viewer
from trueup.intake.models import Piece
from trueup.intake.rules.pieces import State
from trueup.intake.working import gather_next
from trueup.kit.period import Month
from trueup.ledger.models import Batch
from trueup.ledger.queries import usage_rows
from trueup.web.clock import now

pytestmark = [pytest.mark.usefixtures("world", "ledger_home"), pytest.mark.django_db(transaction=True)]

MANY = 50
DAYS = 4


def _event(day: int) -> dict[str, object]:
    return {
        "specversion": "1.0", "id": str(day), "source": "meter", "type": "endpoint-core", "subject": "bolt-dental",
        "time": f"2026-10-{day:02}T10:00:00Z", "data": {"provisioned": 40 + day},
    }  # fmt: skip


def at_once(token: str) -> Counter[int]:
    """Fifty programs send the same events, half of them one by one and half of them as a batch; how often each status was answered."""
    together = Barrier(MANY)
    events = [_event(day) for day in range(1, DAYS + 1)]

    def one(number: int) -> list[int]:
        program = Program(token)
        bodies = [events] if number % 2 else events
        try:
            together.wait()
            return [program.call("POST", "/events", json.dumps(body).encode()).status_code for body in bodies]
        finally:
            connection.close()

    with ThreadPoolExecutor(MANY) as pool:
        return Counter(status for found in pool.map(one, range(MANY)) for status in found)


class TestFiftyAtOnce:
    def test_are_all_acknowledged_and_every_event_is_kept_and_stored_once(self) -> None:
        assert at_once(token_for("bolt", (Scope.USAGE_WRITE,))) == {204: MANY // 2 * DAYS + MANY // 2}
        assert list(Piece.objects.order_by("event_id").values_list("event_id", flat=True)) == [str(day) for day in range(1, DAYS + 1)]
        while gather_next(now=now()):
            pass
        assert set(Piece.objects.values_list("state", flat=True)) == {State.STORED}
        assert sum(Batch.objects.values_list("stored", flat=True)) == DAYS
        assert [int(row.provisioned) for row in usage_rows(Viewer.system(), Month(2026, 10))] == [41, 42, 43, 44]
