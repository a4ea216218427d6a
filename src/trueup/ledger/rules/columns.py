"""What a usage record is made of, as it is delivered."""

COLUMNS = ("day", "customer", "service", "provisioned_units", "used_units", "allocated_credits")
"""All columns; no delivery has others."""

REQUIRED = COLUMNS[:4]
"""Those that every delivery has."""

LONGEST_NAME = 300
"""Characters of a name that can be mapped."""
