"""A billing report as a page and as rows: lines with money, and the reports of MSPs behind them. While it is collected, as it stands."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from trueup.kit.quantity import plain
from trueup.kit.text import text
from trueup.reports.models import Report
from trueup.reports.rules.workflow import MAY_REQUIRE_REVIEW, Submission
from trueup.statements.adding import with_lines
from trueup.statements.exports.pdf import Page, Party, Say, grouped
from trueup.statements.exports.pdf import Table as PageTable
from trueup.statements.exports.report import SUBMISSION_WORDS
from trueup.statements.exports.rows import line_columns, money_rows
from trueup.statements.exports.tables import Of, Row, Table, columns
from trueup.statements.queries import BillingView
from trueup.statements.rules.billing import STATUS_WORDS
from trueup.statements.rules.documents import Document
from trueup.statements.rules.highlights import Highlight
from trueup.statements.rules.invoice import how
from trueup.statements.settling import Approved


def document_of(view: BillingView) -> Document | None:
    """The money: as it was submitted, else as it stands; None while something has no price, or no difference is known yet."""
    return view.document or (view.collected.so_far if view.collected.settled else None)


# ── A page ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def billing_page(view: BillingView, *, language: str, say: Say) -> Page:
    """What the page of a billing report says."""
    row, document = view.row, document_of(view)
    lines = _lines(document, say) if document else _units(view, say)
    return Page(
        title=f"{say(text('Billing report'))} {row.distributor_name}",
        subtitle=say(text("Cycle {cycle}", cycle=row.cycle)),
        author=row.distributor_name,
        language=language,
        date=_made(view),
        footer=f"{row.cycle} · {row.distributor} · {say(text('version {version}', version=row.version))}",
        facts=tuple(_facts(view, say)),
        parties=(Party(say(text("Distributor")), row.distributor_name), Party(say(text("Vendor")), row.vendor_name)),
        notes=tuple(_notes(view, say)),
        tables=(lines, *_highlights(view.highlights, say), _reports(view.collected.reports, say)),
        totals=tuple(_totals(document, say)) if document else (),
    )


def _made(view: BillingView) -> date:
    submitted = view.row.submitted_at
    return submitted.date() if submitted else view.row.cycle.last_day


def _facts(view: BillingView, say: Say) -> Iterator[tuple[str, str]]:
    row = view.row
    yield say(text("Period")), f"{row.cycle.first_day} – {row.cycle.last_day}"
    yield say(text("Status")), say(STATUS_WORDS[row.status])
    if row.po_number:
        yield say(text("PO number")), row.po_number
    for word, instant in ((text("Submitted"), row.submitted_at), (text("Completed"), row.completed_at)):
        if instant:
            yield say(word), f"{instant:%Y-%m-%d}"


def _notes(view: BillingView, say: Say) -> Iterator[str]:
    if view.comment:
        yield say(text("Comment: {comment}", comment=view.comment))
    if view.return_reason:
        yield say(text("Returned: {reason}", reason=view.return_reason))
    if view.document is None:
        yield from (say(obstacle) for obstacle in view.collected.obstacles)


def _lines(document: Document, say: Say) -> PageTable:
    head = (
        "#",
        say(text("Description")),
        say(text("Quantity")),
        say(text("Unit")),
        say(text("List amount")),
        say(text("Margin")),
        say(text("Amount ({currency})", currency=document["currency"])),
    )
    return PageTable(head, tuple(_row(line) for line in document["lines"]), (0, 6, 2, 2, 3, 2, 3), (0, 2, 4, 5, 6))


def _row(line: Document) -> tuple[Any, ...]:
    said = how(line)
    return (
        str(line["position"]),
        (line["name"], said) if said else line["name"],
        grouped(line["quantity"]),
        line["unit"],
        grouped(line["list_amount"]),
        f"{line['margin_percent']} %",
        grouped(line["amount"]),
    )


def _units(view: BillingView, say: Say) -> PageTable:
    """What is charged, while there is no money to it."""
    head = (say(text("Description")), say(text("Quantity")), say(text("Unit")))
    rows = tuple((line.service_name, grouped(plain(line.units) or "0"), line.unit) for line in view.collected.lines)
    return PageTable(head, rows, (6, 2, 2), (1,))


def _highlights(highlights: Sequence[Highlight], say: Say) -> Iterator[PageTable]:
    """What is worth a look; nothing where nothing is."""
    if highlights:
        head = (say(text("Service")), say(text("Last month")), say(text("This month")), say(text("Change")), say(text("Penalties")))
        yield PageTable(head, tuple(_highlight(one) for one in highlights), (4, 2, 2, 1, 4), (1, 2, 3), say(text("Worth a look")))


def _highlight(one: Highlight) -> tuple[Any, ...]:
    return (
        one.name,
        "–" if one.previous is None else grouped(plain(one.previous) or "0"),
        grouped(plain(one.units) or "0"),
        "–" if one.percent is None else f"{plain(one.percent)} %",
        ", ".join(f"{penalty.msp_name}: {plain(penalty.units)}" for penalty in one.penalties),
    )


def _reports(reports: Iterable[Report], say: Say) -> PageTable:
    head = (say(text("Partner")), say(text("Submission")), say(text("Lines")), say(text("Penalties")))
    rows = tuple(_report(one, say) for one in reports)
    return PageTable(head, rows, (5, 5, 1, 1), (2, 3), say(text("Approved reports")))


def _report(report: Report, say: Say) -> tuple[Any, ...]:
    submission = say(SUBMISSION_WORDS[Submission(report.submission)]) if report.submission else ""
    review = say(text("Automatically submitted – may require review"))
    return (
        report.msp_name,
        (submission, review) if report.may_require_review else submission,
        str(report.line_count),
        str(report.penalty_lines),
    )


def _totals(document: Document, say: Say) -> Iterator[tuple[str, str]]:
    yield say(text("Net")), grouped(document["net"])
    yield say(text("Tax {percent} %", percent=document["tax_rate"]["percent"])), grouped(document["tax"])
    yield say(text("Total {currency}", currency=document["currency"])), grouped(document["gross"])


# ── Rows ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def lines_table(view: BillingView) -> Table:
    """The lines, one row for each service; without money while nobody knows it."""
    row, document = view.row, document_of(view)
    head: Row = {
        "cycle": str(row.cycle), "distributor": row.distributor, "distributor_name": row.distributor_name, "vendor": row.vendor,
        "vendor_name": row.vendor_name, "status": row.status.value, "po_number": row.po_number,
    }  # fmt: skip
    rows = money_rows(document, head) if document else _without_money(view, head)
    return Table("Lines", line_columns(*head), rows, _made(view))


def _without_money(view: BillingView, head: Row) -> Iterator[Row]:
    for line in view.collected.lines:
        yield {
            **head, "service": line.service, "service_name": line.service_name, "units": line.units, "unit": line.unit,
            "credits": line.credits,
        }  # fmt: skip


def reports_table(view: BillingView) -> Table:
    """What each MSP has of each service: units that add up to the lines."""
    named = (
        "cycle", "msp", "msp_name", "submission", "flags", "service", "service_name", "unit", "chargeable", "comment", "reason",
    )  # fmt: skip
    return Table("Reports", columns(named, chargeable=Of.NUMBER), _of_reports(with_lines(view.collected.reports)), _made(view))


def _of_reports(reports: Iterable[Approved]) -> Iterator[Row]:
    for one in reports:
        report = one.report
        head: Row = {
            "cycle": str(report.cycle.month), "msp": report.msp_ref, "msp_name": report.msp_name, "submission": report.submission,
            "flags": MAY_REQUIRE_REVIEW if report.may_require_review else "",
        }  # fmt: skip
        for line in one.lines:
            said = {name: getattr(line, name) for name in ("service_name", "unit", "chargeable", "comment", "reason")}
            yield {**head, "service": line.service_code, **said}


def highlights_table(view: BillingView) -> Table:
    """What is worth a look: services that differ from last month, and those with penalties."""
    numbers = dict.fromkeys(("previous", "units", "change_percent", "penalties"), Of.NUMBER)
    named = columns(("service", "service_name", "unit", "previous", "units", "change_percent", "penalties"), **numbers)
    rows: Iterator[Row] = (
        {
            "service": one.service, "service_name": one.name, "unit": one.unit, "previous": one.previous, "units": one.units,
            "change_percent": one.percent, "penalties": len(one.penalties),
        }
        for one in view.highlights
    )  # fmt: skip
    return Table("Highlights", named, rows, _made(view))
