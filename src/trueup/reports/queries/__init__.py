"""Questions about reports. Everything answered here is scoped to the viewer."""

from trueup.reports.queries.lists import counts, due_for_reminder, due_for_submission, report_list
from trueup.reports.queries.one import (
    CustomerFigures,
    DayFigures,
    Forecast,
    ForecastLine,
    HistoryEntry,
    LineView,
    ReportSummary,
    ReportView,
    customers,
    days,
    forecast,
    history,
    report,
    viewer_for,
)

__all__ = [
    "CustomerFigures",
    "DayFigures",
    "Forecast",
    "ForecastLine",
    "HistoryEntry",
    "LineView",
    "ReportSummary",
    "ReportView",
    "counts",
    "customers",
    "days",
    "due_for_reminder",
    "due_for_submission",
    "forecast",
    "history",
    "report",
    "report_list",
    "viewer_for",
]
