"""EDGE: the clock and the commands, the two that say what time it is."""
