"""Cycles: the calendar of a month, how far its reports are, what the sources delivered, measuring reports anew."""

from calendar import Calendar
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.formats import get_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from trueup.accounts.queries import installation
from trueup.accounts.rules import Right, Viewer
from trueup.cycles.queries import SourceCalendar
from trueup.cycles.rules import CycleStatus, DayState
from trueup.kit.errors import Invalid
from trueup.kit.period import Month, local_date
from trueup.kit.text import text
from trueup.reports.queries import CyclePage, InboxFilter, InboxRow, cycle_adjustments, cycle_list, cycle_page, inbox, preview
from trueup.reports.rules.workflow import EDITABLE, Status
from trueup.reports.several import MOST_REGENERATED, Chosen, regenerate_each
from trueup.web import words
from trueup.web.page import Request, render
from trueup.web.pages.home import inbox_address
from trueup.web.pages.inbox import report_address
from trueup.web.templatetags.trueup import instant
from trueup.web.whole import month_of

DAY_STATES: Final[words.Words] = {
    DayState.DELIVERED: gettext_lazy("delivered"),
    DayState.LATE: gettext_lazy("delivered after the cycle was closed"),
    DayState.MISSING: gettext_lazy("missing"),
    DayState.NOT_EXPECTED: gettext_lazy("not expected yet"),
    DayState.TO_COME: gettext_lazy("to come"),
}
MARKS: Final = {DayState.DELIVERED: "✓", DayState.LATE: "!", DayState.MISSING: "✗", DayState.NOT_EXPECTED: "–", DayState.TO_COME: "·"}
_MOMENT: Final = timedelta(microseconds=1)
"""A deadline is the midnight that ends its day."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many reports are in a state, and the list of them."""

    status: Status
    count: int
    address: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens on a day. `tone` is the look of its badge."""

    words: str
    tone: str


@dataclass(frozen=True, slots=True)
class Day:
    """A day in the calendar; None for one of another month, which stays empty."""

    day: date | None
    events: tuple[Event, ...] = ()
    today: bool = False


@dataclass(frozen=True, slots=True)
class Leaf:
    """A month of the calendar, week by week."""

    month: Month
    weekdays: tuple[date, ...]
    weeks: tuple[tuple[Day, ...], ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of a source: its state in a mark and in words."""

    day: date
    state: DayState
    mark: str
    words: str


@dataclass(frozen=True, slots=True)
class Source:
    """A source and what became of each day; `missing` and `late` are the days to worry about."""

    code: str
    cells: tuple[Cell, ...]

    @property
    def missing(self) -> tuple[date, ...]:
        """Days nothing was delivered for."""
        return tuple(cell.day for cell in self.cells if cell.state == DayState.MISSING)

    @property
    def late(self) -> tuple[date, ...]:
        """Days delivered too late for the cycle."""
        return tuple(cell.day for cell in self.cells if cell.state == DayState.LATE)


@dataclass(frozen=True, slots=True)
class Result:
    """What measuring a report anew came to. `lines`: how many changed; `refusal` is empty where it was done."""

    name: str
    address: str
    lines: int
    refusal: str


@require_GET
def cycles(request: Request) -> HttpResponse:
    """All months, the latest first, with how far their reports are."""
    rows = cycle_list(request.viewer)
    shown = [(row, _counts(row.view.month, row.reports), sum(row.reports.values())) for row in rows]
    return render(request, "web/cycles/cycles.html", {"rows": shown, "zone": installation().time_zone, "statuses": list(Status)})


@require_GET
def cycle(request: Request, month: str) -> HttpResponse:
    """One month as a whole."""
    return _show(request, month_of(month))


def _show(
    request: Request, month: Month, *, results: Sequence[Result] = (), comment: str = "", error: str = "", status: int = 200
) -> HttpResponse:
    viewer, now = request.viewer, request.now
    page, zone = cycle_page(viewer, month, now=now), installation().time_zone
    sources = [_source(month, one) for one in page.sources]
    context = {
        "page": page,
        "month": month,
        "zone": zone,
        "counts": _counts(month, page.reports),
        "adjustments": [
            (one.month, [count for count in _counts(one.month, one.reports) if count.count]) for one in cycle_adjustments(viewer, month)
        ],
        "leaves": _leaves(page, sources, local_date(now, zone), zone),
        "sources": sources,
        "states": [(state, MARKS[state], words.word(DAY_STATES, state)) for state in DayState],
        "incomplete": [one for one in sources if one.missing or one.late],
        "editable": _editable(viewer, page, month),
        "results": results,
        "comment": comment,
        "error": error,
        "most_at_once": MOST_REGENERATED,
    }
    return render(request, "web/cycles/cycle.html", context, status=status)


