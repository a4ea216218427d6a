"""What a change of the network does, in the words of the page: for previews and for the history."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from trueup.kit.text import Text
from trueup.web import numbers, words
from trueup.web.words import Words

UNMAPPED: Words = {"keep": gettext_lazy("Kept until they are mapped"), "refuse": gettext_lazy("Refused")}
"""What a source does with rows whose customer or service is unknown."""


@dataclass(frozen=True, slots=True)
class WasIs:
    """One value before and after, in words; empty is nothing."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class StepShown:
    """One step of a plan in words."""

    name: str
    changes: tuple[WasIs, ...]
    note: str


def was_is(changes: Iterable[Any]) -> Iterable[WasIs]:
    """Changes as people read them; what nobody has typed, such as a place in an order, is left out."""
    return (WasIs(words.field(change.field), value(change.field, change.before), value(change.field, change.after))
            for change in changes if change.field != "position")  # fmt: skip


def value(field: str, said: Any) -> str:
    """A value of a field as people read it; empty for nothing."""
    if said is None or said == "":
        return ""
    if isinstance(said, bool):
        return _("Yes") if said else _("No")
    if isinstance(said, Text):
        return words.says(said)
    reader = _READERS.get(field.partition(" from ")[0])
    if reader is not None:
        return reader(said)
    return ", ".join(str(item) for item in said) if isinstance(said, list | tuple) else str(said)


def days(count: int) -> str:
    """A number of days."""
    return ngettext("%(days)s day", "%(days)s days", count) % {"days": count}


def reminders(before: Iterable[int]) -> str:
    """When somebody is reminded."""
    listed = ", ".join(str(day) for day in before)
    return _("%(days)s days before the deadline") % {"days": listed} if listed else _("none")


def number(said: Any) -> str:
    """A decimal number that is kept as text."""
    try:
        return numbers.shown(Decimal(str(said)))
    except InvalidOperation:
        return str(said)


def _worded(table: Words) -> Callable[[Any], str]:
    return lambda code: words.word(table, str(code))


_READERS: Final[Mapping[str, Callable[[Any], str]]] = {
    "measure": lambda said: words.measure(str(said)),
    "penalty": _worded(words.PENALTIES),
    "auto_approve": _worded(words.AUTO_APPROVALS),
    "chargeable_basis": _worded(words.BASES),
    "role": _worded(words.ROLES),
    "tier": _worded(words.TIERS),
    "unmapped": _worded(UNMAPPED),
    "scopes": lambda said: ", ".join(words.word(words.SCOPES, scope) for scope in said),
    "credits": number,
    "over_provision_percent": lambda said: f"{number(said)} %",
    "over_provision_units": number,
    "auto_submit_after_days": lambda said: days(int(said)),
    "resubmit_within_days": lambda said: days(int(said)),
    "reminder_days_before": reminders,
}
