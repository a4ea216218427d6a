"""`trueup apply` and `trueup customers`: the network as files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trueup.jobs.desk import reading
from trueup.jobs.options import DryRun, Format, FormatOption, NowOption, examples, moment
from trueup.jobs.starting import Later, WhenNeeded

if TYPE_CHECKING:
    from trueup.jobs import customers as customer_list
    from trueup.jobs import network
else:
    customer_list = Later("trueup.jobs.customers")
    network = WhenNeeded("trueup.jobs.network")

customers = typer.Typer(no_args_is_help=True, help="Customers, as many as there are.")


def apply(
    file: Annotated[Path, typer.Argument(metavar="NETWORK.yaml", help="The network: accounts, catalog, sources, members, terms.")],
    dry_run: DryRun = False,
    form: FormatOption = Format.TABLE,
    now: NowOption = None,
) -> None:
    """Make the network as a file says: what changes is shown, then done.

    The same file a second time changes nothing. Entries that are no longer in the file are removed where that is safe.
    Every error names the line it is in, and nothing is changed then.
    """
    network.apply(file, dry_run=dry_run, form=form, now=moment(now))


@customers.command(
    "import", epilog=examples("trueup customers import customers.csv --dry-run", "trueup customers import customers.csv --format json")
)
def import_customers(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="Columns: ref, name, msp, from.")],
    dry_run: DryRun = False,
    form: FormatOption = Format.TABLE,
    now: NowOption = None,
) -> None:
    """Add, rename and move customers from a CSV file with the columns ref, name, msp, from.

    A row says below which MSP a customer is from a day on (an empty from: since ever). Customers that are not in the file stay as
    they are. If any row is bad, all bad rows are listed and nothing is done.
    """
    with reading(now=now) as desk:
        customer_list.import_customers(desk, file, dry_run=dry_run, form=form)


def add_to(app: typer.Typer) -> None:
    """Put these commands under `trueup`."""
    app.command("apply", epilog=examples("trueup apply network.yaml --dry-run", "trueup apply network.yaml"))(apply)
    app.add_typer(customers, name="customers")
