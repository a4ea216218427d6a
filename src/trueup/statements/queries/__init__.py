"""The questions of final billing."""

from trueup.statements.queries.behind import LineBehind, lines_behind
from trueup.statements.queries.billing import (
    BillingFilter,
    BillingOptions,
    BillingRow,
    BillingView,
    CheckedPromo,
    billing_history,
    billing_options,
    billing_page,
    billing_report,
    billing_reports,
    checked_promo,
)
from trueup.statements.queries.checking import Finding, billing_details, checked_statements
from trueup.statements.queries.money import ReportMoney, Stake, inbox_by_money, money_of_report, next_by_money, stakes_of
from trueup.statements.queries.simulating import Simulated, simulate
from trueup.statements.queries.statements import (
    StatementFilter,
    StatementOptions,
    StatementRow,
    StatementView,
    filtered,
    statement,
    statement_options,
    statement_page,
    statements,
    statements_of_report,
)
from trueup.statements.queries.waiting import Waiting, WaitingBilling, waiting_billing, waiting_for_prices, waiting_page

__all__ = [
    "BillingFilter",
    "BillingOptions",
    "BillingRow",
    "BillingView",
    "CheckedPromo",
    "Finding",
    "LineBehind",
    "ReportMoney",
    "Simulated",
    "Stake",
    "StatementFilter",
    "StatementOptions",
    "StatementRow",
    "StatementView",
    "Waiting",
    "WaitingBilling",
    "billing_details",
    "billing_history",
    "billing_options",
    "billing_page",
    "billing_report",
    "billing_reports",
    "checked_promo",
    "checked_statements",
    "filtered",
    "inbox_by_money",
    "lines_behind",
    "money_of_report",
    "next_by_money",
    "simulate",
    "stakes_of",
    "statement",
    "statement_options",
    "statement_page",
    "statements",
    "statements_of_report",
    "waiting_billing",
    "waiting_for_prices",
    "waiting_page",
]
