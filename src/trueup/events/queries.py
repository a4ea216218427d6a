"""Questions about what happened, and the proof that nobody has touched it."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import Q, QuerySet

from trueup.accounts.models import Account
from trueup.accounts.rules import Viewer
from trueup.events.models import ChainHead, Event, EventQuerySet
from trueup.events.rules import CHAIN_OPENED, GENESIS, INSTALLATION_CHAIN, Plain, digest
from trueup.events.snapshot import snapshot


class ChainEnd(NamedTuple):
    """How many events a chain has, and the hash of the last."""

    length: int
    hash: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A place where the history was tampered with."""

    chain: int
    sequence: int
    message: str


@dataclass(frozen=True, slots=True)
class Audit:
    """What the check of all chains came to; `anchor` is one hash over `ends`, the ends of all chains by their numbers."""

    chains: int
    events: int
    findings: tuple[Finding, ...]
    anchor: str
    ends: Mapping[int, ChainEnd]


def history(viewer: Viewer, subject: str, subject_id: int) -> QuerySet[Event]:
    """What happened to one thing, oldest first. The caller has made sure that the viewer sees the thing itself."""
    return happened_to(subject, subject_id).visible_to(viewer)


def happened_to(subject: str, subject_id: int) -> EventQuerySet:
    """What happened to one thing, oldest first, for a caller that has already found the thing for its viewer.

    The order is the chain's, which the hashes cover, not that of `id`, which they do not. (Of a thing told of in several chains:
    one chain after the other.)
    """
    return Event.objects.filter(subject=subject, subject_id=subject_id).order_by("chain", "sequence")


def audit(against: Mapping[int, ChainEnd] | None = None) -> Audit:
    """Walk every chain and find each altered, removed or inserted row. Reads all events once, in constant memory per chain.

    `against` are the ends of an earlier audit, kept out of the database's reach: found is also every chain that no longer has that
    hash at that length. Without them somebody who rewrites a whole history, and computes all hashes anew, is not found.
    """
    with snapshot():  # who merely works meanwhile does not look like who tampers
        return _audit(against or {})


def _audit(kept: Mapping[int, ChainEnd]) -> Audit:
    heads = {head.chain: ChainEnd(head.length, head.hash) for head in ChainHead.objects.all()}
    findings: list[Finding] = []
    opened: set[int] = set()
    events = 0
    reached: dict[int, _Place] = {}
    for event in Event.objects.order_by("chain", "sequence").iterator(chunk_size=2000):
        events += 1
        findings += _broken(event, reached.get(event.chain, _BEFORE_ALL))
        findings += _rewritten(event, kept.get(event.chain))
        reached[event.chain] = _Place(event.sequence, event.hash, event.pk)
        if event.chain == INSTALLATION_CHAIN and event.kind == CHAIN_OPENED:
            opened.add(event.subject_id)
    findings += _wrong_ends(heads, reached)
    findings += _wrong_openings(opened, set(heads) | set(reached))
    findings += _lost(kept, reached)
    findings += _emptied(events)
    return Audit(len(reached), events, tuple(findings), anchor(heads), heads)


def anchor(ends: Mapping[int, ChainEnd]) -> str:
    """One hash over the ends of all chains."""
    return digest("", {str(chain): [end.length, end.hash] for chain, end in ends.items()})


class _Place(NamedTuple):
    """Where the walk through a chain is."""

    sequence: int
    hash: str
    id: int


_BEFORE_ALL = _Place(0, GENESIS, 0)


def _broken(event: Event, before: _Place) -> Iterator[Finding]:
    """What is wrong between an event and the one before it in its chain."""
    if event.sequence != before.sequence + 1:
        yield Finding(event.chain, event.sequence, f"{event.sequence - before.sequence - 1} event(s) before this one are missing")
    elif event.previous_hash != before.hash:
        yield Finding(event.chain, event.sequence, "does not follow from the event before it: one of them was inserted or altered")
    if event.hash != digest(event.previous_hash, event.content()):
        yield Finding(event.chain, event.sequence, "its content was altered")
    if event.pk <= before.id:
        yield Finding(event.chain, event.sequence, "its id was altered: ids grow along a chain, and the event before it has a higher one")


