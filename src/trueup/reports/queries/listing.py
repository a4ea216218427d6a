"""A list of reports for programs: what anybody sees, narrowed and sorted like the inbox, read on from where the last page ended."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from itertools import accumulate
from typing import Any, Final

from django.db.models import Q

from trueup.accounts.rules import Tier, Viewer
from trueup.events.snapshot import snapshot
from trueup.kit.errors import Invalid
from trueup.kit.page import no_place
from trueup.kit.period import Month, instant_text, parse_instant
from trueup.kit.quantity import plain
from trueup.reports.measuring import state_of
from trueup.reports.models import ReportLine
from trueup.reports.queries.inbox import COLUMNS, ORDERS, InboxFilter, InboxRow, beyond, count_by, narrowed, ordering, row_of, sortable
from trueup.reports.queries.lists import readable
from trueup.reports.queries.one import LineView, line_view
from trueup.reports.rules.copies import copied_terms
from trueup.reports.rules.workflow import EDITABLE, Status, Submission

MOST_LINES: Final = 5_000
"""Lines of one portion of the list, where they are asked for; a report is never parted, so that a long one may have more."""

_LINE_COUNT: Final = COLUMNS.index("line_count")

Place = tuple[str, str, str, str, int]
"""Where a report stands in a list: by what it is sorted, its value of that, its cycle, its MSP, its id."""


@dataclass(frozen=True, slots=True)
class ReportFilter(InboxFilter):
    """What is asked for. `since` and `until` are the first and the last cycle, `msp` and `distributor` are refs.

    `waiting` leaves what waits for the viewer's account: of an MSP what it has to prepare or correct, of a distributor what it has to
    review, or to prepare on behalf of an MSP.
    """

    status: Status | None = None
    order: str = "-cycle"
    since: Month | None = None
    until: Month | None = None
    msp: str | None = None
    distributor: str | None = None
    waiting: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """A report in a list, where it stands in it, and its lines if they were asked for."""

    row: InboxRow
    place: Place
    lines: tuple[LineView, ...] | None = None


@dataclass(frozen=True, slots=True)
class Portion:
    """Reports of a list that follow each other; `more`: others follow these."""

    items: tuple[Listed, ...]
    more: bool


def listing(viewer: Viewer, filters: ReportFilter, *, limit: int, after: Place | None = None, with_lines: bool = False) -> Portion:
    """At most `limit` of the reports somebody sees, those behind the place `after`.

    The lines of all of them are one read; with them a portion ends before the report that would bring it beyond MOST_LINES.
    Raises NotAllowed, with the reason, for an MSP without access to usage reports, Invalid for a filter, an order or a place there is not.
    """
    order = ordering(filters.order)
    behind = _behind(after, filters.order, order)
    with snapshot():
        found = narrowed(sortable(readable(viewer)), filters).filter(_more(viewer, filters), behind).order_by(*order)
        rows = list(found.values_list(*COLUMNS, "pk", order[0].removeprefix("-"), "terms")[: limit + 1])
        told = rows[:limit]
        if with_lines:
            told = told[: _within([row[_LINE_COUNT] for row in told])]
        lines = _lines({pk: terms for *_, pk, _, terms in told}) if with_lines else {}
    items = tuple(_listed(columns, pk, value, filters.order, lines.get(pk)) for *columns, pk, value, _ in told)
    return Portion(items, more=len(rows) > len(told))


@dataclass(frozen=True, slots=True)
class Counted:
    """How many reports there are: altogether; for each status, and each way to come under review, under the other filters."""

    total: int
    statuses: dict[Status, int]
    submissions: dict[Submission, int]


def counted(viewer: Viewer, filters: ReportFilter) -> Counted:
    """How many reports a list has, and what it could be narrowed to. Raises NotAllowed, Invalid as `listing`."""
    with snapshot():
        seen = readable(viewer).filter(_more(viewer, filters))
        statuses = count_by(narrowed(seen, replace(filters, status=None)), "status")
        submissions = count_by(narrowed(seen, replace(filters, submission=None)), "submission")
        total = narrowed(seen, filters).count()
    return Counted(
        total, {one: statuses.get(one, 0) for one in Status}, {one: submissions.get(one, 0) for one in Submission}
    )  # fmt: skip


def _within(counts: Sequence[int]) -> int:
    """How many reports, of so many lines each, come to MOST_LINES at most; the first one does, whatever it has."""
    sums = accumulate(counts)
    return max(1, sum(lines <= MOST_LINES for lines in sums))


def _more(viewer: Viewer, filters: ReportFilter) -> Q:
    """What the inbox does not ask."""
    wanted = Q()
    if filters.since is not None:
        wanted &= Q(cycle__first_day__gte=filters.since.first_day)
    if filters.until is not None:
        wanted &= Q(cycle__first_day__lte=filters.until.first_day)
    if filters.msp is not None:
        wanted &= Q(msp_ref=filters.msp)
    if filters.distributor is not None:
        wanted &= Q(distributor_ref=filters.distributor)
    return wanted & _waits_for(viewer) if filters.waiting else wanted


def _waits_for(viewer: Viewer) -> Q:
    """What somebody of the viewer's account has to do something about; of the clock and the operator, anybody."""
    to_prepare, to_review = Q(status__in=EDITABLE), Q(status=Status.UNDER_REVIEW)
    if viewer.sees_all:
        return to_prepare | to_review
    if viewer.tier == Tier.MSP:
        return to_prepare & Q(has_access=True)
    if viewer.tier == Tier.DISTRIBUTOR:
        return to_review | (to_prepare & Q(has_access=False))
    return Q(pk__in=())


