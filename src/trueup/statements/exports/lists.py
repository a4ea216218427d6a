"""Lists as pages: statements with what they come to, reports with what there is to them. Each says what it was narrowed to."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, Final

from trueup.kit.errors import Invalid, Problem
from trueup.kit.money import Money, money_text
from trueup.kit.quantity import plain
from trueup.kit.text import Text, text
from trueup.reports.queries import InboxRow, ReportFilter
from trueup.reports.rules.workflow import MAY_REQUIRE_REVIEW, STATUS_WORDS, Submission
from trueup.statements.exports.pdf import Page, Say, Table, grouped
from trueup.statements.exports.report import SUBMISSION_WORDS
from trueup.statements.exports.statement import TITLES
from trueup.statements.queries import WAY_WORDS, StatementFilter, StatementRow, sums_of
from trueup.statements.rules.documents import StatementKind, sign_of, signed

MOST_ROWS: Final = 5_000
"""Of a list as a page: nobody reads on from there, and all of it is in memory."""

MARKS: Final = {
    MAY_REQUIRE_REVIEW: text("May require review"),
    "penalty": text("With a penalty"),
    "commented": text("With a comment"),
    "changed": text("With changed lines"),
    "on_behalf": text("Prepared on behalf"),
}
"""What reports are narrowed to by what they are marked with, as the inbox calls it."""

_OF_A_CURRENCY: Final = 3
"""What is told of one: net, tax and total, which is the sum of these."""


def require_few(count: int) -> None:
    """Raises Invalid for a list that is too long for a page."""
    if count > MOST_ROWS:
        message = text("a list of {count} is too long for a PDF, which has {most} at most: narrow it, or take CSV or XLSX",
                       count=count, most=MOST_ROWS)  # fmt: skip
        raise Invalid(message, [Problem("form", message, "too_long", ("form",))])


def statements_page(
    rows: Iterable[StatementRow], wanted: StatementFilter, *, between: str = "", made: date, language: str, say: Say
) -> Page:  # fmt: skip
    """Statements with what they come to, in each currency. A credit note takes away.

    `between`: the account (ref) that has issued some of them and got the others; what it is owed and what it owes are told apart.
    """
    found = list(rows)
    head = (text("Number"), text("Date"), text("From"), text("To"), text("Net"), text("Tax"), text("Total"))
    said = _named(say, ((text("From"), wanted.seller), (text("To"), wanted.buyer), (text("Search"), wanted.search)))
    if wanted.kind:
        said += [(say(text("Kind")), say(TITLES[StatementKind(wanted.kind)]) if wanted.kind in set(StatementKind) else wanted.kind)]
    return _page(
        text("Statements"), f"{wanted.cycle}" if wanted.cycle else "", len(found), said, made=made, language=language, say=say,
        table=Table(tuple(say(one) for one in head), tuple(_statement(row, say) for row in found), (5, 0, 4, 4, 2, 2, 2), (4, 5, 6)),
        totals=tuple(_totals(found, between, say)),
    )  # fmt: skip


def _statement(row: StatementRow, say: Say) -> tuple[Any, ...]:
    kind = say(TITLES[row.kind])
    return (
        (row.number, " · ".join((kind, str(row.cycle), *([row.corrects] if row.corrects else [])))),
        row.issue_date.isoformat(),
        row.seller_name,
        row.buyer_name,
        *(grouped(money_text(_owed(row, name), row.currency)) for name in ("net", "tax")),
        (grouped(money_text(_owed(row, "gross"), row.currency)), row.currency),
    )


def _owed(row: StatementRow, name: str) -> Money:
    return signed(getattr(row, name), sign_of(row.kind))


def _totals(rows: list[StatementRow], between: str, say: Say) -> Iterator[tuple[str, str]]:
    """What statements come to; those of an account between two others way by way, each with its name."""
    if not between:
        yield from _sums(rows, say)
        return
    for way, name in WAY_WORDS.items():
        own = [row for row in rows if getattr(row, way.party) == between]
        yield from ((f"{say(name)}: {word}", amount) for word, amount in _sums(own, say))


def _sums(rows: list[StatementRow], say: Say) -> Iterator[tuple[str, str]]:
    money = ((row.currency, _owed(row, "net"), _owed(row, "tax"), _owed(row, "gross")) for row in rows)
    for currency, (net, tax, gross) in sums_of(money).items():
        yield say(text("Net {currency}", currency=currency)), grouped(money_text(net, currency))
        yield say(text("Tax {currency}", currency=currency)), grouped(money_text(tax, currency))
        yield say(text("Total {currency}", currency=currency)), grouped(money_text(gross, currency))


def reports_page(rows: Iterable[InboxRow], wanted: ReportFilter, *, made: date, language: str, say: Say) -> Page:
    """Reports with their status, and how many of their lines are worth a look. Units of different kinds have no sum."""
    found = list(rows)
    head = (text("Partner"), text("Cycle"), text("Status"), text("Lines"), text("Changed"), text("Comments"), text("Penalties"),
            text("At stake"))  # fmt: skip
    said = _named(say, ((text("Partner"), wanted.msp), (text("Distributor"), wanted.distributor), (text("Search"), wanted.search)))
    said += [(say(text("Status")), say(STATUS_WORDS[wanted.status]))] if wanted.status else []
    said += [(say(text("Submission")), say(SUBMISSION_WORDS[wanted.submission]))] if wanted.submission else []
    said += [(say(text("Marked")), say(MARKS[wanted.flag]))] if wanted.flag else []
    said += [(say(text("Waiting")), say(text("for a step of your own")))] if wanted.waiting else []
    ends = [str(one) if one else "" for one in (wanted.since, wanted.until)]
    period = str(wanted.cycle) if wanted.cycle else ends[0] if ends[0] == ends[1] else " – ".join(ends)
    return _page(
        text("Usage reports"), period, len(found), said, made=made, language=language, say=say,
        table=Table(tuple(say(one) for one in head), tuple(_report(row, say) for row in found), (5, 3, 5, 0, 0, 0, 0, 2), (3, 4, 5, 6, 7)),
    )  # fmt: skip


def _report(row: InboxRow, say: Say) -> tuple[Any, ...]:
    how = [say(SUBMISSION_WORDS[Submission(row.submission)])] if row.submission else []
    if MAY_REQUIRE_REVIEW in row.flags:
        how = [say(text("Automatically submitted – may require review"))]
    status = say(STATUS_WORDS[row.status])
    counts = (row.lines, row.changed, row.commented, row.penalties)
    return (
        (row.msp_name, row.distributor),
        str(row.cycle),
        (status, how[0]) if how else status,
        *(grouped(Decimal(count)) for count in counts),
        grouped(plain(row.stake) or "0"),
    )


def _named(say: Say, said: Iterable[tuple[Text, str | None]]) -> list[tuple[str, str]]:
    return [(say(word), value) for word, value in said if value]


def _page(
    title: Text, period: str, count: int, said: list[tuple[str, str]], *, table: Table, made: date, language: str, say: Say,
    totals: tuple[tuple[str, str], ...] = (),
) -> Page:  # fmt: skip
    subtitle = say(text("Cycle {cycle}", cycle=period)) if period else ""
    return Page(
        title=say(title),
        subtitle=subtitle,
        author="TrueUp",
        language=language,
        date=made,
        footer=" · ".join(part for part in (say(title), subtitle) if part),
        facts=(*said, (say(text("Entries")), grouped(Decimal(count)))),
        tables=(table,) if count else (),
        notes=() if count else (say(text("Nothing matches.")),),
        totals=totals,
        last_is_sum=len(totals) == _OF_A_CURRENCY,
    )
