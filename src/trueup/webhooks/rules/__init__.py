"""What is sent to whom, how often it is tried, and where nothing is ever sent to."""