def _lines(terms: dict[int, Any]) -> dict[int, tuple[LineView, ...]]:
    """The lines of reports, by their ids, given the terms they copied."""
    found: dict[int, list[LineView]] = {report_id: [] for report_id in terms}
    agreed = {report_id: copied_terms(copy) for report_id, copy in terms.items()}
    for line in ReportLine.objects.filter(report_id__in=list(terms)).order_by("report_id", "position", "service_code"):
        found[line.report_id].append(line_view(line, state_of(line), agreed[line.report_id]))
    return {report_id: tuple(own) for report_id, own in found.items()}


def _listed(columns: Sequence[Any], pk: int, value: Any, order: str, lines: tuple[LineView, ...] | None) -> Listed:
    row = row_of(columns)
    return Listed(row, (order, _written(value), str(row.cycle), row.msp, pk), lines)


def _written(value: Any) -> str:
    if isinstance(value, datetime):
        return instant_text(value)
    return plain(value) or "0" if isinstance(value, Decimal) else str(value)


def _behind(place: Place | None, asked: str, order: Sequence[str]) -> Q:
    """Everything behind a place. Raises Invalid for one of another list, or of none."""
    if place is None:
        return Q()
    try:
        return beyond(_read(place, asked), order)
    except (ValueError, ArithmeticError, Invalid):
        raise no_place() from None


def _read(place: Place, asked: str) -> list[Any]:
    """The values of the columns a list is sorted by. Raises ValueError, ArithmeticError, Invalid."""
    ordered, value, cycle, msp, pk = place
    if ordered != asked:
        raise ValueError(ordered)
    read = _READ.get(ORDERS[asked.removeprefix("-")], _count)
    return [read(value), Month.parse_report(cycle).cycle.first_day, msp, pk]


def _count(written: str) -> int:
    count = int(written)
    if not 0 <= count < 2**31:
        raise ValueError(written)
    return count


def _units(written: str) -> Decimal:
    """Units of a whole report, as the columns hold them."""
    units = Decimal(written)
    if not units.is_finite() or not 0 <= units < 10**24:
        raise ValueError(written)
    return units


_READ: dict[str, Callable[[str], Any]] = {
    "stake": _units,
    "total_chargeable": _units,
    "searched": str,
    "cycle__first_day": date.fromisoformat,
    "deadline_at": parse_instant,
    "submitted_or_never": parse_instant,
}
"""How the values of columns are read back; the others are counts."""
