"""Usage that arrives in small pieces: kept at once, gathered into batches of the ledger by the clock."""
