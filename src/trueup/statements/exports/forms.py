"""Which forms there are of what, what they are called, and how their names end."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final
from urllib.parse import quote

from trueup.kit.errors import Invalid, Problem
from trueup.kit.text import Text, joined, text


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
    Kind.STATEMENTS: (Form.CSV, Form.XLSX, Form.PDF, Form.FOCUS_CSV, Form.FOCUS_PARQUET),
    Kind.REPORT: (Form.CSV, Form.XLSX, Form.PDF),
    Kind.REPORTS: (Form.CSV, Form.XLSX, Form.PDF),
    Kind.BILLING_REPORT: (Form.CSV, Form.XLSX, Form.PDF),
    Kind.CUSTOMER_BILLS: (Form.CSV, Form.XLSX),
    Kind.CYCLE: tuple(Form),
}
"""Which forms there are of what; of a cycle, what an archive can hold."""


WRITTEN: Final[Mapping[Form, tuple[str, str]]] = {
    Form.CSV: (".csv", "text/csv; charset=utf-8"),
    Form.XLSX: (".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    Form.PDF: (".pdf", "application/pdf"),
    Form.FACTUR_X: (".factur-x.pdf", "application/pdf"),
    Form.UBL: (".ubl.xml", "application/xml"),
    Form.FOCUS_CSV: (".focus.csv", "text/csv; charset=utf-8"),
    Form.FOCUS_PARQUET: (".focus.parquet", "application/vnd.apache.parquet"),
}
"""How the name of a file ends, and its media type."""


def form_of(kind: Kind, typed: str) -> Form:
    """A form as somebody wrote it. Raises Invalid, with those there are, for one that is not for this."""
    found = next((form for form in FORMS[kind] if form == typed), None)
    if found is None:
        raise no_form(text("there is no form “{form}” of this: there are {forms}", form=typed, forms=joined(FORMS[kind])))
    return found


def no_form(message: Text) -> Invalid:
    """What is answered where a form is missing or wrong."""
    return Invalid(message, [Problem("form", message, "form", ("form",))])


def ending(form: Form) -> str:
    """How the name of a file in a form ends."""
    return WRITTEN[form][0]


def file_name(name: str, form: Form) -> str:
    """A name that every file system takes, and that no other name becomes: refs may hold anything."""
    safe = "".join(one if one.isalnum() or one in "-_." else quote(one, safe="") for one in name)
    return f"{safe.replace('..', '%2E.')}{ending(form)}"
