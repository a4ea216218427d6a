"""A whole cycle as the files of an archive."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache, partial
from hashlib import sha256
from typing import Final

from django.db.models import Max

from trueup import __version__
from trueup.accounts.rules import Viewer
from trueup.kit.errors import NotAllowed
from trueup.kit.period import Month
from trueup.reports.queries import ReportFilter, counted, listing, report
from trueup.statements.exports.archive import Entry
from trueup.statements.exports.archiving import Wanted, made, pieces
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
from trueup.statements.exports.means import Means
from trueup.statements.exports.tables import Column, Table, as_csv
from trueup.statements.models import Statement
from trueup.statements.queries import BillingView, StatementFilter, billing_report, billing_reports, filtered
from trueup.statements.queries.billing import readable

_ALL_IN_ONE: Final = frozenset({Form.FOCUS_CSV, Form.FOCUS_PARQUET})
"""There is one of these for all statements: who reads them reads rows, not documents."""

MANY: Final = 200
"""Files that are worth the start of further processes."""


def entries(viewer: Viewer, month: Month, forms: Sequence[Form], reader: Reader, means: Means) -> Iterator[Entry]:
    """The files of an archive, each whole before it begins: one that can't be made is left out, and named with the reason."""
    left_out: list[dict[str, str]] = []
    count = _count(viewer, month, forms)
    means.progress.start("Writing", count)
    by = means if count >= MANY else replace(means, processes=1)
    for one, found in made(_wanted(viewer, month, forms, reader), reader.say, by):
        if isinstance(found, str):
            left_out.append({"file": one.name, "reason": found})
        else:
            yield one.name, pieces(found)
    if left_out:
        yield "left-out.csv", as_csv(Table("Left out", {"file": Column(), "reason": Column()}, left_out, month.last_day))
    means.progress.finish()


def _count(viewer: Viewer, month: Month, forms: Sequence[Form]) -> int:
    """About how many files there will be: some may be left out."""
    readable = _reads_reports(viewer, month)
    single = [form for form in forms if form not in _ALL_IN_ONE]
    statements = filtered(Statement.objects.visible_to(viewer), StatementFilter(cycle=month)).count()
    reports = counted(viewer, _reports_of(month)).total if readable else 0
    per_report, per_billing = (len(_forms_of(kind, forms)) for kind in (Kind.REPORT, Kind.BILLING_REPORT))
    lists = len(_forms_of(Kind.STATEMENTS, forms)) + (len(_forms_of(Kind.REPORTS, forms)) if readable else 0)
    billing = len(billing_reports(viewer, month=month)) if per_billing else 0
    return lists + statements * len(single) + reports * per_report + billing * per_billing


def _wanted(viewer: Viewer, month: Month, forms: Sequence[Form], reader: Reader) -> Iterator[Wanted]:
    """All that an archive holds."""
    readable = _reads_reports(viewer, month)
    yield from _lists(viewer, month, forms, reader, readable=readable)
    yield from _of_each_statement(viewer, month, [form for form in forms if form not in _ALL_IN_ONE], reader)
    yield from _of_each_report(viewer, month, _forms_of(Kind.REPORT, forms) if readable else [], reader)
    yield from _of_each_billing_report(viewer, month, _forms_of(Kind.BILLING_REPORT, forms), reader)


def _forms_of(kind: Kind, forms: Iterable[Form]) -> list[Form]:
    return [form for form in forms if form in FORMS[kind]]


def _reads_reports(viewer: Viewer, month: Month) -> bool:
    """An MSP without access to usage reports has statements all the same."""
    try:
        listing(viewer, _reports_of(month), limit=1)
    except NotAllowed:
        return False
    return True


def _lists(viewer: Viewer, month: Month, forms: Sequence[Form], reader: Reader, *, readable: bool) -> Iterator[Wanted]:
    wanted = StatementFilter(cycle=month)
    said = sha256(str(viewer.account_id).encode())  # what is owed and what one owes is told apart: a list is of an account
    if _forms_of(Kind.STATEMENTS, forms):
        rows = filtered(Statement.objects.visible_to(viewer), wanted).order_by("pk").values_list("checksum", flat=True)
        for checksum in rows.iterator():
            said.update(checksum.encode())
    for form in _forms_of(Kind.STATEMENTS, forms):
        key = _key(f"statements {said.hexdigest()}", form, reader)
        yield Wanted(file_name("statements", form), partial(of_statements, viewer, wanted, form, reader), key)
    for form in _forms_of(Kind.REPORTS, forms) if readable else ():
        yield Wanted(file_name("reports", form), partial(of_reports, viewer, _reports_of(month), form, reader))


def _of_each_statement(viewer: Viewer, month: Month, forms: list[Form], reader: Reader) -> Iterator[Wanted]:
    rows = filtered(Statement.objects.visible_to(viewer), StatementFilter(cycle=month))
    last = rows.aggregate(last=Max("pk"))["last"] if forms else None
    for document, checksum in documents(rows, last):
        for form in forms:
            make = partial(of_statement, document, checksum, form, reader)
            yield Wanted(_within("statements", document["number"], form), make, _key(checksum, form, reader), apart=True)


def _of_each_report(viewer: Viewer, month: Month, forms: list[Form], reader: Reader) -> Iterator[Wanted]:
    """What a report says is read here, and written wherever there is time for it."""
    for one in reports_listed(viewer, _reports_of(month)) if forms else ():
        try:
            view = report(viewer, one.row.cycle, one.row.msp)
        except Exception as error:  # noqa: BLE001 -- it is this report's alone: the archive says so, and goes on
            for form in forms:
                yield Wanted(_within("reports", f"{one.row.cycle}-{one.row.msp}", form), partial(_fails, error))
            continue
        for form in forms:
            name, key = _within("reports", f"{one.row.cycle}-{one.row.msp}", form), _key(repr(view), form, reader)
            yield Wanted(name, partial(of_report, view, form, reader), key, apart=True)


def _fails(error: Exception) -> Iterable[bytes]:
    raise error


def _of_each_billing_report(viewer: Viewer, month: Month, forms: list[Form], reader: Reader) -> Iterator[Wanted]:
    """Those the viewer may read: a vendor not what is still being collected. One is read when its first file is made."""
    for row in billing_reports(viewer, month=month) if forms else ():
        view = cache(partial(billing_report, viewer, row.cycle, row.distributor))
        try:
            readable(viewer, row.cycle, row.distributor)
        except NotAllowed:
            continue
        for form in forms:
            yield Wanted(_within("billing-reports", f"{row.cycle}-{row.distributor}", form), partial(_of_billing, view, form, reader))


def _of_billing(view: Callable[[], BillingView], form: Form, reader: Reader) -> Iterable[bytes]:
    return of_billing(view(), form, reader)


def _key(said: str, form: Form, reader: Reader) -> str:
    """What a file follows from: what it says, in which form, for whom, by which TrueUp."""
    parts = (__version__, form, reader.language, reader.priced, said)
    return sha256("\n".join(parts).encode()).hexdigest()


def _reports_of(month: Month) -> ReportFilter:
    """All of a cycle, adjustments of earlier months too."""
    return ReportFilter(since=month, until=month, order="partner")


def _within(folder: str, name: str, form: Form) -> str:
    return f"{folder}/{file_name(name, form)}"
