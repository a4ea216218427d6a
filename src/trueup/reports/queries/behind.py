"""The customers behind the lines of a report, from the ledger as it was pinned."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from operator import attrgetter
from typing import NamedTuple

from django.conf import settings

from trueup.accounts.models import Account
from trueup.accounts.rules import Viewer
from trueup.events.snapshot import snapshot
from trueup.kit.chunks import chunks
from trueup.kit.errors import Invalid, NotFound
from trueup.kit.page import no_place
from trueup.kit.period import Month
from trueup.kit.quantity import Credits, Quantity
from trueup.kit.text import text
from trueup.ledger.figures import CustomerShare, line_customers
from trueup.ledger.rules.measures import MeasuredService
from trueup.reports.access import to_read
from trueup.reports.measuring import as_copied, services_of, to_measure
from trueup.reports.models import Report, ReportLine
from trueup.reports.queries.keeping import Kept
from trueup.reports.queries.one import lines_of
from trueup.reports.rules.searching import folded, searchable

SHARES_KEPT = 20_000
"""So many customers of lines are kept in the memory of a process: about 0.5 KB each."""


@dataclass(frozen=True, slots=True)
class CustomerFigures:
    """One customer's part of a line; the parts add up to it exactly."""

    customer: str
    name: str
    provisioned: Quantity
    used: Quantity | None
    credits: Credits | None


@dataclass(frozen=True, slots=True)
class CustomerOfLine:
    """One customer's part of one line; `position` is where the line stands in the report."""

    position: int
    service: str
    unit: str
    decimals: int
    figures: CustomerFigures

    @property
    def place(self) -> tuple[int, str, str]:
        """Where it stands among the customers of all lines."""
        return self.position, self.service, self.figures.customer


class _Key(NamedTuple):
    """The customers of a line as they were known at its pin."""

    ledger: str
    month: Month
    msp_id: int
    service_id: int
    as_of: datetime


KEPT: Kept[_Key, list[CustomerShare]] = Kept(SHARES_KEPT)


class _Behind:
    """What is behind the lines of a report. What their measures need is asked for only if the ledger is."""

    def __init__(self, found: Report, month: Month) -> None:
        self._found, self._month = found, month

    def shares(self, line: ReportLine) -> list[CustomerShare]:
        """The customers of a line, by id."""
        found = self._found
        key = _Key(str(settings.TRUEUP_LEDGER_URL), self._month, found.msp_id, line.service_id, found.as_of)
        return KEPT.get(key, lambda: self._read(key))

    def _read(self, key: _Key) -> list[CustomerShare]:
        return line_customers(key.month, as_of=key.as_of, msp_id=key.msp_id, service_id=key.service_id, services=self._services)

    @cached_property
    def _services(self) -> list[MeasuredService]:
        return to_measure(as_copied(services_of(self._month), self._found.lines.all()))


def customers(
    viewer: Viewer, month: Month, msp: str, service: str, *, search: str = "", order: str = "customer", after: str | None = None
) -> list[CustomerFigures]:
    """The customers behind a line; all of them add up to the line exactly. `after` a customer: only those that follow it.

    `search` leaves those whose ref or name contains it. `order` is a field of `CustomerFigures`, with `-` before it from the highest
    down; unknown figures come last. Raises NotFound, NotAllowed, Invalid for an order or a customer there is not.
    """
    found = to_read(viewer, month, msp)
    line = found.lines.filter(service_code=service).first()
    if line is None:
        raise NotFound(text("the report has no line for a service “{service}”", service=service))
    (figures,) = _named([_Behind(found, month).shares(line)])
    wanted = folded(search)
    shown = _ordered([one for one in figures if wanted in searchable(one.customer, one.name)], order)
    return shown if after is None else _following(shown, after)


def report_customers(viewer: Viewer, month: Month, msp: str) -> dict[str, list[CustomerFigures]]:
    """The customers behind every line of a report, by service code, each as in `customers`. One reading of the ledger for each line.

    Raises NotFound, NotAllowed.
    """
    with snapshot():
        found = to_read(viewer, month, msp)
        lines = lines_of(found)
    return customers_behind(found, lines)


