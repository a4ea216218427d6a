"""The customers of the demo world and what each of them has; the accounts above them are in world.yaml.

Everything follows from the position of a customer in the list by arithmetic: the same world every time. Days follow from the month
in which the world begins.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from importlib import resources
from string import Template
from zlib import crc32

from trueup.kit.period import FOREVER, Month

VENDOR = "tessarine"
MONTHS = 14
"""Complete months of usage a new world has; the running month comes on top."""

_SIZES = {
    "bryndle": 34, "copperline": 28, "delmere": 22, "elstow": 18, "fenwright": 26, "garnock": 24,
    "hallowick": 38, "ironquay": 30, "jessamy": 16, "kestrow": 25, "larkmoor": 21, "maresol": 18,
}  # fmt: skip
"""Customers of each MSP, to begin with."""

MSPS = tuple(_SIZES)

_PLACES = (
    "Ashgrove", "Brackwell", "Calderby", "Dunmorrow", "Eastfold", "Farrowdale", "Glimmerstone", "Harrowmere", "Inglethorpe", "Jarrowby",
    "Kelverton", "Lindmoor", "Marchwold", "Netherfen", "Oakenshire", "Pellbrook", "Quarrendale", "Rosewick", "Saltmarsh", "Thornaby Hill",
    "Underwood Bay", "Velloway", "Wexcombe", "Yarrowfield", "Zennorby", "Amberlow", "Birchhollow", "Cloverby", "Dapplewood", "Evenlode End",
)  # fmt: skip
_TRADES = (
    "Dental", "Legal", "Architects", "Logistics", "Bakery", "Clinic", "Accounting", "Motors", "Foods", "Printing",
    "Insurance", "School", "Interiors", "Travel", "Engineering", "Pharmacy", "Property", "Media", "Hotel", "Farms",
)  # fmt: skip


class Habit(StrEnum):
    """What is remarkable about a customer's usage."""

    USUAL = "usual"
    ONBOARDING = "onboarding"
    ABANDONED = "abandoned"
    OVER_PROVISIONED = "over_provisioned"
    OVERUSED = "overused"


@dataclass(frozen=True, slots=True)
class Offer:
    """A service as customers have it. `per_seat`: thousandths of a unit for each seat of the customer. `weekend`: used, in thousandths."""

    code: str
    source: str
    per_seat: int
    weekend: int = 1000
    decimals: int = 0
    knows_used: bool = True
    metered: bool = False


OFFERS = {
    offer.code: offer
    for offer in (
        Offer("workspace-security", "portal", 1000, weekend=550),
        Offer("mail-shield", "mail-gateway", 1100, weekend=820),
        Offer("cloud-backup", "portal", 12_345, decimals=3),
        Offer("device-encryption", "portal", 700, knows_used=False),
        Offer("nfr-suite", "portal", 600),
        Offer("endpoint-core", "rmm-feed", 1200, weekend=970),
        Offer("endpoint-detection", "rmm-feed", 800, weekend=970),
        Offer("server-core", "rmm-feed", 150),
        Offer("email-core", "mail-gateway", 1000, weekend=965),
        Offer("sandbox-analysis", "rmm-feed", 4_000, weekend=300, metered=True),
    )
}
SOURCES = ("portal", "mail-gateway", "rmm-feed")
"""In the order in which they deliver."""

_BUNDLES = (
    ("workspace-security", "mail-shield"),
    ("workspace-security", "cloud-backup", "device-encryption"),
    ("endpoint-core", "server-core"),
    ("endpoint-core", "email-core"),
    ("endpoint-detection", "server-core", "sandbox-analysis"),
    ("workspace-security", "mail-shield", "cloud-backup", "device-encryption"),
    ("endpoint-core", "endpoint-detection", "server-core", "email-core"),
)
_EVERYTHING = tuple(code for code in OFFERS if code != "nfr-suite")

_REMARKABLE = {
    ("bryndle", 3): (Habit.ABANDONED, ("endpoint-core",)),
    ("bryndle", 5): (Habit.OVER_PROVISIONED, ("workspace-security", "mail-shield")),
    ("copperline", 2): (Habit.OVER_PROVISIONED, ("workspace-security",)),
    ("elstow", 1): (Habit.OVER_PROVISIONED, ("email-core",)),
    ("elstow", 4): (Habit.ABANDONED, ("cloud-backup",)),
    ("garnock", 2): (Habit.OVER_PROVISIONED, ("endpoint-detection", "workspace-security")),
    ("hallowick", 6): (Habit.ONBOARDING, ("workspace-security", "endpoint-core", "email-core")),
    ("ironquay", 4): (Habit.OVERUSED, ("workspace-security", "cloud-backup")),
    ("kestrow", 1): (Habit.OVER_PROVISIONED, ("workspace-security", "endpoint-core")),
    ("larkmoor", 3): (Habit.OVER_PROVISIONED, ("mail-shield", "server-core")),
    ("maresol", 2): (Habit.OVER_PROVISIONED, ("endpoint-core",)),
}
"""The place of a customer among those of its MSP → what is remarkable, and in which services."""

