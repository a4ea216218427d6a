"""Closing a month, as a command."""

from datetime import datetime

from trueup.accounts.rules import Viewer
from trueup.cycles import actions, queries
from trueup.jobs.progress import showing_progress
from trueup.kit.period import Month
from trueup.reports.generating import generate
from trueup.reports.queries import report_list


def close(month: Month, now: datetime) -> None:
    """Close a month, generate its reports and say what was done. Raises Conflict before the close date."""
    before = next((view for view in queries.cycles(Viewer.system()) if view.month == month), None)
    cycle = actions.close(Viewer.system(), month, now=now)
    with showing_progress() as progress:
        made = generate(Viewer.system(), cycle, now=now, progress=progress)
    was_closed = before is not None and before.closed_at is not None
    print(f"{month} was closed before." if was_closed else f"Closed {month}.")
    there = len(report_list(Viewer.system(), cycle=month, status=None, distributor=None))
    print(f"Generated {made} report(s); {month} has {there}.")
