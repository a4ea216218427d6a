"""Questions about what happened, and the proof that nobody has touched it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from trueup.accounts.rules import Viewer
from trueup.events.models import ChainHead, Event
from trueup.events.rules import CHAIN_OPENED, GENESIS, INSTALLATION_CHAIN, digest


@dataclass(frozen=True, slots=True)
class Finding:
    """A place where the history was tampered with."""

    chain: int
    sequence: int
    message: str


@dataclass(frozen=True, slots=True)
class Audit:
    """What the check of all chains came to; `anchor` is the hash to keep elsewhere: it stands for the whole history."""

    chains: int
    events: int
    findings: tuple[Finding, ...]
    anchor: str


def history(viewer: Viewer, subject: str, subject_id: int) -> QuerySet[Event]:
    """What happened to one thing, oldest first. The caller has made sure that the viewer sees the thing itself."""
    return Event.objects.visible_to(viewer).filter(subject=subject, subject_id=subject_id).order_by("id")


def happened_to(subject: str, subject_id: int) -> QuerySet[Event]:
    """What happened to one thing, oldest first, for a caller that has already found the thing for its viewer."""
    return Event.objects.filter(subject=subject, subject_id=subject_id).order_by("id")


def audit() -> Audit:
    """Walk every chain and find each altered, removed or inserted row. Reads all events once, in constant memory per chain."""
    heads = {head.chain: head for head in ChainHead.objects.all()}
    findings: list[Finding] = []
    opened: set[int] = set()
    events = 0
    reached: dict[int, tuple[int, str]] = {}
    for event in Event.objects.order_by("chain", "sequence").iterator(chunk_size=2000):
        events += 1
        findings += _broken(event, reached.get(event.chain, (0, GENESIS)))
        reached[event.chain] = (event.sequence, event.hash)
        if event.chain == INSTALLATION_CHAIN and event.kind == CHAIN_OPENED:
            opened.add(event.subject_id)
    findings += _wrong_ends(heads, reached)
    findings += _wrong_openings(opened, set(heads) | set(reached))
    return Audit(len(reached), events, tuple(findings), _anchor(heads))


def _broken(event: Event, before: tuple[int, str]) -> Iterator[Finding]:
    """What is wrong between an event and the one before it in its chain."""
    sequence, previous = before
    if event.sequence != sequence + 1:
        yield Finding(event.chain, event.sequence, f"{event.sequence - sequence - 1} event(s) before this one are missing")
    elif event.previous_hash != previous:
        yield Finding(event.chain, event.sequence, "does not follow from the event before it: one of them was inserted or altered")
    if event.hash != digest(event.previous_hash, event.content()):
        yield Finding(event.chain, event.sequence, "its content was altered")


def _wrong_ends(heads: dict[int, ChainHead], reached: dict[int, tuple[int, str]]) -> Iterator[Finding]:
    """Chains that do not end where their heads say."""
    for chain in sorted(set(heads) | set(reached)):
        end: Any = reached.get(chain, (0, GENESIS))
        head = heads.get(chain)
        if head is None:
            yield Finding(chain, end[0], "the head of the chain is missing")
        elif end[0] < head.length:
            yield Finding(chain, head.length, f"the last {head.length - end[0]} event(s) of the chain are missing")
        elif end[0] > head.length:
            yield Finding(chain, end[0], "events were inserted behind the end of the chain")
        elif end[1] != head.hash:
            yield Finding(chain, end[0], "the end of the chain was altered")


def _wrong_openings(opened: set[int], present: set[int]) -> Iterator[Finding]:
    """Chains that were opened and are gone, or that are there and were never opened."""
    for chain in sorted(opened - present):
        yield Finding(chain, 0, "the whole chain was removed")
    for chain in sorted(present - opened - {INSTALLATION_CHAIN}):
        yield Finding(chain, 0, "the chain was inserted: its opening was never recorded")


def _anchor(heads: dict[int, ChainHead]) -> str:
    """One hash over the ends of all chains."""
    return digest("", {str(chain): [head.length, head.hash] for chain, head in heads.items()})
