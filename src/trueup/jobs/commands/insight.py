"""`trueup insight`: what was billed, how months were reviewed, what could be saved."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from trueup.jobs.desk import reading
from trueup.jobs.options import AccountOption, CycleArgument, Format, FormatOption, FromMonth, MspArgument, SeenAs, ToMonth, examples
from trueup.jobs.starting import Later

if TYPE_CHECKING:
    from trueup.jobs import insight
else:
    insight = Later("trueup.jobs.insight")

app = typer.Typer(no_args_is_help=True, help="Insight: figures over months, and what could be saved.")


class By(StrEnum):
    """What figures are added up for."""

    MONTH = "month"
    SERVICE = "service"
    MSP = "msp"


@app.command(
    "billed",
    epilog=examples(
        "trueup insight billed --from 2026-01 --to 2026-10 --as billing@north.example", "trueup insight billed --from 2026-10 --by msp"
    ),
)
def billed(
    *,
    first: FromMonth,
    last: ToMonth = None,
    by: Annotated[By, typer.Option("--by", help="What is added up for; to a vendor, msp are its distributors.")] = By.MONTH,
    email: SeenAs = None,
    account: AccountOption = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Show units, credits and money of the statements an account has issued; of an MSP, of those it got. Before tax."""
    with reading(email, account=account) as desk:
        insight.billed(desk, first, last or first, by.value, form)


@app.command("review", epilog=examples("trueup insight review --from 2026-01 --to 2026-10 --as billing@north.example"))
def review(
    *, first: FromMonth, last: ToMonth = None, email: SeenAs = None, account: AccountOption = None, form: FormatOption = Format.TABLE
) -> None:
    """Show how the reports of each month went: units, the share of over-provisioned ones, penalties, comments by reason."""
    with reading(email, account=account) as desk:
        insight.review(desk, first, last or first, form)


@app.command("deprovision", epilog=examples("trueup insight deprovision 2026-10 bolt --as billing@bolt.example"))
def deprovision(cycle: CycleArgument, msp: MspArgument, email: SeenAs = None, form: FormatOption = Format.TABLE) -> None:
    """Show the units nobody uses, customer by customer, what they cost, and what is saved next month without them."""
    with reading(email) as desk:
        insight.deprovision(desk, cycle, msp, form)


@app.command("measures", epilog=examples("trueup insight measures 2026-10 bolt --as billing@bolt.example"))
def measures(cycle: CycleArgument, msp: MspArgument, email: SeenAs = None, form: FormatOption = Format.TABLE) -> None:
    """Show the same month under each measure: peak days, percentile, average, last day; in units and in money."""
    with reading(email) as desk:
        insight.measures(desk, cycle, msp, form)


def add_to(root: typer.Typer) -> None:
    """Put these commands under `trueup`."""
    root.add_typer(app, name="insight")
