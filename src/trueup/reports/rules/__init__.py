"""Every decision about a report: what is allowed, what it costs, what wins."""
