"""A document with its lines: values as JSON knows them (numbers exact), each still knowing where it was written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, TypeAlias

from trueup.events.rules import Plain
from trueup.kit.text import Text, text

Raw: TypeAlias = str | int | bool | Decimal | list["Raw"] | dict[str, "Raw"] | None
"""A value of the file; numbers with a point are decimals, dates are text."""

Path: TypeAlias = Sequence[str | int]
"""The way to a value: section, index of the entry, field…"""


class Lines(Protocol):
    """Knows the line of every value."""

    def line_of(self, path: Path) -> int:
        """The line (from 1) of the value at a path, or of the nearest that exists above it."""


SECTIONS: Mapping[str, str] = {
    "installation": "installation",
    "regions": "region",
    "account_types": "account type",
    "accounts": "account",
    "billing_units": "billing unit",
    "solution_groups": "solution group",
    "services": "service",
    "sources": "source",
    "members": "member",
    "terms": "terms",
}
"""Each section of the file, in the order it is applied, and what one entry of it is called."""


A_TIER: Mapping[str, Text] = {
    "vendor": text("a vendor"), "distributor": text("a distributor"), "msp": text("an MSP"), "customer": text("a customer"),
}  # fmt: skip
"""The tiers in a sentence."""

KINDS: Mapping[str, Text] = {
    "installation": text("installation"), "regions": text("region"), "account_types": text("account type"), "accounts": text("account"),
    "billing_units": text("billing unit"), "solution_groups": text("solution group"), "services": text("service"),
    "sources": text("source"), "members": text("member"), "terms": text("terms"),
}  # fmt: skip
"""What one entry of each section is called, in a sentence."""


def nothing_named(section: str, name: object) -> Text:
    """That a section has no entry of this name."""
    return _NOTHING_NAMED[section](name)


_NOTHING_NAMED: Mapping[str, Callable[[object], Text]] = {
    "regions": lambda name: text("there is no region “{name}”", name=name),
    "account_types": lambda name: text("there is no account type “{name}”", name=name),
    "accounts": lambda name: text("there is no account “{name}”", name=name),
    "billing_units": lambda name: text("there is no billing unit “{name}”", name=name),
    "solution_groups": lambda name: text("there is no solution group “{name}”", name=name),
    "services": lambda name: text("there is no service “{name}”", name=name),
    "sources": lambda name: text("there is no source “{name}”", name=name),
    "members": lambda name: text("there is no member {name}", name=name),
    "terms": lambda name: text("there are no terms of {name}", name=name),
}


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something wrong at a place of the document."""

    path: tuple[str | int, ...]
    message: str
    code: str


def name_of(section: str, entry: Raw) -> str:
    """What an entry is called: its code, ref or whatever tells it from its neighbors."""
    if not isinstance(entry, dict):
        return ""
    if section == "members":
        return f"{_text(entry.get('email'))} in {_text(entry.get('account'))}"
    if section == "terms":
        return " from ".join(part for part in (_text(entry.get("account", "the installation")), _text(entry.get("from", ""))) if part)
    return _text(entry.get("ref", entry.get("code", "")))


def _text(value: Raw) -> str:
    return value if isinstance(value, str) else "" if value is None or isinstance(value, list | dict) else str(value)


Values: TypeAlias = dict[str, Plain]
"""The values of one entry, as text, numbers without a point, true and false: what an event can keep."""

Key: TypeAlias = tuple[str, ...]
"""What tells an entry from the others of its section: (code,), (email, account) or (account, from)."""

State: TypeAlias = dict[str, dict[Key, Values]]
"""Section → entries: what is, or what is wanted. A field that is not there is one about which nothing is said."""
