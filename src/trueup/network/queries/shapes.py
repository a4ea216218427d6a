"""What the questions about the network are answered in. Days are calendar dates; None as a first day is since ever."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias, TypeVar

from trueup.accounts.rules import Access, Actor, Role, Scope, Tier
from trueup.catalog.rules import ChargeableBasis, MeasureName
from trueup.events.rules import Change
from trueup.kit.period import BEGINNING
from trueup.kit.text import Text, text
from trueup.network.rules.editing import client_mark


class When(StrEnum):
    """Where something effective-dated stands on a day."""

    PAST = "past"
    IN_FORCE = "in_force"
    COMING = "coming"


def when(start: date, until: date, on: date) -> When:
    """Where a period (half-open) stands on a day."""
    if until <= on:
        return When.PAST
    return When.IN_FORCE if start <= on else When.COMING


def since(day: date) -> date | None:
    """A first day as it is shown: None is since ever."""
    return None if day == BEGINNING else day


@dataclass(frozen=True, slots=True)
class Named:
    """An account by its name; one that the viewer does not see has no ref, and says only what it is."""

    ref: str
    name: str
    tier: Tier


OUTSIDE: dict[Tier, Text] = {
    Tier.VENDOR: text("another vendor"),
    Tier.DISTRIBUTOR: text("another distributor"),
    Tier.MSP: text("another MSP"),
    Tier.CUSTOMER: text("another customer"),
}
"""What an account outside the viewer's subtree is called."""


@dataclass(frozen=True, slots=True)
class PlacedUnder:
    """Below which account, from which day until which (half-open; None: without end)."""

    parent: Named
    from_date: date | None
    until_date: date | None
    when: When


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account in a list. `coming` is its next placement; `children` counts the accounts placed directly below it on the day.

    `access` is an MSP's to usage reports, None of other tiers.
    """

    ref: str
    name: str
    tier: Tier
    parent: Named | None
    coming: PlacedUnder | None
    company_id: str
    city: str
    state: str
    region: str
    type: str
    access: Access | None
    children: int


@dataclass(frozen=True, slots=True)
class AccountEntry:
    """What is said of an account, and its placements, the earliest first. `region` and `type` are codes, empty if it has none;
    `time_zone` is empty if it has none itself. `access` is an MSP's to usage reports, None of other tiers.
    """

    ref: str
    name: str
    tier: Tier
    company_id: str
    city: str
    state: str
    region: str
    type: str
    time_zone: str
    time_zone_in_force: str
    usage_reports_excluded: bool
    access: Access | None
    placements: tuple[PlacedUnder, ...]
    fingerprint: str

    @property
    def parent(self) -> Named | None:
        """The account above it on the day of the question; None of a vendor, and before its first placement."""
        return next((placed.parent for placed in self.placements if placed.when == When.IN_FORCE), None)


TermValue: TypeAlias = int | str | bool | Decimal | tuple[int, ...]
"""Days, percent, units, the value of an enumeration, a switch, or the days of the reminders."""


class Level(StrEnum):
    """Where a term comes from: what TrueUp does unless told, the installation's terms, the distributor's or the MSP's own."""

    STANDARD = "standard"
    INSTALLATION = "installation"
    DISTRIBUTOR = "distributor"
    MSP = "msp"


@dataclass(frozen=True, slots=True)
class Term:
    """One term in force: its value (days, percent, units, the value of an enumeration, or a switch) and where it comes from."""

    field: str
    value: TermValue
    level: Level


@dataclass(frozen=True, slots=True)
class TermsEntry:
    """What one account (the installation, if `account` is empty) says from a day on. A field that is not in `said` is as the level above.

    `from_key` is its day as `change` and `remove` name it.
    """

    account: str
    from_date: date | None
    from_key: str
    said: tuple[tuple[str, TermValue], ...]
    when: When
    fingerprint: str


