"""`trueup statement`: the final documents."""

from typing import TYPE_CHECKING, Annotated

import typer

from trueup.jobs.desk import acting, reading
from trueup.jobs.desk_billing import Wanted
from trueup.jobs.options import ActingAs, CycleOption, Format, FormatOption, NowOption, SeenAs, StatementKind, examples
from trueup.jobs.starting import Later

if TYPE_CHECKING:
    from trueup.jobs import statements
else:
    statements = Later("trueup.jobs.statements")

app = typer.Typer(no_args_is_help=True, help="Statements: numbered, final, with a checksum.")

NumberArgument = Annotated[str, typer.Argument(metavar="NUMBER", help="The number of the statement, such as north-2026-000001.")]
SellerOption = Annotated[str | None, typer.Option("--seller", metavar="REF", help="Only those this account has issued.")]
BuyerOption = Annotated[str | None, typer.Option("--buyer", metavar="REF", help="Only those this account has got.")]
KindOption = Annotated[StatementKind | None, typer.Option("--kind", help="Only statements, or only credit notes.")]
SearchOption = Annotated[
    str | None, typer.Option("--search", metavar="TEXT", help="Only those with this in the number, or in the name of the buyer.")
]


@app.command("list", epilog=examples("trueup statement list --cycle 2026-10", "trueup statement list --kind credit_note --format csv"))
def list_statements(
    *,
    cycle: CycleOption = None,
    seller: SellerOption = None,
    buyer: BuyerOption = None,
    kind: KindOption = None,
    search: SearchOption = None,
    email: SeenAs = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """List the statements that somebody has issued or got, the latest first."""
    with reading(email) as desk:
        statements.list_statements(desk, Wanted(cycle, seller, buyer, kind.value if kind else None, search), form)


@app.command("show", epilog=examples("trueup statement show north-2026-000001", "trueup statement show north-2026-000001 --format json"))
def show(number: NumberArgument, email: SeenAs = None, form: FormatOption = Format.TABLE) -> None:
    """Show a statement: every line, how its amount came about, and what they come to."""
    with reading(email) as desk:
        statements.show(desk, number, form)


@app.command("correct", epilog=examples('trueup statement correct north-2026-000001 --reason "Another price" --as billing@north.example'))
def correct(
    number: NumberArgument,
    *,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it stands in both documents.")],
    email: ActingAs = None,
    now: NowOption = None,
) -> None:
    """Correct a statement: a credit note over all of it, and a replacement by the price lists as they are now."""
    with acting(email, now) as desk:
        statements.correct(desk, number, reason=reason)


@app.command("waiting", epilog=examples("trueup statement waiting", "trueup statement waiting --as billing@north.example"))
def waiting(email: SeenAs = None, form: FormatOption = Format.TABLE) -> None:
    """List the approved reports that have no statement yet, and why."""
    with reading(email) as desk:
        statements.waiting(desk, form)


def add_to(root: typer.Typer) -> None:
    """Put these commands under `trueup`."""
    root.add_typer(app, name="statement")
