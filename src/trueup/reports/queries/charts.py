"""What is behind the lines of a report day by day, and why these days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import NamedTuple

from django.conf import settings

from trueup.accounts.rules import Viewer
from trueup.catalog.rules import Measure, MeasureName
from trueup.events.snapshot import snapshot
from trueup.kit.errors import NotFound
from trueup.kit.period import Month
from trueup.kit.quantity import Credits, Quantity
from trueup.kit.text import Text, text
from trueup.ledger.figures import DayTotals, msp_days
from trueup.reports.access import to_read
from trueup.reports.measuring import measured_of
from trueup.reports.models import Report, ReportLine
from trueup.reports.queries.keeping import Kept
from trueup.reports.rules.reasons import Explained, Series, why

LINES_KEPT = 5_000
"""The days of so many lines are kept in the memory of a process: about 12 KB each."""


@dataclass(frozen=True, slots=True)
class DayFigures:
    """What a line came to on one day; `chosen`: its figures are those of this day."""

    day: date
    provisioned: Quantity
    used: Quantity | None
    credits: Credits | None
    chosen: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """The days of a line in order, and the sentence that says how its figures came about."""

    service: str
    service_name: str
    unit: str
    decimals: int
    days: tuple[DayFigures, ...]
    why: Text


class _Key(NamedTuple):
    """A report's days as they were known at its pin."""

    ledger: str
    month: Month
    msp_id: int
    vendor_id: int
    as_of: datetime


KEPT: Kept[_Key, dict[int, list[DayTotals]]] = Kept(LINES_KEPT)


def sparklines(viewer: Viewer, month: Month, msp: str) -> dict[str, tuple[DayFigures, ...]]:
    """Every day of every line of a report, by service code, in one reading of the ledger at most. Raises NotFound, NotAllowed."""
    with snapshot():  # the lines as of the pin of the report
        found = to_read(viewer, month, msp)
        lines = list(found.lines.values_list("service_code", "service_id", "service__group__vendor_id", "days"))
    totals = _totals(found, month, {vendor_id for _, _, vendor_id, _ in lines})
    return {code: _figures(chosen, totals.get(service_id) or _nothing(month)) for code, service_id, _, chosen in lines}


def chart(viewer: Viewer, month: Month, msp: str, service: str) -> Chart:
    """The days of one line and why its figures are as they are. Raises NotFound, NotAllowed."""
    lines, totals = _days_of(viewer, month, msp)
    line = next((line for line in lines if line.service_code == service), None)
    if line is None:
        raise NotFound(text("the report has no line for a service “{service}”", service=service))
    group = [totals[other.service_id] for other in lines if other.group_id == line.group_id and other.service_id in totals]
    own: Series = totals.get(line.service_id, ())
    explained = Explained(
        Measure(MeasureName(line.measure), line.percentile), line.service_name, line.group_name, line.unit, line.decimals,
        measured_of(line), own, group,
    )  # fmt: skip
    return Chart(
        line.service_code,
        line.service_name,
        line.unit,
        line.decimals,
        _figures(line.days, totals.get(line.service_id) or _nothing(month)),
        why(explained),
    )


def days(viewer: Viewer, month: Month, msp: str, service: str) -> list[DayFigures]:
    """What a line came to on every day of the month, from the ledger as it was pinned. Raises NotFound, NotAllowed."""
    return list(chart(viewer, month, msp, service).days)


def _days_of(viewer: Viewer, month: Month, msp: str) -> tuple[list[ReportLine], dict[int, list[DayTotals]]]:
    """The lines of a report, and their days by service id. The viewer is asked about every time, the ledger once."""
    with snapshot():  # the lines as of the pin of the report
        found = to_read(viewer, month, msp)
        lines = list(found.lines.order_by("position", "service_code"))
        vendors = set(found.lines.values_list("service__group__vendor_id", flat=True))
    return lines, _totals(found, month, vendors)


def _totals(found: Report, month: Month, vendors: set[int]) -> dict[int, list[DayTotals]]:
    """The days of a report by service id; its services are of one vendor, unless the MSP moved between vendors."""
    place = str(settings.TRUEUP_LEDGER_URL)
    together: dict[int, list[DayTotals]] = {}
    for vendor_id in sorted(vendors):
        together |= KEPT.get(_Key(place, month, found.msp_id, vendor_id, found.as_of), partial(_read, found, month, vendor_id))
    return together


def _read(found: Report, month: Month, vendor_id: int) -> dict[int, list[DayTotals]]:
    return msp_days(month, as_of=found.as_of, msp_id=found.msp_id, vendor_id=vendor_id)


def _nothing(month: Month) -> list[DayTotals]:
    """A line of which every record was taken back."""
    zero = Quantity(0)
    return [DayTotals(day, zero, None, None) for day in month.days]


def _figures(chosen: Sequence[str], totals: list[DayTotals]) -> tuple[DayFigures, ...]:
    days_chosen = {date.fromisoformat(day) for day in chosen}
    return tuple(DayFigures(total.day, total.provisioned, total.used, total.credits, total.day in days_chosen) for total in totals)
