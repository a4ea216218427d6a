"""The daily usage of the demo world, as the files its sources deliver."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from trueup.demo.channel import SOURCES, Customer, Habit, Subscription, World, chance, customers
from trueup.kit.period import Month

_HEADER = ("day", "customer", "service", "provisioned_units", "used_units")
_YEAR = 365
_WRONG_READING = 12
"""The day of the last month on which a backup was read ten times too high."""

_SILENT = {("mail-gateway", 1): range(11, 15), ("rmm-feed", 9): range(20, 22)}
"""Source and how many months before the end of the world's past → days on which the source delivered nothing at all."""

Row = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class _Special:
    """Customers to whom something happens that is not in the figures themselves."""

    late: Customer
    corrected: Customer


class Feed:
    """The files of every source."""

    def __init__(self, world: World) -> None:
        self.world = world
        found = list(customers(world))
        self.customers = [customer for customer, _ in found]
        self._subscriptions = [subscription for _, own in found for subscription in own]
        first = {customer.msp: customer for customer in reversed(self.customers)}
        self.beacon = first["bryndle"]
        """A customer that has a service of every source, from the first day on and for ever."""
        self._special = _Special(first["fenwright"], first["jessamy"])

    def write(self, path: Path, source: str, since: date, until: date) -> int:
        """Write the file with the days from `since` until before `until`, and what was forgotten before; returns the number of rows."""
        count = 0
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(_HEADER)
            for row in self._rows(source, since, until):
                writer.writerow(row)
                count += 1
        return count

    def _rows(self, source: str, since: date, until: date) -> Iterator[Row]:
        days = [since + timedelta(days=offset) for offset in range((until - since).days)]
        days = [day for day in days if day.day not in _SILENT.get((source, self.world.months - self.world.index(day)), ())]
        for subscription in self._subscriptions:
            if subscription.offer.source == source:
                yield from (self._row(subscription, day) for day in days if self._is_delivered(subscription, day))
        if source == "portal":
            yield from self._afterwards(since)
            yield from _unknown(day for day in days if day >= self.world.last.first_day)

    def _is_delivered(self, subscription: Subscription, day: date) -> bool:
        return subscription.start <= day < subscription.end and not self._is_late(subscription, day)

    def _is_late(self, subscription: Subscription, day: date) -> bool:
        """Some days of one customer arrive only after their month was closed."""
        late = subscription.customer == self._special.late and subscription.offer.code == "workspace-security"
        return late and Month.of(day) == self.world.last.previous() and day.day > 23

    def _row(self, subscription: Subscription, day: date) -> Row:
        provisioned = provisioned_on(subscription, day)
        used = used_on(subscription, day, provisioned)
        if self._is_misread(subscription, day):
            provisioned, used = provisioned * 10, used * 10
        return _row(subscription, day, provisioned, used)

    def _is_misread(self, subscription: Subscription, day: date) -> bool:
        wrong = subscription.customer == self._special.corrected and subscription.offer.code == "cloud-backup"
        return wrong and Month.of(day) == self.world.last and day.day == _WRONG_READING

    def _afterwards(self, since: date) -> Iterator[Row]:
        """Late usage comes with the file of the next month; what was misread comes right with the first file after its month."""
        if since.day != 1:
            return
        for subscription in self._subscriptions:
            for day in Month.of(since).previous().days:
                if self._is_late(subscription, day) or self._is_misread(subscription, day):
                    provisioned = provisioned_on(subscription, day)
                    yield _row(subscription, day, provisioned, used_on(subscription, day, provisioned))


def _unknown(days: Iterable[date]) -> Iterator[Row]:
    """A customer the portal knows by a name nobody has mapped yet."""
    for day in days:
        if day.day >= 25:
            yield day.isoformat(), "Saltmarsh Dental (new tenant)", "workspace-security", "18", "11"


def provisioned_on(subscription: Subscription, day: date) -> int:
    """Provisioned units of a day, in the smallest parts of the unit."""
    age = (day - subscription.start).days
    units = subscription.units * (1000 * _YEAR + subscription.growth * age) // (1000 * _YEAR)
    if subscription.offer.metered:  # what was done is what was provided
        return units * _shape(subscription, day) // 1000
    return units


def used_on(subscription: Subscription, day: date, provisioned: int) -> int:
    """Used units of a day, in the smallest parts of the unit."""
    if subscription.offer.metered:
        return provisioned
    if subscription.habit == Habit.ABANDONED and day >= subscription.abandoned:
        return 0
    share = subscription.share
    if subscription.habit == Habit.ONBOARDING:
        share = min(100 + 8 * (day - subscription.start).days, share)
    return (provisioned * share * _shape(subscription, day) + 500_000) // 1_000_000


def _shape(subscription: Subscription, day: date) -> int:
    """What the day of the week and luck make of usage, in thousandths."""
    luck = chance(f"{subscription.customer.ref} {subscription.offer.code} {day.toordinal()}", 20)
    weekend = subscription.offer.weekend if day.weekday() >= 5 else 1000
    return weekend * (1000 - luck) // 1000


def _row(subscription: Subscription, day: date, provisioned: int, used: int) -> Row:
    offer = subscription.offer
    if not offer.knows_used:
        return day.isoformat(), subscription.customer.ref, offer.code, str(provisioned), ""
    if offer.decimals:
        return day.isoformat(), subscription.customer.ref, offer.code, _thousandths(provisioned), _thousandths(used)
    return day.isoformat(), subscription.customer.ref, offer.code, str(provisioned), str(used)


def _thousandths(parts: int) -> str:
    return f"{parts // 1000}.{parts % 1000:03d}"


def deliveries(since: Mapping[str, date], until: date) -> Iterator[tuple[str, date, date]]:
    """The files that bring every source from its first missing day up to before `until`: source, first day, day after the last.

    No file spans two months; they come in the order of time.
    """
    month = Month.of(min(since.values()))
    while month.first_day < until:
        for source in SOURCES:
            first, end = max(since[source], month.first_day), min(month.end, until)
            if first < end:
                yield source, first, end
        month = month.next()
