"""THE NETWORK AS A FILE: who, what and on which terms, planned and applied; customers also from a CSV."""