def customers_behind(found: Report, wanted: Sequence[ReportLine]) -> dict[str, list[CustomerFigures]]:
    """The customers behind some lines of a report that was found for its viewer, by service code, as in `customers`."""
    behind = _Behind(found, found.cycle.month)
    figures = _named([behind.shares(line) for line in wanted])
    return {line.service_code: own for line, own in zip(wanted, figures, strict=True)}


def customers_from(
    viewer: Viewer, month: Month, msp: str, *, limit: int, after: tuple[int, str, str] | None = None
) -> list[CustomerOfLine]:
    """At most `limit` of the customers behind all lines, in the order of the lines, then by ref.

    Only lines that are needed are read from the ledger. Raises NotFound, NotAllowed.
    """
    with snapshot():
        found = to_read(viewer, month, msp)
        lines = [line for line in lines_of(found) if after is None or (line.position, line.service_code) >= after[:2]]
    # Of the first line some may have been told before.
    read = list(_enough(_Behind(found, month), lines, limit, first=0 if after is None else 1))
    figures = _named([shares for _, shares in read])
    told = (_of(line, one) for (line, _), own in zip(read, figures, strict=True) for one in own)
    return [one for one in told if after is None or one.place > after][:limit]


def _enough(behind: _Behind, lines: Sequence[ReportLine], limit: int, *, first: int) -> Iterator[tuple[ReportLine, list[CustomerShare]]]:
    """Lines with their customers, until so many are there; those of the `first` lines are not counted."""
    there = 0
    for index, line in enumerate(lines):
        shares = behind.shares(line)
        yield line, shares
        there += len(shares) if index >= first else 0
        if there >= limit:
            return


def _of(line: ReportLine, figures: CustomerFigures) -> CustomerOfLine:
    return CustomerOfLine(line.position, line.service_code, line.unit, line.decimals, figures)


def _named(shares: Sequence[Sequence[CustomerShare]]) -> list[list[CustomerFigures]]:
    """The customers of some lines by ref, with their names."""
    ids = sorted({share.customer_id for own in shares for share in own})
    # Whoever may read the report may read whom it is made of, also when a customer has moved on since.
    known = dict(zip(ids, names_of(ids), strict=True))
    return [
        sorted(
            (CustomerFigures(*known[share.customer_id], share.provisioned, share.used, share.credits) for share in own),
            key=attrgetter("customer"),
        )
        for own in shares
    ]


def names_of(account_ids: list[int]) -> list[tuple[str, str]]:
    """(ref, name) of accounts, in the same order."""
    found: dict[int, tuple[str, str]] = {}
    for some in chunks(account_ids):
        rows = Account.objects.filter(pk__in=some).values_list("pk", "ref", "name")
        found |= {pk: (ref, name) for pk, ref, name in rows}
    return [found[account_id] for account_id in account_ids]


def names_by_ref(account_refs: Sequence[str]) -> dict[str, tuple[int, str]]:
    """(id, name) of accounts that were found for their viewer, by ref."""
    found: dict[str, tuple[int, str]] = {}
    for some in chunks(account_refs):
        rows = Account.objects.filter(ref__in=some).values_list("ref", "pk", "name")
        found |= {ref: (pk, name) for ref, pk, name in rows}
    return found


def _ordered(figures: list[CustomerFigures], order: str) -> list[CustomerFigures]:
    """In the order asked for; of equals, and of unknown ones, by ref."""
    name = order.removeprefix("-")
    if name not in CustomerFigures.__dataclass_fields__:
        raise Invalid(text("customers cannot be sorted by “{order}”", order=name))
    known = [one for one in figures if getattr(one, name) is not None]
    unknown = [one for one in figures if getattr(one, name) is None]
    return sorted(known, key=attrgetter(name), reverse=order.startswith("-")) + unknown


def _following(figures: list[CustomerFigures], customer: str) -> list[CustomerFigures]:
    """What follows a customer. Raises Invalid for one that is not there (any more)."""
    at = next((index for index, one in enumerate(figures) if one.customer == customer), None)
    if at is None:
        raise no_place()
    return figures[at + 1 :]
