"""Histories are read on: every event once, a bounded number of them at a time, and what cannot be read holds up nothing."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from tests.world import APPLIED_AT
from trueup.accounts.models import Account
from trueup.accounts.rules import SYSTEM
from trueup.events.models import ChainHead
from trueup.events.queries import Span
from trueup.events.reading import MOST_CHAINS, MOST_EVENTS, Portion, read_on, reading, unread
from trueup.events.recording import Happening, record_all
from trueup.webhooks.models import Reached


@pytest.fixture
def bolt(world: None) -> int:
    """An account all of whose history so far was read, as everybody's was."""
    for portion in unread(Reached):
        with reading(Reached, portion):
            pass
    return Account.objects.get(ref="bolt").pk


def happen(chain: int, count: int) -> int:
    """Some events, from one to the next; returns how many there were before."""
    with transaction.atomic():
        record_all([Happening(chain, "reminded", SYSTEM, APPLIED_AT, "report", 1)] * count)
    return ChainHead.objects.get(pk=chain).length - count


def read(portions: Iterator[Portion]) -> list[dict[int, Span]]:
    """What was read in each transaction."""
    spans: list[dict[int, Span]] = []
    for portion in portions:
        with reading(Reached, portion) as found:
            spans.append(dict(found))
    return spans


class TestReading:
    def test_goes_on_where_it_ended(self, bolt: int) -> None:
        before = happen(bolt, 2)
        assert read(unread(Reached)) == [{bolt: Span(before, before + 2)}]
        assert read(unread(Reached)) == []
        happen(bolt, 1)
        assert read(unread(Reached)) == [{bolt: Span(before + 2, before + 3)}]

    def test_of_a_long_history_takes_several_transactions(self, bolt: int) -> None:
        coil = Account.objects.get(ref="coil").pk
        first, second = sorted((bolt, coil))
        before = {one: happen(one, MOST_EVENTS + 10) for one in (first, second)}
        found = read(unread(Reached))
        assert [sum(span.upto - span.after for span in spans.values()) for spans in found] == [MOST_EVENTS, MOST_EVENTS, 20]
        assert {spans[second].after for spans in found[1:]} == {before[second], before[second] + MOST_EVENTS}
        assert Reached.objects.get(pk=first).sequence == before[first] + MOST_EVENTS + 10

    def test_of_many_histories_takes_several_transactions(self, bolt: int) -> None:
        ChainHead.objects.bulk_create([ChainHead(chain=10**6 + number, length=1) for number in range(MOST_CHAINS + 1)])
        assert [len(spans) for spans in read(unread(Reached))] == [MOST_CHAINS, 1]

    def test_ends_at_what_there_was_when_it_began(self, bolt: int) -> None:
        happen(bolt, 1)
        portions = unread(Reached)
        with reading(Reached, next(portions)):
            pass
        happen(bolt, 1)
        assert list(portions) == []

    def test_leaves_nothing_to_the_second_of_two_workers(self, bolt: int) -> None:
        happen(bolt, 1)
        (portion,) = unread(Reached)
        for expected in (1, 0):
            with reading(Reached, portion) as spans:
                assert len(spans) == expected

    def test_that_fails_is_not_written_down(self, bolt: int) -> None:
        before = happen(bolt, 1)
        (portion,) = unread(Reached)
        with pytest.raises(ZeroDivisionError), reading(Reached, portion):
            raise ZeroDivisionError
        assert Reached.objects.get(pk=bolt).sequence == before


class TestReadOn:
    def test_is_not_held_up_by_a_history_that_cannot_be_read(self, bolt: int) -> None:
        coil = Account.objects.get(ref="coil").pk
        for one in (bolt, coil):
            happen(one, MOST_EVENTS - 1)
        failures: list[Exception] = []

        def gather(portion: Portion) -> int:
            with reading(Reached, portion) as spans:
                if bolt in spans:
                    raise ZeroDivisionError
                return sum(span.upto - span.after for span in spans.values())

        assert read_on(Reached, gather, failed=failures.append) == MOST_EVENTS - 1
        assert {type(error) for error in failures} == {ZeroDivisionError}
        (left,) = unread(Reached)
        assert list(left) == [bolt]

    def test_takes_so_much_and_no_more_if_that_is_said(self, bolt: int) -> None:
        happen(bolt, MOST_EVENTS + 1)
        portions: list[Portion] = []

        def gather(portion: Portion) -> int:
            with reading(Reached, portion):
                portions.append(portion)
            return 1

        assert read_on(Reached, gather, failed=print, most=1) == 1
        assert read_on(Reached, gather, failed=print) == 1
        assert len(portions) == 2
