"""A whole cycle as the files of an archive."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Final

from django.db.models import Max

from trueup.accounts.rules import Viewer
from trueup.kit.errors import Invalid, NotAllowed
from trueup.kit.period import Month
from trueup.kit.text import Text
from trueup.reports.queries import ReportFilter, listing, report
from trueup.statements.exports.archive import Entry
from trueup.statements.exports.forms import FORMS, Form, Kind, file_name
from trueup.statements.exports.making import (
    Reader,
    documents,
    of_billing,
    of_report,
    of_reports,
    of_statement,
    of_statements,
    reports_listed,
)
from trueup.statements.exports.tables import Column, Table, as_csv
from trueup.statements.models import Statement
from trueup.statements.queries import BillingView, StatementFilter, billing_report, billing_reports, filtered

_ALL_IN_ONE: Final = frozenset({Form.FOCUS_CSV, Form.FOCUS_PARQUET})
"""There is one of these for all statements: who reads them reads rows, not documents."""


def entries(viewer: Viewer, month: Month, forms: Iterable[Form], reader: Reader) -> Iterator[Entry]:
    """The files of an archive, each made when its turn comes."""
    left_out: list[dict[str, str]] = []
    for name, make in _wanted(viewer, month, tuple(forms), reader):
        try:
            content = make()
        except Invalid as refused:
            reasons = "; ".join(reader.say(one.message) for one in refused.problems if isinstance(one.message, Text))
            left_out.append({"file": name, "reason": reasons or str(refused)})
        else:
            yield name, content
    if left_out:
        yield "left-out.csv", as_csv(Table("Left out", {"file": Column(), "reason": Column()}, left_out, month.last_day))


_Make = Callable[[], Iterable[bytes]]


def _wanted(viewer: Viewer, month: Month, forms: Sequence[Form], reader: Reader) -> Iterator[tuple[str, _Make]]:
    """What an archive holds: a name, and how its content is made."""
    readable = _reads_reports(viewer, month)
    yield from _lists(viewer, month, forms, reader, readable=readable)
    yield from _of_each_statement(viewer, month, [form for form in forms if form not in _ALL_IN_ONE], reader)
    yield from _of_each_report(viewer, month, _forms_of(Kind.REPORT, forms) if readable else [], reader)
    for view in _billing_reports(viewer, month):
        for form in _forms_of(Kind.BILLING_REPORT, forms):
            yield _entry("billing-reports", f"{view.row.cycle}-{view.row.distributor}", form), partial(of_billing, view, form, reader)


def _forms_of(kind: Kind, forms: Iterable[Form]) -> list[Form]:
    return [form for form in forms if form in FORMS[kind]]


def _reads_reports(viewer: Viewer, month: Month) -> bool:
    """An MSP without access to usage reports has statements all the same."""
    try:
        listing(viewer, _reports_of(month), limit=1)
    except NotAllowed:
        return False
    return True


def _lists(viewer: Viewer, month: Month, forms: Sequence[Form], reader: Reader, *, readable: bool) -> Iterator[tuple[str, _Make]]:
    for form in _forms_of(Kind.STATEMENTS, forms):
        yield file_name("statements", form), partial(of_statements, viewer, StatementFilter(cycle=month), form, reader)
    for form in _forms_of(Kind.REPORTS, forms) if readable else ():
        yield file_name("reports", form), partial(of_reports, viewer, _reports_of(month), form)


def _of_each_statement(viewer: Viewer, month: Month, forms: list[Form], reader: Reader) -> Iterator[tuple[str, _Make]]:
    rows = filtered(Statement.objects.visible_to(viewer), StatementFilter(cycle=month))
    last = rows.aggregate(last=Max("pk"))["last"] if forms else None
    for document, checksum in documents(rows, last):
        for form in forms:
            yield _entry("statements", document["number"], form), partial(of_statement, document, checksum, form, reader)


def _of_each_report(viewer: Viewer, month: Month, forms: list[Form], reader: Reader) -> Iterator[tuple[str, _Make]]:
    for one in reports_listed(viewer, _reports_of(month)) if forms else ():
        view = report(viewer, one.row.cycle, one.row.msp)
        for form in forms:
            yield _entry("reports", f"{one.row.cycle}-{one.row.msp}", form), partial(of_report, view, form, reader)


def _reports_of(month: Month) -> ReportFilter:
    """All of a cycle, adjustments of earlier months too."""
    return ReportFilter(since=month, until=month, order="partner")


def _billing_reports(viewer: Viewer, month: Month) -> Iterator[BillingView]:
    """Those the viewer may read: a vendor not what is still being collected."""
    for row in billing_reports(viewer, month=month):
        try:
            yield billing_report(viewer, row.cycle, row.distributor)
        except NotAllowed:
            continue


def _entry(folder: str, name: str, form: Form) -> str:
    return f"{folder}/{file_name(name, form)}"
