"""The calendar, as commands."""

from trueup.client.answers import CycleDetails
from trueup.jobs.alike import fields_of
from trueup.jobs.desk import Desk
from trueup.jobs.messages import say
from trueup.jobs.options import Format
from trueup.jobs.output import Listing, write_object
from trueup.jobs.tables import Column, in_words, print_facts, print_line
from trueup.kit.period import Month

_CYCLES = Listing(
    keys=("cycle", "status", "closes_at", "closed_at", "as_of"),
    columns=(
        Column("Cycle", "cycle"),
        Column("Status", "status", codes=True),
        Column("Closes", "closes_at"),
        Column("Closed", "closed_at"),
        Column("Ledger pinned at", "as_of", spare=True),
    ),
    empty="There is no cycle yet: import usage first.",
)
_SHOWN = ("cycle", "status", "closes_at", "closed_at", "as_of", "reports", "first_deadline", "last_deadline", "missing_days")


def list_cycles(desk: Desk, form: Format) -> None:
    """Write the calendar. Raises NotFound."""
    _CYCLES.write(map(fields_of, desk.cycles()), form)


def show(desk: Desk, month: Month, form: Format) -> None:
    """Write one month with its reports, deadlines and missing days. Raises NotFound."""
    found = desk.cycle(month)
    record = fields_of(found)
    if form is Format.JSON:
        write_object(record)
    elif form is Format.CSV:
        Listing(_SHOWN, (), "").write([record], form)
    else:
        _print(found)


def _print(found: CycleDetails) -> None:
    print_facts(
        {
            "Cycle": found.cycle,
            "Status": in_words(found.status),
            "Closes": found.closes_at,
            "Closed": found.closed_at,
            "Ledger pinned at": found.as_of,
            "Reports": ", ".join(f"{count} {in_words(status)}" for status, count in found.reports.items() if count) or "none",
            "First deadline": found.first_deadline,
            "Last deadline": found.last_deadline,
        }
    )
    for one in found.missing_days or ():
        print_line(f"{one.source} did not report on {len(one.days)} day(s): {', '.join(map(str, one.days))}", "yellow")
    if found.missing_days == ():
        say("No source that is expected daily has missed a day.")
