"""What a statement says, as a document: everything in it, numbers as text, in one order, so that a checksum proves it."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from trueup.kit.money import Money, currency_decimals, money_text
from trueup.kit.quantity import Credits, Quantity, apportion, plain
from trueup.prices.rules.documents import document_of
from trueup.prices.rules.lists import PriceList, Tax
from trueup.prices.rules.packs import Packed, PackPrice
from trueup.prices.rules.pricing import Slice
from trueup.statements.rules.settlement import ChargedLine, LineKind, Settled, SettledLine

Document = dict[str, Any]

LISTED_DECIMALS = 10
"""Of a part of a list amount."""

VERSION = 1
"""Of the form of the document. A statement keeps the form it was issued in."""


class StatementKind(StrEnum):
    """What a statement is for."""

    STATEMENT = "statement"
    CREDIT_NOTE = "credit_note"


def sign_of(kind: str) -> int:
    """Whether the figures of a statement are paid (1) or given back (-1): a credit note writes above 0 what it gives back."""
    return -1 if kind == StatementKind.CREDIT_NOTE else 1


def signed(figure: Decimal, sign: int) -> Decimal:
    """A figure with its sign turned for what is given back; exact, however long it is, and 0 stays what it is."""
    return figure.copy_negate() if sign < 0 and figure else figure


def checksum(document: Document) -> str:
    """SHA-256 (hex) of the document in canonical JSON: keys sorted, no spaces, ASCII."""
    written = json.dumps(document, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


def number_of(seller: str, year: int, sequence: int) -> str:
    """The number of a statement: `north-2026-000001`, counted per seller and year, without gaps."""
    return f"{seller}-{year}-{sequence:06d}"


def settled_document(settled: Settled, charged: Sequence[ChargedLine], prices: PriceList) -> Document:
    """The money: lines with the units they are made of and how they were priced, the totals, and of the price list what was used."""
    by_service = {line.service: line for line in charged}
    lines = [_line(line, [by_service[code] for code in line.services], prices) for line in settled.lines]
    return {
        "currency": settled.currency,
        "tax_rate": _tax(settled.tax_rate),
        "lines": [{"position": position, **line} for position, line in enumerate(lines, start=1)],
        "net": money_text(settled.net, settled.currency),
        "tax": money_text(settled.tax, settled.currency),
        "gross": money_text(settled.gross, settled.currency),
        "prices": {
            "seller": prices.seller,
            "buyer": prices.buyer,
            "from": prices.from_date.isoformat(),
            **document_of(_used(settled, prices)),
        },
    }


def _used(settled: Settled, prices: PriceList) -> PriceList:
    """Of a price list what lines were priced by. A list for many buyers names customers of all of them: of these the buyer's own stay."""
    services = {line.code for line in settled.lines if line.kind == LineKind.SERVICE}
    packs = {line.code: line.packed for line in settled.lines if line.packed}
    return replace(
        prices,
        services={code: price for code, price in prices.services.items() if code in services},
        packs={code: _naming_own(price, prices, packs[code]) for code, price in prices.packs.items() if code in packs},
    )


def _naming_own(pack: PackPrice, prices: PriceList, packed: Packed) -> PackPrice:
    own = prices.customers | {one.customer for one in packed.customers}
    return replace(pack, complimentary_of={ref: credits_ for ref, credits_ in pack.complimentary_of.items() if ref in own})


def _tax(rate: Tax) -> Document:
    return {"percent": plain(rate.percent), "category": rate.category.value, "reason": rate.reason}


def _line(line: SettledLine, charged: Sequence[ChargedLine], prices: PriceList) -> Document:
    said: Document = {
        "kind": line.kind.value,
        "code": line.code,
        "name": line.name,
        "unit": line.unit,
        "quantity": plain(line.quantity),
        "list_amount": plain(line.exact),
        "margin_percent": plain(line.margin_percent),
        "promo_code": line.promo_code,
        "amount": money_text(line.amount, prices.currency),
        "charged": [
            {"service": one.service, "name": one.service_name, "unit": one.unit, "units": plain(one.units), "credits": plain(one.credits)}
            for one in charged
        ],
    }
    if line.priced:
        said |= {"billed_units": plain(line.priced.billed_units), "slices": [_slice(one) for one in line.priced.slices]}
    if line.packed:
        said |= _packed(line.packed) | {"pack_size": plain(prices.packs[line.code].pack_size)}
    return said


def _slice(one: Slice) -> Document:
    return {"units": plain(one.units), "price": plain(one.price)}


def _packed(packed: Packed) -> Document:
    """Customers are named only where something is complimentary: nobody else's part is needed to understand the packs."""
    shown = [one for one in packed.customers if one.complimentary]
    return {
        "credits": plain(packed.credits),
        "complimentary": plain(packed.complimentary),
        "billed_credits": plain(packed.billed),
        "slices": [_slice(packed.packs)],
        "complimentary_of": [
            {"customer": one.customer, "credits": plain(one.credits), "complimentary": plain(one.complimentary)} for one in shown
        ],
    }


@dataclass(frozen=True, slots=True)
class Part:
    """What of a line is one service's: the parts of a line sum to it exactly. `exact` is the part of the list amount."""

    service: str
    name: str
    unit: str
    units: Quantity
    credits: Credits | None
    amount: Money
    exact: Decimal


def parts_of(line: Document, currency: str) -> list[Part]:
    """The services a line charges; what is paid in packs is shared out by credits. A line of an adjustment has its parts written down."""
    weights = [Decimal(one["credits"] or one["units"]) for one in line["charged"]]
    if "parts" in line:
        amounts, listed = ([Decimal(one[name]) for one in line["parts"]] for name in ("amount", "list_amount"))
    else:
        amounts = apportion(Decimal(line["amount"]), weights, currency_decimals(currency))
        listed = apportion(Decimal(line["list_amount"]), weights, LISTED_DECIMALS)
    return [
        Part(one["service"], one["name"], one["unit"], Decimal(one["units"]), one["credits"] and Decimal(one["credits"]), amount, exact)
        for one, amount, exact in zip(line["charged"], amounts, listed, strict=True)
    ]


def statement_document(
    *, number: str, kind: StatementKind, issue_date: date, cycle: str, seller: Document, buyer: Document, source: Document,
    settled: Document, corrects: str = "", reason: str = "",
) -> Document:  # fmt: skip
    """The whole of a statement. `source` says what was approved: the report or the billing report, and its version."""
    return {
        "version": VERSION,
        "number": number,
        "kind": kind.value,
        "corrects": corrects,
        "reason": reason,
        "issue_date": issue_date.isoformat(),
        "cycle": cycle,
        "seller": seller,
        "buyer": buyer,
        "source": source,
        **settled,
    }
