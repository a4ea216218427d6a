"""Each thing in one form: what is asked once the viewer may see it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import Final

from django.db.models import Max, QuerySet

from trueup.accounts.models import Account
from trueup.accounts.rules import Viewer
from trueup.reports.queries import Listed, ReportFilter, ReportView, counted, listing
from trueup.statements.exports import billing
from trueup.statements.exports.focus import as_csv as focus_csv
from trueup.statements.exports.forms import Form
from trueup.statements.exports.lists import MOST_ROWS, reports_page, require_few, statements_page
from trueup.statements.exports.parquet import as_parquet
from trueup.statements.exports.pdf import Say, pdf
from trueup.statements.exports.report import lines_table, report_page, report_table, reports_table
from trueup.statements.exports.rows import statements_table
from trueup.statements.exports.statement import factur_x, statement_pdf
from trueup.statements.exports.tables import Table, as_csv, as_xlsx
from trueup.statements.exports.ubl import ubl
from trueup.statements.models import Statement
from trueup.statements.queries import BillingView, StatementFilter, filtered, statements, ways_in
from trueup.statements.rules import focus
from trueup.statements.rules.documents import Document
from trueup.statements.rules.focus import Priced
from trueup.statements.rules.invoice import invoice_of

NO_DAY: Final = date(2000, 1, 1)
"""Of a file with nothing in it."""

AT_ONCE: Final = 200
"""Statements or reports that are read together."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: in which language, priced in what."""

    language: str = "en"
    say: Say = str
    iso_currency: bool = False

    @property
    def priced(self) -> Priced:
        """What FOCUS is priced in."""
        return Priced.CURRENCY if self.iso_currency else Priced.CREDITS


def table_in(form: Form, *tables: Table) -> Iterable[bytes]:
    """Tables as XLSX, the first of them as CSV."""
    return as_csv(tables[0]) if form == Form.CSV else as_xlsx(*tables)


def of_statement(document: Document, checksum: str, form: Form, reader: Reader) -> Iterable[bytes]:
    """One statement. Raises Invalid for what can't be an e-invoice."""
    match form:
        case Form.PDF:
            return [statement_pdf(document, language=reader.language, say=reader.say, checksum=checksum)]
        case Form.FACTUR_X:
            return [factur_x(document, language=reader.language, say=reader.say, checksum=checksum)]
        case Form.UBL:
            return [ubl(invoice_of(document))]
        case Form.FOCUS_CSV | Form.FOCUS_PARQUET:
            return _focus([document], form, reader)
    table = statements_table([document], made=date.fromisoformat(document["issue_date"]))
    return table_in(form, table)


def _focus(documents: Iterable[Document], form: Form, reader: Reader) -> Iterable[bytes]:
    rows = (row for document in documents for row in focus.rows_of(document, priced=reader.priced))
    if form == Form.FOCUS_CSV:
        return focus_csv(rows)
    return as_parquet(rows)


def of_statements(viewer: Viewer, wanted: StatementFilter, form: Form, reader: Reader) -> Iterable[bytes]:
    """The statements of a list, the first one first."""
    rows = filtered(Statement.objects.visible_to(viewer), wanted)
    found = rows.aggregate(last=Max("pk"), made=Max("issue_date"))
    said = (document for document, _ in documents(rows, found["last"]))
    if form in {Form.FOCUS_CSV, Form.FOCUS_PARQUET}:
        return _focus(said, form, reader)
    made = found["made"] or NO_DAY
    if form == Form.PDF:
        require_few(rows.count())
        return _page_of_statements(viewer, wanted, made, reader)
    table = statements_table(said, made=made)
    return table_in(form, table)


def _page_of_statements(viewer: Viewer, wanted: StatementFilter, made: date, reader: Reader) -> Iterator[bytes]:
    listed = [row for _, row in statements(viewer, wanted, limit=MOST_ROWS)]
    page = statements_page(reversed(listed), wanted, between=_between(viewer, wanted), made=made, language=reader.language, say=reader.say)
    yield pdf(page, say=reader.say)


def _between(viewer: Viewer, wanted: StatementFilter) -> str:
    """The account (ref) that has issued some statements of a list and got the others; empty where all go one way."""
    if viewer.account_id is None or not ways_in(viewer, wanted):
        return ""
    return Account.objects.values_list("ref", flat=True).get(pk=viewer.account_id)


def documents(rows: QuerySet[Statement], last: int | None) -> Iterator[tuple[Document, str]]:
    """Statements up to one (id), with their checksums, the first one first, some at a time."""
    at = 0
    while last is not None and at < last:
        some = list(rows.filter(pk__gt=at, pk__lte=last).order_by("pk").values_list("pk", "document", "checksum")[:AT_ONCE])
        yield from ((document, checksum) for _, document, checksum in some)
        at = some[-1][0] if some else last


def of_report(view: ReportView, form: Form, reader: Reader) -> Iterable[bytes]:
    """One report."""
    if form == Form.PDF:
        return [pdf(report_page(view, language=reader.language, say=reader.say), say=reader.say)]
    table = report_table(view)
    return table_in(form, table)


def of_reports(viewer: Viewer, wanted: ReportFilter, form: Form, reader: Reader) -> Iterable[bytes]:
    """The reports of a list in its order, and as XLSX their lines. Raises NotAllowed, Invalid."""
    listing(viewer, wanted, limit=1)  # what is refused is refused before anything is sent
    latest = listing(viewer, replace(wanted, order="-cycle"), limit=1).items
    made = latest[0].row.cycle.last_day if latest else NO_DAY
    if form == Form.PDF:
        require_few(counted(viewer, wanted).total)
        return _page_of_reports(viewer, wanted, made, reader)
    table = reports_table((one.row for one in reports_listed(viewer, wanted)), made=made)
    if form == Form.CSV:
        return as_csv(table)
    lines = ((one.row, one.lines or ()) for one in reports_listed(viewer, wanted, with_lines=True))
    return as_xlsx(table, lines_table(lines, made=made))


def _page_of_reports(viewer: Viewer, wanted: ReportFilter, made: date, reader: Reader) -> Iterator[bytes]:
    rows = (one.row for one in islice(reports_listed(viewer, wanted), MOST_ROWS))
    yield pdf(reports_page(rows, wanted, made=made, language=reader.language, say=reader.say), say=reader.say)


def reports_listed(viewer: Viewer, wanted: ReportFilter, *, with_lines: bool = False) -> Iterator[Listed]:
    """The reports of a list, some at a time."""
    after, more = None, True
    while more:
        portion = listing(viewer, wanted, limit=AT_ONCE, after=after, with_lines=with_lines)
        yield from portion.items
        more = portion.more
        after = portion.items[-1].place if portion.items else None


def of_billing(view: BillingView, form: Form, reader: Reader) -> Iterable[bytes]:
    """One billing report."""
    if form == Form.PDF:
        return [pdf(billing.billing_page(view, language=reader.language, say=reader.say), say=reader.say)]
    lines = billing.lines_table(view)
    return table_in(form, lines, billing.reports_table(view), billing.highlights_table(view))
