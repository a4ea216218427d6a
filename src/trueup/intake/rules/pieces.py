"""A piece of usage from its arrival to the ledger: what it has to say, what is wrong with it, which of several counts."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from trueup.kit.errors import Problem
from trueup.kit.period import local_date
from trueup.kit.text import Text
from trueup.ledger.rules.refusals import SENTENCES, Reason

MOST_EVENTS: Final = 10_000
"""Events of one call."""

LARGEST_EVENT: Final = 65_536
"""Characters of an event as JSON; what counts of it has some hundred."""

MOST_PIECES: Final = 10_000
"""Pieces of one gathering."""

MOST_TRIES: Final = 3
"""So often a gathering fails before its pieces are gathered in smaller ones, until the one that cannot be stored is alone."""

MISTAKE: Final = "mistake"
"""Why a piece was put aside with which the ledger fails again and again: it is no reason of the ledger's."""

STILL_WAITS: Final = timedelta(seconds=20)
"""How long whoever pins the ledger waits for a gathering that another has."""

LONGEST_NAME: Final = 300
"""Characters of an id, a source, a customer or a service."""

MOST_TOLD: Final = 100
"""Problems of one call that are told."""

KEPT_FOR: Final = timedelta(days=92)
"""So long after it was stored a piece is known: the same id again is a repetition."""

CLAIM_LASTS: Final = timedelta(minutes=2)
"""After this long another clock takes up a gathering that one has begun and not finished. Doing it twice is harmless."""

PAUSE: Final = timedelta(seconds=5)
"""After this long a gathering is tried again for which the ledger, the database or the machine was out of order. Others go on meanwhile."""

PATIENCE: Final = timedelta(minutes=10)
"""How much earlier than the ledger's last import a gathering may have begun: others import at the same time."""


class State(StrEnum):
    """Where a piece is."""

    WAITING = "waiting"
    GATHERED = "gathered"
    """In a gathering that is on its way into the ledger."""
    STORED = "stored"
    OVERTAKEN = "overtaken"
    """A later event says another value of the same day, customer and service."""
    REFUSED = "refused"
    """The ledger cannot take it; somebody has to look."""


@dataclass(frozen=True, slots=True)
class Wire:
    """What the fields of an event are called where it comes from, for whoever reads what is wrong with it."""

    customer: str
    service: str
    time: str


@dataclass(frozen=True, slots=True)
class Sent:
    """What one event says. `place` is where it stands in the body; numbers are plain text, an empty one is unknown."""

    place: tuple[str, ...]
    wire: Wire
    source: str
    event_id: str
    customer: str
    service: str
    time: datetime | None
    """When it happened; None: when it arrives."""
    day: date | None
    """The day its values are of; None: the day of `time` where the installation is."""
    provisioned: str
    used: str
    credits: str
    payload: str
    """The event as JSON."""


@dataclass(frozen=True, slots=True)
class Read:
    """The events of a call, those that can be read at all, and what is wrong with the others."""

    sent: tuple[Sent, ...]
    problems: tuple[Problem, ...]


CUSTOMER: Final = "customer"
SERVICE: Final = "service"
"""Kinds of names."""


@dataclass(frozen=True, slots=True)
class Directory:
    """Who and what the sender may name, of the names asked for."""

    zone: str
    customers: Mapping[str, int]
    """The ids of customers by ref."""
    stays: Mapping[str, Sequence[tuple[date, date]]]
    """When a customer was below an MSP (half-open), by ref; none for one that never was."""
    services: Mapping[str, int]
    """The ids of services by code."""
    aliases: Mapping[tuple[str, str], Mapping[str, int]]
    """What other names stand for: (kind, name) → by source, empty for all sources, the id of the customer or service."""
    feeds: Mapping[str, bool]
    """Declared sources the sender may name, by code: whether they keep what has unknown names."""

    def customer(self, name: str, feed: str) -> int | None:
        """The customer a name stands for in a source, as the ledger has it: a ref is never anything else."""
        return self.customers.get(name) or self._alias(CUSTOMER, name, feed)

    def service(self, name: str, feed: str) -> int | None:
        """The same of a service."""
        return self.services.get(name) or self._alias(SERVICE, name, feed)

    def _alias(self, kind: str, name: str, feed: str) -> int | None:
        of_name = self.aliases.get((kind, name), {})
        return of_name.get(feed) or of_name.get("")


