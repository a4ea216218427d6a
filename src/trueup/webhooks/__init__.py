"""WHO HEARS: events as signed calls to the programs of others."""
