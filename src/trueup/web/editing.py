"""A draft as it comes back from a form: what the person changed, what cannot be read, and what somebody else changed meanwhile.

A form says beside each value what it was when the page was made. So only what the person changed becomes an edit, and a form that
is older than the report never overwrites a line nobody touched in it. And it says in which language it was made: its numbers are read
as that language writes them, whatever language the person has chosen since.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from trueup.kit.errors import Invalid
from trueup.kit.quantity import plain
from trueup.reports.actions import LineEdit
from trueup.reports.rules.checks import read_comment, read_reason
from trueup.reports.rules.lines import read_chargeable
from trueup.web import numbers
from trueup.web.whole import whole

OTHER = "+"
"""The choice of a reason code that is written beside it."""


class Line(Protocol):
    """A line of the report as it is now."""

    @property
    def service(self) -> str:
        """Its code."""

    @property
    def decimals(self) -> int:
        """Of its unit."""

    @property
    def default_chargeable(self) -> Decimal:
        """What it charges where nobody edits."""

    @property
    def as_saved(self) -> Decimal:
        """What it charges as the MSP left it."""

    @property
    def comment(self) -> str:
        """The MSP's."""

    @property
    def reason(self) -> str:
        """A code, or empty."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a form and what it was when the form was made; both as they stand in the field."""

    mine: str
    was: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the form; None is what the form did not send: it was not touched."""

    chargeable: Value | None = None
    comment: Value | None = None
    reason: Value | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A form. `version` is that of the report it was made from, None where it did not say; `language` the one it was made in, or empty."""

    version: int | None
    entries: Mapping[str, Entry]
    language: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a form comes to against the report as it is now.

    `errors`: by service and field, the sentence. `contested`: by service, the fields that somebody else changed as well.
    """

    edits: tuple[LineEdit, ...]
    errors: Mapping[tuple[str, str], str]
    contested: Mapping[str, tuple[str, ...]]


@dataclass(slots=True)
class _Found:
    """What is found while the lines are read."""

    edits: list[LineEdit] = field(default_factory=list)
    errors: dict[tuple[str, str], str] = field(default_factory=dict)
    contested: dict[str, tuple[str, ...]] = field(default_factory=dict)


def read_form(post: Mapping[str, str]) -> Draft:
    """The draft of a posted form: fields `chargeable-<service>`, `comment-…`, `reason-…`, each with its `was_…`."""
    services = {name.partition("-")[2] for name in post if name.startswith(("chargeable-", "comment-", "reason-"))}
    entries = {service: Entry(*(_value(post, name, service) for name in ("chargeable", "comment", "reason"))) for service in services}
    return Draft(version_of(post), entries, numbers.known_language(post.get("language", "")))


def version_of(post: Mapping[str, str]) -> int | None:
    """The version of the report a form was made from, None where it does not say."""
    version = post.get("version", "")
    return whole(version, most=999_999_999)


def _value(post: Mapping[str, str], name: str, service: str) -> Value | None:
    mine = post.get(f"{name}-{service}")
    if mine is None:
        return None
    if name == "reason" and mine == OTHER:
        mine = post.get(f"own_reason-{service}", "")
    return Value(_lines(mine), _lines(post.get(f"was_{name}-{service}", "")))


def _lines(written: str) -> str:
    """As it was written: browsers send every end of a line as two characters."""
    return written.replace("\r\n", "\n")


def read_draft(draft: Draft, lines: Sequence[Line]) -> Reading:
    """Compare a form with the report. Lines the report does not have (any more) are left out."""
    found = _Found()
    for line in lines:
        entry = draft.entries.get(line.service)
        if entry is not None:
            _read_line(entry, line, draft.language, found)
    return Reading(tuple(found.edits), found.errors, found.contested)


def _read_line(entry: Entry, line: Line, language: str, found: _Found) -> None:
    now = {"chargeable": plain(line.as_saved) or "0", "comment": line.comment, "reason": line.reason}
    edit: dict[str, str] = {}
    contested = []
    for name, saved in now.items():
        value: Value | None = getattr(entry, name)
        if value is None or value.mine.strip() == value.was.strip():
            continue
        try:
            mine = _READ[name](value.mine, line, language)
        except Invalid as error:
            found.errors[line.service, name] = error.message
            continue
        if mine == saved:
            continue
        if _was(name, value.was, line, language) != saved:
            contested.append(name)
        edit[name] = mine
    if edit:
        found.edits.append(LineEdit(line.service, **_as_action(edit, line)))
    if contested:
        found.contested[line.service] = tuple(contested)


def _chargeable(written: str, line: Line, language: str) -> str:
    """A number as plain text; an empty field is the default again."""
    read = read_chargeable(numbers.read_as(written, language), default=line.default_chargeable, decimals=line.decimals)
    return plain(line.default_chargeable if read is None else read) or "0"


_READ: Mapping[str, Callable[[str, Line, str], str]] = {
    "chargeable": _chargeable,
    "comment": lambda written, _line, _language: read_comment(written),
    "reason": lambda written, _line, _language: read_reason(written),
}


def _was(name: str, written: str, line: Line, language: str) -> str:
    """What stood in the field when the form was made. What cannot be read is not what is there now."""
    try:
        return _READ[name](written, line, language)
    except Invalid:
        return f"? {written}"


def _as_action(edit: dict[str, str], line: Line) -> dict[str, str]:
    """For the action: the default is not a value of its own, so that it follows when it is measured anew."""
    if edit.get("chargeable") == (plain(line.default_chargeable) or "0"):
        return edit | {"chargeable": ""}
    return edit
