"""The questions of final billing."""

from trueup.statements.queries.billing import BillingRow, BillingView, billing_history, billing_report, billing_reports
from trueup.statements.queries.checking import Finding, billing_details, checked_statements
from trueup.statements.queries.simulating import Simulated, simulate
from trueup.statements.queries.statements import (
    StatementFilter,
    StatementRow,
    StatementView,
    filtered,
    statement,
    statements,
    statements_of_report,
)
from trueup.statements.queries.waiting import Waiting, waiting_for_prices

__all__ = [
    "BillingRow",
    "BillingView",
    "Finding",
    "Simulated",
    "StatementFilter",
    "StatementRow",
    "StatementView",
    "Waiting",
    "billing_details",
    "billing_history",
    "billing_report",
    "billing_reports",
    "checked_statements",
    "filtered",
    "simulate",
    "statement",
    "statements",
    "statements_of_report",
    "waiting_for_prices",
]
