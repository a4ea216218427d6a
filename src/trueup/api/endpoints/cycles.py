"""Cycles: the months, how far their reports are, and which days of usage are missing."""

from datetime import date
from typing import Annotated, Any, Final

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema

from trueup.accounts.rules import Scope, Tier
from trueup.api import paging
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.parameters import Cycle, list_of, words
from trueup.api.schemas import REFUSALS, CycleName, Instant, Number
from trueup.cycles.queries import CycleView, SourceCalendar, cycle_view, source_calendar
from trueup.cycles.rules import CycleStatus, DayState
from trueup.kit.errors import Invalid
from trueup.kit.page import no_place
from trueup.kit.period import Month
from trueup.reports.queries import CyclePage, CycleRow, calendar, cycle_as_seen
from trueup.reports.rules.workflow import Status

router = Router()


class CycleFigures(Schema):
    """What the reports you see of a month come to. Units are added up over all lines, whatever they count: to compare months by size."""

    reports: int = Field(description="How many reports these are.")
    chargeable: Number = Field(description="Units that are charged, of all lines.")
    provisioned: Number = Field(description="Units that were provisioned, of all lines.")
    over_provisioned: Number = Field(description="Units that were provisioned beyond those that were used, of lines whose use is known.")
    over_provisioned_percent: Number = Field(description="The same in percent of the provisioned units, with one decimal.")


class CycleShown(Schema):
    """A month and the reports of it that you see."""

    cycle: CycleName
    first_day: date = Field(description="Its first day.")
    last_day: date = Field(description="Its last day.")
    status: CycleStatus = Field(description="`open`: usage may still change it. `closed`: its reports are made.")
    closes_at: Instant = Field(description="When it may be closed, or might have been.")
    closed_at: Instant | None = Field(description="When it was closed; null: it is open.")
    as_of: Instant | None = Field(description="Up to when usage was recorded that its reports know; null: it is open.")
    reports: dict[Status, int] = Field(description="How many reports you see, by their status.")


class CycleListed(CycleShown):
    """The same in a list."""

    figures: CycleFigures | None = Field(None, description="Null unless `expand=figures` asks for them.")


class Missing(Schema):
    """Days on which a source that is expected daily delivered nothing."""

    source: str = Field(description="The code of the source.")
    days: list[date] = Field(description="The days that are missing, in order.")


class Deadline(Schema):
    """Reports that wait for their MSP and are due at the same instant."""

    at: Instant = Field(description="When they are submitted automatically.")
    reports: int = Field(description="How many they are.")
    overdue: bool = Field(description="Whether it has passed: they are about to be submitted.")


class CycleDetails(CycleShown):
    """A month as a whole."""

    generated: bool = Field(description="Whether all its reports are there; until then `reports` counts those made so far.")
    first_deadline: Instant | None = Field(description="The earliest of the deadlines; null: there is none.")
    last_deadline: Instant | None = Field(description="The latest of the deadlines; null: there is none.")
    deadlines: list[Deadline] = Field(description="Of the reports you see that wait for their MSP, the earliest first.")
    missing_days: list[Missing] | None = Field(description="Sources with missing days; null for an MSP, which sees no sources.")


class DayOfSource(Schema):
    """What became of a day."""

    day: date = Field(description="The day.")
    state: DayState = Field(
        description=(
            "`late`: delivered after the month was closed, so that its reports do not know it. `not_expected`: before the first day the "
            "source ever delivered. `to_come`: not over yet."
        )
    )


class SourceShown(Schema):
    """A source that is expected daily, and what became of every day of the month."""

    source: str = Field(description="The code of the source.")
    missing: int = Field(description="How many days are missing.")
    days: list[DayOfSource] = Field(description="Every day of the month, in order.")


_PARTS: Final = ("figures",)

Expand = Annotated[
    Annotated[str, list_of(_PARTS, 100)] | None,
    Field(max_length=100, description="`figures`: each month with what its reports come to."),
]


