"""`trueup cycle`: the calendar."""

from typing import TYPE_CHECKING

import typer

from trueup.jobs.desk import reading
from trueup.jobs.options import Format, FormatOption, MonthArgument, NowOption, SeenAs, examples, moment
from trueup.jobs.starting import Later, WhenNeeded

if TYPE_CHECKING:
    from trueup.jobs import closing, cycles
else:
    closing = WhenNeeded("trueup.jobs.closing")
    cycles = Later("trueup.jobs.cycles")

app = typer.Typer(no_args_is_help=True, help="Cycles: the calendar months, open or closed.")


@app.command("close", epilog=examples("trueup cycle close 2026-10", "trueup cycle close 2026-10 --now 2026-11-01T00:00:00Z"))
def close(cycle: MonthArgument, now: NowOption = None) -> None:
    """Close a month: pin the ledger and generate the reports.

    A month that is closed already stays as it is; reports that are still missing are generated.
    """
    closing.close(cycle, moment(now))


@app.command("list", epilog=examples("trueup cycle list", "trueup cycle list --format json"))
def list_cycles(email: SeenAs = None, form: FormatOption = Format.TABLE) -> None:
    """List the months with usage and all closed ones, the latest first."""
    with reading(email) as desk:
        cycles.list_cycles(desk, form)


@app.command("show", epilog=examples("trueup cycle show 2026-10", "trueup cycle show 2026-10 --format json"))
def show(cycle: MonthArgument, email: SeenAs = None, form: FormatOption = Format.TABLE, now: NowOption = None) -> None:
    """Show one month: its state, its reports by status, their deadlines, and the days each source has not reported."""
    with reading(email, now) as desk:
        cycles.show(desk, cycle, form)


def add_to(root: typer.Typer) -> None:
    """Put these commands under `trueup`."""
    root.add_typer(app, name="cycle")
