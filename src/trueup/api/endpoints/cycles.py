"""Cycles: the months, how far their reports are, and which days of usage are missing."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema

from trueup.accounts.rules import Scope, Tier
from trueup.api import paging
from trueup.api.access import Allowed
from trueup.api.callers import Asked
from trueup.api.endpoints.report_shapes import CycleName, Instant
from trueup.api.parameters import Cycle
from trueup.api.schemas import REFUSALS
from trueup.cycles.queries import CycleView, SourceCalendar, cycle_view, source_calendar
from trueup.cycles.rules import CycleStatus, DayState
from trueup.kit.period import Month
from trueup.reports.queries import CyclePage, CycleRow, calendar, cycle_as_seen
from trueup.reports.rules.workflow import Status

router = Router()


class CycleShown(Schema):
    """A month. `closes_at` is when it may be closed; once closed, `as_of` is up to when recorded usage counts. `reports`: those you see."""

    cycle: CycleName
    first_day: date
    last_day: date
    status: CycleStatus
    closes_at: Instant
    closed_at: Instant | None
    as_of: Instant | None
    reports: dict[Status, int]


class Missing(Schema):
    """The days on which a source that is expected daily delivered nothing."""

    source: str
    days: list[date]


class Deadline(Schema):
    """How many reports that wait for their MSP are due at the same instant."""

    at: Instant
    reports: int
    overdue: bool


class CycleDetails(CycleShown):
    """A month as a whole. `generated`: all its reports are there. `missing_days` are null for an MSP, which sees no sources."""

    generated: bool
    first_deadline: Instant | None
    last_deadline: Instant | None
    deadlines: list[Deadline]
    missing_days: list[Missing] | None


class DayOfSource(Schema):
    """What became of a day: `late` came after the month was closed."""

    day: date
    state: DayState


class SourceShown(Schema):
    """A source that is expected daily, with every day of the month."""

    source: str
    missing: int = Field(description="How many days are missing.")
    days: list[DayOfSource]


@router.get(
    "/cycles", response={200: paging.Listed[CycleShown], **REFUSALS}, auth=Allowed(Scope.REPORTS_READ),
    operation_id="list_cycles", summary="All cycles",
)  # fmt: skip
def list_cycles(request: HttpRequest, response: HttpResponse, limit: paging.Limit = paging.USUAL, cursor: paging.Cursor = None) -> Any:
    """The months with usage and all closed ones, the latest first, with the reports you see, counted by status.

    403 `not_allowed`, with the reason, for an MSP without access to usage reports.
    """
    asked: Asked = request  # type: ignore[assignment]
    place = paging.unpacked(cursor, str)
    rows = [row for row in calendar(asked.caller.viewer) if place is None or str(row.view.month) < place[0]]
    return paging.page(request, response, rows[: limit + 1], limit, shown=_shown, place=lambda row: (str(row.view.month),))


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
    sources = source_calendar(asked.caller.viewer, cycle, as_of=view.as_of, now=asked.now)
    rows = sorted((one for one in sources if place is None or one.source > place[0]), key=lambda one: one.source)
    return paging.page(
        request, response, rows[: limit + 1], limit, shown=lambda one: _days(one, cycle), place=lambda one: (one.source,)
    )  # fmt: skip


def _shown(row: CycleRow) -> dict[str, Any]:
    view: CycleView = row.view
    dates = {"closes_at": view.closes_at, "closed_at": view.closed_at, "as_of": view.as_of}
    period = {"first_day": view.month.first_day, "last_day": view.month.last_day}
    return {"cycle": view.month, **period, "status": view.status, **dates, "reports": row.reports}


def _missing(page: CyclePage) -> list[dict[str, Any]]:
    return [_lost(one, page.view.month) for one in page.sources if one.missing]


def _lost(one: SourceCalendar, month: Month) -> dict[str, Any]:
    return {"source": one.source, "days": [day for day, state in zip(month.days, one.days, strict=True) if state == DayState.MISSING]}


def _days(one: SourceCalendar, month: Month) -> dict[str, Any]:
    days = [{"day": day, "state": state} for day, state in zip(month.days, one.days, strict=True)]
    return {"source": one.source, "missing": one.missing, "days": days}
