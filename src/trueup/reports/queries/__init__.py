"""Questions about reports. Everything answered here is scoped to the viewer."""

from trueup.reports.queries.charts import Chart, DayFigures, chart, days, sparklines
from trueup.reports.queries.lists import counts, due_for_reminder, due_for_submission, report_list
from trueup.reports.queries.one import (
    CustomerFigures,
    Forecast,
    ForecastLine,
    HistoryEntry,
    LineView,
    ReportSummary,
    ReportView,
    customers,
    forecast,
    history,
    report,
    viewer_for,
)

__all__ = [
    "Chart",
    "CustomerFigures",
    "DayFigures",
    "Forecast",
    "ForecastLine",
    "HistoryEntry",
    "LineView",
    "ReportSummary",
    "ReportView",
    "chart",
    "counts",
    "customers",
    "days",
    "due_for_reminder",
    "due_for_submission",
    "forecast",
    "history",
    "report",
    "report_list",
    "sparklines",
    "viewer_for",
]
