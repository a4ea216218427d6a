"""WHEN: the calendar; closing a month pins the ledger."""