@dataclass(frozen=True, slots=True)
class Judged:
    """A piece as it will be kept, or what is wrong with it."""

    sent: Sent
    at: datetime
    day: date
    feed: str
    """The ledger's source; empty: its usual one."""
    meant: str
    """The customer and the service, whichever of their names were sent; what is unknown by its name in its source."""
    problems: tuple[Problem, ...]


def judge(sent: Sent, directory: Directory, *, usual_feed: str, now: datetime) -> Judged:
    """Whether the ledger would take this, as far as that can be known when it arrives at `now`."""
    at = sent.time or now
    day = sent.day or local_date(at, directory.zone)
    feed = sent.source if sent.source in directory.feeds else ""
    source = feed or usual_feed
    keeps = directory.feeds.get(source, False)
    customer, service = directory.customer(sent.customer, source), directory.service(sent.service, source)
    found = (
        (_day_reason(day, local_date(now, directory.zone)), sent.wire.time),
        (None if keeps and customer is None else _customer_reason(customer, sent.customer, day, directory), sent.wire.customer),
        (Reason.UNKNOWN_SERVICE if service is None and not keeps else None, sent.wire.service),
    )
    problems = tuple(problem_at((*sent.place, field), reason, SENTENCES[reason]) for reason, field in found if reason is not None)
    # A clock that is ahead does not make a value the latest for ever: nothing is said later than it arrives.
    return Judged(sent, min(at, now), day, feed, meant(customer or sent.customer, service or sent.service, source), problems)


def meant(customer: int | str, service: int | str, source: str) -> str:
    """What a value is of: two ids, or in place of an id the digest of a name that nobody knows in a source.

    Each source has its own names: what one of them calls 1001 is somebody else than 1001 of another, until somebody says who they are.
    """
    return f"{_known_as(customer, source)}:{_known_as(service, source)}"


def _known_as(one: int | str, source: str) -> str:
    return str(one) if isinstance(one, int) else f"={hashlib.sha256(f'{len(source)}:{source}{one}'.encode()).hexdigest()[:40]}"


def _day_reason(day: date, today: date) -> Reason | None:
    return Reason.IN_FUTURE if day > today else None


def _customer_reason(found: int | None, name: str, day: date, directory: Directory) -> Reason | None:
    """A customer that is named otherwise than by its ref is the ledger's to judge: it knows when that one was where."""
    if found is None:
        return Reason.UNKNOWN_CUSTOMER
    stays = directory.stays.get(name, ()) if name in directory.customers else None
    return None if stays is None or any(begin <= day < end for begin, end in stays) else Reason.NO_MSP


def problem_at(place: Sequence[str], code: str, sentence: Text) -> Problem:
    """What is wrong with one field; its place names the event by its index, the first being 0."""
    return Problem(".".join(place), sentence, str(code), tuple(place))


@dataclass(frozen=True, slots=True, order=True)
class Value:
    """A piece as one of the values of a day: of two the later event counts, of two of the same time the one that arrived later."""

    at: datetime
    id: int
    day: date
    meant: str


def overtaken(values: Iterable[Value]) -> list[int]:
    """The ids of those that do not count, because another of the same day, customer and service is later."""
    latest: dict[tuple[date, str], Value] = {}
    lost: list[int] = []
    for value in values:
        key = (value.day, value.meant)
        other = latest.get(key)
        if other is not None:
            lost.append(min(value, other).id)
        latest[key] = value if other is None else max(value, other)
    return lost


def key_of(gathering_id: int, pieces: Iterable[tuple[str, str]]) -> str:
    """The key of a gathering's batch in the ledger, made of the sources and ids of the pieces it began with."""
    digest = hashlib.sha256()
    for source, event_id in pieces:
        digest.update(f"{len(source)}:{source}{len(event_id)}:{event_id}".encode())
    return f"events-{gathering_id}-{digest.hexdigest()[:40]}"
