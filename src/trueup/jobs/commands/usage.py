"""`trueup usage`: taking usage in, and what the ledger holds."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trueup.jobs.desk import Taking, reading
from trueup.jobs.options import AsOfOption, DayOption, DryRun, Format, FormatOption, MonthOption, NowOption, SeenAs, examples
from trueup.jobs.starting import Later

if TYPE_CHECKING:
    from trueup.jobs import usage
else:
    usage = Later("trueup.jobs.usage")

app = typer.Typer(no_args_is_help=True, help="Usage: import files, see what is recorded, match unknown names.")
unmapped = typer.Typer(invoke_without_command=True)

SourceOption = Annotated[str | None, typer.Option("--source", metavar="S", help="The code of the source it comes from.")]


@app.command(
    "import",
    epilog=examples(
        "trueup usage import usage.csv --dry-run",
        "trueup usage import october.parquet --source rmm-feed --key 2026-10",
        "trueup usage import usage.ndjson.gz --accept-valid --format json",
        "trueup usage import licenses.csv --profile rmm --day 2026-10-31 --as billing@bolt.example",
    ),
)
def import_usage(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, NDJSON or Parquet, also packed (gzip, zstd); - is standard input.")],
    *,
    source: SourceOption = None,
    key: Annotated[
        str | None, typer.Option("--key", metavar="K", help="The name of this delivery: sent again, it changes nothing.")
    ] = None,
    accept_valid: Annotated[bool, typer.Option("--accept-valid", help="Store the good rows and report the rest.")] = False,
    dry_run: DryRun = False,
    profile: Annotated[
        str | None, typer.Option("--profile", metavar="NAME", help="A mapping profile that says what the columns of the file are.")
    ] = None,
    day: DayOption = None,
    email: Annotated[str | None, typer.Option("--as", metavar="EMAIL", help="With --profile: the member who does it.")] = None,
    form: FormatOption = Format.TABLE,
    now: NowOption = None,
) -> None:
    """Take in a file of daily usage, as a whole or not at all.

    Columns, in any order: day, customer, service, provisioned_units, used_units (empty: unknown), allocated_credits (empty:
    provisioned units × the credit requirement of the day). A newer record of the same day, customer and service corrects the
    older one. Every bad row is listed with its number (row 1 is the first row of data), column, value and reason.

    With --profile the file is a CSV of any layout. Its rows are counted as a spreadsheet counts them.
    """
    if profile is None and (email is not None or day is not None):
        raise typer.BadParameter("only together with --profile", param_hint="--as" if email is not None else "--day")
    how = Taking(source, key, accept_valid, dry_run, profile, day)
    with reading(email, now) as desk:
        usage.import_file(desk, file, how, form)


@app.command(
    "show",
    epilog=examples(
        "trueup usage show --month 2026-10 --msp bolt", "trueup usage show --month 2026-10 --customer bolt-dental --format csv"
    ),
)
def show(
    *,
    month: MonthOption,
    msp: Annotated[str | None, typer.Option("--msp", metavar="M", help="Only the customers this MSP had on the day.")] = None,
    customer: Annotated[str | None, typer.Option("--customer", metavar="C", help="Only this customer.")] = None,
    service: Annotated[str | None, typer.Option("--service", metavar="S", help="Only this service.")] = None,
    as_of: AsOfOption = None,
    email: SeenAs = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Show the usage records of a month that count: the latest of each day, customer and service."""
    with reading(email) as desk:
        usage.show(desk, month, msp=msp, customer=customer, service=service, as_of=as_of, form=form)


@unmapped.callback(epilog=examples("trueup usage unmapped", 'trueup usage unmapped map "Dental Care" --customer bolt-dental'))
def list_unmapped(context: typer.Context, email: SeenAs = None, form: FormatOption = Format.TABLE) -> None:
    """List the names of customers and services that could not be matched, and how many records wait for each."""
    if context.invoked_subcommand is None:
        with reading(email) as desk:
            usage.list_unmapped(desk, form)


@unmapped.command(
    "map",
    epilog=examples(
        'trueup usage unmapped map "Dental Care" --customer bolt-dental',
        "trueup usage unmapped map EPC --service endpoint-core --source rmm-feed",
    ),
)
def map_name(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name as the records have it.")],
    customer: Annotated[str | None, typer.Option("--customer", metavar="C", help="The ref of the customer it stands for.")] = None,
    service: Annotated[str | None, typer.Option("--service", metavar="S", help="The code of the service it stands for.")] = None,
    source: SourceOption = None,
    now: NowOption = None,
) -> None:
    """Say which customer or service a name stands for, and store the records that waited for it."""
    if (customer is None) == (service is None):
        raise typer.BadParameter("give either --customer or --service")
    with reading(now=now) as desk:
        usage.map_name(desk, name, customer=customer, service=service, source=source)


app.add_typer(unmapped, name="unmapped")


def add_to(root: typer.Typer) -> None:
    """Put these commands under `trueup`."""
    root.add_typer(app, name="usage")
