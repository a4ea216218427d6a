"""Terms in words: what is in force, where each value comes from, what an account says itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_lazy

from trueup.network.queries import Level, Term, TermsEntry, TermsRow, When
from trueup.web import words
from trueup.web.network.steps import value
from trueup.web.words import Words

LEVELS: Words = {
    Level.STANDARD: gettext_lazy("as TrueUp does unless told"),
    Level.INSTALLATION: gettext_lazy("from the installation"),
    Level.DISTRIBUTOR: gettext_lazy("from the distributor"),
    Level.MSP: gettext_lazy("its own"),
}
"""Where a term comes from."""

_LABELS: Final[Words] = {
    "auto_submit_after_days": gettext_lazy("Submitted automatically after"),
    "resubmit_within_days": gettext_lazy("After a rejection again after"),
    "reminder_days_before": gettext_lazy("Reminders"),
    "over_provision_percent": gettext_lazy("Over-provisioned from"),
    "over_provision_units": gettext_lazy("… and from (units)"),
    "penalty": gettext_lazy("Without a comment at the deadline"),
    "auto_approve": gettext_lazy("Approved automatically"),
    "zero_reports": gettext_lazy("Reports without usage"),
}


@dataclass(frozen=True, slots=True)
class TermShown:
    """One term: what it is called, its value, where that comes from."""

    field: str
    label: str
    value: str
    origin: str
    own: bool


@dataclass(frozen=True, slots=True)
class Said:
    """What an account says from a day on, in words; what it does not say is as the level above."""

    entry: TermsEntry
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class TermsShown:
    """The terms of an account: in force, coming (the next first) and past (the last first)."""

    ref: str
    name: str
    in_force: tuple[TermShown, ...]
    since: TermsEntry | None
    coming: tuple[Said, ...]
    past: tuple[Said, ...]
    may_change: bool


def shown_terms(row: TermsRow) -> TermsShown:
    """Terms as people read them."""
    own = _own_level(row)
    return TermsShown(
        ref=row.account.ref if row.account else "",
        name=row.account.name if row.account else "",
        in_force=tuple(_term(term, own) for term in row.in_force),
        since=next((entry for entry in row.own if entry.when == When.IN_FORCE), None),
        coming=_said(row.own, When.COMING),
        past=tuple(reversed(_said(row.own, When.PAST))),
        may_change=row.may_change,
    )


def label(field: str) -> str:
    """What a term is called."""
    return words.word(_LABELS, field)


def values_of(entry: TermsEntry | None) -> Mapping[str, object]:
    """What an entry says itself."""
    return dict(entry.said) if entry else {}


def _own_level(row: TermsRow) -> Level:
    if row.account is None:
        return Level.INSTALLATION
    return Level(row.account.tier.value)


def _term(term: Term, own: Level) -> TermShown:
    return TermShown(term.field, label(term.field), value(term.field, term.value), words.word(LEVELS, term.level), term.level == own)


def _said(entries: Sequence[TermsEntry], when: When) -> tuple[Said, ...]:
    return tuple(
        Said(entry, tuple((label(field), value(field, said)) for field, said in entry.said)) for entry in entries if entry.when == when
    )  # fmt: skip