def _rewritten(event: Event, kept: ChainEnd | None) -> Iterator[Finding]:
    """A hash that is not the one somebody kept."""
    if kept is not None and event.sequence == kept.length and event.hash != kept.hash:
        yield Finding(event.chain, event.sequence, "its hash is not the one that was kept: the chain was rewritten up to here")


def _lost(kept: Mapping[int, ChainEnd], reached: Mapping[int, _Place]) -> Iterator[Finding]:
    """Chains that are shorter than when somebody kept their ends, or gone."""
    for chain, end in sorted(kept.items()):
        length = reached[chain].sequence if chain in reached else 0
        if length == 0 < end.length:
            yield Finding(chain, end.length, f"the chain is gone: it had {end.length} event(s) when its end was kept")
        elif length < end.length:
            yield Finding(chain, end.length, f"the chain has {length} event(s): it had {end.length} when its end was kept")


def _emptied(events: int) -> Iterator[Finding]:
    """Every account is told of in the history: where there are accounts there is one."""
    if events == 0 and Account.objects.exists():
        yield Finding(INSTALLATION_CHAIN, 0, "there are accounts but not one event: the whole history was removed")


def _wrong_ends(heads: Mapping[int, ChainEnd], reached: Mapping[int, _Place]) -> Iterator[Finding]:
    """Chains that do not end where their heads say."""
    for chain in sorted(set(heads) | set(reached)):
        end = reached.get(chain, _BEFORE_ALL)
        head = heads.get(chain)
        if head is None:
            yield Finding(chain, end.sequence, "the head of the chain is missing")
        elif end.sequence < head.length:
            yield Finding(chain, head.length, f"the last {head.length - end.sequence} event(s) of the chain are missing")
        elif end.sequence > head.length:
            yield Finding(chain, end.sequence, "events were inserted behind the end of the chain")
        elif end.hash != head.hash:
            yield Finding(chain, end.sequence, "the end of the chain was altered")


def _wrong_openings(opened: set[int], present: set[int]) -> Iterator[Finding]:
    """Chains that were opened and are gone, or that are there and were never opened."""
    for chain in sorted(opened - present):
        yield Finding(chain, 0, "the whole chain was removed")
    for chain in sorted(present - opened - {INSTALLATION_CHAIN}):
        yield Finding(chain, 0, "the chain was inserted: its opening was never recorded")


class Happened(NamedTuple):
    """An event without what changed: where it is, what it was, to what, when, and which person did it."""

    chain: int
    sequence: int
    kind: str
    subject_id: int
    at: datetime
    person_id: int | None


class Span(NamedTuple):
    """A part of a history: the events behind one, up to another."""

    after: int
    upto: int


def happened_within(spans: Mapping[int, Span], *, kinds: Collection[str], subject: str) -> list[Happened]:
    """The events of some kinds in a part of each of a few hundred chains, in the order of the chains. For the clock."""
    within = Q()
    for chain, span in spans.items():
        within |= Q(chain=chain, sequence__gt=span.after, sequence__lte=span.upto)
    if not within:
        return []
    events = Event.objects.filter(within, kind__in=list(kinds), subject=subject).order_by("chain", "sequence")
    rows = events.values_list("chain", "sequence", "kind", "subject_id", "at", "actor_kind", "actor_id")
    return [Happened(*row[:5], row[6] if row[5] == "person" else None) for row in rows]


def changes_at(chain: int, sequence: int) -> list[dict[str, Plain]]:
    """What an event changed, for a caller that has already found the thing it is about for its viewer."""
    return list(Event.objects.values_list("changes", flat=True).get(chain=chain, sequence=sequence))
