"""`trueup price` and `trueup promo`: what a seller charges."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from trueup.jobs.desk import acting, reading
from trueup.jobs.options import (
    AccountOption,
    ActingAs,
    CycleArgument,
    DryRun,
    Format,
    FormatOption,
    MayActAs,
    NowOption,
    SeenAs,
    ServiceArgument,
    as_day,
    examples,
)
from trueup.jobs.starting import Later

if TYPE_CHECKING:
    from trueup.jobs import prices
else:
    prices = Later("trueup.jobs.prices")

price = typer.Typer(no_args_is_help=True, help="Price lists: what a seller charges its buyers.")
promo = typer.Typer(no_args_is_help=True, help="Promo codes: prices and margins that a code unlocks for a while.")

SellerArgument = Annotated[str, typer.Argument(metavar="SELLER", help="The ref of the seller.")]
BuyerArgument = Annotated[
    str | None, typer.Argument(metavar="[BUYER]", help="The ref of the buyer (default: everybody who has no list of their own).")
]
FromOption = Annotated[
    date | None, typer.Option("--from", parser=as_day, metavar="DAY", help="The day the list begins, where there are several.")
]
SellerOption = Annotated[str | None, typer.Option("--seller", metavar="REF", help="Only of this seller.")]
CodeArgument = Annotated[str, typer.Argument(metavar="CODE", help="The promo code.")]


@price.command("list", epilog=examples("trueup price list", "trueup price list --seller north --format csv"))
def list_prices(seller: SellerOption = None, email: SeenAs = None, form: FormatOption = Format.TABLE) -> None:
    """List the price lists that somebody sells or buys by: of each seller the default first, then by buyer and day."""
    with reading(email) as desk:
        prices.list_prices(desk, seller=seller, form=form)


@price.command("show", epilog=examples("trueup price show north", "trueup price show north bolt --from 2026-07-01 --format json"))
def show(
    seller: SellerArgument,
    buyer: BuyerArgument = None,
    *,
    begin: FromOption = None,
    email: SeenAs = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Show a price list: currency, tax, margin, and the price of every service and pack."""
    with reading(email) as desk:
        prices.show(desk, seller, buyer, begin=begin, form=form)


@price.command(
    "import", epilog=examples("trueup price import prices.yaml --dry-run", "trueup price import prices.yaml --as billing@north.example")
)
def import_prices(
    file: Annotated[Path, typer.Argument(metavar="FILE.yaml", help="Price lists and promo codes; - is standard input.")],
    *,
    dry_run: DryRun = False,
    email: MayActAs = None,
    account: AccountOption = None,
    form: FormatOption = Format.TABLE,
    now: NowOption = None,
) -> None:
    """Save all price lists and promo codes of a file, or nothing of it. What the file does not name stays.

    The same file a second time changes nothing. Every error names the line it is in.
    """
    with reading(email, now, account) as desk:
        prices.save_file(desk, file, dry_run=dry_run, form=form)


@price.command(
    "export", epilog=examples("trueup price export --output prices.yaml", "trueup price export --seller north --as billing@north.example")
)
def export(
    seller: SellerOption = None,
    output: Annotated[Path | None, typer.Option("--output", metavar="FILE", help="Where to write it (default: standard output).")] = None,
    email: SeenAs = None,
) -> None:
    """Write the price lists and promo codes that somebody sells by as YAML, as they can be edited and imported."""
    with reading(email) as desk:
        prices.export(desk, seller=seller, output=output)


@price.command("remove", epilog=examples("trueup price remove north bolt --from 2026-07-01 --as billing@north.example"))
def remove(
    seller: SellerArgument, buyer: BuyerArgument = None, *, begin: FromOption = None, email: MayActAs = None, now: NowOption = None
) -> None:
    """Remove a price list: the one before it holds again. Statements that were issued stay as they are."""
    with reading(email, now) as desk:
        prices.remove(desk, seller, buyer, begin)


@price.command(
    "simulate", epilog=examples("trueup price simulate 2026-10 north", "trueup price simulate 2026-10 north bolt --from 2026-11-01")
)
def simulate(
    cycle: CycleArgument,
    seller: SellerArgument,
    buyer: BuyerArgument = None,
    *,
    begin: FromOption = None,
    email: SeenAs = None,
    form: FormatOption = Format.TABLE,
) -> None:
    """Show what those a price list is for would pay for a month with it, beside what they pay now. Nothing is changed.

    A default list is tried for every buyer: what their own lists name stays. A distributor's buyers pay report by report, a vendor's all
    reports of a distributor at once, an MSP's by customer.
    """
    with reading(email) as desk:
        prices.simulate(desk, cycle, seller, buyer, begin=begin, form=form)


@price.command("history", epilog=examples("trueup price history north", "trueup price history north --format json"))
def history(seller: SellerArgument, email: SeenAs = None, form: FormatOption = Format.TABLE) -> None:
    """Show every step of a seller's price lists and promo codes, those that were removed too: when, who, and what was changed."""
    with reading(email) as desk:
        prices.history(desk, seller, form)


@promo.command("list", epilog=examples("trueup promo list --as billing@north.example", "trueup promo list --format json"))
def list_promos(seller: SellerOption = None, email: SeenAs = None, form: FormatOption = Format.TABLE) -> None:
    """List the promo codes of an account: those who buy from it see none. `trueup price import` saves them."""
    with reading(email) as desk:
        prices.list_promos(desk, seller=seller, form=form)


@promo.command("check", epilog=examples("trueup promo check acme-vendor LAUNCH endpoint-core 2026-10 --as billing@north.example"))
def check(
    seller: SellerArgument, code: CodeArgument, service: ServiceArgument, cycle: CycleArgument, *, email: ActingAs = None,
    form: FormatOption = Format.TABLE,
) -> None:  # fmt: skip
    """Say whether a promo code holds for a service in a month, for the account that buys. Exit code 1 if it does not."""
    with acting(email) as desk:
        prices.check_promo(desk, seller, code, service, month=cycle, form=form)


@promo.command("remove", epilog=examples("trueup promo remove north LAUNCH --as billing@north.example"))
def remove_promo(seller: SellerArgument, code: CodeArgument, email: MayActAs = None, now: NowOption = None) -> None:
    """Remove a promo code: it unlocks nothing from now on."""
    with reading(email, now) as desk:
        prices.remove_promo(desk, seller, code)


def add_to(root: typer.Typer) -> None:
    """Put these commands under `trueup`."""
    root.add_typer(price, name="price")
    root.add_typer(promo, name="promo")
