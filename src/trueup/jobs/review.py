"""Preparing and reviewing reports, as commands: who does it is always named."""

from datetime import datetime

from trueup.jobs.people import viewer_of_report
from trueup.jobs.tables import for_people, in_words
from trueup.kit.period import Month
from trueup.reports import actions, generating, queries
from trueup.reports.actions import LineEdit


def edit(
    email: str, month: Month, msp: str, service: str, *, chargeable: str | None, comment: str | None, reason: str | None, now: datetime
) -> None:
    """Save one line of a draft. Raises NotFound, NotAllowed, Conflict, Invalid."""
    viewer = viewer_of_report(email, month, msp)
    actions.save_draft(viewer, month, msp, [LineEdit(service, chargeable, comment, reason)], now=now)
    line = next(line for line in queries.report(viewer, month, msp).lines if line.service == service)
    print(f"Saved: {service} charges {for_people(line.chargeable)} (default {for_people(line.default_chargeable)}).")


def submit(email: str, month: Month, msp: str, *, comment: str, now: datetime) -> None:
    """Submit a report. Raises NotFound, NotAllowed, Conflict, and Invalid with everything that blocks it."""
    actions.submit(viewer_of_report(email, month, msp), month, msp, now=now, comment=comment)
    _say_where_it_is(email, month, msp)


def approve(email: str, month: Month, msp: str, *, comment: str, now: datetime) -> None:
    """Approve a report. Raises NotFound, NotAllowed, Conflict."""
    actions.approve(viewer_of_report(email, month, msp), month, msp, now=now, comment=comment)
    _say_where_it_is(email, month, msp)


def reject(email: str, month: Month, msp: str, *, comment: str, now: datetime) -> None:
    """Send a report back. Raises NotFound, NotAllowed, Conflict, and Invalid without a reason."""
    actions.reject(viewer_of_report(email, month, msp), month, msp, now=now, comment=comment)
    _say_where_it_is(email, month, msp)


def regenerate(email: str, month: Month, msp: str, *, comment: str, now: datetime) -> None:
    """Measure a report anew. Raises NotFound, NotAllowed, Conflict."""
    changed = generating.regenerate(viewer_of_report(email, month, msp), month, msp, now=now, comment=comment)
    print(f"Regenerated the report {month} of {msp}: {changed} line(s) changed.")


def waive(email: str, month: Month, msp: str, service: str, *, reason: str, now: datetime) -> None:
    """Take the penalty from a line. Raises NotFound, NotAllowed, Conflict, and Invalid without a reason."""
    viewer = viewer_of_report(email, month, msp)
    actions.waive(viewer, month, msp, service, now=now, reason=reason)
    line = next(line for line in queries.report(viewer, month, msp).lines if line.service == service)
    print(f"Waived: {service} charges {for_people(line.chargeable)}.")


def _say_where_it_is(email: str, month: Month, msp: str) -> None:
    """The state after a verb: by its terms a report may go further than the verb says."""
    summary = queries.report(viewer_of_report(email, month, msp), month, msp).summary
    kind = f" ({in_words(summary.submission)})" if summary.submission else ""
    print(f"The report {month} of {msp} is {in_words(summary.status)}{kind}.")
