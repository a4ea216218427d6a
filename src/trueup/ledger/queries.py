"""The questions one may ask the ledger."""