_MOVES = {("bryndle", 8): ("copperline", 1, 16), ("jessamy", 5): ("kestrow", 2, 1)}
"""The place of a customer → where it goes, how many months before the end of the world's past, and on which day of that month."""


@dataclass(frozen=True, slots=True)
class World:
    """The days of one demo world: its past begins in `first` and has so many complete months, at least two."""

    first: Month
    months: int = MONTHS

    @property
    def last(self) -> Month:
        """The last complete month."""
        return self.month(self.months - 1)

    def index(self, day: date) -> int:
        """How many months after the first one a day is."""
        return (day.year - self.first.year) * 12 + day.month - self.first.month

    def month(self, index: int) -> Month:
        """The month with this index from the beginning."""
        months = self.first.year * 12 + self.first.month - 1 + index
        return Month(months // 12, months % 12 + 1)

    def network(self) -> str:
        """The network file."""
        text = resources.files("trueup.demo").joinpath("world.yaml").read_text(encoding="utf-8")
        return Template(text).substitute(half_year=self.month(self.months // 2).first_day)


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer. `move`: the MSP it goes to, and from which day on it is there."""

    ref: str
    name: str
    msp: str
    move: tuple[str, date] | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A service a customer has from `start` until before `end`. `units`: on the first day, in the smallest parts of the unit."""

    customer: Customer
    offer: Offer
    start: date
    end: date
    units: int
    growth: int
    """Thousandths in a year."""
    share: int
    """Used of provisioned units, in thousandths."""
    habit: Habit
    abandoned: date


def chance(text: str, below: int) -> int:
    """A number from 0 on that looks arbitrary and is always the same for the same text."""
    return crc32(text.encode()) % below


def customers(world: World) -> Iterator[tuple[Customer, tuple[Subscription, ...]]]:
    """Every customer with what it has; the MSP's own use comes as a customer of its own."""
    number = 0
    for msp, size in _SIZES.items():
        for position in range(size):
            yield _customer(world, msp, position, number)
            number += 1
        own = Customer(f"{msp}-own-use", f"{msp.capitalize()} own use", msp)
        seats = 20 + chance(own.ref, 20)
        yield own, (_subscription(world, own, "nfr-suite", seats=seats, habit=Habit.USUAL, start=world.first.first_day),)


def _customer(world: World, msp: str, position: int, number: int) -> tuple[Customer, tuple[Subscription, ...]]:
    name = f"{_PLACES[number % 30]} {_TRADES[(number // 30 + number) % 20]}"
    move = _MOVES.get((msp, position))
    gone = (move[0], world.month(world.months - move[1]).first_day + timedelta(days=move[2] - 1)) if move else None
    customer = Customer(f"{msp}-{name.lower().replace(' ', '-')}", name, msp, gone)
    habit, remarkable = _REMARKABLE.get((msp, position), (Habit.USUAL, ()))
    seats = 4 + chance(f"size {customer.ref}", 28)
    seats *= 4 if chance(f"large {customer.ref}", 8) == 0 else 1
    start = _start(world, customer, position, habit)
    if remarkable:
        seats = 620 if habit == Habit.ONBOARDING else 140 + 2 * _SIZES[msp]
    codes = remarkable or (_EVERYTHING if position == 0 else _BUNDLES[chance(f"bundle {customer.ref}", len(_BUNDLES))])
    return customer, tuple(_subscription(world, customer, code, seats=seats, habit=habit, start=start) for code in codes)


def _start(world: World, customer: Customer, position: int, habit: Habit) -> date:
    """One in six came later than the others."""
    if habit == Habit.ONBOARDING:
        return world.month(world.months - 2).first_day + timedelta(days=4)
    late = position > 0 and habit == Habit.USUAL and chance(f"late {customer.ref}", 6) == 0
    return world.first.first_day + timedelta(days=chance(f"start {customer.ref}", 24 * world.months) if late else 0)


def _subscription(world: World, customer: Customer, code: str, *, seats: int, habit: Habit, start: date) -> Subscription:
    offer = OFFERS[code]
    key = f"{customer.ref} {code}"
    shares = {Habit.OVER_PROVISIONED: 520, Habit.OVERUSED: 1190}
    leaves = habit == Habit.USUAL and offer.code != "nfr-suite" and chance(f"leaves {customer.ref}", 40) == 1
    return Subscription(
        customer=customer,
        offer=offer,
        start=start,
        end=world.month(world.months * 3 // 4).first_day if leaves else FOREVER,
        units=max(seats * offer.per_seat // (1000 if offer.decimals == 0 else 1), 1),
        growth=chance(f"growth {key}", 300) - 50,
        share=shares.get(habit, 955 + chance(f"share {key}", 35)),
        habit=habit,
        abandoned=world.month(world.months * 2 // 3).first_day + timedelta(days=9),
    )
