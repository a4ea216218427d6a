"""Preparing and reviewing reports, as commands: who does it is always known."""

from trueup.client.answers import LineEdit, Report
from trueup.jobs.desk import Desk
from trueup.jobs.tables import for_people, in_words
from trueup.kit.period import Month


def edit(desk: Desk, month: Month, msp: str, service: str, *, chargeable: str | None, comment: str | None, reason: str | None) -> None:
    """Save one line of a draft. Raises NotFound, NotAllowed, Conflict, Invalid."""
    line = desk.save(month, msp, [LineEdit(service, chargeable, comment, reason)]).line(service)
    print(f"Saved: {service} charges {for_people(line.chargeable)} (default {for_people(line.default_chargeable)}).")


def submit(desk: Desk, month: Month, msp: str, *, comment: str) -> None:
    """Submit a report. Raises NotFound, NotAllowed, Conflict, and Invalid with everything that blocks it."""
    _say_where_it_is(desk.submit(month, msp, comment))


def approve(desk: Desk, month: Month, msp: str, *, comment: str) -> None:
    """Approve a report. Raises NotFound, NotAllowed, Conflict."""
    _say_where_it_is(desk.approve(month, msp, comment))


def reject(desk: Desk, month: Month, msp: str, *, reason: str) -> None:
    """Send a report back. Raises NotFound, NotAllowed, Conflict, and Invalid without a reason."""
    _say_where_it_is(desk.reject(month, msp, reason))


def regenerate(desk: Desk, month: Month, msp: str, *, comment: str) -> None:
    """Measure a report anew. Raises NotFound, NotAllowed, Conflict."""
    changed = desk.regenerate(month, msp, comment)
    print(f"Regenerated the report {month} of {msp}: {changed} line(s) changed.")


def waive(desk: Desk, month: Month, msp: str, service: str, *, reason: str) -> None:
    """Take the penalty from a line. Raises NotFound, NotAllowed, Conflict, and Invalid without a reason."""
    line = desk.waive(month, msp, service, reason).line(service)
    print(f"Waived: {service} charges {for_people(line.chargeable)}.")


def _say_where_it_is(found: Report) -> None:
    """The state after a verb: by its terms a report may go further than the verb says."""
    kind = f" ({in_words(found.submission)})" if found.submission else ""
    print(f"The report {found.cycle} of {found.msp} is {in_words(found.status)}{kind}.")
