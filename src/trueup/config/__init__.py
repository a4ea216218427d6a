"""Settings, URLs and the entry points: the only module that knows all others."""
