"""`trueup profile`, and a report in the columns of a profile."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trueup.jobs.commands.report import app as report
from trueup.jobs.desk import acting, reading
from trueup.jobs.options import AccountOption, ActingAs, CycleArgument, Format, FormatOption, MspArgument, NowOption, SeenAs, examples
from trueup.jobs.starting import Later

if TYPE_CHECKING:
    from trueup.jobs import exchange
else:
    exchange = Later("trueup.jobs.exchange")

app = typer.Typer(no_args_is_help=True, help="Mapping profiles: the columns of other programs' files.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The name of the profile.")]


@app.command("list", epilog=examples("trueup profile list", "trueup profile list --as billing@bolt.example --format json"))
def list_profiles(email: SeenAs = None, form: FormatOption = Format.TABLE) -> None:
    """List the mapping profiles: those of an account, and those that are built in."""
    with reading(email) as desk:
        exchange.show_all(desk, form)


@app.command("show", epilog=examples("trueup profile show connectwise", "trueup profile show mine --as billing@bolt.example"))
def show(name: NameArgument, email: SeenAs = None) -> None:
    """Write a profile as YAML, as it can be edited and saved."""
    with reading(email) as desk:
        exchange.show(desk, name)


@app.command("save", epilog=examples("trueup profile save mine.yaml --as billing@bolt.example"))
def save(
    file: Annotated[Path, typer.Argument(metavar="FILE.yaml", help="The profile; its `name` is what it is saved as.")],
    *,
    email: ActingAs = None,
    account: AccountOption = None,
    now: NowOption = None,
) -> None:
    """Save a profile of an account. Every error names its line; saving the same again changes nothing."""
    with acting(email, now, account) as desk:
        exchange.save(desk, file)


@app.command("remove", epilog=examples("trueup profile remove mine --as billing@bolt.example"))
def remove(name: NameArgument, *, email: ActingAs = None, account: AccountOption = None, now: NowOption = None) -> None:
    """Remove a profile of an account."""
    with acting(email, now, account) as desk:
        exchange.remove(desk, name)


@report.command(
    "export",
    epilog=examples(
        "trueup report export 2026-10 bolt --profile connectwise --output additions.csv",
        "trueup report export 2026-10 bolt --profile mine --customers --as billing@bolt.example --output october.csv",
    ),
)
def export(
    cycle: CycleArgument,
    msp: MspArgument,
    *,
    profile: Annotated[str, typer.Option("--profile", metavar="NAME", help="The mapping profile; connectwise needs no set-up.")],
    customers: Annotated[
        bool | None, typer.Option("--customers/--lines", help="A row for each customer, or each line (default: as the profile says).")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", metavar="FILE", help="Where to write it (default: standard output).")] = None,
    email: SeenAs = None,
) -> None:
    """Write a report as a CSV in the columns of where it is billed. Its figures sum to those of the report."""
    with reading(email) as desk:
        exchange.export(desk, cycle, msp, profile, customers=customers, output=output)


def add_to(root: typer.Typer) -> None:
    """Put these commands under `trueup`."""
    root.add_typer(app, name="profile")
