"""Bringing the staged customers and the network together, a few thousand at a time."""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Final

from trueup.accounts.models import Account, Placement
from trueup.accounts.rules import Actor, Tier
from trueup.events.recording import lock
from trueup.events.rules import Change, Plain
from trueup.kit.chunks import chunks
from trueup.kit.progress import Progress
from trueup.kit.text import text
from trueup.network.customers.result import CustomersResult
from trueup.network.customers.staging import customers
from trueup.network.rules import dated
from trueup.network.rules.history import MOST_ENTRIES, Told, msps_of, without_other_msps
from trueup.network.rules.merging import History, merged
from trueup.network.rules.tree import Values
from trueup.network.tables.recording import CUSTOMERS_IMPORTED, record_steps
from trueup.network.tables.writing import insert, place

_AT_ONCE: Final = 5_000  # customers
_MOST_WAITING: Final = 50_000  # customers whose changes wait to be told together


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as it is (`name` None: it is not yet there) and as the file says."""

    ref: str
    name_before: str | None
    before: History
    name: str
    after: History

    @property
    def added(self) -> bool:
        return self.name_before is None

    @property
    def renamed(self) -> bool:
        return not self.added and self.name != self.name_before

    @property
    def moved(self) -> bool:
        return not self.added and self.before != self.after

    @property
    def changes(self) -> tuple[Change, ...]:
        """What differs, one change per value."""
        pairs: list[tuple[str, Plain, Plain]] = [("name", self.name_before, self.name)] if self.name != self.name_before else []
        old, new = _fields(self.before), _fields(self.after)
        pairs += [(field, old.get(field), new.get(field)) for field in old | new if old.get(field) != new.get(field)]
        return tuple(Change(field, before, after, f"account {self.ref}") for field, before, after in pairs)


def _fields(history: History) -> Values:
    return {dated.field("parent", day): msp for day, msp in history}


def merge(scratch: sqlite3.Connection, actor: Actor, *, dry_run: bool, now: datetime, progress: Progress) -> CustomersResult:
    """Add, rename and move; with `dry_run` only count. Inside the caller's transaction."""
    counted: Counter[str] = Counter()
    total: int = scratch.execute("SELECT count(DISTINCT ref) FROM rows").fetchone()[0]
    progress.start(text("Checking customers") if dry_run else text("Writing customers"), total)
    telling = _Telling(actor, now)
    everybody = customers(scratch)
    while block := list(islice(everybody, _AT_ONCE)):
        compared = list(beside_the_network(block))
        for customer in compared:
            counted.update(_counts(customer))
        changed = [customer for customer in compared if customer.added or customer.renamed or customer.moved]
        if changed and not dry_run:
            _write(changed)
            telling.add(changed)
        progress.advance(len(block))
    telling.tell()
    progress.finish()
    return CustomersResult(counted["added"], counted["renamed"], counted["moved"], counted["unchanged"])


def _counts(customer: Customer) -> list[str]:
    words = [word for word in ("added", "renamed", "moved") if getattr(customer, word)]
    return words or ["unchanged"]


def beside_the_network(block: list[tuple[str, str, list[tuple[str, str]]]]) -> Iterator[Customer]:
    """The customers of a block beside what the network knows of them."""
    names: dict[str, str] = {}
    histories: dict[str, History] = defaultdict(list)
    for chunk in chunks([ref for ref, _, _ in block]):
        names |= dict(Account.objects.filter(ref__in=chunk).values_list("ref", "name"))
        placed = Placement.objects.filter(account__ref__in=chunk).order_by("from_date")
        for ref, day, msp in placed.values_list("account__ref", "from_date", "parent__ref"):
            histories[ref].append((day, msp))
    for ref, name, rows in block:
        before = histories.get(ref, [])
        after = merged(before, [(date.fromisoformat(day), msp) for day, msp in rows])
        yield Customer(ref, names.get(ref), before, name, after)


def _write(changed: list[Customer]) -> None:
    added = ((customer.ref, Tier.CUSTOMER.value, customer.name, "", "", "", "", False) for customer in changed if customer.added)
    insert(Account, ("ref", "tier", "name", "time_zone", "city", "state", "company_id", "usage_reports_excluded"), added)
    renamed = {customer.ref: customer.name for customer in changed if customer.renamed}
    for chunk in chunks(list(renamed)):
        accounts = list(Account.objects.filter(ref__in=chunk))
        for account in accounts:
            account.name = renamed[account.ref]
        Account.objects.bulk_update(accounts, ["name"])
    placed = [customer for customer in changed if customer.added or customer.moved]
    place({customer.ref: customer.after for customer in placed}, new={customer.ref for customer in placed if customer.added})


class _Telling:
    """Collects what each MSP is told and records it by the thousand."""

    def __init__(self, actor: Actor, now: datetime) -> None:
        self._actor = actor
        self._now = now
        self._waiting: dict[str, list[tuple[Change, ...]]] = defaultdict(list)
        self._count = 0
        self._claimed = False

    def add(self, changed: list[Customer]) -> None:
        """More customers that changed."""
        for customer in changed:
            changes, old, new = customer.changes, _fields(customer.before), _fields(customer.after)
            for msp in msps_of(changes, old, new, self._now.date()):
                self._waiting[msp].append(tuple(without_other_msps(msp, change) for change in changes))
        self._count += len(changed)
        if self._count >= _MOST_WAITING:
            self._claim()
            self.tell()

    def _claim(self) -> None:
        """Lock every history there is to tell, once and in order, before the first of several tellings.

        Each telling locks the histories of its own MSPs in order; the next might need one that comes before them, while another
        process holds that and waits for one of ours. Which MSPs are still to come nobody knows yet, so it is all of them.
        """
        if not self._claimed:
            lock(Account.objects.filter(tier=Tier.MSP).values_list("pk", flat=True))
            self._claimed = True

    def tell(self) -> None:
        """Record everything that waits."""
        told = [
            Told(msp, tuple(change for changes in entries[start : start + MOST_ENTRIES] for change in changes))
            for msp, entries in sorted(self._waiting.items())
            for start in range(0, len(entries), MOST_ENTRIES)
        ]
        record_steps(told, self._actor, self._now, note="", kind=CUSTOMERS_IMPORTED)
        self._waiting.clear()
        self._count = 0
