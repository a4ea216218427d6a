"""Price lists and promo codes, as commands."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import typer

from trueup.client.answers import PriceList, PriceListSummary, PromoCode, Simulated
from trueup.jobs import history as written
from trueup.jobs.desk import Desk
from trueup.jobs.given import read_text
from trueup.jobs.messages import say
from trueup.jobs.money import amount
from trueup.jobs.options import Format
from trueup.jobs.output import Listing, Record, in_order, write_object
from trueup.jobs.tables import Column, for_people, print_facts
from trueup.jobs.writing import write
from trueup.kit.errors import Conflict, NotFound
from trueup.kit.period import BEGINNING, Month

EVERYBODY = "everybody"
"""In place of a buyer: every one that has no list of its own."""


def _since(value: object) -> object:
    return "the beginning" if value == BEGINNING else value


_LISTS = Listing(
    keys=(
        "seller", "seller_name", "buyer", "buyer_name", "from", "currency", "service_count", "pack_count", "saved_at", "saved_by",
    ),
    columns=(
        Column("Seller", "seller"),
        Column("Buyer", show=lambda record: record["buyer"] or EVERYBODY),
        Column("From", show=lambda record: _since(record["from"])),
        Column("Currency", "currency"),
        Column("Services", "service_count", number=True),
        Column("Packs", "pack_count", number=True),
        Column("Saved", "saved_at", spare=True),
        Column("By", "saved_by", spare=True),
    ),
    empty="There are no price lists.",
)  # fmt: skip
_PRICES = Listing(
    keys=(
        "of", "code", "pricing", "up_to", "price", "size", "free_units", "minimum_units", "minimum_amount", "complimentary",
        "margin_percent",
    ),
    columns=(
        Column("What", "code"),
        Column("Pricing", "pricing", codes=True),
        Column("Size", "size", number=True, spare=True),
        Column("Up to", "up_to", number=True, spare=True),
        Column("Price", "price", number=True),
        Column("Margin %", "margin_percent", number=True, spare=True),
        Column("Free", "free_units", number=True, spare=True),
        Column("Minimum", "minimum_units", number=True, spare=True),
        Column("Minimum amount", "minimum_amount", number=True, spare=True),
        Column("Complimentary", "complimentary", number=True, spare=True),
    ),
    empty="The list has no prices.",
)  # fmt: skip
_CHANGED = Listing(keys=("entry",), columns=(Column("Changes", "entry"),), empty="Prices are as the file says: nothing to change.")
_SIMULATED = Listing(
    keys=(
        "buyer", "buyer_name", "currency", "net", "tax", "gross", "why_not", "now_currency", "now_net", "now_why_not", "difference",
    ),
    columns=(
        Column("Who pays", "buyer"),
        Column("Name", "buyer_name", spare=True),
        Column("Currency", "currency"),
        Column("Net now", "now_net", number=True),
        Column("Net", "net", number=True),
        Column("Difference", "difference", number=True),
        Column("Tax", "tax", number=True, spare=True),
        Column("Total", "gross", number=True, spare=True),
        Column("Why not", "why_not", spare=True),
    ),
    empty="There is nothing to be priced.",
)  # fmt: skip
_PROMOS = Listing(
    keys=("seller", "code", "from", "until", "service", "buyer", "price", "margin_percent", "saved_at", "saved_by"),
    columns=(
        Column("Seller", "seller"),
        Column("Code", "code"),
        Column("From", "from", number=True),
        Column("Until", "until", number=True),
        Column("Service", show=lambda record: record["service"] or "any"),
        Column("Buyer", show=lambda record: record["buyer"] or "any"),
        Column("Price", "price", number=True),
        Column("Margin %", "margin_percent", number=True),
        Column("Saved", "saved_at", spare=True),
        Column("By", "saved_by", spare=True),
    ),
    empty="There are no promo codes.",
)


# ── Price lists ───────────────────────────────────────────────────────────────────────────────────────────────────────


def list_prices(desk: Desk, *, seller: str | None, form: Format) -> None:
    """Write which price lists there are. Raises NotFound."""
    _LISTS.write(map(_header, desk.prices.lists(seller=seller)), form)


def _header(one: PriceListSummary) -> Record:
    return asdict(one) | {"buyer_name": one.buyer_name or None, "from": one.from_date}


def show(desk: Desk, seller: str, buyer: str | None, *, begin: date | None, form: Format) -> None:
    """Write a price list. Raises NotFound, and Conflict where it is not clear which."""
    one = desk.prices.one(seller, buyer, _which(desk, seller, buyer, begin))
    if form is Format.JSON:
        write_object(_whole(one))
        return
    if form is Format.TABLE:
        _print_header(one)
    _PRICES.write(_prices(one), form)


def _whole(one: PriceList) -> Record:
    return {
        **{name: getattr(one, name) for name in ("seller", "seller_name", "buyer")},
        "buyer_name": one.buyer_name or None,
        "from": one.from_date,
        "currency": one.currency,
        "tax": asdict(one.tax) | {"reason": one.tax.reason or None},
        "margin_percent": one.margin_percent,
        "services": in_order(one.services, _place),
        "packs": in_order(one.packs, _place),
        "saved_at": one.saved_at,
        "saved_by": one.saved_by,
    }


_PLACES = {name: place for place, name in enumerate(("price", "pricing", "package_size", "pack_size", "tiers", "up_to"))}


def _place(name: str) -> tuple[int, str]:
    return _PLACES.get(name, len(_PLACES)), name


def _print_header(one: PriceList) -> None:
    facts = {
        "Seller": f"{one.seller_name} ({one.seller})",
        "Buyer": f"{one.buyer_name} ({one.buyer})" if one.buyer else f"{EVERYBODY} who has no list of their own",
        "From": _since(one.from_date),
        "Currency": one.currency,
        "Tax": " ".join(part for part in (f"{for_people(one.tax.percent)} %", one.tax.reason) if part),
        "Margin": f"{for_people(one.margin_percent)} %",
        "Saved": f"{for_people(one.saved_at)} by {one.saved_by}",
    }
    print_facts(facts)
    print()


def _prices(one: PriceList) -> Iterator[Record]:
    """A record for each tier: what is of the whole price stands beside the first."""
    for of, prices in (("service", one.services), ("pack", one.packs)):
        for code, price in sorted(prices.items()):
            yield from _tiers(of, code, price)


def _tiers(of: str, code: str, price: Mapping[str, Any]) -> Iterator[Record]:
    whole = {
        "size": _decimal(price.get("package_size", price.get("pack_size"))),
        **{name: _decimal(price.get(name)) for name in _OF_A_PRICE},
    }
    pricing = price.get("pricing", "unit" if of == "service" else "pack")
    for place, tier in enumerate(price.get("tiers") or [price]):
        told = whole if not place else dict.fromkeys(whole)
        yield {"of": of, "code": code, "pricing": pricing, "up_to": _decimal(tier.get("up_to")), "price": _decimal(tier["price"]), **told}


_OF_A_PRICE = ("free_units", "minimum_units", "minimum_amount", "complimentary", "margin_percent")


def _decimal(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _which(desk: Desk, seller: str, buyer: str | None, begin: date | None) -> date:
    """The first day of the list that is meant: the only one there is, unless it was said. Raises NotFound, Conflict."""
    if begin is not None:
        return begin
    days = [one.from_date for one in desk.prices.lists(seller=seller, buyer=buyer or "*")]
    if not days:
        raise NotFound("there is no such price list")
    if len(days) > 1:
        raise Conflict(f"there are {len(days)} price lists of {seller} for {buyer or EVERYBODY}: choose one with --from "
                       f"({', '.join(map(str, days))})")  # fmt: skip
    return days[0]


def save_file(desk: Desk, file: Path, *, dry_run: bool, form: Format) -> None:
    """Save what a file of prices says. Raises NotAllowed, Stale, Invalid with the line of everything that is wrong."""
    changed = desk.prices.save_file(read_text(file), file.name, dry_run=dry_run)
    _CHANGED.write(({"entry": one} for one in changed), form)
    if dry_run:
        say(f"{len(changed)} would be saved; nothing was changed (--dry-run).")
    elif changed:
        say(f"{len(changed)} saved.")


def export(desk: Desk, *, seller: str | None, output: Path | None) -> None:
    """Write the prices that somebody keeps as a file that can be imported again. Raises NotFound."""
    write([desk.prices.file(seller=seller).encode()], output)


def remove(desk: Desk, seller: str, buyer: str | None, begin: date | None) -> None:
    """Remove a price list. Raises NotFound, NotAllowed, Conflict where it is not clear which."""
    day = _which(desk, seller, buyer, begin)
    desk.prices.remove(seller, buyer, day)
    say(f"The price list of {seller} for {buyer or EVERYBODY} from {_since(day)} on is removed.")


def simulate(desk: Desk, month: Month, seller: str, buyer: str | None, *, begin: date | None, form: Format) -> None:
    """Write what those a price list is for would pay for a month, beside what they pay now. Raises NotFound, Conflict."""
    found = desk.prices.simulate(month, seller, buyer, _which(desk, seller, buyer, begin))
    _SIMULATED.write(map(_beside, found), form)


def _beside(one: Simulated) -> Record:
    then, now = one.by_list, one.now
    return {
        "buyer": one.buyer,
        "buyer_name": one.buyer_name,
        "currency": then.currency if then else None,
        **{name: amount(getattr(then, name), then.currency) if then else None for name in ("net", "tax", "gross")},
        "why_not": one.why_not_by_list,
        "now_currency": now.currency if now else None,
        "now_net": amount(now.net, now.currency) if now else None,
        "now_why_not": one.why_not_now,
        "difference": amount(one.difference, then.currency) if then else None,
    }


def history(desk: Desk, seller: str, form: Format) -> None:
    """Write what happened to the price lists and promo codes of a seller. Raises NotFound."""
    written.write(desk.prices.history(seller), form)


# ── Promo codes ───────────────────────────────────────────────────────────────────────────────────────────────────────


def list_promos(desk: Desk, *, seller: str | None, form: Format) -> None:
    """Write which promo codes somebody keeps. Raises NotFound."""
    _PROMOS.write(map(_promo, desk.prices.promo_codes(seller=seller)), form)


def _promo(one: PromoCode) -> Record:
    return asdict(one) | {"from": one.from_date}


def check_promo(desk: Desk, seller: str, code: str, service: str, *, month: Month, form: Format) -> None:
    """Write whether a code holds for who asks; exit code 1 if it does not. Raises NotFound."""
    found = desk.prices.check_promo(seller, code, service, month)
    record = {"holds": found.holds, "reason": found.reason, "price": found.price, "margin_percent": found.margin_percent}
    if form is Format.JSON:
        write_object(record)
    elif form is Format.CSV:
        Listing(tuple(record), (), "").write([record], form)
    elif found.holds:
        unlocked = (
            f"the price {for_people(found.price)}" if found.price is not None else f"a margin of {for_people(found.margin_percent)} %"
        )
        print(f"The promo code “{code}” holds for {service} in {month}: it unlocks {unlocked}.")
    else:
        reason = found.reason or ""
        say(f"{reason[:1].upper()}{reason[1:]}.")
    if not found.holds:
        raise typer.Exit(1)


def remove_promo(desk: Desk, seller: str, code: str) -> None:
    """Remove a promo code. Raises NotFound, NotAllowed."""
    desk.prices.remove_promo(seller, code)
    say(f"The promo code “{code}” of {seller} is removed.")
