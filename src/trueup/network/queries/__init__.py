"""The questions of the pages about the network: who there is, what is sold, on which terms, and what happened to all that."""

from trueup.network.queries.accounts import account_details, accounts
from trueup.network.queries.catalog import account_types, billing_units, catalog, regions, service_details, sources
from trueup.network.queries.history import history
from trueup.network.queries.people import clients, members, shows_link
from trueup.network.queries.shapes import (
    AccountDetails,
    AccountRow,
    ClientRow,
    CreditsFrom,
    GroupRow,
    HistoryRow,
    Level,
    MeasureFrom,
    MemberRow,
    Named,
    PlacedUnder,
    ServiceRow,
    SourceRow,
    SwitchRow,
    Term,
    TermsEntry,
    TermsRow,
    UnitRow,
    When,
)
from trueup.network.queries.terms import default_terms, terms

__all__ = [
    "AccountDetails", "AccountRow", "ClientRow", "CreditsFrom", "GroupRow", "HistoryRow", "Level", "MeasureFrom", "MemberRow", "Named",
    "PlacedUnder", "ServiceRow", "SourceRow", "SwitchRow", "Term", "TermsEntry", "TermsRow", "UnitRow", "When", "account_details",
    "account_types", "accounts", "billing_units", "catalog", "clients", "default_terms", "history", "members", "regions",
    "service_details", "shows_link", "sources", "terms",
]  # fmt: skip
