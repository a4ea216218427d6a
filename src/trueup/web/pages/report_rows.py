"""The table of a report as it is shown: its lines by solution group, with sums, issues, pictures and what was typed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from trueup.kit.issue import Issue, Severity
from trueup.kit.quantity import ZERO, plain
from trueup.reports.queries import DayFigures, LineView
from trueup.reports.queries.page import PageLine, Previous
from trueup.web import numbers
from trueup.web.charts import Spark, spark
from trueup.web.editing import Draft, Entry, Reading, Value

ALL = "all"
"""The tab that shows every group."""

QUIET = frozenset({"discrepancy"})
"""A line charged by use is never as provisioned: that is said beside the line's figures, not in every row."""

_NOTHING = Entry()


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """A value that somebody else saved since the form was made. `contested`: the person changed it as well."""

    field: str
    before: str
    after: str
    contested: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A line as it is shown. `comment` and `reason` as they were typed, else as they are saved."""

    line: LineView
    shown: Value
    comment: Value
    reason: Value
    errors: Mapping[str, str]
    meanwhile: tuple[Meanwhile, ...]
    blocking: tuple[Issue, ...]
    warnings: tuple[Issue, ...]
    days: Sequence[DayFigures]
    last: Previous | None
    pointed_at: bool
    selected: bool

    @property
    def spark(self) -> Spark | None:
        """The month at a glance."""
        return spark(self.days, self.line.days)

    @property
    def service(self) -> str:
        """The code of its service."""
        return self.line.service

    @property
    def change(self) -> Decimal:
        """Chargeable against the default."""
        return self.line.chargeable - self.line.default_chargeable

    @property
    def edited(self) -> bool:
        """Whether it charges something else than its default."""
        return self.change != 0

    @property
    def typed_comment(self) -> bool:
        """Whether there is a comment or reason that is not saved."""
        return self.comment.mine != self.comment.was or self.reason.mine != self.reason.was

    @property
    def default_text(self) -> str:
        """The default as it stands in a field."""
        return numbers.typed(self.line.default_chargeable)

    @property
    def default_plain(self) -> str:
        """The default as programs read it."""
        return plain(self.line.default_chargeable) or "0"

    @property
    def unknown_used(self) -> bool:
        """Whether the service can't measure used units."""
        return self.line.used is None

    @property
    def notes(self) -> bool:
        """Whether there is anything to say below the figures."""
        said = (self.blocking, self.warnings, self.errors, self.meanwhile, self.comment.mine, self.line.comment)
        return any(said) or self.pointed_at or self.line.outcome != "as_saved"


@dataclass(frozen=True, slots=True)
class Sums:
    """What the lines of a group with the same unit come to. `unknown`: lines whose used units nobody knows; the sums are without them.

    None: no line knows it (or: has credits).
    """

    unit: str
    decimals: int
    lines: int
    unknown: int
    provisioned: Decimal
    used: Decimal | None
    over_provisioned: Decimal | None
    credits: Decimal | None
    default: Decimal
    chargeable: Decimal

    @property
    def change(self) -> Decimal:
        """Chargeable against the defaults."""
        return self.chargeable - self.default


@dataclass(frozen=True, slots=True)
class Group:
    """A solution group: a tab."""

    code: str
    name: str
    rows: tuple[Row, ...]
    sums: tuple[Sums, ...]
    shown: bool

    @property
    def missing(self) -> int:
        """Lines that block the submission."""
        return sum(bool(row.blocking) for row in self.rows)

    @property
    def credits(self) -> Decimal | None:
        """Credits of all lines that have any."""
        known = [row.line.credits for row in self.rows if row.line.credits is not None]
        return sum(known, ZERO) if known else None


@dataclass(frozen=True, slots=True)
class Shown:
    """What a table is made of beside the lines."""

    days: Mapping[str, Sequence[DayFigures]]
    selected: str = ""
    group: str = ""
    draft: Draft | None = None
    reading: Reading | None = None


def groups_of(lines: Sequence[PageLine], shown: Shown) -> tuple[Group, ...]:
    """The tabs in the order of the catalog; the one asked for is shown, else that of the selected line, else the first."""
    current = current_group(lines, shown)
    groups = []
    for code in dict.fromkeys(line.view.group for line in lines):
        own = [line for line in lines if line.view.group == code]
        rows = tuple(_row(line, shown) for line in own)
        groups.append(Group(code, own[0].view.group_name, rows, sums_of([line.view for line in own]), shown=current in {code, ALL}))
    return tuple(groups)


def current_group(lines: Sequence[PageLine], shown: Shown) -> str:
    """The tab that is open."""
    codes = [line.view.group for line in lines]
    if shown.group in {*codes, ALL}:
        return shown.group
    of_line = next((line.view.group for line in lines if line.view.service == shown.selected), "")
    return of_line or (codes[0] if codes else "")


def _row(one: PageLine, shown: Shown) -> Row:
    line = one.view
    entry = shown.draft.entries.get(line.service, _NOTHING) if shown.draft else _NOTHING
    reading = shown.reading
    errors = {name: text for (service, name), text in reading.errors.items() if service == line.service} if reading else {}
    contested = reading.contested.get(line.service, ()) if reading else ()
    return Row(
        line,
        _value(entry.chargeable, numbers.typed(line.as_saved)),
        _value(entry.comment, line.comment),
        _value(entry.reason, line.reason),
        errors,
        tuple(_meanwhile(entry, line, contested)),
        tuple(issue for issue in line.issues if issue.severity == Severity.BLOCKING),
        tuple(issue for issue in line.issues if issue.severity == Severity.WARNING and issue.code not in QUIET),
        shown.days.get(line.service, ()),
        one.previous,
        one.rejected,
        line.service == shown.selected,
    )


def _value(typed: Value | None, saved: str) -> Value:
    """What the person changed stays in the field; what they left is as it is saved now."""
    if typed is None or typed.mine.strip() == typed.was.strip():
        return Value(saved, saved)
    return Value(typed.mine, saved)


def _meanwhile(entry: Entry, line: LineView, contested: Iterable[str]) -> Iterable[Meanwhile]:
    now = {"chargeable": numbers.typed(line.as_saved), "comment": line.comment, "reason": line.reason}
    for name, after in now.items():
        value: Value | None = getattr(entry, name)
        if value is not None and value.was.strip() != after:
            yield Meanwhile(name, value.was, after, contested=name in contested)


def sums_of(lines: Sequence[LineView]) -> tuple[Sums, ...]:
    """The sums of lines, unit by unit; lines of one unit with several precisions are one sum, written in the finest."""
    units = dict.fromkeys(line.unit for line in lines)
    return tuple(_sums(unit, [line for line in lines if line.unit == unit]) for unit in units)


def _sums(unit: str, lines: Sequence[LineView]) -> Sums:
    used = [line.used for line in lines if line.used is not None]
    over = [line.over_provisioned for line in lines if line.over_provisioned is not None]
    credits_ = [line.credits for line in lines if line.credits is not None]
    return Sums(
        unit,
        max(line.decimals for line in lines),
        len(lines),
        len(lines) - len(used),
        sum((line.provisioned for line in lines), ZERO),
        sum(used, ZERO) if used else None,
        sum(over, ZERO) if over else None,
        sum(credits_, ZERO) if credits_ else None,
        sum((line.default_chargeable for line in lines), ZERO),
        sum((line.chargeable for line in lines), ZERO),
    )
