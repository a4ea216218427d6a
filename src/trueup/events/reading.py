"""Reading the histories on: every event once, by each of those who want to know, a bounded number of events in one transaction.

A history has no gaps and its end moves only when an event is committed, so a place in it is enough to know what was read. (Ids of
events are no such place: transactions that began first may end last.)
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Final

from django.db import transaction
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from trueup.events.models import ChainHead, Place
from trueup.events.queries import Span

MOST_EVENTS: Final = 1000
"""Events read in one transaction, however many there are after a long stop."""

MOST_CHAINS: Final = 200
"""Histories read in one transaction."""

_ROWS: Final = 500

Portion = Mapping[int, int]
"""Histories, and up to which event each is to be read."""


def unread(places: type[Place]) -> Iterator[Portion]:
    """What goes on behind the places of a reader, up to where it ends now: to be read in `reading`, one portion after the other.

    What is long comes in several portions. A history that did not move on since it came could not be read, and does not come again.
    """
    ahead = _ahead(places)
    ends = {chain: end for chain, end, _ in ahead}
    while ahead:
        tried = {chain: at for chain, _, at in ahead}
        yield from _portions(ahead)
        ahead = [(chain, ends[chain], at) for chain, _, at in _ahead(places) if tried.get(chain, at) < at < ends[chain]]


def read_on(
    places: type[Place], gather: Callable[[Portion], int], *, failed: Callable[[Exception], object], most: int | None = None
) -> int:
    """Have all that is unread gathered, `most` portions of it if that is said; returns what it came to in all.

    A history that cannot be read is told of and holds up no other.
    """
    count = 0
    for portion in islice(unread(places), most):
        try:
            count += gather(portion)
        except Exception:  # noqa: BLE001 -- then one by one
            for chain, upto in portion.items():
                try:
                    count += gather({chain: upto})
                except Exception as error:  # noqa: BLE001 -- it is tried again in the next round
                    failed(error)
    return count


@contextmanager
def reading(places: type[Place], portion: Portion) -> Iterator[Mapping[int, Span]]:
    """One transaction in which a portion is read; gives what of it nobody has read yet, and writes down that it was.

    Of two workers one waits for the other, and then finds nothing left.
    """
    rows = places.objects
    with transaction.atomic(durable=True):
        rows.bulk_create((places(chain=chain) for chain in sorted(portion)), ignore_conflicts=True, batch_size=_ROWS)
        reached = rows.select_for_update().filter(pk__in=portion).order_by("pk").values_list("chain", "sequence")
        spans = {chain: Span(after, portion[chain]) for chain, after in reached if after < portion[chain]}
        yield spans
        rows.bulk_update([places(chain, span.upto) for chain, span in spans.items()], ["sequence"], batch_size=_ROWS)


def _ahead(places: type[Place]) -> list[tuple[int, int, int]]:
    """(chain, where it ends, up to where it was read) of the histories that go on."""
    rows = places.objects
    reached = Coalesce(Subquery(rows.filter(pk=OuterRef("pk")).values("sequence")), 0)
    ahead = ChainHead.objects.annotate(reached=reached).filter(length__gt=F("reached")).order_by("pk")
    return list(ahead.values_list("pk", "length", "reached"))


def _portions(ahead: list[tuple[int, int, int]]) -> Iterator[Portion]:
    portion: dict[int, int] = {}
    room = MOST_EVENTS
    for chain, end, at in ahead:
        portion[chain] = min(end, at + room)
        room -= portion[chain] - at
        if not room or len(portion) == MOST_CHAINS:
            yield portion
            portion, room = {}, MOST_EVENTS
    if portion:
        yield portion
