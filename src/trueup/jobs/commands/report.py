"""`trueup report`: reading reports. (`commands/review.py` has the verbs.)"""

from typing import TYPE_CHECKING, Annotated

import typer

from trueup.jobs.desk import reading
from trueup.jobs.options import (
    CycleArgument,
    CycleOption,
    Format,
    FormatOption,
    MspArgument,
    NowOption,
    SeenAs,
    ServiceArgument,
    examples,
)
from trueup.jobs.starting import Later
from trueup.reports.rules.workflow import Status

if TYPE_CHECKING:
    from trueup.jobs import reports
else:
    reports = Later("trueup.jobs.reports")

app = typer.Typer(no_args_is_help=True, help="Usage reports: read, edit, submit, review.")

StatusOption = Annotated[Status | None, typer.Option("--status", help="Only reports in this status.")]
DistributorOption = Annotated[str | None, typer.Option("--distributor", metavar="D", help="Only the MSPs of this distributor.")]


@app.command("list", epilog=examples("trueup report list --cycle 2026-10 --status under_review", "trueup report list --format csv"))
def list_reports(
    cycle: CycleOption = None,
    status: StatusOption = None,
    distributor: DistributorOption = None,
    email: SeenAs = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """List reports, the latest cycle first."""
    with reading(email) as desk:
        reports.list_reports(desk, cycle=cycle, status=status, distributor=distributor, form=form)


@app.command("show", epilog=examples("trueup report show 2026-10 bolt", "trueup report show 2026-10 bolt --format json"))
def show(cycle: CycleArgument, msp: MspArgument, email: SeenAs = None, form: FormatOption = Format.TABLE) -> None:
    """Show a report: its lines, what is charged, and its issues."""
    with reading(email) as desk:
        reports.show(desk, cycle, msp, form)


@app.command("customers", epilog=examples("trueup report customers 2026-10 bolt endpoint-core"))
def customers(
    cycle: CycleArgument, msp: MspArgument, service: ServiceArgument, email: SeenAs = None, form: FormatOption = Format.TABLE
) -> None:
    """Show the customers behind a line; their figures add up to it exactly."""
    with reading(email) as desk:
        reports.customers(desk, cycle, msp, service, form)


@app.command("days", epilog=examples("trueup report days 2026-10 bolt endpoint-core"))
def days(cycle: CycleArgument, msp: MspArgument, service: ServiceArgument, email: SeenAs = None, form: FormatOption = Format.TABLE) -> None:
    """Show the days behind a line, and which of them its figures are of."""
    with reading(email) as desk:
        reports.days(desk, cycle, msp, service, form)


@app.command("history", epilog=examples("trueup report history 2026-10 bolt"))
def history(cycle: CycleArgument, msp: MspArgument, email: SeenAs = None, form: FormatOption = Format.TABLE) -> None:
    """Show every step of a report: when, who, and each value before and after."""
    with reading(email) as desk:
        reports.history(desk, cycle, msp, form)


@app.command(
    "forecast", epilog=examples("trueup report forecast 2026-10 bolt", "trueup report forecast 2026-10 bolt --now 2026-11-04T12:00:00Z")
)
def forecast(
    cycle: CycleArgument, msp: MspArgument, email: SeenAs = None, form: FormatOption = Format.TABLE, now: NowOption = None
) -> None:
    """Show what happens at the deadline if you do nothing: per line, charged as saved and as the clock would submit it."""
    with reading(email, now) as desk:
        reports.forecast(desk, cycle, msp, form)
