"""Every file of final billing, and of reports: which there are of what, made for who asks, streamed."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from trueup.accounts.rules import Viewer
from trueup.kit.period import Month
from trueup.kit.text import Text
from trueup.reports.queries import ReportFilter
from trueup.statements.queries import StatementFilter

Say = Callable[[Text], str]
"""Puts a sentence into a language."""


class Kind(StrEnum):
    """What there are files of."""

    STATEMENT = "statement"
    STATEMENTS = "statements"
    REPORT = "report"
    REPORTS = "reports"
    BILLING_REPORT = "billing_report"
    CUSTOMER_BILLS = "customer_bills"
    CYCLE = "cycle"


class Form(StrEnum):
    """What a file is written in."""

    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"
    FACTUR_X = "factur-x"
    UBL = "ubl"
    FOCUS_CSV = "focus-csv"
    FOCUS_PARQUET = "focus-parquet"


FORMS: Final[Mapping[Kind, tuple[Form, ...]]] = {
    Kind.STATEMENT: tuple(Form),
    Kind.STATEMENTS: (Form.CSV, Form.XLSX, Form.FOCUS_CSV, Form.FOCUS_PARQUET),
    Kind.REPORT: (Form.CSV, Form.XLSX, Form.PDF),
    Kind.REPORTS: (Form.CSV, Form.XLSX),
    Kind.BILLING_REPORT: (Form.CSV, Form.XLSX, Form.PDF),
    Kind.CUSTOMER_BILLS: (Form.CSV, Form.XLSX),
    Kind.CYCLE: tuple(Form),
}
"""Which forms there are of what; of a cycle, what an archive can hold."""


@dataclass(frozen=True, slots=True)
class File:
    """A file to be sent: its content comes in pieces, made while it is read. All that can be refused was refused before."""

    name: str
    media_type: str
    content: Iterable[bytes]


def statement_file(
    viewer: Viewer, number: str, form: Form, *, iso_currency: bool = False, language: str = "en", say: Say = str
) -> File:  # fmt: skip
    """One statement. `iso_currency`: FOCUS is priced in money also where credits are the price.

    `language` and `say` are those of what is read by people. Raises NotFound, Invalid for what can't be in this form.
    """
    raise NotImplementedError


def statements_file(viewer: Viewer, wanted: StatementFilter, form: Form, *, iso_currency: bool = False) -> File:
    """The statements of a list, all of them. Raises Invalid."""
    raise NotImplementedError


def report_file(viewer: Viewer, month: Month, msp: str, form: Form, *, language: str = "en", say: Say = str) -> File:
    """One report. Raises NotFound, NotAllowed, Invalid."""
    raise NotImplementedError


def reports_file(viewer: Viewer, wanted: ReportFilter, form: Form) -> File:
    """The reports of a list, all of them. Raises NotAllowed, Invalid."""
    raise NotImplementedError


def billing_file(viewer: Viewer, month: Month, distributor: str, form: Form, *, language: str = "en", say: Say = str) -> File:
    """One billing report. Raises NotFound, NotAllowed, Invalid."""
    raise NotImplementedError


def customer_bills_file(viewer: Viewer, month: Month, msp: str, form: Form) -> File:
    """What an MSP bills its customers. Raises NotFound, NotAllowed, Invalid."""
    raise NotImplementedError


def cycle_archive(
    viewer: Viewer, month: Month, forms: Iterable[Form], *, iso_currency: bool = False, language: str = "en", say: Say = str
) -> File:  # fmt: skip
    """All that the viewer sees of a cycle as one zip: its statements, reports and billing reports, in each of the forms.

    Raises NotFound for a cycle there is not, Invalid.
    """
    raise NotImplementedError
