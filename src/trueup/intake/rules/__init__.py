"""What an event says, whether it can be taken, and which of several values of a day counts."""
