"""WHAT IS SOLD, and on which terms: solution groups, services, billing units, credit requirements, measures, terms."""
