"""Reading on from a place in each history: what deliveries are made of."""

import pytest
from django.db import transaction

from tests.world import APPLIED_AT
from trueup.accounts.models import Account
from trueup.accounts.rules import SYSTEM, Actor
from trueup.events.models import ChainHead, Event
from trueup.events.queries import Span, changes_at, happened_within
from trueup.events.recording import Change, Happening, record_all

BELLA = Actor("person", "billing@bolt.example", 7)
PROGRAM = Actor("client", "a program", 8)


@pytest.fixture
def chains(world: None) -> tuple[int, int]:
    """Three events of bolt, one of coil; returns both accounts."""
    bolt, coil = (Account.objects.get(ref=ref).pk for ref in ("bolt", "coil"))
    with transaction.atomic():
        record_all(
            [
                Happening(bolt, "generated", SYSTEM, APPLIED_AT, "report", 1, [Change("status", None, "msp_preparing")]),
                Happening(bolt, "draft_saved", BELLA, APPLIED_AT, "report", 1),
                Happening(coil, "submitted", PROGRAM, APPLIED_AT, "report", 2),
                Happening(bolt, "submitted", BELLA, APPLIED_AT, "report", 1),
            ]
        )
    return bolt, coil


def happened(spans: dict[int, Span]) -> list[tuple[int, str, int | None]]:
    """(chain, kind, person) of what happened to reports in these parts."""
    found = happened_within(spans, kinds=["generated", "submitted"], subject="report")
    return [(one.chain, one.kind, one.person_id) for one in found]


class TestHappenedWithin:
    def test_finds_the_wanted_kinds_in_each_part(self, chains: tuple[int, int]) -> None:
        bolt, coil = chains
        first = Event.objects.get(chain=bolt, kind="generated").sequence
        end = ChainHead.objects.get(pk=bolt).length
        assert happened({bolt: Span(0, end)}) == [(bolt, "generated", None), (bolt, "submitted", 7)]
        assert happened({bolt: Span(first, end)}) == [(bolt, "submitted", 7)]
        assert happened({bolt: Span(0, first)}) == [(bolt, "generated", None)]
        assert happened({bolt: Span(first, end), coil: Span(0, 99)}) == sorted([(bolt, "submitted", 7), (coil, "submitted", None)])
        assert happened({bolt: Span(end, end)}) == []

    def test_finds_nothing_in_no_history(self, chains: tuple[int, int]) -> None:
        assert happened({}) == []


class TestChangesAt:
    def test_are_those_of_that_event(self, chains: tuple[int, int]) -> None:
        generated = Event.objects.get(chain=chains[0], kind="generated")
        assert changes_at(generated.chain, generated.sequence) == [{"field": "status", "before": None, "after": "msp_preparing"}]
