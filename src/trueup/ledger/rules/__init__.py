"""The decisions of the ledger, without storage: what counts and what a month of days comes to."""