@router.get(
    "/cycles", response={200: paging.Listed[CycleListed], **REFUSALS}, auth=Allowed(Scope.REPORTS_READ),
    operation_id="list_cycles", summary="All cycles",
)  # fmt: skip
def list_cycles(
    request: HttpRequest, response: HttpResponse, *, expand: Expand = None, limit: paging.Limit = paging.USUAL, cursor: paging.Cursor = None
) -> Any:
    """The months with usage and all closed ones, the latest first, with the reports you see, counted by status.

    403 `not_allowed`, with the reason, for an MSP without access to usage reports.
    """
    asked: Asked = request  # type: ignore[assignment]
    figures = bool(words(expand, "expand", _PARTS))
    rows = calendar(asked.caller.viewer, before=_before(cursor), limit=limit + 1, with_figures=figures)
    return paging.page(request, response, rows, limit, shown=_listed, place=lambda row: (str(row.view.month),))


def _before(cursor: str | None) -> Month | None:
    """The month that the page before ended with."""
    place = paging.unpacked(cursor, str)
    try:
        return Month.parse(place[0]) if place else None
    except Invalid:
        raise no_place() from None


@router.get(
    "/cycles/{cycle}", response={200: CycleDetails, **REFUSALS}, auth=Allowed(Scope.REPORTS_READ),
    operation_id="get_cycle", summary="One cycle",
)  # fmt: skip
def get_cycle(request: HttpRequest, cycle: Cycle) -> Any:
    """Its status and dates, your reports of it by status and deadline, and the days of usage that are missing.

    404 for a month without usage that was never closed. 403 `not_allowed`, with the reason, for an MSP without access to usage reports.
    """
    asked: Asked = request  # type: ignore[assignment]
    page = cycle_as_seen(asked.caller.viewer, cycle, now=asked.now)
    ahead = [one.at for one in page.deadlines]
    return _shown(CycleRow(page.view, page.reports)) | {
        "generated": page.generated,
        "deadlines": page.deadlines,
        "first_deadline": min(ahead, default=None),
        "last_deadline": max(ahead, default=None),
        "missing_days": None if asked.caller.viewer.tier == Tier.MSP else _missing(page),
    }


@router.get(
    "/cycles/{cycle}/calendar", response={200: paging.Listed[SourceShown], **REFUSALS}, auth=Allowed(Scope.REPORTS_READ),
    operation_id="list_cycle_days", summary="Sources × days of a cycle",
)  # fmt: skip
def list_cycle_days(
    request: HttpRequest, response: HttpResponse, cycle: Cycle, limit: paging.Limit = paging.USUAL, cursor: paging.Cursor = None
) -> Any:
    """What became of every day of the month, for each source that is expected daily. 403 `not_allowed` for an MSP."""
    asked: Asked = request  # type: ignore[assignment]
    place = paging.unpacked(cursor, str)
    view = cycle_view(asked.caller.viewer, cycle)
    after = place[0] if place else None
    found = source_calendar(asked.caller.viewer, cycle, as_of=view.as_of, now=asked.now, after=after, limit=limit + 1)
    return paging.page(request, response, found, limit, shown=lambda one: _days(one, cycle), place=lambda one: (one.source,))


def _shown(row: CycleRow) -> dict[str, Any]:
    view: CycleView = row.view
    dates = {"closes_at": view.closes_at, "closed_at": view.closed_at, "as_of": view.as_of}
    period = {"first_day": view.month.first_day, "last_day": view.month.last_day}
    return {"cycle": view.month, **period, "status": view.status, **dates, "reports": row.reports}


def _listed(row: CycleRow) -> dict[str, Any]:
    return _shown(row) | {"figures": row.figures}


def _missing(page: CyclePage) -> list[dict[str, Any]]:
    return [_lost(one, page.view.month) for one in page.sources if one.missing]


def _lost(one: SourceCalendar, month: Month) -> dict[str, Any]:
    return {"source": one.source, "days": [day for day, state in zip(month.days, one.days, strict=True) if state == DayState.MISSING]}


def _days(one: SourceCalendar, month: Month) -> dict[str, Any]:
    days = [{"day": day, "state": state} for day, state in zip(month.days, one.days, strict=True)]
    return {"source": one.source, "missing": one.missing, "days": days}
