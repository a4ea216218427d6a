"""Customers from a CSV of any size: staged in a scratch file, checked as a whole, then merged a few thousand at a time."""
