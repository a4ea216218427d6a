"""`trueup billing` and `trueup details`: a distributor's billing report to its vendor, and what documents say of accounts."""

from typing import TYPE_CHECKING, Annotated

import typer

from trueup.jobs.desk import acting, reading
from trueup.jobs.options import (
    ActingAs,
    CycleArgument,
    CycleOption,
    Format,
    FormatOption,
    MayActAs,
    NowOption,
    SeenAs,
    ServiceArgument,
    examples,
    pairs,
)
from trueup.jobs.starting import Later

if TYPE_CHECKING:
    from trueup.jobs import billing
else:
    billing = Later("trueup.jobs.billing")

app = typer.Typer(no_args_is_help=True, help="Billing reports of distributors to their vendor.")
details = typer.Typer(no_args_is_help=True, help="Billing details: what documents say of an account beyond its name.")

DistributorArgument = Annotated[str, typer.Argument(metavar="DISTRIBUTOR", help="The ref of the distributor.")]
AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The ref of the account.")]


@app.command("list", epilog=examples("trueup billing list", "trueup billing list --cycle 2026-10 --as billing@acme.example"))
def list_reports(cycle: CycleOption = None, email: SeenAs = None, form: FormatOption = Format.TABLE) -> None:
    """List billing reports, the latest cycle first."""
    with reading(email) as desk:
        billing.list_reports(desk, month=cycle, form=form)


@app.command("show", epilog=examples("trueup billing show 2026-10 north", "trueup billing show 2026-10 north --format json"))
def show(cycle: CycleArgument, distributor: DistributorArgument, email: SeenAs = None, form: FormatOption = Format.TABLE) -> None:
    """Show a billing report: its lines, what they come to, and what keeps it from being submitted."""
    with reading(email) as desk:
        billing.show(desk, cycle, distributor, form)


@app.command("lines", epilog=examples("trueup billing lines 2026-10 north endpoint-core"))
def lines(
    cycle: CycleArgument,
    distributor: DistributorArgument,
    service: ServiceArgument,
    email: SeenAs = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Show the lines of the MSPs' reports that the units of a service come from."""
    with reading(email) as desk:
        billing.lines(desk, cycle, distributor, service, form)


@app.command("history", epilog=examples("trueup billing history 2026-10 north"))
def history(cycle: CycleArgument, distributor: DistributorArgument, email: SeenAs = None, form: FormatOption = Format.TABLE) -> None:
    """Show every step of a billing report: when, who, and each value before and after."""
    with reading(email) as desk:
        billing.history(desk, cycle, distributor, form)


@app.command(
    "save",
    epilog=examples(
        "trueup billing save 2026-10 north --po-number PO-4711 --as billing@north.example",
        "trueup billing save 2026-10 north --promo endpoint-core=LAUNCH --promo email-core= --as billing@north.example",
    ),
)
def save(
    cycle: CycleArgument,
    distributor: DistributorArgument,
    *,
    po_number: Annotated[str | None, typer.Option("--po-number", metavar="TEXT", help="The PO number; empty for none.")] = None,
    promo: Annotated[
        list[str] | None,
        typer.Option("--promo", metavar="SERVICE=CODE", help="A promo code for a service; empty takes it away. Repeatable."),
    ] = None,
    comment: Annotated[str | None, typer.Option("--comment", metavar="TEXT", help="A comment for the vendor; empty for none.")] = None,
    email: ActingAs = None,
    now: NowOption = None,
) -> None:
    """Save what a distributor says in its billing report. A promo code that does not hold is saved, and told."""
    if po_number is None and comment is None and not promo:
        raise typer.BadParameter("give at least one of --po-number, --promo and --comment")
    with acting(email, now) as desk:
        billing.save(desk, cycle, distributor, po_number=po_number, promo=pairs(promo, "--promo"), comment=comment)


@app.command("submit", epilog=examples("trueup billing submit 2026-10 north --as billing@north.example"))
def submit(cycle: CycleArgument, distributor: DistributorArgument, email: ActingAs = None, now: NowOption = None) -> None:
    """Submit a billing report to the vendor: its figures stay as they are. Everything that stands in the way is listed."""
    with acting(email, now) as desk:
        billing.submit(desk, cycle, distributor)


@app.command("return", epilog=examples('trueup billing return 2026-10 north --reason "The PO number is missing" --as billing@acme.example'))
def send_back(
    cycle: CycleArgument,
    distributor: DistributorArgument,
    *,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why: what has to be changed.")],
    email: ActingAs = None,
    now: NowOption = None,
) -> None:
    """Return a submitted billing report to the distributor, with the reason."""
    with acting(email, now) as desk:
        billing.send_back(desk, cycle, distributor, reason=reason)


@app.command("complete", epilog=examples("trueup billing complete 2026-10 north --as billing@acme.example"))
def complete(cycle: CycleArgument, distributor: DistributorArgument, email: ActingAs = None, now: NowOption = None) -> None:
    """Complete a submitted billing report: its statement follows. It never changes again."""
    with acting(email, now) as desk:
        billing.complete(desk, cycle, distributor)


@details.command("show", epilog=examples("trueup details show north", "trueup details show north --format json"))
def show_details(account: AccountArgument, email: SeenAs = None, form: FormatOption = Format.TABLE) -> None:
    """Show what statements and invoices say of an account."""
    with reading(email) as desk:
        billing.show_details(desk, account, form)


@details.command(
    "save",
    epilog=examples(
        'trueup details save north --set legal_name="North GmbH" --set vat_id=DE123456789 --as billing@north.example',
        "trueup details save north --set bic= --as billing@north.example",
    ),
)
def save_details(
    account: AccountArgument,
    *,
    said: Annotated[list[str], typer.Option("--set", metavar="NAME=VALUE", help="A value; empty takes it away. Repeatable.")],
    email: MayActAs = None,
    now: NowOption = None,
) -> None:
    """Save some of what statements and invoices say of an account; the rest stays. Statements that were issued do not change.

    Names: legal_name, street, postal_code, city, state, country, vat_id, tax_number, email, endpoint_scheme, endpoint_id, iban, bic,
    payment_days.
    """
    with reading(email, now) as desk:
        billing.save_details(desk, account, pairs(said, "--set"))


def add_to(root: typer.Typer) -> None:
    """Put these commands under `trueup`."""
    root.add_typer(app, name="billing")
    root.add_typer(details, name="details")
