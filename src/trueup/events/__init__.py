"""WHAT HAPPENED: one append-only table is history, audit log and notification outbox."""