@dataclass(frozen=True, slots=True)
class TermsRow:
    """The terms of an MSP, or a default. `account` None is the installation; `own` its entries, the earliest first."""

    account: Named | None
    in_force: tuple[Term, ...]
    own: tuple[TermsEntry, ...]
    may_change: bool

    @property
    def coming(self) -> tuple[TermsEntry, ...]:
        """What it will say."""
        return tuple(entry for entry in self.own if entry.when == When.COMING)


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A person in an account. `signed_up`: has a password or has come in; an invited person has not yet."""

    email: str
    name: str
    role: Role
    account: Named
    signed_up: bool
    active: bool
    fingerprint: str


@dataclass(frozen=True, slots=True)
class ClientRow:
    """A program that acts for an account. Its secret is kept elsewhere; `older_secret_until`: how long the one before works, or worked."""

    client_id: str
    name: str
    account: Named
    scopes: tuple[Scope, ...]
    created_at: datetime
    created_by: str
    revoked_at: datetime | None
    last_used_at: datetime | None
    older_secret_until: datetime | None = None

    @property
    def fingerprint(self) -> str:
        """Another one as soon as its name or its scopes are others."""
        return client_mark(self.name, self.scopes)


@dataclass(frozen=True, slots=True)
class AccountDetails:
    """Everything about one account. `region` and `type` are codes, empty if it has none; `time_zone` is empty if it has none
    itself.

    `may_change`: the viewer may change it at present. `terms` is None of vendors and customers.
    """

    ref: str
    name: str
    tier: Tier
    company_id: str
    city: str
    state: str
    region: str
    region_name: str
    type: str
    type_name: str
    time_zone: str
    time_zone_in_force: str
    usage_reports_excluded: bool
    access: Access | None
    placements: tuple[PlacedUnder, ...]
    children: int
    terms: TermsRow | None
    members: tuple[MemberRow, ...]
    may_change: bool
    fingerprint: str


@dataclass(frozen=True, slots=True)
class MeasureFrom:
    """A measure from a day on; a percentile (0 < p ≤ 100) only where the measure has one."""

    name: MeasureName
    percentile: Decimal | None
    from_date: date | None
    when: When


@dataclass(frozen=True, slots=True)
class CreditsFrom:
    """Credits per unit and month, from a day on."""

    per_unit: Decimal
    from_date: date | None
    when: When


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A service with all its measures and credit requirements, the earliest first. Without a measure in force it has service_peak_day.

    `position` is its place among the services in the report.
    """

    code: str
    name: str
    group: str
    group_name: str
    unit: str
    unit_name: str
    decimals: int
    reports_used: bool
    basis: ChargeableBasis
    measures: tuple[MeasureFrom, ...]
    credits: tuple[CreditsFrom, ...]
    position: int
    fingerprint: str

    @property
    def measure(self) -> MeasureFrom | None:
        """The measure in force."""
        return _in_force(self.measures)

    @property
    def credit_requirement(self) -> CreditsFrom | None:
        """The requirement in force."""
        return _in_force(self.credits)


_Dated = TypeVar("_Dated", MeasureFrom, CreditsFrom)


def _in_force(entries: Iterable[_Dated]) -> _Dated | None:
    return next((entry for entry in entries if entry.when == When.IN_FORCE), None)


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A solution group with its services, in the order of the report; `position` is its place there."""

    code: str
    name: str
    vendor: Named
    services: tuple[ServiceRow, ...]
    position: int
    may_change: bool
    fingerprint: str


@dataclass(frozen=True, slots=True)
class SwitchRow:
    """A region or an account type. `accounts` counts the viewer's; `shared`: accounts outside its subtree are in it too, so it stays."""

    code: str
    name: str
    usage_reports: bool
    accounts: int
    shared: bool
    fingerprint: str


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A billing unit. `services` counts those the viewer sees; `shared`: others are counted in it too, so it stays."""

    code: str
    name: str
    decimals: int
    services: int
    shared: bool
    fingerprint: str


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source of usage. `in_use`: it has delivered something, or names are mapped for it."""

    code: str
    expected_daily: bool
    keeps_unmapped: bool
    in_use: bool
    fingerprint: str


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """Something that happened to the network. `told_in` is the account in whose history it is; None: the installation's.

    `number` is its place among all that happened.
    """

    at: datetime
    actor: Actor
    kind: str
    changes: tuple[Change, ...]
    note: str
    told_in: Named | None
    number: int
