"""Pieces that were kept before an unknown name was one of its source."""

import hashlib
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps

from tests.intake.sending import NOON, send, sender
from tests.intake.test_working import TEN, gather_all
from trueup.accounts.rules import Viewer
from trueup.intake.models import Piece
from trueup.intake.rules.pieces import State
from trueup.ledger.models import Batch, Source

migration = import_module("trueup.intake.migrations.0003_meant_in_a_source")
EARLIER = "1001 endpoint-core 2026-10-20T10:00:00Z"
LATER = "1001 endpoint-core 2026-10-20T11:00:00Z"


def as_before(*ids: str) -> None:
    """As these pieces were kept then: by their unknown names alone."""
    for piece in Piece.objects.filter(event_id__in=ids):
        _, _, service = piece.meant.partition(":")
        Piece.objects.filter(pk=piece.pk).update(meant=f"={hashlib.sha256(piece.customer.encode()).hexdigest()[:40]}:{service}")


@pytest.fixture
def vendor(world: None, ledger_home: Path) -> Viewer:
    """A program of the vendor, who has two sources that keep unknown names."""
    Source.objects.create(code="psa", keeps_unmapped=True)
    return sender("acme-vendor")


class TestStep:
    def test_gives_pieces_what_is_meant_now(self, vendor: Viewer) -> None:
        send(vendor, f"1 {LATER} 1", f"2 {TEN} 2", source="manual")
        send(vendor, f"3 {EARLIER} 3", source="psa")
        now = dict(Piece.objects.values_list("pk", "meant"))
        as_before("1", "3")
        assert dict(Piece.objects.values_list("pk", "meant")) != now
        migration.tell_sources_apart(apps, None)
        assert dict(Piece.objects.values_list("pk", "meant")) == now
        gather_all()
        assert set(Piece.objects.values_list("state", flat=True)) == {State.STORED}

    def test_sets_free_what_another_source_had_overtaken_and_nothing_else(self, vendor: Viewer) -> None:
        send(vendor, f"1 {EARLIER} 1", f"2 {LATER} 2", source="manual")
        gather_all()
        send(vendor, f"3 {EARLIER} 3", source="psa")
        Piece.objects.filter(event_id="3").update(state=State.OVERTAKEN)
        as_before("1", "2", "3")
        migration.tell_sources_apart(apps, None)
        assert dict(Piece.objects.values_list("event_id", "state")) == {"1": State.OVERTAKEN, "2": State.STORED, "3": State.WAITING}
        gather_all()
        assert Batch.objects.count() == 2

    def test_leaves_what_is_like_nothing_else(self, vendor: Viewer) -> None:
        send(vendor, f"1 {EARLIER} 1", source="psa", now=NOON)
        Piece.objects.update(meant="=17:3", state=State.OVERTAKEN)
        migration.tell_sources_apart(apps, None)
        assert list(Piece.objects.values_list("meant", "state")) == [("=17:3", State.OVERTAKEN)]
