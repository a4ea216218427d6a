"""Customers that price lists name, for the complimentary credits they have: who of those that read a list may read of them.

A list for many buyers names customers of all of them. Each buyer reads of its own customers alone; so does a statement to it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from trueup.accounts.models import Account, Placement
from trueup.accounts.rules import Tier, Viewer
from trueup.kit.chunks import chunks
from trueup.prices.models import KeptPriceList
from trueup.prices.rules.documents import customers_in, fingerprint, naming_only


def as_read(viewer: Viewer, rows: Iterable[KeptPriceList]) -> list[KeptPriceList]:
    """Price lists the viewer was found to see, with what they say to it: who buys by a list reads of no customers but its own."""
    read = list(rows)
    bought = [] if viewer.sees_all else [row for row in read if row.seller_id != viewer.account_id]
    named = {ref for row in bought for ref in customers_in(row.definition)}
    if named:
        own = _own(viewer, named)
        for row in bought:
            row.definition = naming_only(row.definition, own)
            row.fingerprint = fingerprint(row.definition)
    return read


def _own(viewer: Viewer, refs: Iterable[str]) -> set[str]:
    """Of some customers those that are, were or will be the viewer's."""
    seen = Account.objects.visible_to(viewer).filter(tier=Tier.CUSTOMER)
    return {ref for chunk in chunks(list(refs)) for ref in seen.filter(ref__in=chunk).values_list("ref", flat=True)}


class _Way(NamedTuple):
    """A customer (ref) below an account, in a period (half-open)."""

    ref: str
    below: int
    start: date
    end: date


def customers_of(buyer_ids: Collection[int], refs: Iterable[str]) -> Mapping[int, set[str]]:
    """Of some customers those of each of some buyers (ids): that are, were or will be below it, or are the buyer itself."""
    found: dict[int, set[str]] = defaultdict(set)
    ways = list(_placed(refs))
    for ref, customer_id in {(way.ref, customer_id) for way, customer_id in ways if customer_id in buyer_ids}:
        found[customer_id].add(ref)
    level = [way for way, _customer_id in ways]
    while level:
        for way in level:
            if way.below in buyer_ids:
                found[way.below].add(way.ref)
        level = list(_up([way for way in level if way.below not in buyer_ids]))
    return found


def _placed(refs: Iterable[str]) -> Iterator[tuple[_Way, int]]:
    """Where customers are, were and will be, and their ids."""
    wanted = ("account__ref", "parent_id", "from_date", "until_date", "account_id")
    for chunk in chunks(list(refs)):
        rows = Placement.objects.filter(account__ref__in=chunk, account__tier=Tier.CUSTOMER).order_by()
        for *way, customer_id in rows.values_list(*wanted):
            yield _Way(*way), customer_id


def _up(ways: Sequence[_Way]) -> Iterator[_Way]:
    """A step up, as far as both were so at the same time."""
    above: dict[int, list[tuple[int, date, date]]] = defaultdict(list)
    wanted = ("account_id", "parent_id", "from_date", "until_date")
    for chunk in chunks(list({way.below for way in ways})):
        for account_id, parent, start, end in Placement.objects.filter(account_id__in=chunk).order_by().values_list(*wanted):
            above[account_id].append((parent, start, end))
    for way in ways:
        for parent, start, end in above.get(way.below, ()):
            both = max(way.start, start), min(way.end, end)
            if both[0] < both[1]:
                yield _Way(way.ref, parent, *both)
