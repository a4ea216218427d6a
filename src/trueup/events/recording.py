"""Writing events, inside the transaction of the action they tell of."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from trueup.accounts.queries import paths
from trueup.accounts.rules import SYSTEM, Actor
from trueup.events.models import ChainHead, Event
from trueup.events.rules import CHAIN_OPENED, GENESIS, INSTALLATION_CHAIN, Change, Happening, digest
from trueup.kit.chunks import chunks

__all__ = ["Change", "Happening", "lock", "record", "record_all"]

_CHUNK = 500


def record(
    *, account_id: int | None, kind: str, actor: Actor, at: datetime, subject: str, subject_id: int,
    changes: Sequence[Change] = (), note: str = "",
) -> None:  # fmt: skip
    """Record one event; the arguments are those of `Happening`. Must be called inside a transaction."""
    record_all([Happening(account_id, kind, actor, at, subject, subject_id, changes, note)])


def record_all(happenings: Sequence[Happening]) -> None:
    """Record many events in the order given. Must be called inside a transaction.

    Raises RuntimeError outside of one: an event without its change, or a change without its event, is a lie.
    """
    if not happenings:
        return
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("events are recorded inside the transaction of what they tell of")
    heads = _lock({happening.account_id or INSTALLATION_CHAIN for happening in happenings})
    opened = [_opening(chain, happenings[0].at) for chain, head in heads.items() if chain != INSTALLATION_CHAIN and head.length == 0]
    way = _paths(happenings)
    events = [_chained(happening, heads, way) for happening in [*opened, *happenings]]
    Event.objects.bulk_create(events, batch_size=_CHUNK)
    ChainHead.objects.bulk_update(heads.values(), ["length", "hash"], batch_size=_CHUNK // 2)


def lock(account_ids: Iterable[int]) -> None:
    """Claim the histories of accounts before several `record_all` in one transaction, which each lock in order only by themselves.

    Must be called before the first of them. The installation's history is claimed too: it notes whose history opens.
    """
    wanted = {INSTALLATION_CHAIN, *account_ids}
    ChainHead.objects.bulk_create([ChainHead(chain=INSTALLATION_CHAIN)], ignore_conflicts=True)
    _locked(wanted)  # a head that is not there is made by record_all, with the event that opens its chain


def _lock(chains: set[int]) -> dict[int, ChainHead]:
    """The heads of the chains, made where missing and locked in order: two writers never wait for each other in a circle."""
    known: set[int] = set()
    for chunk in chunks(sorted(chains)):
        known.update(ChainHead.objects.filter(pk__in=chunk).values_list("pk", flat=True))
    if missing := sorted(chains - known):
        # An opening is noted in the installation's chain, so that is locked too, and first, as the lowest. Of two who open a chain
        # at once one row stays.
        chains = chains | {INSTALLATION_CHAIN}
        lock(())
        ChainHead.objects.bulk_create([ChainHead(chain=chain) for chain in missing], batch_size=_CHUNK, ignore_conflicts=True)
    return _locked(chains)


def _locked(chains: set[int]) -> dict[int, ChainHead]:
    """The heads that are there, locked in order."""
    heads: dict[int, ChainHead] = {}
    for chunk in chunks(sorted(chains)):
        heads |= {head.pk: head for head in ChainHead.objects.select_for_update().filter(pk__in=chunk).order_by("pk")}
    return heads


def _opening(chain: int, at: datetime) -> Happening:
    """The note in the installation's chain that another chain begins: it makes the removal of a whole chain visible."""
    return Happening(None, CHAIN_OPENED, SYSTEM, at, "chain", chain)


def _paths(happenings: Sequence[Happening]) -> dict[tuple[int, datetime], str]:
    """The way down to each account at the time of each happening, as text."""
    wanted: dict[datetime, set[int]] = defaultdict(set)
    for happening in happenings:
        if happening.account_id is not None:
            wanted[happening.at].add(happening.account_id)
    return {
        (account_id, at): "".join(f"/{part}" for part in path) + "/"
        for at, account_ids in wanted.items()
        for account_id, path in paths(account_ids, at.date()).items()
    }


def _chained(happening: Happening, heads: dict[int, ChainHead], way: dict[tuple[int, datetime], str]) -> Event:
    """The event at the end of its chain; the head moves on."""
    chain = happening.account_id or INSTALLATION_CHAIN
    head = heads[chain]
    event = Event(
        chain=chain,
        sequence=head.length + 1,
        path=way[(chain, happening.at)] if chain else "/",
        at=happening.at,
        kind=happening.kind,
        actor_kind=happening.actor.kind,
        actor_name=happening.actor.name,
        actor_id=happening.actor.id,
        subject=happening.subject,
        subject_id=happening.subject_id,
        changes=[change.as_json() for change in happening.changes],
        note=happening.note,
        previous_hash=head.hash or GENESIS,
    )
    event.hash = digest(event.previous_hash, event.content())
    head.length, head.hash = event.sequence, event.hash
    return event
