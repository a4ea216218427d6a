"""What a mapping profile may say, what it makes of a report, and what it makes of a file."""