def _counts(month: Month, reports: Mapping[Status, int]) -> list[Count]:
    return [Count(status, reports[status], inbox_address(month, status)) for status in Status]


def _editable(viewer: Viewer, page: CyclePage, month: Month) -> list[InboxRow]:
    """The reports that the viewer may have measured anew, by partner."""
    if not viewer.may(Right.REVIEW) or page.view.status != CycleStatus.CLOSED:
        return []
    found: list[InboxRow] = []
    for status in sorted(EDITABLE):
        if page.reports[status]:
            found += inbox(viewer, InboxFilter(cycle=month, status=status, order="partner"), per_page=500).items
    return found


def _source(month: Month, found: SourceCalendar) -> Source:
    days = zip(month.days, found.days, strict=True)
    return Source(found.source, tuple(Cell(day, state, MARKS[state], words.word(DAY_STATES, state)) for day, state in days))


# ── the calendar ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _leaves(page: CyclePage, sources: Sequence[Source], today: date, zone: str) -> list[Leaf]:
    """The month itself, and those after it in which something happens with it."""
    events = _events(page, sources, zone)
    months = sorted({page.view.month, *(Month.of(day) for day in events)})
    return [_leaf(month, events, today) for month in months]


def _events(page: CyclePage, sources: Sequence[Source], zone: str) -> dict[date, list[Event]]:
    found: defaultdict[date, list[Event]] = defaultdict(list)
    for source in sources:
        for day in source.missing:
            found[day].append(Event(_("%(source)s missing") % {"source": source.code}, "bad"))
    view = page.view
    if view.closed_at is None:
        found[local_date(view.closes_at, zone)].append(Event(_("Closes, %(time)s") % {"time": _time(view.closes_at, zone)}, "info"))
    else:
        found[local_date(view.closed_at, zone)].append(Event(_("Closed, %(time)s") % {"time": _time(view.closed_at, zone)}, "good"))
    for day, ahead in groupby(page.deadlines, key=lambda one: local_date(one.at - _MOMENT, zone)):
        due = list(ahead)
        count = sum(one.reports for one in due)
        said = ngettext("Deadline of %(count)s report", "Deadline of %(count)s reports", count) % {"count": count}
        found[day].append(Event(said, "bad" if due[0].overdue else "warn"))
    return found


def _time(at: datetime, zone: str) -> str:
    return instant(at, zone).partition(", ")[2].partition(" (")[0]


def _leaf(month: Month, events: Mapping[date, Sequence[Event]], today: date) -> Leaf:
    first = int(get_format("FIRST_DAY_OF_WEEK") or 0)
    weeks = Calendar((first - 1) % 7).monthdatescalendar(month.year, month.month)
    inside = [
        tuple(Day(day, tuple(events.get(day, ())), today=day == today) if Month.of(day) == month else Day(None) for day in week)
        for week in weeks
    ]
    return Leaf(month, tuple(weeks[0]), tuple(inside))


# ── measuring anew ────────────────────────────────────────────────────────────────────────────────────────────────────


@require_POST
def cycle_regenerate(request: Request, month: str) -> HttpResponse:
    """Measure the chosen reports anew from all usage known by now; what each came to is shown."""
    cycle_page(request.viewer, month_of(month), now=request.now)
    request.viewer.require(Right.REVIEW, text("regenerate this report"))
    chosen, comment = request.POST.getlist("msp"), request.POST.get("comment", "")
    if not chosen:
        messages.info(request, _("No report was selected."))
        return HttpResponseRedirect(reverse("cycle", args=[month]) + "#measure-anew")
    if len(chosen) > MOST_REGENERATED:
        error = text("{count} reports are selected; at most {most} are measured anew at once", count=len(chosen), most=MOST_REGENERATED)
        return _show(request, month_of(month), comment=comment, error=error, status=400)
    return _regenerate(request, month_of(month), chosen, comment)


def _regenerate(request: Request, month: Month, chosen: Sequence[str], comment: str) -> HttpResponse:
    names = {one.row.msp: one.row.msp_name for one in preview(request.viewer, [(month, msp) for msp in chosen])}
    anew = [Chosen(month, msp, None) for msp in names]  # whatever they are by now: nobody has read them on this page
    try:
        done = regenerate_each(request.viewer, anew, now=request.now, comment=comment)
    except Invalid as error:
        return _show(request, month, comment=comment, error=error.message, status=400)
    results = [
        Result(names[one.of.msp], report_address(month, one.of.msp), one.lines, one.refusal.message if one.refusal else "") for one in done
    ]
    return _show(request, month, results=results)


urls = [
    path("cycles/", cycles, name="cycles"),
    path("cycles/<str:month>/", cycle, name="cycle"),
    path("cycles/<str:month>/regenerate/", cycle_regenerate, name="cycle_regenerate"),
]
