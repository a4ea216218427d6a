"""Usage reports as a page, as rows of one report, as rows of a list. No money: that is on billing reports and statements."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any, Final
from zoneinfo import ZoneInfo

from trueup.kit.quantity import added, plain
from trueup.kit.text import Text, text
from trueup.reports.queries import InboxRow, LineView, ReportView
from trueup.reports.rules.lines import Outcome
from trueup.reports.rules.workflow import STATUS_WORDS, Submission
from trueup.statements.exports.pdf import Page, Party, Say, grouped
from trueup.statements.exports.pdf import Table as PageTable
from trueup.statements.exports.tables import Cell, Of, Row, Table, columns

SUBMISSION_WORDS: Final[Mapping[Submission, Text]] = {
    Submission.MANUAL: text("Submitted by a person"),
    Submission.AUTOMATIC: text("Submitted automatically"),
    Submission.AUTOMATIC_WITH_PENALTY: text("Submitted automatically with a penalty"),
    Submission.RETURNED: text("Submitted again"),
}
_REMARKS: Final[Mapping[Outcome, Text]] = {
    Outcome.PENALTY: text("penalty"),
    Outcome.DEFAULT_RESTORED: text("default restored"),
    Outcome.WAIVED: text("penalty waived"),
}

# ── A page ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def report_page(report: ReportView, *, language: str, say: Say) -> Page:
    """What the page of a report says: a table for each solution group, and what is charged altogether, unit by unit."""
    summary = report.summary
    place = ", ".join(part for part in (report.city, report.state) if part)
    return Page(
        title=f"{say(text('Usage report'))} {report.msp_name}",
        subtitle=say(text("Cycle {cycle}", cycle=summary.cycle)),
        author=report.distributor_name,
        language=language,
        date=summary.cycle.last_day,
        footer=f"{summary.cycle} · {summary.msp} · {say(text('version {version}', version=report.version))}",
        facts=tuple(_facts(report, say)),
        parties=(
            Party(say(text("Partner")), report.msp_name, tuple(line for line in (report.company_id, place) if line)),
            Party(say(text("Distributor")), report.distributor_name),
        ),
        notes=tuple(_notes(report, say)),
        tables=tuple(_group(name, list(lines), say) for name, lines in groupby(report.lines, key=lambda line: line.group_name)),
        totals=tuple(_totals(report.lines, say)),
        last_is_sum=False,
    )


def _facts(report: ReportView, say: Say) -> Iterator[tuple[str, str]]:
    summary = report.summary
    yield say(text("Period")), f"{summary.cycle.first_day} – {summary.cycle.last_day}"
    yield say(text("Status")), say(STATUS_WORDS[summary.status])
    if summary.submission:
        yield say(text("Submission")), say(SUBMISSION_WORDS[Submission(summary.submission)])
    deadline = summary.deadline.astimezone(ZoneInfo(report.time_zone))
    yield say(text("Deadline")), f"{deadline:%Y-%m-%d %H:%M} {report.time_zone.replace('_', ' ')}"


def _notes(report: ReportView, say: Say) -> Iterator[str]:
    if report.summary.flags:
        yield say(text("Automatically submitted – may require review"))
    if report.comment:
        yield say(text("Comment: {comment}", comment=report.comment))


def _group(name: str, lines: list[LineView], say: Say) -> PageTable:
    head = (
        say(text("Service")),
        say(text("Billing unit")),
        say(text("Provisioned")),
        say(text("Used")),
        say(text("Over-provisioned")),
        say(text("Allocated credits")),
        say(text("Chargeable")),
    )
    return PageTable(head, tuple(_row(line, say) for line in lines), (5, 2, 2, 2, 3, 2, 3), (2, 3, 4, 5, 6), name)


def _row(line: LineView, say: Say) -> tuple[Any, ...]:
    unknown = say(text("unknown"))
    over = "" if line.over_provisioned_percent is None else f"{plain(line.over_provisioned_percent)} %"
    return (
        _pair(line.service_name, line.comment),
        line.unit,
        _units(line.provisioned),
        unknown if line.used is None else _units(line.used),
        unknown if line.over_provisioned is None else _pair(_units(line.over_provisioned), over),
        "–" if line.credits is None else _units(line.credits),
        _pair(_units(line.chargeable), ", ".join(_remarks(line, say))),
    )


def _pair(said: str, below: str) -> Any:
    return (said, below) if below else said


def _remarks(line: LineView, say: Say) -> Iterator[str]:
    if line.charged_before is not None:
        yield say(text("before {units}", units=_units(line.charged_before)))
    if line.chargeable != line.default_chargeable:
        yield say(text("default {units}", units=_units(line.default_chargeable)))
    if line.outcome in _REMARKS:
        yield say(_REMARKS[line.outcome])


def _totals(lines: Iterable[LineView], say: Say) -> Iterator[tuple[str, str]]:
    """Units of different kinds have no sum."""
    by_unit: dict[str, list[Decimal]] = {}
    for line in lines:
        by_unit.setdefault(line.unit, []).append(line.chargeable)
    for unit, charged in by_unit.items():
        yield say(text("Chargeable {unit}", unit=unit)), _units(added(charged))


def _units(value: Decimal) -> str:
    return grouped(plain(value) or "0")


# ── Rows ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

_HEAD: Final = ("cycle", "msp", "msp_name", "company_id", "distributor", "status", "submission", "flags")
_LINE_NUMBERS: Final = (
    "provisioned", "used", "over_provisioned", "over_provisioned_percent", "credits", "default_chargeable", "chargeable",
    "charged_before", "adjustment",
)  # fmt: skip
_LINE: Final = ("group", "group_name", "service", "service_name", "unit", *_LINE_NUMBERS, "outcome", "comment", "reason", "measure", "days")
_COUNTS: Final = ("lines", "changed", "commented", "penalties")
_TOTALS: Final = ("stake", "measured", "chargeable")
_INSTANTS: Final = ("deadline", "submitted_at", "approved_at")


def report_table(report: ReportView) -> Table:
    """The lines of one report, the head of the report repeated in each."""
    summary = report.summary
    head: Row = {
        "cycle": str(summary.cycle), "msp": summary.msp, "msp_name": report.msp_name, "company_id": report.company_id,
        "city": report.city, "state": report.state, "distributor": summary.distributor, "status": summary.status.value,
        "submission": summary.submission, "flags": " ".join(summary.flags), "period_start": summary.cycle.first_day,
        "period_end": summary.cycle.last_day, "deadline": summary.deadline,
    }  # fmt: skip
    days = dict.fromkeys(("period_start", "period_end"), Of.DAY)
    found = columns((*head, *_LINE), deadline=Of.INSTANT, **days, **dict.fromkeys(_LINE_NUMBERS, Of.NUMBER))
    return Table("Report", found, ({**head, **_line(line)} for line in report.lines), summary.cycle.last_day)


def reports_table(rows: Iterable[InboxRow], *, made: date) -> Table:
    """Reports of a list, one row for each."""
    kinds = {**dict.fromkeys((*_COUNTS, *_TOTALS), Of.NUMBER), **dict.fromkeys(_INSTANTS, Of.INSTANT)}
    return Table("Reports", columns((*_HEAD, *_COUNTS, *_TOTALS, *_INSTANTS), **kinds), (_listed(row) for row in rows), made)


def lines_table(rows: Iterable[tuple[InboxRow, Iterable[LineView]]], *, made: date) -> Table:
    """The lines of the reports of a list."""
    found = columns((*_HEAD, *_LINE), **dict.fromkeys(_LINE_NUMBERS, Of.NUMBER))
    return Table("Lines", found, ({**_head(row), **_line(line)} for row, lines in rows for line in lines), made)


def _head(row: InboxRow) -> Row:
    return {
        "cycle": str(row.cycle), "msp": row.msp, "msp_name": row.msp_name, "company_id": row.company_id, "distributor": row.distributor,
        "status": row.status.value, "submission": row.submission.value if row.submission else "", "flags": " ".join(row.flags),
    }  # fmt: skip


def _listed(row: InboxRow) -> Row:
    return {**_head(row), **{name: getattr(row, name) for name in (*_COUNTS, *_TOTALS, *_INSTANTS)}}


def _line(line: LineView) -> Row:
    said: dict[str, Cell] = {name: getattr(line, name) for name in ("group", "group_name", "service", "service_name", "unit")}
    said |= {name: getattr(line, name) for name in _LINE_NUMBERS}
    said |= {"outcome": line.outcome.value, "comment": line.comment, "reason": line.reason, "measure": line.measure}
    return {**said, "days": " ".join(day.isoformat() for day in line.days)}
