"""Every file of final billing, and of reports: which there are of what, made for who asks, streamed."""

from collections.abc import Iterable
from dataclasses import dataclass

from trueup.accounts.rules import Viewer
from trueup.cycles.queries import closed_cycle
from trueup.kit.period import Month
from trueup.kit.text import joined, text
from trueup.reports.queries import ReportFilter, report
from trueup.statements.customers import customer_bills
from trueup.statements.exports.archive import zipped
from trueup.statements.exports.bills import bills_table
from trueup.statements.exports.cycle import entries
from trueup.statements.exports.forms import FORMS, WRITTEN, Form, Kind, ending, file_name, form_of, no_form
from trueup.statements.exports.making import Reader, of_billing, of_report, of_reports, of_statement, of_statements, table_in
from trueup.statements.exports.means import Means
from trueup.statements.exports.pdf import Say
from trueup.statements.queries import StatementFilter, billing_report, statement

__all__ = [
    "FORMS", "File", "Form", "Kind", "Means", "Say", "billing_file", "customer_bills_file", "cycle_archive", "ending", "form_of",
    "report_file", "reports_file", "statement_file", "statements_file",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class File:
    """A file to be sent: its content comes in pieces, made while it is read. All that can be refused was refused before."""

    name: str
    media_type: str
    content: Iterable[bytes]


def statement_file(
    viewer: Viewer, number: str, form: Form | str, *, iso_currency: bool = False, language: str = "en", say: Say = str
) -> File:  # fmt: skip
    """One statement. `iso_currency`: FOCUS is priced in money also where credits are the price.

    `language` and `say` are those of what is read by people. Raises NotFound, Invalid for what can't be in this form.
    """
    chosen = form_of(Kind.STATEMENT, form)
    view = statement(viewer, number)
    made = Reader(language, say, iso_currency)
    return _file(number, chosen, of_statement(view.document, view.row.checksum, chosen, made))


def statements_file(
    viewer: Viewer, wanted: StatementFilter, form: Form | str, *, iso_currency: bool = False, language: str = "en", say: Say = str
) -> File:  # fmt: skip
    """The statements of a list, all of them, the first one first. Raises Invalid."""
    chosen = form_of(Kind.STATEMENTS, form)
    made = Reader(language, say, iso_currency)
    return _file(_listed("statements", wanted.cycle), chosen, of_statements(viewer, wanted, chosen, made))


def report_file(viewer: Viewer, month: Month, msp: str, form: Form | str, *, language: str = "en", say: Say = str) -> File:
    """One report. Raises NotFound, NotAllowed, Invalid."""
    chosen = form_of(Kind.REPORT, form)
    found = of_report(report(viewer, month, msp), chosen, Reader(language, say))
    return _file(f"report-{month}-{msp}", chosen, found)


def reports_file(viewer: Viewer, wanted: ReportFilter, form: Form | str, *, language: str = "en", say: Say = str) -> File:
    """The reports of a list, all of them in its order; as XLSX their lines too. Raises NotAllowed, Invalid."""
    chosen = form_of(Kind.REPORTS, form)
    return _file(_listed("reports", wanted.cycle), chosen, of_reports(viewer, wanted, chosen, Reader(language, say)))


def billing_file(viewer: Viewer, month: Month, distributor: str, form: Form | str, *, language: str = "en", say: Say = str) -> File:
    """One billing report; as XLSX the units of each MSP too. Raises NotFound, NotAllowed, Invalid."""
    chosen = form_of(Kind.BILLING_REPORT, form)
    view = billing_report(viewer, month, distributor)
    return _file(f"billing-report-{month}-{distributor}", chosen, of_billing(view, chosen, Reader(language, say)))


def customer_bills_file(viewer: Viewer, month: Month, msp: str, form: Form | str) -> File:
    """What an MSP bills its customers. Raises NotFound, NotAllowed, Invalid."""
    chosen = form_of(Kind.CUSTOMER_BILLS, form)
    table = bills_table(month, msp, customer_bills(viewer, month, msp))
    return _file(f"customer-bills-{month}-{msp}", chosen, table_in(chosen, table))


def cycle_archive(
    viewer: Viewer, month: Month, forms: Iterable[Form | str], *, iso_currency: bool = False, language: str = "en", say: Say = str,
    means: Means | None = None,
) -> File:  # fmt: skip
    """All that the viewer sees of a cycle as one zip: its statements, reports and billing reports, in each of the forms, adjustments of
    earlier months among them.

    Raises NotFound for a cycle that is not closed, Invalid. What can't be in a form is named, with the reason, in a file of its own.
    `means`: by several processes, kept aside in case it is cut short (`say` goes to other processes then).
    """
    chosen = tuple(dict.fromkeys(form_of(Kind.CYCLE, form) for form in forms))
    if not chosen:
        raise no_form(text("say at least one form of {forms}", forms=joined(FORMS[Kind.CYCLE])))
    cycle = month.cycle
    closed_cycle(viewer, cycle)
    content = zipped(entries(viewer, cycle, chosen, Reader(language, say, iso_currency), means or Means()), made=cycle.last_day)
    return File(f"trueup-{cycle}.zip", "application/zip", content)


def _file(name: str, form: Form, content: Iterable[bytes]) -> File:
    return File(file_name(name, form), WRITTEN[form][1], content)


def _listed(what: str, month: Month | None) -> str:
    return f"{what}-{month}" if month else what
