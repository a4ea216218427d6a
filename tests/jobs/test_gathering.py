"""The loop that gathers events."""

from datetime import datetime
from pathlib import Path

import pytest
from django.db import OperationalError

from tests.intake.sending import NOON, send, sender, stored
from tests.intake.test_failing import no_folder
from trueup.intake.models import Piece
from trueup.intake.rules.pieces import State
from trueup.jobs import working


class TestGathering:
    def test_goes_on_with_others_where_one_gathering_fails(self, world: None, ledger_home: Path) -> None:
        no_folder(ledger_home)
        send(sender("bolt"), "1 bolt-dental endpoint-core 2026-10-05T10:00:00Z 1")
        send(sender("coil"), "2 coil-bakery endpoint-core 2026-10-06T10:00:00Z 2")
        working._gather_what_is_due(lambda: NOON)
        assert stored() == ["2026-10-06 coil-bakery endpoint-core 2 None"]
        assert dict(Piece.objects.values_list("event_id", "state")) == {"1": State.GATHERED, "2": State.STORED}

    def test_ends_its_round_where_the_database_is_away(self, world: None, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = []

        def away(*, now: datetime) -> int:
            asked.append(now)
            raise OperationalError("the server closed the connection")

        for ref, customer in (("bolt", "bolt-dental"), ("coil", "coil-bakery")):
            send(sender(ref), f"1 {customer} endpoint-core 2026-10-05T10:00:00Z 1")
        monkeypatch.setattr(working, "gather_next", away)
        with pytest.raises(OperationalError):
            working._gather_what_is_due(lambda: NOON)
        assert len(asked) == 1
