"""The questions of the pages about the network: who there is, what is sold, on which terms, and what happened to all that."""

from trueup.network.queries.accounts import account_details, account_entry, accounts, accounts_after
from trueup.network.queries.catalog import account_types, billing_units, catalog, regions, service_details, sources
from trueup.network.queries.history import history, history_before
from trueup.network.queries.lists import entries_after, entry
from trueup.network.queries.people import client, clients, clients_after, member, members, members_after, shows_link
from trueup.network.queries.shapes import (
    AccountDetails,
    AccountEntry,
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
from trueup.network.queries.terms import default_terms, terms, terms_after, terms_entry, terms_row

__all__ = [
    "AccountDetails", "AccountEntry", "AccountRow", "ClientRow", "CreditsFrom", "GroupRow", "HistoryRow", "Level", "MeasureFrom",
    "MemberRow", "Named", "PlacedUnder", "ServiceRow", "SourceRow", "SwitchRow", "Term", "TermsEntry", "TermsRow", "UnitRow", "When",
    "account_details", "account_entry", "account_types", "accounts", "accounts_after", "billing_units", "catalog", "client", "clients",
    "clients_after", "default_terms", "entries_after", "entry", "history", "history_before", "member", "members", "members_after",
    "regions", "service_details", "shows_link", "sources", "terms", "terms_after", "terms_entry", "terms_row",
]  # fmt: skip
