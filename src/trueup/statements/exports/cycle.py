"""A whole cycle as the files of an archive."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from tempfile import SpooledTemporaryFile
from typing import IO, Any, Final

from django.db.models import Max

from trueup.accounts.rules import Viewer
from trueup.kit.errors import Invalid, NotAllowed
from trueup.kit.period import Month
from trueup.kit.text import Text, text
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
from trueup.statements.queries import StatementFilter, billing_report, billing_reports, filtered
from trueup.statements.queries.billing import readable

_log = logging.getLogger(__name__)

_IN_MEMORY: Final = 1_048_576
"""Of one file; what is larger waits on disk for its turn."""
_BYTES_AT_ONCE: Final = 65_536

_ALL_IN_ONE: Final = frozenset({Form.FOCUS_CSV, Form.FOCUS_PARQUET})
"""There is one of these for all statements: who reads them reads rows, not documents."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file that an archive is to hold: its name, and how its content is made."""

    name: str
    make: Callable[[], Iterable[bytes]]


def entries(viewer: Viewer, month: Month, forms: Iterable[Form], reader: Reader) -> Iterator[Entry]:
    """The files of an archive, each made when its turn comes, and whole before it begins: one that can't be made is left out, and named
    with the reason."""
    left_out: list[dict[str, str]] = []
    for one in _wanted(viewer, month, tuple(forms), reader):
        with SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
            reason = _made(one, file, reader)
            if reason:
                left_out.append({"file": one.name, "reason": reason})
            else:
                yield one.name, _pieces(file)
    if left_out:
        yield "left-out.csv", as_csv(Table("Left out", {"file": Column(), "reason": Column()}, left_out, month.last_day))


def _made(wanted: Wanted, file: IO[bytes], reader: Reader) -> str:
    """Make a file; why it can't be made, if it can't."""
    try:
        file.writelines(wanted.make())
    except Invalid as refused:
        return "; ".join(reader.say(one.message) for one in refused.problems if isinstance(one.message, Text)) or str(refused)
    except Exception:  # noqa: BLE001 -- whatever is wrong with one file, the others are still to be had
        _log.exception("%s could not be made", wanted.name)
        return reader.say(text("this file could not be made: the log of the installation says why"))
    return ""


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(_BYTES_AT_ONCE):
        yield piece


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
    for form in _forms_of(Kind.STATEMENTS, forms):
        yield Wanted(file_name("statements", form), partial(of_statements, viewer, StatementFilter(cycle=month), form, reader))
    for form in _forms_of(Kind.REPORTS, forms) if readable else ():
        yield Wanted(file_name("reports", form), partial(of_reports, viewer, _reports_of(month), form))


def _of_each_statement(viewer: Viewer, month: Month, forms: list[Form], reader: Reader) -> Iterator[Wanted]:
    rows = filtered(Statement.objects.visible_to(viewer), StatementFilter(cycle=month))
    last = rows.aggregate(last=Max("pk"))["last"] if forms else None
    for document, checksum in documents(rows, last):
        for form in forms:
            yield _in("statements", document["number"], form, partial(of_statement, document, checksum, form, reader))


def _of_each_report(viewer: Viewer, month: Month, forms: list[Form], reader: Reader) -> Iterator[Wanted]:
    for one in reports_listed(viewer, _reports_of(month)) if forms else ():
        view = cache(partial(report, viewer, one.row.cycle, one.row.msp))
        for form in forms:
            yield _in("reports", f"{one.row.cycle}-{one.row.msp}", form, partial(_of_read, view, of_report, form, reader))


def _of_each_billing_report(viewer: Viewer, month: Month, forms: list[Form], reader: Reader) -> Iterator[Wanted]:
    """Those the viewer may read: a vendor not what is still being collected."""
    for row in billing_reports(viewer, month=month) if forms else ():
        view = cache(partial(billing_report, viewer, row.cycle, row.distributor))
        try:
            readable(viewer, row.cycle, row.distributor)
        except NotAllowed:
            continue
        for form in forms:
            yield _in("billing-reports", f"{row.cycle}-{row.distributor}", form, partial(_of_read, view, of_billing, form, reader))


def _of_read(view: Callable[[], Any], make: Callable[..., Iterable[bytes]], form: Form, reader: Reader) -> Iterable[bytes]:
    """Of what is read when its first file is made, once for all its forms."""
    return make(view(), form, reader)


def _reports_of(month: Month) -> ReportFilter:
    """All of a cycle, adjustments of earlier months too."""
    return ReportFilter(since=month, until=month, order="partner")


def _in(folder: str, name: str, form: Form, make: Callable[[], Iterable[bytes]]) -> Wanted:
    return Wanted(f"{folder}/{file_name(name, form)}", make)
