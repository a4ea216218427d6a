"""`trueup export`: reports, billing reports and statements as files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trueup.jobs.commands.billing import DistributorArgument
from trueup.jobs.commands.report import DistributorOption, StatusOption
from trueup.jobs.commands.statement import BuyerOption, KindOption, NumberArgument, SearchOption, SellerOption
from trueup.jobs.desk import reading
from trueup.jobs.desk_billing import Reports, Wanted
from trueup.jobs.options import AccountOption, CycleArgument, CycleOption, MspArgument, SeenAs, examples
from trueup.jobs.starting import Later
from trueup.statements.exports.forms import Form

if TYPE_CHECKING:
    from trueup.jobs import exports
else:
    exports = Later("trueup.jobs.exports")

app = typer.Typer(no_args_is_help=True, help="Reports, billing reports and statements as files.")

FormOption = Annotated[Form, typer.Option("--format", help="What the file is written in.")]
OutputOption = Annotated[
    Path | None, typer.Option("--output", metavar="FILE", help="Where to write it: a file, or a folder (default: standard output).")
]
IsoCurrency = Annotated[bool, typer.Option("--iso-currency", help="FOCUS: priced in money also where credits are the price.")]


@app.command("report", epilog=examples("trueup export report 2026-10 bolt --format pdf --output bolt.pdf"))
def report(
    cycle: CycleArgument, msp: MspArgument, *, form: FormOption, output: OutputOption = None, email: SeenAs = None
) -> None:  # fmt: skip
    """Write a report: csv, xlsx or pdf."""
    with reading(email) as desk:
        exports.export(desk.files.report(cycle, msp, form), output)


@app.command("reports", epilog=examples("trueup export reports --cycle 2026-10 --status approved --format xlsx --output october.xlsx"))
def reports(
    *,
    form: FormOption,
    output: OutputOption = None,
    cycle: CycleOption = None,
    status: StatusOption = None,
    distributor: DistributorOption = None,
    search: Annotated[str | None, typer.Option("--search", metavar="TEXT", help="Only MSPs with this in the ref or the name.")] = None,
    email: SeenAs = None,
    account: AccountOption = None,
) -> None:
    """Write the reports of a list, all of them: csv, xlsx or pdf."""
    wanted = Reports(cycle, status.value if status else None, distributor, search)
    with reading(email, account=account) as desk:
        exports.export(desk.files.reports(wanted, form), output)


@app.command(
    "statement",
    epilog=examples(
        "trueup export statement north-2026-000001 --format pdf --output .",
        "trueup export statement north-2026-000001 --format ubl --output invoice.xml",
    ),
)
def statement(
    number: NumberArgument, *, form: FormOption, output: OutputOption = None, iso_currency: IsoCurrency = False, email: SeenAs = None
) -> None:  # fmt: skip
    """Write a statement: csv, xlsx, pdf, as an e-invoice (factur-x, ubl), or as FOCUS (focus-csv, focus-parquet)."""
    with reading(email) as desk:
        exports.export(desk.files.statement(number, form, iso_currency=iso_currency), output)


@app.command("statements", epilog=examples("trueup export statements --cycle 2026-10 --format focus-csv --output focus.csv"))
def statements(
    *,
    form: FormOption,
    output: OutputOption = None,
    iso_currency: IsoCurrency = False,
    cycle: CycleOption = None,
    seller: SellerOption = None,
    buyer: BuyerOption = None,
    kind: KindOption = None,
    search: SearchOption = None,
    email: SeenAs = None,
    account: AccountOption = None,
) -> None:
    """Write the statements of a list, all of them: csv, xlsx, pdf, focus-csv or focus-parquet."""
    wanted = Wanted(cycle, seller, buyer, kind.value if kind else None, search)
    with reading(email, account=account) as desk:
        exports.export(desk.files.statements(wanted, form, iso_currency=iso_currency), output)


@app.command("billing", epilog=examples("trueup export billing 2026-10 north --format xlsx --output north.xlsx"))
def billing(
    cycle: CycleArgument, distributor: DistributorArgument, *, form: FormOption, output: OutputOption = None, email: SeenAs = None
) -> None:  # fmt: skip
    """Write a billing report: csv, xlsx or pdf."""
    with reading(email) as desk:
        exports.export(desk.files.billing(cycle, distributor, form), output)


@app.command("customers", epilog=examples("trueup export customers 2026-10 bolt --format csv --as billing@bolt.example"))
def customers(
    cycle: CycleArgument, msp: MspArgument, *, form: FormOption, output: OutputOption = None, email: SeenAs = None
) -> None:  # fmt: skip
    """Write what an MSP bills its customers by its own price list, with what each costs it: csv or xlsx."""
    with reading(email) as desk:
        exports.export(desk.files.customers(cycle, msp, form), output)


@app.command("cycle", epilog=examples("trueup export cycle 2026-10 --format pdf --format ubl --output october.zip"))
def cycle_(
    cycle: CycleArgument,
    *,
    forms: Annotated[list[Form], typer.Option("--format", help="What the files are written in. Repeatable.")],
    output: OutputOption = None,
    iso_currency: IsoCurrency = False,
    email: SeenAs = None,
    account: AccountOption = None,
) -> None:
    """Write all statements, reports and billing reports of a closed month as one zip, in each of the formats.

    What cannot be in one of them is named in the archive, with the reason. A command that was interrupted goes on where it was when
    it is given again: until the zip is whole, its files are kept in a hidden folder beside it.
    """
    with reading(email, account=account) as desk:
        exports.archive(lambda means: desk.files.cycle(cycle, forms, means, iso_currency=iso_currency), cycle, output)


def add_to(root: typer.Typer) -> None:
    """Put these commands under `trueup`."""
    root.add_typer(app, name="export")
